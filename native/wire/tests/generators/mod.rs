//! Any element of the protocol, as values for proptest. What is generated is as a speaker would send it: where the wire
//! has several forms of one thing, the one that is written.
#![allow(dead_code)]

pub mod attributes;
pub mod bmp;
pub mod capabilities;
pub mod nlri;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use proptest::collection::vec;
use proptest::prelude::*;
use wire::bgp::{AddressFamily, RouteDistinguisher};
use wire::Raw;

pub fn octets(most: usize) -> impl Strategy<Value = Raw> {
    vec(any::<u8>(), 0..=most).prop_map(Raw)
}

pub fn v4() -> impl Strategy<Value = Ipv4Addr> {
    any::<u32>().prop_map(Ipv4Addr::from)
}

pub fn v6() -> impl Strategy<Value = Ipv6Addr> {
    any::<u128>().prop_map(Ipv6Addr::from)
}

pub fn ip() -> impl Strategy<Value = IpAddr> {
    prop_oneof![v4().prop_map(IpAddr::V4), v6().prop_map(IpAddr::V6)]
}

/// An address of the family.
pub fn ip_of(family_6: bool) -> BoxedStrategy<IpAddr> {
    if family_6 {
        v6().prop_map(IpAddr::V6).boxed()
    } else {
        v4().prop_map(IpAddr::V4).boxed()
    }
}

/// A prefix without a bit behind its length.
pub fn prefix(family_6: bool) -> BoxedStrategy<IpNet> {
    if family_6 {
        (v6(), 0..=128u8)
            .prop_map(|(address, length)| IpNet::V6(Ipv6Net::new(address, length).unwrap().trunc()))
            .boxed()
    } else {
        (v4(), 0..=32u8)
            .prop_map(|(address, length)| IpNet::V4(Ipv4Net::new(address, length).unwrap().trunc()))
            .boxed()
    }
}

pub fn rd() -> impl Strategy<Value = RouteDistinguisher> {
    (0..4u64, any::<u64>()).prop_map(|(kind, value)| RouteDistinguisher(kind << 48 | value >> 16))
}

pub fn family() -> impl Strategy<Value = AddressFamily> {
    prop_oneof![
        4 => proptest::sample::select(&nlri::FAMILIES[..]),
        1 => (any::<u16>(), any::<u8>()).prop_map(|(afi, safi)| AddressFamily::new(afi, safi)),
    ]
}

/// TLVs of type and length of so many octets, mostly of types up to a number.
pub fn tlvs(type_octets: usize, length_octets: usize, highest: u16) -> impl Strategy<Value = Vec<u8>> {
    let kind = prop_oneof![4 => 0..=highest, 1 => any::<u16>()];
    let value = prop_oneof![4 => vec(any::<u8>(), 0..=12), 1 => vec(any::<u8>(), 0..=60)];
    vec((kind, value), 0..5).prop_map(move |tlvs| {
        let mut out = Vec::new();
        for (kind, value) in tlvs {
            out.extend(&kind.to_be_bytes()[2 - type_octets..]);
            out.extend(&u16::try_from(value.len()).unwrap().to_be_bytes()[2 - length_octets..]);
            out.extend(value);
        }
        out
    })
}
