//! NLRI of every family.

use proptest::collection::vec;
use proptest::prelude::*;
use wire::bgp::attribute::ExtendedCommunity;
use wire::bgp::nlri::evpn::{Esi, EvpnLabel, Group, Mac};
use wire::bgp::nlri::flowspec::{Component, Term};
use wire::bgp::nlri::label::{Label, Labels};
use wire::bgp::nlri::{Evpn, FlowSpec, Labeled, McastVpn, Mdt, Mup, SrPolicy, Vpls, Vpn};
use wire::bgp::{AddressFamily, NlriRef, NlriValue};
use wire::Raw;

use super::{ip, ip_of, octets, prefix, rd, tlvs, v4};

/// Every family that has a reading.
pub const FAMILIES: [AddressFamily; 30] = {
    const fn of(afi: u16, safi: u8) -> AddressFamily {
        AddressFamily::new(afi, safi)
    }
    [
        of(1, 1),
        of(1, 2),
        of(1, 4),
        of(1, 5),
        of(1, 66),
        of(1, 73),
        of(1, 85),
        of(1, 128),
        of(1, 129),
        of(1, 132),
        of(1, 133),
        of(1, 134),
        of(2, 1),
        of(2, 2),
        of(2, 4),
        of(2, 5),
        of(2, 73),
        of(2, 85),
        of(2, 128),
        of(2, 129),
        of(2, 132),
        of(2, 133),
        of(2, 134),
        of(25, 65),
        of(25, 70),
        of(16388, 71),
        of(16388, 72),
        of(16388, 80),
        of(1, 76),
        of(2, 76),
    ]
};

pub fn nlri(family: AddressFamily) -> BoxedStrategy<NlriValue> {
    let v6 = family.afi == 2;
    match (family.afi, family.safi) {
        (1 | 2, 1 | 2) => prefix(v6).prop_map(NlriValue::Prefix).boxed(),
        (1 | 2, 4) => (labels(), prefix(v6))
            .prop_map(|(labels, prefix)| NlriValue::Labeled(Box::new(Labeled { labels, prefix })))
            .boxed(),
        (1 | 2, 76 | 128) => (rd(), labels(), prefix(v6))
            .prop_map(|(rd, labels, prefix)| NlriValue::Vpn(Box::new(Vpn { rd, prefix, labels })))
            .boxed(),
        (1 | 2, 129) => (rd(), prefix(v6))
            .prop_map(|(rd, prefix)| NlriValue::Vpn(Box::new(Vpn { rd, prefix, labels: Labels::new() })))
            .boxed(),
        (1 | 2, 5) => mcast_vpn().prop_map(|route| NlriValue::McastVpn(Box::new(route))).boxed(),
        (1, 66) => (rd(), v4(), v4())
            .prop_map(|(rd, pe, group)| NlriValue::Mdt(Box::new(Mdt { rd, pe, group })))
            .boxed(),
        (1 | 2, 73) => (any::<u32>(), any::<u32>(), ip_of(v6))
            .prop_map(|(distinguisher, color, endpoint)| {
                NlriValue::SrPolicy(Box::new(SrPolicy { distinguisher, color, endpoint }))
            })
            .boxed(),
        (1 | 2, 85) => mup(v6).prop_map(|route| NlriValue::Mup(Box::new(route))).boxed(),
        (1 | 2, 132) => route_target(family).boxed(),
        (1 | 2, 133) => flow_spec(false, v6).prop_map(|flow| NlriValue::FlowSpec(Box::new(flow))).boxed(),
        (1 | 2, 134) => flow_spec(true, v6).prop_map(|flow| NlriValue::FlowSpec(Box::new(flow))).boxed(),
        (25, 65) => vpls().prop_map(|route| NlriValue::Vpls(Box::new(route))).boxed(),
        (25, 70) => evpn().prop_map(|route| NlriValue::Evpn(Box::new(route))).boxed(),
        (16388, _) => link_state(family).boxed(),
        // Of a family without a reading the block is one.
        _ => vec(any::<u8>(), 1..40).prop_map(|block| NlriValue::Raw(Raw(block))).boxed(),
    }
}

/// One label, whose bottom-of-stack bit says nothing, or the field of a withdrawal: what there is where the OPENs say no
/// more (RFC 8277, section 2.2).
fn labels() -> impl Strategy<Value = Labels> {
    prop_oneof![0..=0xff_ffff_u32, Just(0x80_0000), Just(0)]
        .prop_map(|octets| Labels::from_slice(&[Label(octets)]))
}

fn esi() -> impl Strategy<Value = Esi> {
    any::<[u8; 10]>().prop_map(Esi)
}

fn evpn_label() -> impl Strategy<Value = EvpnLabel> {
    (0..1u32 << 24).prop_map(EvpnLabel)
}

fn group() -> impl Strategy<Value = Group> {
    (proptest::option::of(ip()), proptest::option::of(ip()), ip())
        .prop_map(|(source, group, originator)| Group { source, group, originator })
}

/// A whole NLRI of type, length and value.
fn route_key() -> impl Strategy<Value = Raw> {
    (any::<u8>(), vec(any::<u8>(), 0..24))
        .prop_map(|(kind, value)| Raw([&[kind, u8::try_from(value.len()).unwrap()][..], &value].concat()))
}

fn evpn() -> impl Strategy<Value = Evpn> {
    let tag = any::<u32>;
    let ip_prefix = any::<bool>().prop_flat_map(move |v6| {
        let most = if v6 { 128 } else { 32u8 };
        (rd(), esi(), tag(), (ip_of(v6), 0..=most), ip_of(v6), evpn_label()).prop_map(
            |(rd, esi, ethernet_tag, (address, length), gateway, label)| {
                let prefix = ipnet::IpNet::new(address, length).unwrap();
                Evpn::IpPrefix { rd, esi, ethernet_tag, prefix, gateway, label }
            },
        )
    });
    prop_oneof![
        (rd(), esi(), tag(), evpn_label()).prop_map(|(rd, esi, ethernet_tag, label)| {
            Evpn::EthernetAutoDiscovery { rd, esi, ethernet_tag, label }
        }),
        (
            rd(),
            esi(),
            tag(),
            any::<[u8; 6]>().prop_map(Mac),
            proptest::option::of(ip()),
            evpn_label(),
            proptest::option::of(evpn_label())
        )
            .prop_map(|(rd, esi, ethernet_tag, mac, ip, label_1, label_2)| {
                Evpn::MacIpAdvertisement { rd, esi, ethernet_tag, mac, ip, label_1, label_2 }
            }),
        (rd(), tag(), ip()).prop_map(|(rd, ethernet_tag, originator)| {
            Evpn::InclusiveMulticastEthernetTag { rd, ethernet_tag, originator }
        }),
        (rd(), esi(), ip()).prop_map(|(rd, esi, originator)| Evpn::EthernetSegment { rd, esi, originator }),
        ip_prefix,
        (rd(), tag(), group(), any::<u8>()).prop_map(|(rd, ethernet_tag, group, flags)| {
            Evpn::SelectiveMulticastEthernetTag { rd, ethernet_tag, group, flags }
        }),
        (rd(), esi(), tag(), group(), any::<u8>()).prop_map(|(rd, esi, ethernet_tag, group, flags)| {
            Evpn::MulticastMembershipReportSynch { rd, esi, ethernet_tag, group, flags }
        }),
        (rd(), esi(), tag(), group(), any::<u32>(), any::<u8>(), any::<u8>()).prop_map(
            |(rd, esi, ethernet_tag, group, reserved, max_response_time, flags)| Evpn::MulticastLeaveSynch {
                rd,
                esi,
                ethernet_tag,
                group,
                reserved,
                max_response_time,
                flags
            }
        ),
        (rd(), tag(), any::<[u8; 8]>()).prop_map(|(rd, ethernet_tag, region)| Evpn::PerRegionIPmsi {
            rd,
            ethernet_tag,
            region: ExtendedCommunity(region)
        }),
        (rd(), tag(), group()).prop_map(|(rd, ethernet_tag, group)| Evpn::SPmsi { rd, ethernet_tag, group }),
        (route_key(), ip()).prop_map(|(route_key, originator)| Evpn::LeafAd { route_key, originator }),
        (12..=255u8, octets(30)).prop_map(|(number, value)| Evpn::Unknown { number, value }),
    ]
}

fn mcast_vpn() -> impl Strategy<Value = McastVpn> {
    let any_ip = || proptest::option::of(ip());
    prop_oneof![
        (rd(), ip()).prop_map(|(rd, originator)| McastVpn::IntraAsIPmsi { rd, originator }),
        (rd(), any::<u32>()).prop_map(|(rd, source_as)| McastVpn::InterAsIPmsi { rd, source_as }),
        (rd(), any_ip(), any_ip(), ip()).prop_map(|(rd, source, group, originator)| McastVpn::SPmsi {
            rd,
            source,
            group,
            originator
        }),
        (route_key(), ip()).prop_map(|(route_key, originator)| McastVpn::LeafAd { route_key, originator }),
        (rd(), any_ip(), any_ip()).prop_map(|(rd, source, group)| McastVpn::SourceActive {
            rd,
            source,
            group
        }),
        (rd(), any::<u32>(), any_ip(), any_ip()).prop_map(|(rd, source_as, source, group)| {
            McastVpn::SharedTreeJoin { rd, source_as, source, group }
        }),
        (rd(), any::<u32>(), any_ip(), any_ip()).prop_map(|(rd, source_as, source, group)| {
            McastVpn::SourceTreeJoin { rd, source_as, source, group }
        }),
        (8..=255u8, octets(30)).prop_map(|(number, value)| McastVpn::Unknown { number, value }),
    ]
}

fn mup(v6: bool) -> impl Strategy<Value = Mup> {
    prop_oneof![
        (rd(), prefix(v6)).prop_map(|(rd, prefix)| Mup::InterworkSegmentDiscovery { rd, prefix }),
        (rd(), ip_of(v6)).prop_map(|(rd, address)| Mup::DirectSegmentDiscovery { rd, address }),
        (2..=255u8, any::<u16>(), octets(30)).prop_map(|(architecture, number, value)| Mup::Unknown {
            architecture,
            number,
            value
        }),
    ]
}

fn vpls() -> impl Strategy<Value = Vpls> {
    prop_oneof![
        (rd(), any::<u16>(), any::<u16>(), any::<u16>(), 0..1u32 << 24).prop_map(
            |(rd, ve_id, ve_block_offset, ve_block_size, label)| Vpls::Signaling {
                rd,
                ve_id,
                ve_block_offset,
                ve_block_size,
                label_base: Label(label)
            }
        ),
        (rd(), v4()).prop_map(|(rd, pe)| Vpls::AutoDiscovery { rd, pe }),
        vec(any::<u8>(), 0..12).prop_map(|value| Vpls::Unknown { value: Raw(value) }),
    ]
}

fn flow_spec(vpn: bool, v6: bool) -> impl Strategy<Value = FlowSpec> {
    let rd = if vpn { rd().prop_map(Some).boxed() } else { Just(None).boxed() };
    let kinds = proptest::sample::subsequence((1..=if v6 { 13 } else { 12u8 }).collect::<Vec<u8>>(), 1..5);
    (rd, kinds, any::<bool>()).prop_flat_map(move |(rd, kinds, long)| {
        let components: Vec<_> = kinds.into_iter().map(|kind| component(kind, v6)).collect();
        (Just(rd), components, Just(long)).prop_map(|(rd, components, long)| FlowSpec {
            rd,
            components,
            long,
        })
    })
}

fn component(kind: u8, v6: bool) -> BoxedStrategy<Component> {
    match kind {
        1 | 2 => {
            let source = kind == 2;
            let whole = prefix(v6).prop_map(move |prefix| Component::Prefix { source, prefix });
            let part =
                (1..100u8, 0..28u8, vec(any::<u8>(), 4)).prop_map(move |(offset, bits, mut pattern)| {
                    pattern.truncate(usize::from(bits).div_ceil(8));
                    // RFC 8956, section 3.1: bits behind the pattern are padding.
                    if let (Some(last), rest @ 1..) = (pattern.last_mut(), bits % 8) {
                        *last &= 0xff << (8 - rest);
                    }
                    Component::Pattern { source, length: offset + bits, offset, pattern: Raw(pattern) }
                });
            if v6 {
                prop_oneof![whole, part].boxed()
            } else {
                whole.boxed()
            }
        }
        component_type @ (9 | 12) => {
            terms().prop_map(move |terms| Component::Bitmask { component_type, terms }).boxed()
        }
        component_type => terms().prop_map(move |terms| Component::Numeric { component_type, terms }).boxed(),
    }
}

/// Values of one or two octets; the last term says that it is.
fn terms() -> impl Strategy<Value = Vec<Term>> {
    vec((any::<bool>(), 0..8u8, 0..2u8, any::<u16>()), 1..4).prop_map(|terms| {
        let last = terms.len() - 1;
        let term = |(index, (and, compare, width, value)): (usize, (bool, u8, u8, u16))| Term {
            operator: u8::from(index == last) << 7 | u8::from(and && index > 0) << 6 | width << 4 | compare,
            value: u64::from(if width == 0 { value & 0xff } else { value }),
        };
        terms.into_iter().enumerate().map(term).collect()
    })
}

/// Of its octets: an origin AS of up to 32 bits and a route target of up to 64.
fn route_target(family: AddressFamily) -> impl Strategy<Value = NlriValue> {
    prop_oneof![Just(0u8), 32..=96u8].prop_flat_map(move |length| {
        vec(any::<u8>(), usize::from(length).div_ceil(8)).prop_map(move |mut octets| {
            if let (Some(last), rest @ 1..) = (octets.last_mut(), length % 8) {
                *last &= 0xff << (8 - rest);
            }
            value(family, &[&[length][..], &octets].concat())
        })
    })
}

/// Of its octets: a type, protocol, identifier and descriptors.
fn link_state(family: AddressFamily) -> impl Strategy<Value = NlriValue> {
    let kind = prop_oneof![8 => 1..=6u16, 1 => any::<u16>()];
    let descriptors = vec(
        (
            prop_oneof![256..=265u16, 512..=518u16, any::<u16>()],
            prop_oneof![vec(any::<u8>(), 0..20).boxed(), tlvs(2, 2, 600).boxed()],
        ),
        0..4,
    );
    (kind, rd(), 1..=9u8, any::<u64>(), descriptors).prop_map(
        move |(kind, rd, protocol, identifier, descriptors)| {
            let mut body = if family.safi == 72 { rd.0.to_be_bytes().to_vec() } else { Vec::new() };
            body.push(protocol);
            body.extend(identifier.to_be_bytes());
            for (kind, value) in descriptors {
                body.extend(kind.to_be_bytes());
                body.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
                body.extend(value);
            }
            let head = [kind.to_be_bytes(), u16::try_from(body.len()).unwrap().to_be_bytes()].concat();
            value(family, &[head, body].concat())
        },
    )
}

fn value(family: AddressFamily, bytes: &[u8]) -> NlriValue {
    NlriRef::canonical(family, None, bytes).value()
}
