//! What insight reads of an attribute set, in one pass over its octets and without allocating where paths are short: of every
//! route that changes it is asked, the typed reading of all attributes is not.

use std::net::IpAddr;

use rib::AttributeSet;
use smallvec::SmallVec;
use wire::bgp::attribute::{
    code, AttributeRef, Community, ExtendedCommunity, LargeCommunity, Origin, SegmentRef,
};
use wire::bgp::tlv::{Tlv, Value};
use wire::bgp::{AttributeValue, Context, NextHop, SegmentType};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    pub next_hop: Option<IpAddr>,
    pub origin: Option<Origin>,
    /// AS numbers of AS_SEQUENCE and AS_SET in order; confederations, which are inside one AS, are left out.
    pub path: SmallVec<[u32; 8]>,
    /// Those that may be the origin: the last of the path, or all of a set that ends it. None: the local AS.
    pub origins: SmallVec<[u32; 1]>,
    /// The path ends with an AS_SET: RFC 6811 knows no origin then.
    pub ends_with_set: bool,
    /// There is an AS_SET in the path.
    pub has_set: bool,
    pub med: Option<u32>,
    /// ONLY_TO_CUSTOMER (RFC 9234).
    pub otc: Option<u32>,
    pub communities: SmallVec<[Community; 4]>,
    pub large: SmallVec<[LargeCommunity; 0]>,
    pub extended: SmallVec<[ExtendedCommunity; 0]>,
    /// Of BGP-LS: the IGP's metric of a link, and the name of a node.
    pub link_metric: Option<u32>,
    pub node_name: Option<String>,
}

impl Facts {
    pub fn of(set: &AttributeSet) -> Self {
        let mut facts = Facts { next_hop: address(set.next_hop()), ..Facts::default() };
        AttributeRef::all(set.canonical()).for_each(|attribute| facts.take(&attribute));
        facts
    }

    fn take(&mut self, attribute: &AttributeRef<'_>) {
        match attribute.code {
            code::ORIGIN => self.origin = attribute.origin(),
            code::AS_PATH => attribute.segments().for_each(|segment| self.segment(segment)),
            code::MULTI_EXIT_DISC => self.med = attribute.number(),
            code::ONLY_TO_CUSTOMER => self.otc = attribute.number(),
            code::COMMUNITIES => self.communities = attribute.communities().collect(),
            code::EXTENDED_COMMUNITIES => self.extended = attribute.extended_communities().collect(),
            code::LARGE_COMMUNITIES => self.large = attribute.large_communities().collect(),
            code::BGP_LS => {
                if let AttributeValue::LinkStateAttribute(of) = attribute.to_owned(Context::default()).value {
                    let metric = find(of.0.tlvs(), "igp_metric").and_then(Value::number);
                    self.link_metric = metric.and_then(|metric| u32::try_from(metric).ok());
                    let name = find(of.0.tlvs(), "node_name").and_then(Value::octets);
                    self.node_name = name.map(|name| String::from_utf8_lossy(name).into_owned());
                }
            }
            _ => {}
        }
    }

    fn segment(&mut self, segment: SegmentRef<'_>) {
        let asns = segment.four_octet_asns();
        match segment.kind {
            SegmentType::AsConfedSequence | SegmentType::AsConfedSet => {}
            SegmentType::AsSequence => {
                self.ends_with_set = false;
                self.origins = segment.four_octet_asns().next_back().into_iter().collect();
                self.path.extend(asns);
            }
            SegmentType::AsSet => {
                self.ends_with_set = true;
                self.has_set = true;
                self.origins = segment.four_octet_asns().collect();
                self.path.extend(asns);
            }
        }
    }

    /// Whether it has a community as configuration writes it: `65000:1`, `65000:1:2`, or an extended one's text.
    pub fn has_community(&self, community: &CommunityText) -> bool {
        match community {
            CommunityText::Standard(value) => self.communities.contains(value),
            CommunityText::Large(value) => self.large.contains(value),
            CommunityText::Extended(value) => self.extended.contains(value),
        }
    }
}

/// A community of the configuration, as octets compare it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CommunityText {
    Standard(Community),
    Large(LargeCommunity),
    Extended(ExtendedCommunity),
}

impl CommunityText {
    /// `65000:1`, `65000:1:2`, `rt:65000:1`, `soo:65000:1`, or sixteen hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let numbers: Option<Vec<u32>> = text.split(':').map(|part| part.trim().parse().ok()).collect();
        match numbers.as_deref() {
            Some([high, low]) if *high <= 0xffff && *low <= 0xffff => {
                return Some(CommunityText::Standard(Community(high << 16 | low)));
            }
            Some([one, two, three]) => return Some(CommunityText::Large([*one, *two, *three].into())),
            _ => {}
        }
        if let Some(octets) = rib::text::unhex(text).and_then(|octets| <[u8; 8]>::try_from(octets).ok()) {
            return Some(CommunityText::Extended(ExtendedCommunity(octets)));
        }
        let mut parts = text.split(':');
        let subtype = match parts.next()?.to_ascii_lowercase().as_str() {
            "rt" | "target" => 2,
            "soo" | "origin" => 3,
            _ => return None,
        };
        let (global, local): (u32, u32) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let mut octets = [0; 8];
        let bytes: Vec<u8> = match u16::try_from(global) {
            // RFC 4360: two octets of AS, four of a number; RFC 5668 the other way round.
            Ok(short) => [&[0, subtype][..], &short.to_be_bytes(), &local.to_be_bytes()].concat(),
            Err(_) => {
                let local = u16::try_from(local).ok()?;
                [&[2, subtype][..], &global.to_be_bytes(), &local.to_be_bytes()].concat()
            }
        };
        octets.copy_from_slice(bytes.get(..8)?);
        Some(CommunityText::Extended(ExtendedCommunity(octets)))
    }
}

/// Of a next hop the global address.
pub(crate) fn address(octets: &[u8]) -> Option<IpAddr> {
    Some(match NextHop::decode(octets) {
        NextHop::Ipv4(address) | NextHop::VpnIpv4 { address, .. } => address.into(),
        NextHop::Ipv6 { global, .. } | NextHop::VpnIpv6 { global, .. } => global.into(),
        NextHop::None | NextHop::Raw(_) => return None,
    })
}

/// Attribute sets of deltas, each read when it is first asked for.
pub(crate) struct Sets<'a> {
    sets: &'a [rib::AttributeSet],
    read: Vec<Option<Facts>>,
}

impl<'a> Sets<'a> {
    pub fn new(sets: &'a [rib::AttributeSet]) -> Self {
        let mut read = Vec::new();
        read.resize_with(sets.len(), || None);
        Sets { sets, read }
    }

    pub fn read(&mut self, index: Option<u32>) {
        let Some(index) = index.and_then(|index| usize::try_from(index).ok()) else { return };
        if let (Some(set), Some(read)) = (self.sets.get(index), self.read.get_mut(index)) {
            if read.is_none() {
                *read = Some(Facts::of(set));
            }
        }
    }

    pub fn get(&self, index: Option<u32>) -> Option<&Facts> {
        self.read.get(usize::try_from(index?).ok()?)?.as_ref()
    }
}

/// The value of the TLV of a name.
pub(crate) fn find<'a>(tlvs: &'a [Tlv], name: &str) -> Option<&'a Value> {
    tlvs.iter().find(|tlv| tlv.name == Some(name)).map(|tlv| &tlv.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_the_typed_reading_says() {
        let canonical = [
            [0x40, 1, 1, 2].as_slice(),
            // 65000 (65001) 65536 {7 8}
            &[
                0x50, 2, 0, 28, 2, 1, 0, 0, 0xfd, 0xe8, 3, 1, 0, 0, 0xfd, 0xe9, 2, 1, 0, 1, 0, 0, 1, 2, 0, 0,
                0, 7, 0, 0, 0, 8,
            ],
            &[0x80, 4, 4, 0, 0, 0, 50],
            &[0xc0, 8, 4, 0xfd, 0xe8, 0, 100],
            &[0xc0, 16, 8, 0, 2, 0xfd, 0xe8, 0, 0, 0, 1],
            &[0xc0, 32, 12, 0, 0, 0xfd, 0xe8, 0, 0, 0, 1, 0, 0, 0, 2],
            &[0xc0, 35, 4, 0, 0, 0xfd, 0xe8],
        ]
        .concat();
        let set = AttributeSet::from_parts(&[192, 0, 2, 1], &canonical);
        let facts = Facts::of(&set);
        let typed = set.typed();
        assert_eq!(facts.next_hop, typed.next_hop);
        let otc = typed.fields.get("only_to_customer").map(|asn| asn.as_u64().unwrap());
        assert_eq!((facts.med, facts.otc.map(u64::from)), (typed.med, otc));
        assert_eq!(&facts.path[..], [65000, 65536, 7, 8]);
        assert_eq!((&facts.origins[..], facts.ends_with_set), (&[7, 8][..], true));
        for text in ["65000:100", "65000:1:2", "rt:65000:1"] {
            assert!(facts.has_community(&CommunityText::parse(text).unwrap()), "{text}");
        }
        assert!(!facts.has_community(&CommunityText::parse("65000:101").unwrap()));
    }
}
