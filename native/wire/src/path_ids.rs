//! Whether the NLRI of a peer's view start with path identifiers (RFC 7911), for routers that do not keep to their OPENs.
//!
//! A well-formed message always reads in the right way, so one that reads in one way only says which way is right. A malformed
//! one may read in the wrong way by accident. So these messages are counted against each other, and one is never
//! enough against what several have shown.

use smallvec::SmallVec;

use crate::bgp::{AddressFamily, FamilySet};

/// So many messages more that read in one way only than in the other: the family is not weighed any more.
const SETTLED: i8 = 4;

/// What the messages of one peer's view showed, by family.
#[derive(Clone, Debug, Default)]
pub(crate) struct PathIds {
    /// Families that are read the other way than the OPENs say.
    pub inferred: FamilySet,
    /// Families of which enough messages have shown that they are read in the right way now.
    pub settled: FamilySet,
    /// Messages that read only as negotiated, less those that read only the other way.
    balance: SmallVec<[(AddressFamily, i8); 2]>,
}

impl PathIds {
    /// Counts a message that reads in one way only. Tells whether the family is read another way from this message on.
    pub fn count(&mut self, family: AddressFamily, as_negotiated: bool) -> bool {
        let (balance, turns) = self.after(family, as_negotiated);
        let one = [family].into_iter().collect();
        if turns && as_negotiated {
            self.inferred = self.inferred.without(one);
        } else if turns {
            self.inferred.insert(family);
        }
        let settled = if self.inferred.contains(family) { -SETTLED } else { SETTLED };
        if balance == settled {
            self.settled.insert(family);
        } else {
            self.settled = self.settled.without(one);
        }
        match self.balance.iter_mut().find(|(of, _)| *of == family) {
            Some((_, kept)) => *kept = balance,
            None => self.balance.push((family, balance)),
        }
        turns
    }

    /// Whether [`PathIds::count`] would say so.
    pub fn turns(&self, family: AddressFamily, as_negotiated: bool) -> bool {
        self.after(family, as_negotiated).1
    }

    /// The balance after one more message, and whether the family is then read another way than before. The first message that
    /// reads only the other way is believed where as many or more did not speak for what was negotiated. What is inferred
    /// stays so until there are more that do.
    fn after(&self, family: AddressFamily, as_negotiated: bool) -> (i8, bool) {
        let before = self.balance.iter().find(|(of, _)| *of == family).map_or(0, |(_, balance)| *balance);
        let balance = (before + if as_negotiated { 1 } else { -1 }).clamp(-SETTLED, SETTLED);
        let turns = match (self.inferred.contains(family), as_negotiated) {
            (false, false) => balance <= 0,
            (true, true) => balance > 0,
            _ => false,
        };
        (balance, turns)
    }

    /// Forgets what was shown of families, because the OPENs say something else of them now.
    pub fn forget(&mut self, families: FamilySet) {
        self.inferred = self.inferred.without(families);
        self.settled = self.settled.without(families);
        self.balance.retain(|(family, _)| !families.contains(*family));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const V4: AddressFamily = AddressFamily::IPV4_UNICAST;

    /// What each message leads to: `+` reads only as negotiated, `-` only the other way.
    fn play(messages: &str) -> (PathIds, String) {
        let mut known = PathIds::default();
        let turned = messages.chars().map(|message| if known.count(V4, message == '+') { 't' } else { '.' });
        let turned = turned.collect();
        (known, turned)
    }

    #[test]
    fn the_first_message_that_reads_only_the_other_way_is_believed() {
        let (known, turned) = play("----");
        assert_eq!((turned.as_str(), known.inferred.contains(V4)), ("t...", true));
        assert!(known.settled.contains(V4));
        assert_eq!(play("+-").1, ".t");
    }

    #[test]
    fn one_message_is_nothing_against_several() {
        assert_eq!(play("++++-").1, ".....");
        assert!(!play("++++-").0.settled.contains(V4), "it is weighed again");
        assert_eq!(play("++++----").1, ".......t");
        assert_eq!(play("----+").1, "t....");
    }

    #[test]
    fn what_was_inferred_from_one_message_is_taken_back() {
        let (known, turned) = play("-++");
        assert_eq!((turned.as_str(), known.inferred.contains(V4)), ("t.t", false));
    }
}
