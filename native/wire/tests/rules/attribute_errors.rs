//! What the specifications of the attributes from 22 on say about malformed ones: one case a condition.

use crate::common::*;
use crate::*;
use wire::bgp::Treatment::{AttributeDiscard, SessionReset, TreatAsWithdraw};
use wire::bgp::{AttributeValue, Treatment};

const OPTIONAL: u8 = 0x80;
const TRANSITIVE: u8 = 0x40;
const OPTIONAL_TRANSITIVE: u8 = 0xc0;
const V4_NEXT_HOP: [u8; 4] = [192, 0, 2, 1];

/// The treatment of an attribute beside the mandatory ones; `None` where there is no fault.
fn treatment(flags: u8, code: u8, value: &[u8]) -> Option<Treatment> {
    let message = announce(&[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP, &attribute(flags, code, value)]);
    judge(&message, code, value)
}

fn judge(message: &Message, code: u8, value: &[u8]) -> Option<Treatment> {
    let update = update_of(message);
    let fault = update.faults.first()?;
    assert_eq!((update.faults.len(), fault.attribute, &fault.raw[..]), (1, Some(code), value), "{fault:?}");
    let expected = if fault.treatment == AttributeDiscard { Action::Announce } else { Action::Withdraw };
    assert_eq!(routes(message)[0].0, expected, "{fault:?}");
    Some(fault.treatment)
}

/// Every value is without a fault, every other one has the treatment.
fn check(flags: u8, code: u8, expected: Treatment, good: &[&[u8]], bad: &[&[u8]]) {
    for value in good {
        assert_eq!(treatment(flags, code, value), None, "{code} {value:02x?}");
    }
    for value in bad {
        assert_eq!(treatment(flags, code, value), Some(expected), "{code} {value:02x?}");
    }
}

fn tlv(header: &[u8], length_octets: usize, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap().to_be_bytes();
    [header, &length[2 - length_octets..], value].concat()
}

#[test]
fn wrong_flags_withdraw_unless_the_attribute_says_otherwise() {
    // RFC 7606, section 3.c; of the two flags the class of each attribute fixes both.
    let good: &[(u8, u8, &[u8])] = &[
        (OPTIONAL_TRANSITIVE, 22, &[0, 0, 0, 0, 0]),
        (OPTIONAL_TRANSITIVE, 23, &[0, 8, 0, 0]),
        (OPTIONAL, 24, &[0; 36]),
        (OPTIONAL_TRANSITIVE, 25, &[0; 20]),
        (OPTIONAL_TRANSITIVE, 27, &[192, 0, 2, 1, 0, 0, 1]),
        (OPTIONAL, 29, &[4, 2, 0, 1, b'a']),
        (OPTIONAL_TRANSITIVE, 32, &[0; 12]),
        (OPTIONAL_TRANSITIVE, 34, &[0, 9, 0, 0, 0, 6]),
        (OPTIONAL_TRANSITIVE, 35, &[0; 4]),
        (OPTIONAL_TRANSITIVE, 37, &[2, 0, 4, 255, 9, 0, 0]),
        (OPTIONAL_TRANSITIVE, 38, &[1, 0, 0, 0, 7]),
        (OPTIONAL_TRANSITIVE, 39, &[0, 1, 1, 4, 192, 0, 2, 1, 0, 1, 0, 0]),
        (OPTIONAL_TRANSITIVE, 40, &[1, 0, 7, 0, 0, 0, 0, 0, 0, 9]),
        (OPTIONAL_TRANSITIVE, 41, &[0, 9, 0, 0]),
        (OPTIONAL, 42, &[]),
        (OPTIONAL_TRANSITIVE, 128, &[0, 0, 0, 1]),
    ];
    for (class, code, value) in good {
        assert_eq!(treatment(*class, *code, value), None, "{code}");
        for flags in [0, OPTIONAL, TRANSITIVE, OPTIONAL_TRANSITIVE] {
            let expected = (flags != *class).then_some(TreatAsWithdraw);
            assert_eq!(treatment(flags, *code, value), expected, "{code} {flags:#x}");
        }
        // Partial and Extended Length are no part of the class.
        assert_eq!(treatment(class | 0x20, *code, value), None, "{code}");
    }
}

#[test]
fn a_well_known_attribute_that_is_not_known_resets() {
    // RFC 4271, section 6.3
    assert_eq!(treatment(TRANSITIVE, 99, &[1]), Some(SessionReset));
    assert_eq!(treatment(OPTIONAL, 99, &[1]), None);
}

#[test]
fn pmsi_tunnel() {
    // RFC 6514, section 5
    let head = |number: u8, identifier: &[u8]| [&[0, number, 0, 0, 16], identifier].concat();
    let mldp = [6, 0, 1, 4, 192, 0, 2, 1, 0, 2, 9, 9];
    check(
        OPTIONAL_TRANSITIVE,
        22,
        TreatAsWithdraw,
        &[
            &head(0, &[]),
            &head(1, &[0; 12]),
            &head(1, &[0; 24]),
            &head(2, &mldp),
            &head(3, &[1; 8]),
            &head(4, &[1; 32]),
            &head(6, &[192, 0, 2, 1]),
            &head(6, &[0x20; 16]),
            &head(7, &mldp),
            &head(8, &[1; 8]),
            &head(10, &[192, 0, 2, 1]),
            &head(11, &[1, 0, 2, 192, 0, 2, 1]),
            &head(12, &[1, 2, 3]),
            &head(0x7b, &[1]),
            // Composite (RFC 8317): a label, then the identifier of ingress replication.
            &head(0x86, &[0, 0, 16, 192, 0, 2, 1]),
        ],
        &[
            &head(0, &[1]),
            &head(1, &[0; 13]),
            &head(2, &mldp[..11]),
            &head(3, &[1; 9]),
            &head(6, &[192, 0, 2]),
            &head(8, &[1; 4]),
            &head(9, &[]),
            &head(0x0e, &[1]),
            &head(0x86, &[0, 0]),
            &head(0xff, &[]),
            &[0, 0],
        ],
    );
}

#[test]
fn tunnel_encapsulation() {
    // RFC 9012, section 13
    let color = tlv(&[4], 1, &[3, 0x0b, 0, 0, 0, 0, 0, 100]);
    check(
        OPTIONAL_TRANSITIVE,
        23,
        TreatAsWithdraw,
        &[
            &tlv(&[0, 8], 2, &color),
            &tlv(&[0, 8], 2, &[]),
            // A tunnel type that is not known, a sub-TLV that is not known, a sub-TLV of a wrong length.
            &tlv(&[0x7f, 0], 2, &[1, 2, 3]),
            &tlv(&[0, 8], 2, &tlv(&[99], 1, &[1])),
            &tlv(&[0, 8], 2, &tlv(&[4], 1, &[1])),
        ],
        &[
            &[],
            &[0, 8, 0],
            &tlv(&[0, 8], 2, &color[..5]),
            &[tlv(&[0, 8], 2, &color), vec![0]].concat(),
            &tlv(&[0, 8], 2, &[4]),
        ],
    );
}

#[test]
fn an_error_inside_an_sr_policy_withdraws_it() {
    // RFC 9830, section 5
    let policy = |sub_tlvs: &[u8]| tlv(&[0, 15], 2, sub_tlvs);
    let segments = |segments: &[u8]| tlv(&[128], 2, &[&[0], segments].concat());
    check(
        OPTIONAL_TRANSITIVE,
        23,
        TreatAsWithdraw,
        &[
            &policy(&tlv(&[12], 1, &[0, 0, 0, 0, 0, 100])),
            &policy(&segments(&tlv(&[1], 1, &[0, 0, 0, 1, 0, 0]))),
            &policy(&segments(&tlv(&[99], 1, &[0]))),
        ],
        &[
            &policy(&tlv(&[12], 1, &[0, 0, 0, 100])),
            &policy(&segments(&tlv(&[1], 1, &[0, 0, 0, 1]))),
            &policy(&segments(&[1, 6, 0])),
        ],
    );
}

#[test]
fn traffic_engineering() {
    // RFC 7606, section 7.13
    check(OPTIONAL, 24, TreatAsWithdraw, &[&[0; 36], &[0; 50]], &[&[], &[0; 35]]);
}

#[test]
fn ipv6_extended_communities() {
    // RFC 7606, section 7.15
    check(OPTIONAL_TRANSITIVE, 25, TreatAsWithdraw, &[&[0xff; 40]], &[&[], &[0; 19], &[0; 21]]);
}

#[test]
fn aigp() {
    // RFC 7311, section 3.2: TLVs that are repeated or unknown are no malformation.
    let metric = [1, 0, 11, 0, 0, 0, 0, 0, 0, 1, 0];
    check(
        OPTIONAL,
        26,
        AttributeDiscard,
        &[&metric, &metric.repeat(2), &[9, 0, 4, 7]],
        &[&[1, 0, 10, 0, 0, 0, 0, 0, 0, 1], &[9, 0, 2], &[9, 0], &metric[..10]],
    );
    // The Transitive flag discards; the other flag is RFC 7606's.
    assert_eq!(treatment(OPTIONAL_TRANSITIVE, 26, &metric), Some(AttributeDiscard));
    assert_eq!(treatment(TRANSITIVE, 26, &metric), Some(AttributeDiscard));
    assert_eq!(treatment(0, 26, &metric), Some(TreatAsWithdraw));
}

#[test]
fn the_first_aigp_tlv_counts_wherever_it_is() {
    // RFC 7311, section 3
    let value = [9, 0, 4, 7, 1, 0, 11, 0, 0, 0, 0, 0, 0, 0, 5, 1, 0, 11, 0, 0, 0, 0, 0, 0, 0, 6];
    let message = announce(&[ORIGIN_IGP, AS_PATH_65001, NEXT_HOP, &attribute(OPTIONAL, 26, &value)]);
    let aigp = update_of(&message).attributes.aigp().unwrap();
    assert_eq!((aigp.metric, aigp.before.len(), aigp.others.len()), (Some(5), 4, 11));
    let mut encoded = Vec::new();
    AttributeValue::Aigp(aigp.clone()).encode(&mut encoded);
    assert_eq!(encoded, value);
}

#[test]
fn pe_distinguisher_labels() {
    // RFC 6514, section 8
    let v6 = [[0x20].as_slice(), &[0; 15], &[0, 0, 16]].concat();
    check(
        OPTIONAL_TRANSITIVE,
        27,
        TreatAsWithdraw,
        &[&[192, 0, 2, 1, 0, 0, 16], &[192, 0, 2, 1, 0, 0, 16].repeat(2), &v6],
        &[&[192, 0, 2, 1, 0, 0], &[224, 0, 0, 1, 0, 0, 16], &[0; 7], &[0xff; 19], &v6[..18]],
    );
}

#[test]
fn bgp_ls() {
    // RFC 9552, section 8.2.2; a metric of five octets is no malformation of the attribute.
    check(
        OPTIONAL,
        29,
        AttributeDiscard,
        &[&[], &tlv(&[4, 2], 2, b"a"), &tlv(&[4, 0x83], 2, &[0; 5])],
        &[&[4, 2, 0, 9, 1], &[4, 2, 0]],
    );
}

#[test]
fn large_communities() {
    // RFC 8092, section 6
    check(OPTIONAL_TRANSITIVE, 32, TreatAsWithdraw, &[&[0; 24]], &[&[], &[0; 11], &[0; 13]]);
}

/// BGPsec_PATH of `segments` and blocks with so many signatures each.
fn bgpsec(segments: u8, blocks: &[u8]) -> Vec<u8> {
    let mut value = vec![0, 2 + 6 * segments];
    (0..segments).for_each(|index| value.extend([1, 0, 0, 0, 0xfd, index]));
    for signatures in blocks {
        value.extend([0, 3 + 24 * signatures, 1]);
        (0..*signatures).for_each(|_| value.extend([[7; 20].as_slice(), &[0, 2, 9, 9]].concat()));
    }
    value
}

fn with_bgpsec(value: &[u8], as_path: bool) -> Message {
    let mut attributes = vec![ORIGIN_IGP, NEXT_HOP];
    attributes.extend(as_path.then_some(AS_PATH_65001));
    let bgpsec = attribute(OPTIONAL, 33, value);
    attributes.push(&bgpsec);
    announce(&attributes)
}

#[test]
fn bgpsec_path() {
    // RFC 8205, section 5.2
    let judge = |value: &[u8]| judge(&with_bgpsec(value, false), 33, value);
    assert_eq!(judge(&bgpsec(2, &[2])), None);
    assert_eq!(judge(&bgpsec(1, &[1, 1])), None);
    for bad in [
        bgpsec(0, &[0]),
        bgpsec(2, &[]),
        bgpsec(1, &[1, 1, 1]),
        bgpsec(2, &[1]),
        bgpsec(2, &[2])[..30].to_vec(),
        vec![0, 1],
        vec![0, 3, 1],
        vec![],
    ] {
        assert_eq!(judge(&bad), Some(TreatAsWithdraw), "{bad:02x?}");
    }
}

#[test]
fn bgpsec_path_stands_in_for_as_path_and_not_beside_it() {
    // RFC 8205, sections 3 and 5.2
    let value = bgpsec(1, &[1]);
    assert_eq!(update_of(&with_bgpsec(&value, false)).faults, []);
    assert_eq!(judge(&with_bgpsec(&value, true), 33, &value), Some(TreatAsWithdraw));
}

#[test]
fn community_containers() {
    // draft-ietf-idr-wide-bgp-communities, section 8.1
    let container = |number: u8, content: &[u8]| {
        [&[0, number, 0, 0], (6 + content.len() as u16).to_be_bytes().as_slice(), content].concat()
    };
    let wide = |tlvs: &[u8]| container(1, &[&[0; 12], tlvs].concat());
    let targets = |atoms: &[u8]| tlv(&[1], 2, atoms);
    check(
        OPTIONAL_TRANSITIVE,
        34,
        TreatAsWithdraw,
        &[
            &wide(&[]),
            &wide(&targets(&[])),
            &wide(&targets(&tlv(&[1], 2, &[0, 0, 0, 9]))),
            &wide(&targets(&tlv(&[2], 2, &[24, 10, 1, 2, 0]))),
            &wide(&targets(&tlv(&[8], 2, &[]))),
            &wide(&targets(&tlv(&[200], 2, &[1]))),
            &container(9, &[1, 2, 3]),
            &[wide(&[]), wide(&[])].concat(),
        ],
        &[
            &[],
            &[0, 1, 0, 0, 0, 5],
            &[0, 1, 0, 0, 0, 7],
            &container(1, &[0; 11]),
            &wide(&[1, 0]),
            &wide(&targets(&[1, 0, 4, 0])),
            &wide(&targets(&tlv(&[1], 2, &[0, 0, 9]))),
            &wide(&targets(&tlv(&[4], 2, &[]))),
            &wide(&targets(&tlv(&[2], 2, &[33, 1, 2, 3, 4, 5]))),
            &wide(&targets(&tlv(&[0], 2, &[1]))),
            &wide(&targets(&tlv(&[255], 2, &[1]))),
            &wide(&[targets(&[]), targets(&[])].concat()),
        ],
    );
}

#[test]
fn only_to_customer() {
    // RFC 9234, section 5
    check(OPTIONAL_TRANSITIVE, 35, TreatAsWithdraw, &[&[0; 4]], &[&[], &[0; 3], &[0; 5]]);
}

/// An announcement of a VPN route with the attribute.
fn with_vpn(code: u8, value: &[u8]) -> Message {
    let rd = [0, 0, 0xfd, 0xe8, 0, 0, 0, 1];
    let nlri = [&[112, 0, 0, 17], rd.as_slice(), &[10, 1, 2]].concat();
    let next_hop = [&[0; 8], V4_NEXT_HOP.as_slice()].concat();
    let reach = attribute(0x80, 14, &[&[0, 1, 128, 12], next_hop.as_slice(), &[0], &nlri].concat());
    let attributes: [&[u8]; 4] =
        [ORIGIN_IGP, AS_PATH_65001, &reach, &attribute(OPTIONAL_TRANSITIVE, code, value)];
    one(route_monitoring(0, &update(&[], &attributes, &[])))
}

#[test]
fn d_path() {
    // RFC 10039, section 4
    let domain = [0, 0, 0, 1, 0, 2, 70];
    let good = [&[1], domain.as_slice()].concat();
    assert_eq!(judge(&with_vpn(36, &good), 36, &good), None);
    for bad in
        [vec![], vec![0], vec![1, 0, 0], [good.as_slice(), &[0]].concat(), [good.as_slice(), &[1]].concat()]
    {
        assert_eq!(judge(&with_vpn(36, &bad), 36, &bad), Some(TreatAsWithdraw), "{bad:02x?}");
    }
    // With routes that are neither VPN nor EVPN.
    assert_eq!(treatment(OPTIONAL_TRANSITIVE, 36, &good), Some(TreatAsWithdraw));
}

#[test]
fn sfp() {
    // RFC 9015, section 3.2.1
    let sft = tlv(&[3], 2, &[0, 64]);
    let hop = tlv(&[2], 2, &[&[255], sft.as_slice()].concat());
    check(
        OPTIONAL_TRANSITIVE,
        37,
        TreatAsWithdraw,
        &[
            &hop,
            &[tlv(&[1], 2, &[0; 12]), hop.clone()].concat(),
            &[tlv(&[99], 2, &[1]), hop.clone()].concat(),
        ],
        &[
            &[],
            &tlv(&[1], 2, &[0; 12]),
            &tlv(&[2], 2, &[255]),
            &tlv(&[2], 2, &[255, 3, 0]),
            &hop[..5],
            &[hop.as_slice(), &[1]].concat(),
        ],
    );
}

#[test]
fn bfd_discriminator() {
    // RFC 9026, section 3.1.6
    let base = [1, 0, 0, 0, 7];
    let with = |rest: &[u8]| [base.as_slice(), rest].concat();
    check(
        OPTIONAL_TRANSITIVE,
        38,
        AttributeDiscard,
        &[&base, &with(&[1, 4, 192, 0, 2, 1]), &with(&[99, 1, 0])],
        &[&[], &base[..4], &with(&[1, 3, 192, 0, 2]), &with(&[1, 4, 192]), &with(&[1])],
    );
}

#[test]
fn next_hop_dependent_characteristics() {
    // draft-ietf-idr-nhc, section 2.4
    let head = [0, 1, 1, 4, 192, 0, 2, 1];
    let with = |rest: &[u8]| [head.as_slice(), rest].concat();
    check(
        OPTIONAL_TRANSITIVE,
        39,
        AttributeDiscard,
        &[
            &with(&[0, 1, 0, 0]),
            &with(&[0, 3, 0, 4, 1, 1, 1, 1]),
            &with(&[0, 3, 0, 1, 1]),
            &with(&[0, 99, 0, 0]),
        ],
        &[&[], &head, &head[..6], &with(&[0, 1, 0]), &with(&[0, 1, 0, 1])],
    );
}

#[test]
fn prefix_sid() {
    // RFC 8669, section 6
    let index = [1, 0, 7, 0, 0, 0, 0, 0, 0, 9];
    check(
        OPTIONAL_TRANSITIVE,
        40,
        AttributeDiscard,
        &[&index, &[3, 0, 8, 0, 0, 0, 0, 1, 0, 0, 1], &[99, 0, 1, 0]],
        &[
            &[],
            &[1, 0, 6, 0, 0, 0, 0, 0, 9],
            &[3, 0, 2, 0, 0],
            &[3, 0, 7, 0, 0, 0, 0, 1, 0, 0],
            &index[..9],
            &[index.as_slice(), &[1]].concat(),
        ],
    );
}

#[test]
fn a_malformed_srv6_service_withdraws() {
    // RFC 9252, section 7
    let structure = tlv(&[1], 2, &[32, 16, 16, 0, 16, 48]);
    let information =
        |rest: &[u8]| tlv(&[1], 2, &[[0].as_slice(), &[0x20; 16], &[0, 0, 19, 0], rest].concat());
    let service = |number: u8, sub_tlvs: &[u8]| tlv(&[number], 2, &[&[0], sub_tlvs].concat());
    let good = service(5, &information(&structure));
    let short = service(5, &tlv(&[1], 2, &[0; 20]));
    check(
        OPTIONAL_TRANSITIVE,
        40,
        TreatAsWithdraw,
        &[
            &good,
            &service(6, &information(&[])),
            // What is in a structure is no matter of form.
            &service(5, &information(&tlv(&[1], 2, &[1, 2]))),
            // All but the first are ignored.
            &[good.as_slice(), &short].concat(),
        ],
        &[
            &short,
            &service(6, &information(&[1, 0])),
            &service(5, &[1, 0, 9, 0]),
            &[5, 0, 0],
            &good[..good.len() - 1],
            &[short.as_slice(), &good].concat(),
        ],
    );
}

#[test]
fn bier() {
    // RFC 9793, section 4
    check(
        OPTIONAL_TRANSITIVE,
        41,
        AttributeDiscard,
        &[
            &tlv(&[0, 1], 2, &[3, 0, 9, 0]),
            &tlv(&[0, 1], 2, &[3, 0, 9, 0, 0, 1, 0, 1, 7]),
            &tlv(&[0, 9], 2, &[]),
        ],
        &[&[], &[0, 1, 0, 4, 3, 0, 9], &tlv(&[0, 1], 2, &[3, 0, 9, 0, 0, 1, 0, 2, 7])],
    );
}

#[test]
fn attr_set() {
    // RFC 7606, section 7.16; RFC 6368, section 5
    let set = |attributes: &[u8]| [&[0, 0, 0xfd, 0xe8], attributes].concat();
    check(
        OPTIONAL_TRANSITIVE,
        128,
        TreatAsWithdraw,
        &[&set(&[]), &set(ORIGIN_IGP)],
        &[&[], &[0, 0, 1], &set(&ORIGIN_IGP[..3]), &set(&mp_reach_v6()), &set(&mp_unreach_v6())],
    );
}
