//! Path attributes, and UPDATEs of them.

use proptest::collection::vec;
use proptest::prelude::*;
use wire::bgp::attribute::{
    Aggregator, As4Aggregator, As4Path, AsPathLimit, AtomicAggregate, AttrSet, ClassicNextHop, ClusterList,
    Communities, Community, ExtendedCommunities, ExtendedCommunity, Ipv6ExtendedCommunities,
    Ipv6ExtendedCommunity, LargeCommunities, LargeCommunity, LocalPref, MpReach, MpUnreach, MultiExitDisc,
    OnlyToCustomer, OriginatorId, SegmentType, Unknown,
};
use wire::bgp::{
    AddressFamily, AsPath, AsPathSegment, Attribute, AttributeValue, Attributes, NextHop, Nlri, Origin,
    Update,
};
use wire::Raw;

use super::nlri::{nlri, FAMILIES};
use super::{family, octets, rd, tlvs, v4, v6};

fn segment(confederations: bool) -> impl Strategy<Value = AsPathSegment> {
    let kinds = [
        SegmentType::AsSequence,
        SegmentType::AsSet,
        SegmentType::AsConfedSequence,
        SegmentType::AsConfedSet,
    ];
    let kinds = kinds[..if confederations { 4 } else { 2 }].to_vec();
    (proptest::sample::select(kinds), vec(any::<u32>(), 1..6))
        .prop_map(|(kind, asns)| AsPathSegment { kind, asns })
}

pub fn as_path(confederations: bool) -> impl Strategy<Value = AsPath> {
    vec(segment(confederations), 0..4)
        .prop_map(|segments| AsPath { segments: segments.into_iter().collect() })
}

pub fn next_hop() -> impl Strategy<Value = NextHop> {
    prop_oneof![
        Just(NextHop::None),
        v4().prop_map(NextHop::Ipv4),
        (v6(), proptest::option::of(v6()))
            .prop_map(|(global, link_local)| NextHop::Ipv6 { global, link_local }),
        (rd(), v4()).prop_map(|(rd, address)| NextHop::VpnIpv4 { rd, address }),
        (rd(), v6(), proptest::option::of((rd(), v6())))
            .prop_map(|(rd, global, link_local)| NextHop::VpnIpv6 { rd, global, link_local }),
        vec(any::<u8>(), 1..4).prop_map(|octets| NextHop::Raw(Raw(octets))),
    ]
}

/// Routes of a family, all with a path identifier or all without.
fn routes(family: AddressFamily, with_path_ids: bool) -> BoxedStrategy<Vec<Nlri>> {
    let readable = FAMILIES.contains(&family);
    let path_id =
        if with_path_ids && readable { any::<u32>().prop_map(Some).boxed() } else { Just(None).boxed() };
    let one = (path_id, nlri(family)).prop_map(|(path_id, value)| Nlri { path_id, value });
    vec(one, 0..=if readable { 4 } else { 1 }).boxed()
}

pub fn mp_reach(with_path_ids: bool) -> impl Strategy<Value = MpReach> {
    (family(), next_hop()).prop_flat_map(move |(family, next_hop)| {
        routes(family, with_path_ids).prop_map(move |nlri| MpReach {
            family,
            next_hop: next_hop.clone(),
            nlri,
        })
    })
}

pub fn mp_unreach(with_path_ids: bool) -> impl Strategy<Value = MpUnreach> {
    family().prop_flat_map(move |family| {
        routes(family, with_path_ids).prop_map(move |nlri| MpUnreach { family, nlri })
    })
}

/// Values that have a type each.
pub fn typed(with_path_ids: bool) -> impl Strategy<Value = AttributeValue> {
    use AttributeValue as A;
    prop_oneof![
        4 => mp_reach(with_path_ids).prop_map(A::MpReach),
        4 => mp_unreach(with_path_ids).prop_map(A::MpUnreach),
        4 => plain(),
    ]
}

/// Those without routes in them.
fn plain() -> impl Strategy<Value = AttributeValue> {
    use AttributeValue as A;
    let large = (any::<u32>(), any::<u32>(), any::<u32>()).prop_map(
        |(global_administrator, local_data_1, local_data_2)| LargeCommunity {
            global_administrator,
            local_data_1,
            local_data_2,
        },
    );
    let of_v6 =
        (any::<u16>(), v6(), any::<u16>()).prop_map(|(kind, global_administrator, local_administrator)| {
            Ipv6ExtendedCommunity { kind, global_administrator, local_administrator }
        });
    let aggregator = (any::<u32>(), v4(), any::<bool>()).prop_map(|(asn, address, two_octet)| {
        A::Aggregator(Aggregator { asn: if two_octet { asn & 0xffff } else { asn }, address, two_octet })
    });
    prop_oneof![
        proptest::sample::select(vec![Origin::Igp, Origin::Egp, Origin::Incomplete]).prop_map(A::Origin),
        as_path(true).prop_map(A::AsPath),
        v4().prop_map(|address| A::NextHop(ClassicNextHop(address))),
        any::<u32>().prop_map(|value| A::MultiExitDisc(MultiExitDisc(value))),
        any::<u32>().prop_map(|value| A::LocalPref(LocalPref(value))),
        Just(A::AtomicAggregate(AtomicAggregate)),
        aggregator,
        vec(any::<u32>().prop_map(Community), 1..8).prop_map(|list| A::Communities(Communities(list))),
        v4().prop_map(|id| A::OriginatorId(OriginatorId(id))),
        vec(v4(), 1..5).prop_map(|list| A::ClusterList(ClusterList(list))),
        vec(any::<[u8; 8]>().prop_map(ExtendedCommunity), 1..5)
            .prop_map(|list| A::ExtendedCommunities(ExtendedCommunities(list))),
        vec(of_v6, 1..4).prop_map(|list| A::Ipv6ExtendedCommunities(Ipv6ExtendedCommunities(list))),
        vec(segment(false), 1..3)
            .prop_map(|segments| A::As4Path(As4Path(AsPath { segments: segments.into_iter().collect() }))),
        (any::<u32>(), v4()).prop_map(|(asn, address)| A::As4Aggregator(As4Aggregator { asn, address })),
        vec(large, 1..5).prop_map(|list| A::LargeCommunities(LargeCommunities(list))),
        (any::<u8>(), any::<u32>()).prop_map(|(limit, asn)| A::AsPathLimit(AsPathLimit { limit, asn })),
        any::<u32>().prop_map(|asn| A::OnlyToCustomer(OnlyToCustomer(asn))),
        (60..=127u8, octets(30)).prop_map(|(code, value)| A::Unknown(Unknown { code, value })),
    ]
}

/// With the flags of its type, sometimes with the Extended Length flag.
pub fn attribute(with_path_ids: bool) -> impl Strategy<Value = Attribute> {
    let set = (any::<u32>(), vec(plain().prop_map(Attribute::new), 0..4))
        .prop_map(|(origin_as, attributes)| AttributeValue::AttrSet(AttrSet { origin_as, attributes }));
    (prop_oneof![9 => typed(with_path_ids), 1 => set], any::<bool>()).prop_map(|(value, extended)| {
        let mut attribute = Attribute::new(value);
        let mut octets = Vec::new();
        attribute.value.encode(&mut octets);
        if extended || octets.len() > 255 {
            attribute.flags |= 0x10;
        }
        attribute
    })
}

/// Codes whose values are TLVs or the like, with octets that could be one.
pub fn structured() -> impl Strategy<Value = (u8, Vec<u8>)> {
    let after = |head: Vec<u8>, tlvs: BoxedStrategy<Vec<u8>>| {
        tlvs.prop_map(move |tlvs| [head.clone(), tlvs].concat())
    };
    let sub_tunnel = (prop_oneof![Just(15u16), 1..20u16], tlvs(1, 1, 20)).prop_map(|(kind, value)| {
        [&kind.to_be_bytes()[..], &u16::try_from(value.len()).unwrap().to_be_bytes(), &value].concat()
    });
    prop_oneof![
        (Just(22u8), vec(any::<u8>(), 5..30)),
        (Just(23u8), sub_tunnel),
        (Just(24u8), vec(any::<u8>(), 36..60)),
        (
            Just(26u8),
            vec(any::<u64>(), 1..3).prop_map(|metrics| {
                metrics.iter().flat_map(|metric| [&[1, 0, 11][..], &metric.to_be_bytes()].concat()).collect()
            })
        ),
        (Just(27u8), vec(any::<u8>(), 7..30)),
        (Just(29u8), tlvs(2, 2, 1300)),
        (
            Just(29u8),
            vec((1024..1300u16, vec(any::<u8>(), 0..16)), 1..6).prop_map(|tlvs| {
                tlvs.iter()
                    .flat_map(|(kind, value)| {
                        [&kind.to_be_bytes()[..], &u16::try_from(value.len()).unwrap().to_be_bytes(), value]
                            .concat()
                    })
                    .collect()
            })
        ),
        (Just(33u8), vec(any::<u8>(), 0..60)),
        (Just(34u8), vec(any::<u8>(), 0..60)),
        (
            Just(36u8),
            vec((any::<[u8; 7]>(), 1..3u8), 1..4).prop_map(|segments| {
                segments
                    .iter()
                    .flat_map(|(domain, times)| [&[*times][..], &domain.repeat((*times).into())].concat())
                    .collect()
            })
        ),
        (Just(37u8), tlvs(1, 2, 5)),
        (Just(38u8), after(vec![1, 0, 0, 0, 7], tlvs(1, 1, 3).boxed())),
        (Just(39u8), after(vec![0, 1, 1, 4, 192, 0, 2, 1], tlvs(2, 2, 5).boxed())),
        (Just(40u8), tlvs(1, 2, 7)),
        (Just(41u8), tlvs(2, 2, 3)),
        (Just(42u8), tlvs(2, 2, 9)),
        (Just(128u8), vec(any::<u8>(), 0..40)),
        (
            any::<u8>().prop_filter("routes have a test of their own", |code| !matches!(code, 14 | 15)),
            vec(any::<u8>(), 0..40)
        ),
    ]
}

/// An UPDATE with what is mandatory, no code twice, and routes in all four places.
pub fn update(with_path_ids: bool) -> impl Strategy<Value = Update> {
    let v4 = AddressFamily::IPV4_UNICAST;
    let others = vec(attribute(with_path_ids), 0..6);
    (routes(v4, with_path_ids), routes(v4, with_path_ids), as_path(true), others).prop_map(
        |(withdrawn, nlri, path, others)| {
            let mut attributes = vec![
                Attribute::new(AttributeValue::Origin(Origin::Igp)),
                Attribute::new(AttributeValue::AsPath(path)),
                Attribute::new(AttributeValue::NextHop(ClassicNextHop([192, 0, 2, 1].into()))),
            ];
            for attribute in others {
                if attributes.iter().all(|known| known.code() != attribute.code()) {
                    attributes.push(attribute);
                }
            }
            Update { withdrawn, attributes: Attributes(attributes), nlri, ..Update::default() }
        },
    )
}
