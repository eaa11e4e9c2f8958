//! A plain UPDATE straight into a view.

use super::attribute::AttributeRef;
use super::nlri::LabelStack;
use super::plain::{self, Prefixes, Sink};
use super::update::Slot;
use super::{Action, Context, RouteGroup, UpdateView, HEADER_LENGTH};

impl<'a> UpdateView<'a> {
    /// A view that is to hold the UPDATE that `frame` has from `start` to its end; `offset` is the frame's.
    #[inline(always)]
    pub(crate) fn empty(frame: &'a [u8], start: usize, offset: u64, context: Context<'a>) -> Self {
        let body = start + HEADER_LENGTH;
        UpdateView::new(frame.get(body..).unwrap_or_default(), offset + body as u64, context)
    }

    /// Fills it in place, for a view is large to move; `None` where the UPDATE is not plain.
    #[inline(always)]
    pub(crate) fn read_plain(&mut self, frame: &'a [u8], start: usize) -> Option<()> {
        let context = self.context;
        let body = (start + HEADER_LENGTH) as u64;
        plain::read(frame, start, &context, &mut Taker { view: self, body })
    }
}

struct Taker<'v, 'a> {
    view: &'v mut UpdateView<'a>,
    /// Where the UPDATE's body is in the frame.
    body: u64,
}

impl<'a> Taker<'_, 'a> {
    #[inline(always)]
    fn group(&mut self, action: Action, next_hop: &'a [u8], nlri: Prefixes<'a>) -> Option<()> {
        let (family, add_path, inferred, octets) =
            (nlri.family, nlri.add_path(), nlri.inferred, nlri.octets());
        let count = nlri.count()?;
        self.view.groups.push(RouteGroup {
            action,
            family,
            add_path,
            inferred,
            next_hop,
            nlri: octets,
            count,
            labels: LabelStack::One,
        });
        Some(())
    }
}

impl<'a> Sink<'a> for Taker<'_, 'a> {
    #[inline(always)]
    fn withdrawn(&mut self, nlri: Prefixes<'a>) -> Option<()> {
        self.view.withdrawn = nlri.octets();
        self.group(Action::Withdraw, &[], nlri)
    }

    #[inline(always)]
    fn attribute(&mut self, attribute: &AttributeRef<'a>) -> Option<()> {
        // An UPDATE has at most 65,535 octets.
        let start = u16::try_from(attribute.offset - self.body).unwrap_or(u16::MAX);
        let length = u16::try_from(attribute.value.len()).unwrap_or(u16::MAX);
        let AttributeRef { flags, code, .. } = *attribute;
        self.view.slots.push(Slot { flags, code, start, length, discarded: false });
        Some(())
    }

    #[inline(always)]
    fn mp_reach(&mut self, _: u8, next_hop: &'a [u8], nlri: Prefixes<'a>) -> Option<()> {
        self.group(Action::Announce, next_hop, nlri)
    }

    #[inline(always)]
    fn mp_unreach(&mut self, _: u8, nlri: Prefixes<'a>) -> Option<()> {
        self.group(Action::Withdraw, &[], nlri)
    }

    #[inline(always)]
    fn announced(&mut self, next_hop: &'a [u8; 4], nlri: Prefixes<'a>) -> Option<()> {
        self.view.nlri = nlri.octets();
        self.group(Action::Announce, next_hop, nlri)
    }
}
