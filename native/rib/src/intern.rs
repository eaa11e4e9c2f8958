//! Attribute sets, each kept once however many routes share it.

use std::hash::BuildHasher;
use std::hint::black_box;
use std::sync::Arc;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::attributes::{self, SetId};
use crate::lines::{Expression, Lines, Marks, Path, Says};

/// 24 octets: a full table has hundreds of thousands.
struct Slot {
    /// None: free.
    bytes: Option<Arc<[u8]>>,
    references: u32,
    mark: Mark,
}

/// 31 bits of the hash of a set's bytes, so that nothing has to look at them again to find its place, and in the highest bit
/// whether deltas have told the set, or it was loaded.
#[derive(Clone, Copy, PartialEq)]
struct Mark(u32);

impl Mark {
    const TOLD: u32 = 1 << 31;

    fn of(hash: u64) -> Self {
        let [.., a, b, c, d] = hash.to_be_bytes();
        Mark(u32::from_be_bytes([a, b, c, d]) & !Self::TOLD)
    }

    /// The hash by which the table of sets finds it, which looks at both ends of a number.
    fn hash(self) -> u64 {
        let hash = u64::from(self.0 & !Self::TOLD);
        hash << 33 | hash
    }

    /// Whether it was told before.
    fn tell(&mut self) -> bool {
        let before = self.0 & Self::TOLD != 0;
        self.0 |= Self::TOLD;
        before
    }
}

/// Reference-counted sets of identity bytes.
#[derive(Default)]
pub(crate) struct Interner {
    slots: Vec<Slot>,
    free: Vec<SetId>,
    /// With each set its mark, so that a table that grows does not have to look at every set.
    by_bytes: HashTable<(Mark, SetId)>,
    hasher: DefaultHashBuilder,
    octets: usize,
    /// Of the set that came last.
    identity: Vec<u8>,
    paths: Lines<Path>,
    marks: Lines<Marks>,
}

impl Interner {
    /// The set of a next hop and canonical attributes, with one reference for the caller to [`release`].
    ///
    /// [`release`]: Interner::release
    pub(crate) fn intern(&mut self, next_hop: &[u8], canonical: &[u8]) -> SetId {
        let mark = Mark::of(self.hasher.hash_one((next_hop, canonical)));
        let slots = &self.slots;
        let same = |&(other, id): &(Mark, SetId)| {
            other == mark
                && bytes_of(slots, id).is_some_and(|bytes| attributes::split(bytes) == (next_hop, canonical))
        };
        if let Some(&(_, id)) = self.by_bytes.find(mark.hash(), same) {
            self.retain(id);
            return id;
        }
        attributes::identity(&mut self.identity, next_hop, canonical);
        self.octets += self.identity.len();
        let id = self.put(Slot { bytes: Some(self.identity.as_slice().into()), references: 1, mark });
        self.paths.came(id);
        self.marks.came(id);
        self.by_bytes.insert_unique(mark.hash(), (mark, id), |(mark, _)| mark.hash());
        id
    }

    /// Brings sets that are about to be looked up near. One by one each look-up waits for memory that no cache holds; all those of a
    /// batch, which do not depend on each other, wait at the same time.
    pub(crate) fn bring<'b>(&self, sets: impl Iterator<Item = (&'b [u8], &'b [u8])>) {
        let marks: Vec<Mark> = sets.map(|set| Mark::of(self.hasher.hash_one(set))).collect();
        let found = marks.iter().map(|mark| self.by_bytes.find(mark.hash(), |(other, _)| other == mark));
        let ids: Vec<SetId> = found.flatten().map(|(_, id)| *id).collect();
        let octets = ids.iter().filter_map(|id| bytes_of(&self.slots, *id)?.first());
        // The sum is of no use: without it nothing would have to be read.
        black_box(octets.fold(0_u8, |sum, octet| sum ^ octet));
    }

    pub(crate) fn retain(&mut self, id: SetId) {
        if let Some(slot) = self.slot(id) {
            slot.references += 1;
        }
    }

    /// Gives a reference back; the last one frees the set.
    pub(crate) fn release(&mut self, id: SetId) {
        let Some(slot) = self.slot(id) else { return };
        slot.references = slot.references.saturating_sub(1);
        if slot.references > 0 {
            return;
        }
        let hash = slot.mark.hash();
        let Some(bytes) = slot.bytes.take() else { return };
        self.octets -= bytes.len();
        if let Ok(entry) = self.by_bytes.find_entry(hash, |(_, other)| *other == id) {
            entry.remove();
        }
        self.free.push(id);
    }

    /// Identity bytes of a set that is held.
    pub(crate) fn bytes(&self, id: SetId) -> Option<&Arc<[u8]>> {
        self.slots.get(usize::try_from(id).ok()?)?.bytes.as_ref()
    }

    /// Identity bytes of a set that is told now, and whether it was told before.
    pub(crate) fn tell(&mut self, id: SetId) -> Option<(&Arc<[u8]>, bool)> {
        let slot = self.slot(id)?;
        let before = slot.mark.tell();
        Some((slot.bytes.as_ref()?, before))
    }

    /// Sets held, and their octets.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.slots.len() - self.free.len(), self.octets)
    }

    /// Calls `found` with each set whose AS path matches all of the expressions, and with how many routes hold it.
    pub(crate) fn search_paths(&self, expressions: &[Expression], found: impl FnMut(SetId, u32)) {
        self.search(&self.paths, expressions, found);
    }

    /// The same of next hop and communities.
    pub(crate) fn search_marks(&self, expressions: &[Expression], found: impl FnMut(SetId, u32)) {
        self.search(&self.marks, expressions, found);
    }

    /// Makes ready for searches, of each kind up to so many sets. False while there are more.
    pub(crate) fn prepare(&self, most: usize) -> bool {
        let bytes = |id| bytes_of(&self.slots, id);
        self.paths.prepare(self.slots.len(), bytes, most) && self.marks.prepare(self.slots.len(), bytes, most)
    }

    /// Whether it was made ready, but for what came since.
    pub(crate) fn is_ready(&self) -> bool {
        self.paths.is_ready() && self.marks.is_ready()
    }

    fn search<S: Says + Default>(
        &self,
        lines: &Lines<S>,
        expressions: &[Expression],
        mut found: impl FnMut(SetId, u32),
    ) {
        let slot = |id: SetId| self.slots.get(usize::try_from(id).ok()?);
        let bytes = |id| slot(id)?.bytes.as_deref();
        lines.search(expressions, self.slots.len(), bytes, |id| {
            if let Some(slot) = slot(id).filter(|slot| slot.bytes.is_some()) {
                found(id, slot.references);
            }
        });
    }

    /// How many names there are, of sets that are held and of free ones.
    pub(crate) fn names(&self) -> usize {
        self.slots.len()
    }

    fn put(&mut self, slot: Slot) -> SetId {
        if let Some(id) = self.free.pop() {
            if let Some(place) = self.slot(id) {
                *place = slot;
                return id;
            }
        }
        self.slots.push(slot);
        // Four thousand million sets would need memory that no machine of today has.
        SetId::try_from(self.slots.len() - 1).unwrap_or(SetId::MAX)
    }

    fn slot(&mut self, id: SetId) -> Option<&mut Slot> {
        self.slots.get_mut(usize::try_from(id).ok()?)
    }
}

fn bytes_of(slots: &[Slot], id: SetId) -> Option<&[u8]> {
    slots.get(usize::try_from(id).ok()?)?.bytes.as_deref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_bytes_are_one_set_and_the_last_release_frees_it() {
        let mut sets = Interner::default();
        let a = sets.intern(b"", b"one");
        let b = sets.intern(b"", b"one");
        let c = sets.intern(b"", b"two");
        assert_eq!(a, b);
        assert_ne!(a, c);
        assert_eq!(sets.size(), (2, 8));
        sets.release(a);
        assert!(sets.bytes(a).is_some());
        sets.release(b);
        assert!(sets.bytes(a).is_none());
        assert_eq!(sets.size(), (1, 4));
        let again = sets.intern(b"", b"three");
        assert_eq!(again, a, "a free place is used again");
        assert_eq!(sets.bytes(again).map(|bytes| &bytes[..]), Some(&b"\0three"[..]));
        assert_eq!(sets.intern(b"", b"two"), c);
    }
}
