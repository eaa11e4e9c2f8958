//! What insight reads of an attribute set, in one pass over its octets and without allocating where paths are short: of every
//! route that changes it is asked, the typed reading of all attributes is not.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rib::AttributeSet;
use smallvec::SmallVec;
use wire::bgp::attribute::code;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    pub next_hop: Option<IpAddr>,
    /// ORIGIN's code: 2 is incomplete.
    pub origin_code: u8,
    /// AS numbers of AS_SEQUENCE and AS_SET in order; confederations, which are inside one AS, are left out.
    pub path: SmallVec<[u32; 8]>,
    /// Those that may be the origin: the last of the path, or all of a set that ends it. None: the local AS.
    pub origins: SmallVec<[u32; 1]>,
    /// The path ends with an AS_SET: RFC 6811 knows no origin then.
    pub ends_with_set: bool,
    pub med: Option<u32>,
    /// ONLY_TO_CUSTOMER (RFC 9234).
    pub otc: Option<u32>,
    pub communities: SmallVec<[u32; 4]>,
    pub large: SmallVec<[[u32; 3]; 0]>,
    pub extended: SmallVec<[[u8; 8]; 0]>,
    /// Of BGP-LS: the IGP's metric of a link, and the name of a node.
    pub link_metric: Option<u32>,
    pub node_name: Option<String>,
}

impl Facts {
    pub fn of(set: &AttributeSet) -> Self {
        let mut facts = Facts { next_hop: address(set.next_hop()), ..Facts::default() };
        let mut rest = set.canonical();
        while let Some((flags, code, value, left)) = attribute(rest) {
            let _ = flags;
            facts.take(code, value);
            rest = left;
        }
        facts
    }

    fn take(&mut self, code: u8, value: &[u8]) {
        match code {
            code::ORIGIN => self.origin_code = value.first().copied().unwrap_or(0),
            code::AS_PATH => self.path(value),
            code::MULTI_EXIT_DISC => self.med = word(value),
            code::ONLY_TO_CUSTOMER => self.otc = word(value),
            code::COMMUNITIES => self.communities = value.chunks_exact(4).filter_map(word).collect(),
            code::BGP_LS => {
                for (kind, value) in crate::link_state::tlvs(value) {
                    match kind {
                        1095 => {
                            let number = value.iter().fold(0, |sum, octet| sum << 8 | u32::from(*octet));
                            self.link_metric = Some(number);
                        }
                        1026 => self.node_name = Some(String::from_utf8_lossy(value).into_owned()),
                        _ => {}
                    }
                }
            }
            code::EXTENDED_COMMUNITIES => {
                self.extended = value.chunks_exact(8).filter_map(|one| one.try_into().ok()).collect();
            }
            code::LARGE_COMMUNITIES => {
                self.large = value
                    .chunks_exact(12)
                    .filter_map(|one| Some([word(one)?, word(one.get(4..)?)?, word(one.get(8..)?)?]))
                    .collect();
            }
            _ => {}
        }
    }

    /// RFC 4271, section 4.3: segments of type, count and AS numbers of four octets.
    fn path(&mut self, mut value: &[u8]) {
        while let Some(([kind, count], rest)) =
            value.split_at_checked(2).and_then(|(head, rest)| Some((<[u8; 2]>::try_from(head).ok()?, rest)))
        {
            let Some((segment, left)) = rest.split_at_checked(usize::from(count) * 4) else { return };
            value = left;
            // 1 AS_SET, 2 AS_SEQUENCE; 3 and 4 are of confederations.
            if !matches!(kind, 1 | 2) {
                continue;
            }
            self.ends_with_set = kind == 1;
            self.path.extend(segment.chunks_exact(4).filter_map(word));
            if kind == 1 {
                self.origins = segment.chunks_exact(4).filter_map(word).collect();
            } else if let Some(last) = self.path.last() {
                self.origins = SmallVec::from_slice(&[*last]);
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
    Standard(u32),
    Large([u32; 3]),
    Extended([u8; 8]),
}

impl CommunityText {
    /// `65000:1`, `65000:1:2`, `rt:65000:1`, `soo:65000:1`, or sixteen hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let numbers: Option<Vec<u32>> = text.split(':').map(|part| part.trim().parse().ok()).collect();
        match numbers.as_deref() {
            Some([high, low]) if *high <= 0xffff && *low <= 0xffff => {
                return Some(CommunityText::Standard(high << 16 | low));
            }
            Some([one, two, three]) => return Some(CommunityText::Large([*one, *two, *three])),
            _ => {}
        }
        if let Some(octets) = rib::text::unhex(text).and_then(|octets| <[u8; 8]>::try_from(octets).ok()) {
            return Some(CommunityText::Extended(octets));
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
        Some(CommunityText::Extended(octets))
    }
}

/// Flags, code, value and what follows of the first attribute.
fn attribute(octets: &[u8]) -> Option<(u8, u8, &[u8], &[u8])> {
    let (flags, code) = (*octets.first()?, *octets.get(1)?);
    let (length, start) = if flags & 0x10 == 0 {
        (usize::from(*octets.get(2)?), 3)
    } else {
        (usize::from(u16::from_be_bytes([*octets.get(2)?, *octets.get(3)?])), 4)
    };
    let value = octets.get(start..start + length)?;
    Some((flags, code, value, octets.get(start + length..)?))
}

fn word(octets: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(octets.get(..4)?.try_into().ok()?))
}

/// Of a next hop the global address; one with a route distinguisher has it before the address.
pub(crate) fn address(octets: &[u8]) -> Option<IpAddr> {
    Some(match octets.len() {
        4 => Ipv4Addr::from(<[u8; 4]>::try_from(octets).ok()?).into(),
        12 => Ipv4Addr::from(<[u8; 4]>::try_from(octets.get(8..)?).ok()?).into(),
        16 | 32 => Ipv6Addr::from(<[u8; 16]>::try_from(octets.get(..16)?).ok()?).into(),
        24 | 48 => Ipv6Addr::from(<[u8; 16]>::try_from(octets.get(8..24)?).ok()?).into(),
        _ => return None,
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
