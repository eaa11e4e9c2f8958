//! A plain UPDATE as places in its frame: for who copies octets, and wants neither values nor a view.

use std::ops::Range;

use arrayvec::ArrayVec;

use super::attribute::{code, AttributeRef};
use super::nlri::LabelStack;
use super::plain::{Prefixes, Sink};
use super::update::{is_apart, is_canonical};
use super::{Action, AddressFamily, RouteGroup};

/// Takes a plain UPDATE whose attributes are canonical as they are, which nearly all are; of that, and of its route groups, it
/// remembers where in the frame they are. Whatever else is plain it refuses, and what has more parts than it has room for.
#[derive(Clone, Debug, Default)]
pub struct Spans {
    /// Neighbours together.
    attributes: ArrayVec<Range<usize>, 8>,
    /// Code of the last of them.
    last: u8,
    /// The value of NEXT_HOP
    next_hop: Range<usize>,
    /// Of two fields and two attributes.
    groups: ArrayVec<Group, 4>,
}

#[derive(Clone, Debug)]
struct Group {
    action: Action,
    family: AddressFamily,
    add_path: bool,
    inferred: bool,
    next_hop: Range<usize>,
    nlri: Range<usize>,
    count: u32,
}

impl Spans {
    /// What [`UpdateView::canonical_attributes`](super::UpdateView::canonical_attributes) adds, in parts.
    #[inline]
    pub fn canonical_attributes<'f>(
        &self,
        frame: &'f [u8],
    ) -> impl Iterator<Item = &'f [u8]> + Clone + use<'_, 'f> {
        self.attributes.iter().map(|span| octets(frame, span))
    }

    /// As [`UpdateView::groups`](super::UpdateView::groups) gives them.
    #[inline]
    pub fn groups<'f>(&self, frame: &'f [u8]) -> impl Iterator<Item = RouteGroup<'f>> + use<'_, 'f> {
        self.groups.iter().map(|group| group.of(frame))
    }

    /// The group of an UPDATE that has one.
    #[inline]
    pub fn only_group<'f>(&self, frame: &'f [u8]) -> Option<RouteGroup<'f>> {
        match self.groups.as_slice() {
            [group] => Some(group.of(frame)),
            _ => None,
        }
    }

    #[inline(always)]
    fn group(&mut self, action: Action, next_hop: Range<usize>, prefixes: Prefixes<'_>) -> Option<()> {
        let (family, add_path, inferred) = (prefixes.family, prefixes.add_path(), prefixes.inferred);
        let (nlri, count) = (prefixes.span(), prefixes.count()?);
        self.groups.try_push(Group { action, family, add_path, inferred, next_hop, nlri, count }).ok()
    }
}

impl Group {
    #[inline(always)]
    fn of<'f>(&self, frame: &'f [u8]) -> RouteGroup<'f> {
        RouteGroup {
            action: self.action,
            family: self.family,
            add_path: self.add_path,
            inferred: self.inferred,
            next_hop: octets(frame, &self.next_hop),
            nlri: octets(frame, &self.nlri),
            count: self.count,
            labels: LabelStack::One,
        }
    }
}

#[inline(always)]
fn octets<'f>(frame: &'f [u8], span: &Range<usize>) -> &'f [u8] {
    frame.get(span.clone()).unwrap_or_default()
}

impl Sink<'_> for Spans {
    #[inline(always)]
    fn start(&mut self) {
        self.attributes.clear();
        self.last = 0;
        self.groups.clear();
    }

    #[inline(always)]
    fn withdrawn(&mut self, nlri: Prefixes<'_>) -> Option<()> {
        self.group(Action::Withdraw, 0..0, nlri)
    }

    #[inline(always)]
    fn attribute(&mut self, attribute: &AttributeRef<'_>) -> Option<()> {
        let start = usize::try_from(attribute.offset).ok()?;
        let value = start..start + attribute.value.len();
        if is_apart(attribute.code) {
            if attribute.code == code::NEXT_HOP {
                self.next_hop = value;
            }
            return Some(());
        }
        let in_order = attribute.code > self.last;
        (in_order && is_canonical(attribute.flags, attribute.code, value.len(), false)).then_some(())?;
        self.last = attribute.code;
        // Flags, code and a length of one octet.
        let head = start - 3;
        match self.attributes.last_mut() {
            Some(span) if span.end == head => span.end = value.end,
            _ => self.attributes.try_push(head..value.end).ok()?,
        }
        Some(())
    }

    #[inline(always)]
    fn mp_reach(&mut self, _: u8, next_hop: &[u8], nlri: Prefixes<'_>) -> Option<()> {
        // One octet between them is reserved.
        let end = nlri.span().start.checked_sub(1)?;
        self.group(Action::Announce, end.checked_sub(next_hop.len())?..end, nlri)
    }

    #[inline(always)]
    fn mp_unreach(&mut self, _: u8, nlri: Prefixes<'_>) -> Option<()> {
        self.group(Action::Withdraw, 0..0, nlri)
    }

    #[inline(always)]
    fn announced(&mut self, _: &[u8; 4], nlri: Prefixes<'_>) -> Option<()> {
        self.group(Action::Announce, self.next_hop.clone(), nlri)
    }
}
