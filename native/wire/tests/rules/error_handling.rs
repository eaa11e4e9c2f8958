//! What RFC 7606 does about malformed attributes up to code 18, and about the list of attributes.

use crate::common::*;
use crate::*;
use wire::bgp::Treatment;

#[test]
fn each_attributes_fault_has_its_treatment() {
    use Treatment::{AttributeDiscard, TreatAsWithdraw};
    let cases: &[(u8, u8, &[u8], Treatment)] = &[
        (0x40, 1, &[3], TreatAsWithdraw),
        (0x40, 1, &[], TreatAsWithdraw),
        (0x40, 1, &[0, 0], TreatAsWithdraw),
        (0x40, 2, &[9, 1, 0, 0, 0, 1], TreatAsWithdraw),
        (0x40, 2, &[2, 0], TreatAsWithdraw),
        (0x40, 2, &[2, 3, 0, 0, 0, 1], TreatAsWithdraw),
        (0x40, 3, &[1, 2, 3], TreatAsWithdraw),
        (0x80, 4, &[0, 0, 0], TreatAsWithdraw),
        (0x40, 5, &[0, 0, 0, 0, 1], TreatAsWithdraw),
        (0x40, 6, &[1], AttributeDiscard),
        (0xc0, 7, &[1, 2, 3, 4, 5, 6, 7], AttributeDiscard),
        (0xc0, 8, &[], TreatAsWithdraw),
        (0xc0, 8, &[1, 2, 3, 4, 5], TreatAsWithdraw),
        (0x80, 9, &[1, 2, 3], TreatAsWithdraw),
        (0x80, 10, &[1, 2, 3], TreatAsWithdraw),
        (0xc0, 16, &[1, 2, 3, 4, 5, 6, 7], TreatAsWithdraw),
        (0xc0, 17, &[2, 0], AttributeDiscard),
        (0xc0, 18, &[1], AttributeDiscard),
        (0xc0, 32, &[1; 11], TreatAsWithdraw),
        (0xc0, 35, &[1; 3], TreatAsWithdraw),
        // Flags that conflict with the type (section 3.c)
        (0xc0, 1, &[0], TreatAsWithdraw),
        (0x40, 4, &[0; 4], TreatAsWithdraw),
        (0x80, 8, &[0; 4], TreatAsWithdraw),
    ];
    for (flags, code, value, treatment) in cases {
        let bad = attribute(*flags, *code, value);
        let good = [(1, ORIGIN_IGP), (2, AS_PATH_65001), (3, NEXT_HOP)];
        let mut attributes: Vec<&[u8]> =
            good.iter().filter(|(other, _)| other != code).map(|(_, bytes)| *bytes).collect();
        attributes.push(&bad);
        let message = announce(&attributes);
        let faults = &update_of(&message).faults;
        // A mandatory attribute that is malformed is there, it is not missing.
        assert_eq!(faults.len(), 1, "{code}: {faults:?}");
        let fault = &faults[0];
        assert_eq!((fault.treatment, fault.attribute, &fault.raw[..]), (*treatment, Some(*code), *value));
        let action = if *treatment == TreatAsWithdraw { Action::Withdraw } else { Action::Announce };
        assert_eq!(routes(&message)[0].0, action, "{code}");
    }
}

#[test]
fn routes_without_a_mandatory_attribute_are_kept() {
    for (missing, attributes) in
        [(1, [AS_PATH_65001, NEXT_HOP]), (2, [ORIGIN_IGP, NEXT_HOP]), (3, [ORIGIN_IGP, AS_PATH_65001])]
    {
        let message = announce(&attributes);
        let faults = &update_of(&message).faults;
        assert_eq!((faults.len(), faults[0].attribute), (1, Some(missing)));
        assert_eq!(faults[0].error.reason(), "mandatory attribute missing");
        let next_hop = if missing == 3 { "" } else { "192.0.2.1" };
        assert_eq!(
            routes(&message),
            [(Action::Announce, V4, next_hop.to_string(), vec!["10.1.2.0/24".to_string()])]
        );
    }
    // NEXT_HOP belongs to the NLRI field only.
    let message = one(route_monitoring(0, &update(&[], &[ORIGIN_IGP, AS_PATH_65001, &mp_reach_v6()], &[])));
    assert_eq!(update_of(&message).faults, []);
}

#[test]
fn the_first_of_two_equal_attributes_counts() {
    let second = attribute(0x40, 1, &[2]);
    let message = announce(&[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP, &second]);
    let update = update_of(&message);
    assert_eq!(
        (update.faults[0].treatment, update.faults[0].attribute),
        (Treatment::AttributeDiscard, Some(1))
    );
    assert_eq!(routes(&message)[0].0, Action::Announce);
    let error = decode_all(&route_monitoring(
        0,
        &common::update(&[], &[ORIGIN_IGP, AS_PATH_65001, &mp_reach_v6(), &mp_reach_v6()], &[]),
    ))
    .remove(0)
    .unwrap_err();
    assert_eq!(error.path().to_string(), "bmp.route_monitoring.update.path_attributes[3].mp_reach_nlri");
}

#[test]
fn an_attribute_longer_than_the_list_withdraws_what_can_be_read() {
    // RFC 7606, section 4
    let message = announce(&[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP, &[0xc0, 8, 200, 1]]);
    let update = update_of(&message);
    assert_eq!((update.faults[0].treatment, update.faults[0].attribute), (Treatment::TreatAsWithdraw, None));
    assert_eq!(routes(&message), [(Action::Withdraw, V4, String::new(), vec!["10.1.2.0/24".into()])]);
}

#[test]
fn without_a_reachable_route_a_withdrawing_error_resets() {
    // RFC 7606, section 5.2
    let treatments = |withdrawn: &[u8], attributes: &[&[u8]]| {
        let message = one(route_monitoring(0, &update(withdrawn, attributes, &[])));
        update_of(&message).faults.iter().map(|fault| fault.treatment).collect::<Vec<_>>()
    };
    let bad_med = attribute(0x80, 4, &[0, 0, 0]);
    let bad_aggregator = attribute(0xc0, 7, &[1]);
    assert_eq!(treatments(PREFIX, &[&bad_med]), [Treatment::SessionReset]);
    assert_eq!(treatments(&[], &[&mp_unreach_v6(), &bad_med]), [Treatment::SessionReset]);
    // With a route, and where the attribute is only discarded, it is as ever.
    assert_eq!(
        treatments(&[], &[ORIGIN_IGP, AS_PATH_65001, &mp_reach_v6(), &bad_med]),
        [Treatment::TreatAsWithdraw]
    );
    assert_eq!(treatments(PREFIX, &[&bad_aggregator]), [Treatment::AttributeDiscard]);
}

#[test]
fn routes_that_do_not_read_are_an_error_and_the_frame_is_kept() {
    // RFC 7606, sections 3.j and 5.3: the session or the family is lost, so nothing can be said of routes.
    let reach = attribute(0x80, 14, &[0, 2, 1, 4, 192, 0, 2, 1, 0, 129]);
    for (pdu, path) in [
        (update(&[33], &[], &[]), "withdrawn_routes[0].prefix_length"),
        (update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], &[24]), "nlri[0].prefix"),
        (
            update(&[], &[ORIGIN_IGP, AS_PATH_65001, &reach], &[]),
            "path_attributes[2].mp_reach_nlri.nlri[0].prefix_length",
        ),
    ] {
        let frame = route_monitoring(0, &pdu);
        let mut decoder = Decoder::default();
        let mut feed = decoder.feed(&frame);
        let read = feed.next().unwrap().unwrap();
        assert_eq!(read.bytes, frame);
        assert_eq!(
            read.content.unwrap_err().path().to_string(),
            format!("bmp.route_monitoring.update.{path}")
        );
    }
}

#[test]
fn a_fault_keeps_the_attribute_as_it_came() {
    let message = announce(&[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP, &attribute(0xc0, 8, &[1, 2, 3])]);
    let update = update_of(&message);
    assert_eq!(update.faults[0].raw.to_string(), "010203");
    let mut encoded = Vec::new();
    message.encode(&mut encoded);
    assert!(encoded.ends_with(&[[0xc0, 8, 3, 1, 2, 3].as_slice(), PREFIX].concat()));
}

#[test]
fn a_next_hop_of_no_known_length_disables_the_family() {
    // RFC 7606, section 7.11
    let rd = [0, 0, 0xfd, 0xe8, 0, 0, 0, 1];
    let vpn = [&[112, 0, 0, 17], rd.as_slice(), &[10, 1, 2]].concat();
    let unicast: &[u8] = &[16, 0x20, 1];
    let reach = |family: [u8; 3], length: u8, nlri: &[u8]| {
        announce_mp(&[&family, &[length][..], &vec![9; length.into()], &[0], nlri].concat())
    };
    for (family, nlri, good, bad) in [
        ([0, 1, 1], PREFIX, vec![4, 16, 32], vec![3, 5, 12, 17, 24, 33]),
        ([0, 2, 1], unicast, vec![16, 32], vec![1, 4, 15, 17, 24, 49]),
        // A route of the router's own has a distinguisher and no address behind it.
        ([0, 1, 128], vpn.as_slice(), vec![8, 12, 24, 48], vec![4, 7, 11, 16, 25]),
        // FlowSpec has no next hop; of a family without a reading any length will do.
        ([0, 1, 133], &[3, 3, 0x81, 6], vec![0, 4, 16], vec![5]),
        ([0, 77, 7], &[1], vec![0, 5, 200], vec![]),
    ] {
        for length in good {
            assert_eq!(update_of(&reach(family, length, nlri)).faults, [], "{family:?} {length}");
        }
        for length in bad {
            let message = reach(family, length, nlri);
            let faults = &update_of(&message).faults;
            assert_eq!((faults.len(), faults[0].attribute), (1, Some(14)), "{family:?} {length}");
            assert_eq!(faults[0].treatment, Treatment::AfiSafiDisable);
            assert_eq!(routes(&message)[0].0, Action::Withdraw);
        }
    }
}

#[test]
fn what_an_external_neighbour_may_not_send_is_only_discarded() {
    // RFC 7606, sections 7.5, 7.9 and 7.10
    use Treatment::{AttributeDiscard, TreatAsWithdraw};
    let treatment = |remote_as: u16, flags: u8, bad: &[u8]| {
        let up = peer_up(&peer(0, flags), &open(65000, &[]), &open(remote_as, &[]));
        let attributes = [ORIGIN_IGP, AS_PATH_65001, NEXT_HOP, bad];
        let message =
            session(&[up, route_monitoring(flags, &update(&[], &attributes, PREFIX))]).remove(1).unwrap();
        update_of(&message).faults[0].treatment
    };
    for bad in [attribute(0x40, 5, &[1]), attribute(0x80, 9, &[1]), attribute(0x80, 10, &[1])] {
        assert_eq!(treatment(65001, 0, &bad), AttributeDiscard);
        assert_eq!(treatment(65000, 0, &bad), TreatAsWithdraw);
        // What the router sends is its own.
        assert_eq!(treatment(65001, 0x10, &bad), TreatAsWithdraw);
    }
    // Of others it makes no difference.
    assert_eq!(treatment(65001, 0, &attribute(0x80, 4, &[1])), TreatAsWithdraw);
    // Well formed they are kept: whether the router counted them is its own matter.
    let up = peer_up(&peer(0, 0), &open(65000, &[]), &open(65001, &[]));
    let attributes = [ORIGIN_IGP, AS_PATH_65001, NEXT_HOP, &attribute(0x40, 5, &[0, 0, 0, 100])];
    let message = session(&[up, route_monitoring(0, &update(&[], &attributes, PREFIX))]).remove(1).unwrap();
    assert_eq!(update_of(&message).attributes.local_pref().unwrap().0, 100);
}

#[test]
fn wrong_flags_withdraw() {
    // RFC 7606, section 3.c: each attribute up to 18 with each class that is not its own.
    let reach = mp_reach_v6();
    let unreach = mp_unreach_v6();
    let attributes: &[(u8, u8, &[u8])] = &[
        (1, 0x40, &[0]),
        (2, 0x40, &[2, 1, 0, 0, 0xfd, 0xe9]),
        (3, 0x40, &[192, 0, 2, 1]),
        (4, 0x80, &[0; 4]),
        (5, 0x40, &[0; 4]),
        (6, 0x40, &[]),
        (7, 0xc0, &[1; 8]),
        (8, 0xc0, &[0; 4]),
        (9, 0x80, &[0; 4]),
        (10, 0x80, &[0; 4]),
        (14, 0x80, &reach[3..]),
        (15, 0x80, &unreach[3..]),
        (16, 0xc0, &[0; 8]),
        (17, 0xc0, &[2, 1, 0, 0, 0xfd, 0xe9]),
        (18, 0xc0, &[1; 8]),
    ];
    for (code, class, value) in attributes {
        for flags in [0x00, 0x40, 0x80, 0xc0] {
            let good = [(1, ORIGIN_IGP), (2, AS_PATH_65001), (3, NEXT_HOP)];
            let mut list: Vec<&[u8]> =
                good.iter().filter(|(other, _)| other != code).map(|(_, bytes)| *bytes).collect();
            let this = attribute(flags, *code, value);
            list.push(&this);
            let message = announce(&list);
            let treatments: Vec<_> = update_of(&message).faults.iter().map(|fault| fault.treatment).collect();
            let expected = if flags == *class { vec![] } else { vec![Treatment::TreatAsWithdraw] };
            assert_eq!(treatments, expected, "{code} {flags:#04x}");
        }
    }
}

#[test]
fn a_disabled_family_leaves_the_others() {
    // A next hop of 3 octets, ahead of a good IPv6 route; the IPv4 routes beside it are good.
    let reach = attribute(0x80, 14, &[0, 2, 1, 3, 1, 2, 3, 0, 16, 0x20, 1]);
    let attributes = [ORIGIN_IGP, AS_PATH_65001, NEXT_HOP, &reach];
    let message = one(route_monitoring(0, &update(&[16, 172, 16], &attributes, PREFIX)));
    assert_eq!(
        routes(&message),
        [
            (Action::Withdraw, V4, String::new(), vec!["172.16.0.0/16".into()]),
            (Action::Withdraw, V6, String::new(), vec!["2001::/16".into()]),
            (Action::Announce, V4, "192.0.2.1".into(), vec!["10.1.2.0/24".into()]),
        ]
    );
    let faults = &update_of(&message).faults;
    assert_eq!(
        (faults.len(), faults[0].treatment, faults[0].family),
        (1, Treatment::AfiSafiDisable, Some(V6))
    );
    // Both ways of reading agree.
    let mut decoder = Decoder::default();
    let frame = route_monitoring(0, &update(&[16, 172, 16], &attributes, PREFIX));
    let mut feed = decoder.feed(&frame);
    let Ok(Content::RouteMonitoring(view)) = feed.next().unwrap().unwrap().content else { panic!() };
    let actions: Vec<_> = view.update.groups().iter().map(|group| (group.family, group.action)).collect();
    assert_eq!(actions, [(V4, Action::Withdraw), (V6, Action::Withdraw), (V4, Action::Announce)]);
}
