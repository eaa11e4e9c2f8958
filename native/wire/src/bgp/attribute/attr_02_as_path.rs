//! AS_PATH (RFC 4271, section 5.1.2; RFC 5065; RFC 6793).

use std::fmt;

use serde::Serialize;
use smallvec::SmallVec;

use super::PathAttribute;
use crate::bgp::Context;
use crate::error::{At, ErrorKind, Result};
use crate::reader::Reader;
use crate::registry::bgp::{as_path_segment, AS_TRANS};

/// The ASes that a route came through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct AsPath {
    pub segments: SmallVec<[AsPathSegment; 1]>,
}

/// A path segment.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct AsPathSegment {
    #[serde(rename = "type")]
    pub kind: SegmentType,
    pub asns: Vec<u32>,
}

/// IANA "BGP AS_PATH Segment Types".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum SegmentType {
    AsSet = as_path_segment::AS_SET,
    AsSequence = as_path_segment::AS_SEQUENCE,
    AsConfedSequence = as_path_segment::AS_CONFED_SEQUENCE,
    AsConfedSet = as_path_segment::AS_CONFED_SET,
}

impl SegmentType {
    #[inline]
    pub(crate) fn new(number: u8) -> Option<Self> {
        Some(match number {
            as_path_segment::AS_SET => SegmentType::AsSet,
            as_path_segment::AS_SEQUENCE => SegmentType::AsSequence,
            as_path_segment::AS_CONFED_SEQUENCE => SegmentType::AsConfedSequence,
            as_path_segment::AS_CONFED_SET => SegmentType::AsConfedSet,
            _ => return None,
        })
    }

    fn is_confed(self) -> bool {
        matches!(self, SegmentType::AsConfedSequence | SegmentType::AsConfedSet)
    }

    /// How much a segment counts for the length of the path (RFC 4271, 9.1.2.2; RFC 5065, 5.3).
    fn hops(self, count: usize) -> usize {
        match self {
            SegmentType::AsSequence => count,
            SegmentType::AsSet => 1,
            SegmentType::AsConfedSequence | SegmentType::AsConfedSet => 0,
        }
    }
}

impl AsPath {
    /// A path of one sequence; empty where there is none.
    pub fn sequence(asns: &[u32]) -> Self {
        let mut path = AsPath::default();
        if !asns.is_empty() {
            path.segments.push(AsPathSegment { kind: SegmentType::AsSequence, asns: asns.to_vec() });
        }
        path
    }

    #[inline]
    pub(crate) fn read(reader: &mut Reader<'_>, two_octet: bool) -> Result<Self> {
        let mut path = AsPath::default();
        while !reader.is_empty() {
            let segment = SegmentRef::read(reader, two_octet).at_index(path.segments.len()).at("segment")?;
            let asns = if two_octet {
                segment
                    .asns
                    .chunks_exact(2)
                    .map(|asn| asn.iter().fold(0, |high, low| high << 8 | u32::from(*low)))
                    .collect()
            } else {
                segment.four_octet_asns().collect()
            };
            path.segments.push(AsPathSegment { kind: segment.kind, asns });
        }
        Ok(path)
    }

    #[inline]
    pub(crate) fn check_octets(mut reader: Reader<'_>, two_octet: bool) -> Result<()> {
        let mut index = 0;
        while !reader.is_empty() {
            SegmentRef::read(&mut reader, two_octet).at_index(index).at("segment")?;
            index += 1;
        }
        Ok(())
    }

    /// Writes the value; numbers above 65,535 become AS_TRANS where AS numbers have two octets.
    pub(crate) fn write(&self, out: &mut Vec<u8>, two_octet: bool) {
        for segment in &self.segments {
            // A segment holds at most 255.
            for chunk in segment.asns.chunks(255) {
                out.extend_from_slice(&[segment.kind as u8, u8::try_from(chunk.len()).unwrap_or(u8::MAX)]);
                for asn in chunk {
                    if two_octet {
                        out.extend_from_slice(&u16::try_from(*asn).unwrap_or(AS_TRANS).to_be_bytes());
                    } else {
                        out.extend_from_slice(&asn.to_be_bytes());
                    }
                }
            }
        }
    }

    /// Every AS number in order, sets and confederations included.
    pub fn asns(&self) -> impl Iterator<Item = u32> + '_ {
        self.segments.iter().flat_map(|segment| segment.asns.iter().copied())
    }

    /// The AS that originated the route: the last of the path, where the path ends with a sequence.
    pub fn origin_as(&self) -> Option<u32> {
        let last = self.segments.last()?;
        (last.kind == SegmentType::AsSequence).then(|| last.asns.last().copied())?
    }

    /// Length of the path as route selection counts it (RFC 4271, 9.1.2.2; RFC 5065, 5.3).
    pub fn hop_count(&self) -> usize {
        self.segments.iter().map(|segment| segment.kind.hops(segment.asns.len())).sum()
    }

    /// AS_PATH and AS4_PATH of a speaker with two-octet AS numbers as one path (RFC 6793, section 4.2.3).
    /// `self` is the AS_PATH.
    pub fn merge_as4(&self, as4: &AsPath) -> AsPath {
        let own = self.hop_count();
        // Confederation segments in AS4_PATH are to be discarded (RFC 6793, section 6).
        let mut as4: Vec<AsPathSegment> =
            as4.segments.iter().filter(|segment| !segment.kind.is_confed()).cloned().collect();
        let new: usize = as4.iter().map(|segment| segment.kind.hops(segment.asns.len())).sum();
        if own < new || as4.is_empty() {
            return self.clone();
        }
        // The leading hops of AS_PATH that AS4_PATH lacks, with every confederation segment before or among them.
        let mut left = own - new;
        let mut merged = AsPath::default();
        for segment in &self.segments {
            let hops = segment.kind.hops(segment.asns.len());
            if segment.kind.is_confed() || hops <= left && hops > 0 {
                left -= hops;
                merged.segments.push(segment.clone());
            } else {
                if left > 0 {
                    let asns = segment.asns.iter().take(left).copied().collect();
                    merged.segments.push(AsPathSegment { kind: segment.kind, asns });
                }
                break;
            }
        }
        // Two sequences that meet are one, where one segment can hold them.
        if let (Some(last), Some(first)) = (merged.segments.last_mut(), as4.first_mut()) {
            if last.kind == SegmentType::AsSequence
                && first.kind == SegmentType::AsSequence
                && last.asns.len() + first.asns.len() <= 255
            {
                last.asns.append(&mut first.asns);
                as4.remove(0);
            }
        }
        merged.segments.extend(as4);
        merged
    }
}

impl PathAttribute for AsPath {
    #[inline]
    fn decode(reader: &mut Reader<'_>, context: Context<'_>) -> Result<Self> {
        AsPath::read(reader, context.two_octet_as)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.write(out, false);
    }

    #[inline]
    fn check(reader: Reader<'_>, context: Context<'_>) -> Result<()> {
        AsPath::check_octets(reader, context.two_octet_as)
    }
}

/// As routers print it: sequences bare, `{sets}`, `(confederation sequences)`, `[confederation sets]`.
impl fmt::Display for AsPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.segments.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            let (open, separator, close) = match segment.kind {
                SegmentType::AsSequence => ("", " ", ""),
                SegmentType::AsSet => ("{", ",", "}"),
                SegmentType::AsConfedSequence => ("(", " ", ")"),
                SegmentType::AsConfedSet => ("[", ",", "]"),
            };
            f.write_str(open)?;
            for (index, asn) in segment.asns.iter().enumerate() {
                if index > 0 {
                    f.write_str(separator)?;
                }
                write!(f, "{asn}")?;
            }
            f.write_str(close)?;
        }
        Ok(())
    }
}

/// A segment of AS_PATH where it is on the wire.
#[derive(Clone, Copy, Debug)]
pub struct SegmentRef<'a> {
    pub kind: SegmentType,
    /// Two or four octets an AS number.
    pub(crate) asns: &'a [u8],
}

impl<'a> SegmentRef<'a> {
    /// RFC 7606, section 7.2: an unknown type, a segment past the end and an empty segment are malformed.
    #[inline(always)]
    pub(crate) fn read(reader: &mut Reader<'a>, two_octet: bool) -> Result<Self> {
        let at = *reader;
        let number = reader.u8().at("type")?;
        let Some(kind) = SegmentType::new(number) else {
            return Err(at.error(ErrorKind::Value { found: number.into(), expected: "1, 2, 3 or 4" }))
                .at("type");
        };
        let at = *reader;
        let count = usize::from(reader.u8().at("length")?);
        if count == 0 {
            return Err(at.error(ErrorKind::Length { found: 0, expected: "1 or more" })).at("length");
        }
        let asns = reader.take(count * if two_octet { 2 } else { 4 }).at("asns")?;
        Ok(SegmentRef { kind, asns })
    }

    /// The AS numbers, where each has four octets.
    #[inline]
    pub fn four_octet_asns(&self) -> impl DoubleEndedIterator<Item = u32> + ExactSizeIterator + 'a {
        self.asns.as_chunks::<4>().0.iter().map(|asn| u32::from_be_bytes(*asn))
    }
}
