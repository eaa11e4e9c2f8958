//! UPDATE: groups, End-of-RIB, next hops.

use crate::common::*;
use crate::*;
use wire::bgp::{AttributeValue, NextHop, UpdateView};
use wire::reader::Reader;

#[test]
fn four_route_groups_of_one_update_in_order() {
    let frame = route_monitoring(
        0,
        &update(
            &[16, 172, 16],
            &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP, &mp_reach_v6(), &mp_unreach_v6()],
            PREFIX,
        ),
    );
    assert_eq!(
        routes(&one(frame)),
        [
            (Action::Withdraw, V4, String::new(), vec!["172.16.0.0/16".into()]),
            (Action::Announce, V6, "2001:db8::1".into(), vec!["2001:db8::/32".into()]),
            (Action::Withdraw, V6, String::new(), vec!["2001:db8:1::/48".into()]),
            (Action::Announce, V4, "192.0.2.1".into(), vec!["10.1.2.0/24".into()]),
        ]
    );
}

#[test]
fn end_of_rib_of_any_family() {
    let classic = one(route_monitoring(0, &update(&[], &[], &[])));
    assert_eq!(update_of(&classic).end_of_rib, Some(V4));
    for family in [V6, AddressFamily::new(25, 70), AddressFamily::new(77, 7)] {
        let mut value = Vec::new();
        family.encode(&mut value);
        let message = one(route_monitoring(0, &update(&[], &[&attribute(0x80, 15, &value)], &[])));
        assert_eq!(update_of(&message).end_of_rib, Some(family));
        assert_eq!(routes(&message), []);
    }
    let not = one(route_monitoring(0, &update(&[], &[&mp_unreach_v6()], &[])));
    assert_eq!(update_of(&not).end_of_rib, None);
}

#[test]
fn a_default_route_is_a_route() {
    let message = one(route_monitoring(0, &update(&[0], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], &[0])));
    let nlri: Vec<String> = routes(&message).into_iter().flat_map(|group| group.3).collect();
    assert_eq!(nlri, ["0.0.0.0/0", "0.0.0.0/0"]);
}

#[test]
fn bits_after_the_prefix_length_do_not_count() {
    // RFC 4271, section 4.3: "the value of trailing bits is irrelevant"
    let nlri = [13, 0x0b, 0x0d];
    let frame = route_monitoring(0, &update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], &nlri));
    assert_eq!(routes(&one(frame))[0].3, ["11.8.0.0/13"]);
    let mut key = Vec::new();
    wire::bgp::nlri::iter(V4, wire::bgp::nlri::Form::canonical(false), &nlri)
        .next()
        .unwrap()
        .unwrap()
        .key(&mut key);
    assert_eq!(key, [13, 0x0b, 0x08]);
}

#[test]
fn ipv6_next_hops_of_16_and_32_octets() {
    let global = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let link_local = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];
    let value = [&[0, 2, 1, 32], global.as_slice(), &link_local, &[0, 16, 0x20, 1]].concat();
    let message = announce_mp(&value);
    let next_hop = update_of(&message).groups().next().unwrap().next_hop;
    assert_eq!(next_hop.address().unwrap().to_string(), "2001:db8::1");
    assert_eq!(next_hop.link_local().unwrap().to_string(), "fe80::2");
}

#[test]
fn ipv4_routes_by_an_ipv6_next_hop() {
    // RFC 8950
    let next_hop = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let message = announce_mp(&[&[0, 1, 1, 16], next_hop.as_slice(), &[0], PREFIX].concat());
    assert_eq!(routes(&message), [(Action::Announce, V4, "2001:db8::1".into(), vec!["10.1.2.0/24".into()])]);
}

#[test]
fn a_family_without_a_reading_is_kept_raw() {
    let message = announce_mp(&[0, 77, 7, 4, 192, 0, 2, 1, 0, 0xde, 0xad]);
    let groups = routes(&message);
    assert_eq!(
        groups,
        [(Action::Announce, AddressFamily::new(77, 7), "192.0.2.1".into(), vec!["dead".into()])]
    );
}

#[test]
fn an_attribute_without_a_reading_keeps_bytes_and_flags() {
    let message = announce(&[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP, &attribute(0xe0, 99, &[1, 2])]);
    let attribute = update_of(&message).attributes.0.last().unwrap();
    let AttributeValue::Unknown(unknown) = &attribute.value else { panic!() };
    assert_eq!((attribute.flags, unknown.code, &unknown.value[..]), (0xe0, 99, [1, 2].as_slice()));
}

#[test]
fn an_update_may_have_12_kilobytes() {
    // RFC 8654
    let nlri: Vec<u8> = (0..3000u16).flat_map(|i| [24, 10, (i >> 8) as u8, i as u8]).collect();
    let message = one(route_monitoring(0, &update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], &nlri)));
    assert_eq!(routes(&message)[0].3.len(), 3000);
}

#[test]
fn next_hops_by_length() {
    for (length, text) in
        [(0, ""), (4, "1.1.1.1"), (5, "0101010101"), (12, "1.1.1.1"), (16, "101:101:101:101:101:101:101:101")]
    {
        assert_eq!(NextHop::decode(&vec![1; length]).to_string(), text);
    }
}

#[test]
fn a_view_and_its_owned_update_have_the_same_groups() {
    let pdu = update(
        &[16, 172, 16],
        &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP, &mp_reach_v6(), &mp_unreach_v6()],
        PREFIX,
    );
    let view = UpdateView::decode_message(&mut Reader::new(&pdu, 0), wire::bgp::Context::default()).unwrap();
    let owned = view.to_owned();
    let of_view: Vec<_> =
        view.groups().iter().map(|group| (group.action, group.family, group.count as usize)).collect();
    let of_owned: Vec<_> =
        owned.groups().map(|group| (group.action, group.family, group.nlri.len())).collect();
    assert_eq!(of_view, of_owned);
}

#[test]
fn an_update_may_have_65535_octets() {
    // RFC 8654, section 4
    let routes_of_it = (65_535 - 19 - 4 - ORIGIN_IGP.len() - AS_PATH_65001.len() - NEXT_HOP.len()) / 4;
    let nlri = PREFIX.repeat(routes_of_it);
    let pdu = update(&[], &[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP], &nlri);
    assert!(pdu.len() > 65_535 - 4);
    let message = one(route_monitoring(0, &pdu));
    assert_eq!(routes(&message)[0].3.len(), routes_of_it);
}
