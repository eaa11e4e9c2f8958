//! Which attribute sets a question wants.

use wire::bgp::attribute::code;
use wire::bgp::{AsPath, AttributeValue};

use super::question::Query;
use super::terms::{Community, MOST_PATTERN_OCTETS};
use crate::attributes::{attribute_of, community_text, next_hop_of, SetId};
use crate::intern::Interner;
use crate::lines::{Expression, Marks};
use crate::routes::{Route, Routes, Span, WireKey};

impl Query {
    fn asks_for_path(&self) -> bool {
        self.as_in_path.is_some() || self.origin_as.is_some() || self.as_path.is_some()
    }

    /// Whether an attribute set, by its identity, has what is asked of attributes. Only what is asked for is read: a table has
    /// hundreds of thousands of sets.
    fn wants(&self, set: &[u8]) -> bool {
        self.wants_beside_path(set) && (!self.asks_for_path() || self.wants_path(set))
    }

    fn wants_beside_path(&self, set: &[u8]) -> bool {
        self.next_hop.is_none_or(|next_hop| next_hop_of(set) == Some(next_hop))
            && self.community.as_ref().is_none_or(|community| community.is_in(set))
    }

    fn wants_path(&self, set: &[u8]) -> bool {
        let path = match attribute_of(set, code::AS_PATH) {
            Some(AttributeValue::AsPath(path)) => path,
            _ => AsPath::default(),
        };
        self.as_in_path.is_none_or(|asn| path.asns().any(|held| held == asn))
            && self.origin_as.is_none_or(|asn| path.asns().last() == Some(asn))
            && self.as_path.as_ref().is_none_or(|pattern| pattern.0.is_match(&path.to_string()))
    }

    /// What is asked of next hop and communities, as expressions over their line; None where one is too long.
    fn mark_expressions(&self) -> Option<Vec<Expression>> {
        let next_hop = self.next_hop.map(|address| Marks::expression(Marks::NEXT_HOP, &address.to_string()));
        let community = self.community.as_ref().map(|community| match community {
            Community::Standard(one) => Marks::expression(Marks::COMMUNITY, &community_text(*one)),
            Community::Large(text) => Marks::expression(Marks::LARGE, text),
            Community::Extended(text) => Marks::expression(Marks::EXTENDED, text),
        });
        next_hop.into_iter().chain(community).collect()
    }

    /// What is asked of the AS path, as expressions over its text.
    fn path_expressions(&self) -> Vec<Expression> {
        let built = |text: String| Expression::new(&text, MOST_PATTERN_OCTETS).ok();
        let own = self.as_path.as_ref().map(|pattern| pattern.0.clone());
        let origin = self.origin_as.and_then(|asn| built(format!(r"\b{asn}[\]}})]?$")));
        let within = self.as_in_path.and_then(|asn| built(format!(r"\b{asn}\b")));
        origin.into_iter().chain(within).chain(own).collect()
    }
}

/// Which attribute sets are wanted. At first each is looked at when a route has it: of what many routes have a page is full soon. Then
/// all of them are looked at, and it is known how many routes there are: where none is left the search is over.
pub(super) struct Wanted<'a> {
    query: &'a Query,
    sets: &'a Interner,
    /// Routes that are looked at before all sets are.
    before: usize,
    all: Option<All>,
}

struct All {
    /// By set.
    wanted: Vec<bool>,
    /// Routes that are not yet seen.
    left: u64,
}

/// As many routes as are looked at in a millisecond or two.
const ONE_BY_ONE: usize = 4_096;

impl<'a> Wanted<'a> {
    /// None where the query asks nothing of attributes.
    pub fn new(query: &'a Query, sets: &'a Interner) -> Option<Self> {
        let asks = query.asks_for_path() || query.next_hop.is_some() || query.community.is_some();
        asks.then_some(Wanted { query, sets, before: ONE_BY_ONE, all: None })
    }

    fn take(&mut self, set: SetId) -> bool {
        match &mut self.all {
            Some(all) => {
                let wanted = all.wants(set);
                all.left = all.left.saturating_sub(u64::from(wanted));
                wanted
            }
            None => {
                self.before = self.before.saturating_sub(1);
                self.sets.bytes(set).is_some_and(|bytes| self.query.wants(bytes))
            }
        }
    }

    /// Whether it is time to look at all sets, which is done once.
    fn turns(&mut self) -> bool {
        let turns = self.before == 0 && self.all.is_none();
        if turns {
            self.all = Some(All::new(self.query, self.sets));
        }
        turns
    }

    fn is_over(&self) -> bool {
        self.all.as_ref().is_some_and(|all| all.left == 0)
    }
}

impl All {
    fn new(query: &Query, sets: &Interner) -> Self {
        let mut all = All { wanted: vec![false; sets.names()], left: 0 };
        // What is longer than an expression may be is in no set.
        let Some(marks) = query.mark_expressions() else { return all };
        if !marks.is_empty() {
            sets.search_marks(&marks, |set, references| all.put(set, references));
        }
        if query.asks_for_path() {
            let marked = std::mem::replace(&mut all, All { wanted: vec![false; sets.names()], left: 0 });
            sets.search_paths(&query.path_expressions(), |set, references| {
                if marks.is_empty() || marked.wants(set) {
                    all.put(set, references);
                }
            });
        }
        all
    }

    fn put(&mut self, set: SetId, references: u32) {
        if let Some(wanted) = usize::try_from(set).ok().and_then(|set| self.wanted.get_mut(set)) {
            *wanted = true;
            self.left += u64::from(references);
        }
    }

    fn wants(&self, set: SetId) -> bool {
        usize::try_from(set).is_ok_and(|set| self.wanted.get(set) == Some(&true))
    }
}

/// The routes of a table whose attributes are wanted: by a walk through them, and when it is known which sets are wanted and how many
/// routes that is by the postings.
pub(super) fn of_attributes(
    routes: &Routes,
    span: Span,
    after: Option<&WireKey>,
    wanted: &mut Wanted<'_>,
    tell: &mut dyn FnMut(&dyn Fn() -> WireKey, &Route) -> bool,
) -> bool {
    let mut reached = None;
    if wanted.all.is_none() || span != Span::All {
        let mut stopped = false;
        let whole = routes.visit(span, after, &mut |wire, route| {
            if wanted.is_over() {
                stopped = true;
                return false;
            }
            if wanted.take(route.attributes) && !tell(wire, route) {
                stopped = true;
                return false;
            }
            // Here the walk ends and the postings go on.
            let turns = wanted.turns() && span == Span::All;
            if turns {
                reached = Some(wire());
            }
            !turns
        });
        if whole || stopped {
            return whole;
        }
    }
    let Some(all) = &mut wanted.all else { return true };
    let after = reached.as_ref().or(after);
    if all.left == 0 {
        return false;
    }
    let wants = |set| all.wants(set);
    match routes.visit_sets(&wants, after, &mut |wire, route| tell(wire, route)) {
        Some(whole) => whole,
        None => {
            routes.visit(span, after, &mut |wire, route| !wanted.take(route.attributes) || tell(wire, route))
        }
    }
}
