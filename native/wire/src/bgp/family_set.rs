//! A set of address families, as small as a number: what a session knows of a family is asked for every message.

use super::family::AddressFamily;
use crate::registry::families;

/// A set of the families whose NLRI have a reading. Others are not kept: nothing is asked of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FamilySet(u128);

impl FamilySet {
    /// A bit for each family of the registry.
    #[inline(always)]
    fn bit(family: AddressFamily) -> u128 {
        families::place(family).map_or(0, |place| 1 << place)
    }

    #[inline(always)]
    pub fn contains(self, family: AddressFamily) -> bool {
        self.0 & Self::bit(family) != 0
    }

    pub fn insert(&mut self, family: AddressFamily) {
        self.0 |= Self::bit(family);
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// In either.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        FamilySet(self.0 | other.0)
    }

    /// In this one and not in the other.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        FamilySet(self.0 & !other.0)
    }

    /// In both.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        FamilySet(self.0 & other.0)
    }

    /// In one of the two.
    #[must_use]
    pub fn difference(self, other: Self) -> Self {
        FamilySet(self.0 ^ other.0)
    }

    /// In order of AFI, then SAFI.
    pub fn iter(self) -> impl Iterator<Item = AddressFamily> {
        // Bit by bit, for most sets are empty and every message has some.
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let place = rest.trailing_zeros() as usize;
            rest &= rest.wrapping_sub(1);
            families::ALL.get(place).map(|known| known.family)
        })
    }
}

impl FromIterator<AddressFamily> for FamilySet {
    fn from_iter<T: IntoIterator<Item = AddressFamily>>(families: T) -> Self {
        let mut set = FamilySet::default();
        families.into_iter().for_each(|family| set.insert(family));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_gives_its_families_in_order() {
        let families = [(1, 1), (1, 133), (2, 1), (2, 128), (25, 70), (16388, 71)];
        let families = families.map(|(afi, safi)| AddressFamily::new(afi, safi));
        let set: FamilySet = families.into_iter().rev().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), families);
        assert_eq!(FamilySet::default().iter().count(), 0);
        assert_eq!(FamilySet(u128::MAX).iter().count(), families::ALL.len());
    }

    #[test]
    fn every_family_with_a_reading_has_a_place() {
        for afi in 0..=u16::MAX {
            for safi in 0..=u8::MAX {
                let family = AddressFamily::new(afi, safi);
                let set: FamilySet = [family].into_iter().collect();
                if family.layout().is_some() {
                    assert!(set.contains(family), "{family}");
                }
                if set.contains(family) {
                    assert_eq!(set.iter().collect::<Vec<_>>(), [family]);
                }
            }
        }
    }
}
