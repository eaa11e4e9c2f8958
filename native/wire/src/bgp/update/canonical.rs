//! The attributes of an UPDATE in one form, whatever the session negotiated: AS numbers of four octets, AS4_PATH merged.

use smallvec::SmallVec;

use super::view::{in_groups, Slot};
use crate::bgp::attribute::{
    code, head, Aggregator, As4Aggregator, As4Path, AsPath, PathAttribute, Registered,
};
use crate::bgp::UpdateView;
use crate::reader::Reader;
use crate::registry::bgp::AS_TRANS;

impl UpdateView<'_> {
    /// Adds the attributes that the announced routes share, in one form: RFC 4271 encoding, sorted by code, shortest
    /// length, unused flag bits cleared, AS_PATH and AGGREGATOR with four octets an AS number, AS4_PATH and AS4_AGGREGATOR merged into them
    /// (RFC 6793), without NEXT_HOP, MP_REACH_NLRI and MP_UNREACH_NLRI (the groups carry these), and without what RFC 7606
    /// discards. Two attribute sets are the same when, and only when, these octets are.
    pub fn canonical_attributes(&self, out: &mut Vec<u8>) {
        let kept = |slot: &&Slot| !slot.discarded && !is_apart(slot.code);
        if self.slots.is_sorted_by_key(|slot| if in_groups(slot.code) { 0 } else { slot.code }) {
            self.write_canonical(self.slots.iter().filter(kept).copied(), out);
        } else {
            let mut sorted: SmallVec<[Slot; 10]> = self.slots.iter().filter(kept).copied().collect();
            sorted.sort_by_key(|slot| slot.code);
            self.write_canonical(sorted.into_iter(), out);
        }
    }

    /// What is canonical on the wire already, and that is nearly all, is copied as it is, neighbours together.
    #[inline]
    fn write_canonical(&self, slots: impl Iterator<Item = Slot>, out: &mut Vec<u8>) {
        let (mut start, mut end) = (0, 0);
        for slot in slots {
            if is_canonical(slot.flags, slot.code, slot.length.into(), self.context.two_octet_as) {
                let value = usize::from(slot.start);
                let head = value.saturating_sub(3);
                if head != end {
                    out.extend_from_slice(self.body.get(start..end).unwrap_or_default());
                    start = head;
                }
                end = value + usize::from(slot.length);
            } else {
                out.extend_from_slice(self.body.get(start..end).unwrap_or_default());
                (start, end) = (0, 0);
                self.rewrite_canonical(slot, out);
            }
        }
        out.extend_from_slice(self.body.get(start..end).unwrap_or_default());
    }

    #[cold]
    fn rewrite_canonical(&self, slot: Slot, out: &mut Vec<u8>) {
        let attribute = self.resolve(slot);
        match attribute.code {
            AsPath::CODE if self.context.two_octet_as => {
                let mut value = Vec::new();
                self.merged_as_path().unwrap_or_default().encode(&mut value);
                head::encode_canonical(out, attribute.flags, AsPath::CODE, &value);
            }
            Aggregator::CODE if attribute.value.len() == 6 => {
                let mut value = Vec::new();
                if let Some(aggregator) = self.merged_aggregator() {
                    aggregator.encode(&mut value);
                }
                head::encode_canonical(out, attribute.flags, Aggregator::CODE, &value);
            }
            code => head::encode_canonical(out, attribute.flags, code, attribute.value),
        }
    }

    /// AS_PATH with AS4_PATH merged where AS numbers have two octets (RFC 6793, section 4.2.3).
    pub fn merged_as_path(&self) -> Option<AsPath> {
        let mut reader = Reader::new(self.value_of(AsPath::CODE)?, 0);
        let path = AsPath::read(&mut reader, self.context.two_octet_as).ok()?;
        if !self.context.two_octet_as {
            // RFC 6793, section 4.1: between speakers with four octets AS4_PATH is ignored.
            return Some(path);
        }
        // RFC 6793, section 4.2.3: with another AS in AGGREGATOR than AS_TRANS, both AS4 attributes are ignored.
        let aggregator = self.typed::<Aggregator>();
        let ignored = self.value_of(As4Aggregator::CODE).is_some()
            && aggregator.is_some_and(|aggregator| aggregator.asn != u32::from(AS_TRANS));
        match self.typed::<As4Path>() {
            Some(As4Path(as4)) if !ignored => Some(path.merge_as4(&as4)),
            _ => Some(path),
        }
    }

    /// AGGREGATOR with AS4_AGGREGATOR merged (RFC 6793, section 4.2.3), with four octets.
    pub fn merged_aggregator(&self) -> Option<Aggregator> {
        let aggregator = self.typed::<Aggregator>()?;
        let merged = match self.typed::<As4Aggregator>() {
            Some(as4) if aggregator.two_octet && aggregator.asn == u32::from(AS_TRANS) => {
                Aggregator { asn: as4.asn, address: as4.address, two_octet: false }
            }
            _ => Aggregator { two_octet: false, ..aggregator },
        };
        Some(merged)
    }

    fn typed<T: PathAttribute>(&self) -> Option<T> {
        let mut reader = Reader::new(self.value_of(T::CODE)?, 0);
        T::decode(&mut reader, self.context).ok()
    }
}

/// Flags without an unused bit, a length of one octet, and nothing to be widened.
#[inline(always)]
pub(in crate::bgp) fn is_canonical(flags: u8, code: u8, length: usize, two_octet_as: bool) -> bool {
    flags & 0x1f == 0 && !(code == AsPath::CODE && two_octet_as) && !(code == Aggregator::CODE && length == 6)
}

/// Whether the groups say what the attribute says, or another attribute does: it is in no canonical set.
#[inline(always)]
pub(in crate::bgp) fn is_apart(code: u8) -> bool {
    in_groups(code) || matches!(code, code::NEXT_HOP | code::AS4_PATH | code::AS4_AGGREGATOR)
}
