//! Events that the next messages may add routes to.

use wire::bgp::{Action, AddressFamily, RouteGroup};
use wire::bmp::PeerHeader;

use crate::convert::{action, time, view};
use crate::events::Events;
use crate::routes::{Group, Head, RoutesEvent};

/// The last event of each peer's view, while messages that say the same may still join it. Some routers send a message a
/// route, and each route's views in turn.
#[derive(Debug, Default)]
pub(crate) struct OpenEvents([OpenEvent; MAX_OPEN]);

/// They are looked through for every message.
const MAX_OPEN: usize = 8;

#[derive(Debug, Default)]
struct OpenEvent {
    /// In the batch's events. None where no event is open; the buffers of the last one are kept.
    place: Option<usize>,
    sequence_offset: u32,
    router_time_us: i64,
    /// What else its messages say alike, but attributes and next hop; None before the first.
    said: Option<Said>,
    /// The same, encoded.
    head: Head,
    attributes: Vec<u8>,
    next_hop: Vec<u8>,
    nlri: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
struct Said {
    /// Its time is that of the first message.
    header: PeerHeader,
    /// Of the peer, in the batch.
    peer: u32,
    action: Action,
    family: AddressFamily,
    add_path: bool,
    inferred: bool,
}

/// Routes of a message, as an event has them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Routes<'a> {
    pub sequence_offset: u32,
    pub header: &'a PeerHeader,
    /// Of the peer, in the batch.
    pub peer: u32,
    pub group: &'a RouteGroup<'a>,
    /// Those of the group, canonical.
    pub nlri: &'a [u8],
}

impl OpenEvents {
    /// The peer, in the batch, of an open event whose messages have this header but for its time.
    #[inline(always)]
    pub fn peer(&self, header: &PeerHeader) -> Option<u32> {
        let said = self.0.iter().filter_map(|open| open.place.and(open.said.as_ref()));
        said.filter(|said| said.header.equals_but_for_time(header)).map(|said| said.peer).next()
    }

    /// Adds routes to the open event of their peer and view where that says the same of them; else opens another.
    /// `attributes` are in parts.
    #[inline(always)]
    pub fn add<'a>(
        &mut self,
        routes: Routes<'_>,
        attributes: impl Iterator<Item = &'a [u8]> + Clone,
        events: &mut Events,
    ) -> Added {
        let Routes { sequence_offset, header, peer, group, nlri } = routes;
        let router_time_us = time(header);
        let found = self.0.iter().position(|open| open.is_of(header));
        // Where all are open the oldest goes; one that is free has no place, which is less than any.
        let oldest = || self.0.iter().enumerate().min_by_key(|(_, open)| open.place).map(|(index, _)| index);
        let Some(open) = found.or_else(oldest).and_then(|index| self.0.get_mut(index)) else {
            return Added::default();
        };
        let alike = open.said.as_ref().is_some_and(|said| said.holds_of(&routes));
        if alike
            && found.is_some()
            && open.router_time_us == router_time_us
            && open.next_hop == group.next_hop
            && is_made_of(&open.attributes, attributes.clone())
            // A family without a reading has one NLRI a block, whose end nobody knows.
            && group.family.layout().is_some()
        {
            open.nlri.extend_from_slice(nlri);
            return Added { events: 0, octets: nlri.len() };
        }
        open.seal(events);
        open.place = Some(events.keep());
        open.sequence_offset = sequence_offset;
        open.router_time_us = router_time_us;
        if !alike {
            let said = Said {
                header: *header,
                peer,
                action: group.action,
                family: group.family,
                add_path: group.add_path,
                inferred: group.inferred,
            };
            open.said = Some(said);
            open.head = said.head();
        }
        open.attributes.clear();
        attributes.for_each(|part| open.attributes.extend_from_slice(part));
        open.next_hop.clear();
        open.next_hop.extend_from_slice(group.next_hop);
        open.nlri.clear();
        open.nlri.extend_from_slice(nlri);
        Added { events: 1, octets: open.attributes.len() + nlri.len() }
    }

    /// Nothing joins what is there any more.
    pub fn seal(&mut self, events: &mut Events) {
        self.0.iter_mut().for_each(|open| open.seal(events));
    }
}

/// What a batch has more, about.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Added {
    pub events: usize,
    /// Besides the heads of the events.
    pub octets: usize,
}

impl OpenEvent {
    #[inline(always)]
    fn is_of(&self, header: &PeerHeader) -> bool {
        let Some(Said { header: own, .. }) = self.place.and(self.said.as_ref()) else { return false };
        own.equals_but_for_time(header) || own.view() == header.view() && own.key() == header.key()
    }

    /// Encodes the event where one is open.
    #[inline(always)]
    fn seal(&mut self, events: &mut Events) {
        let Some(place) = self.place.take() else { return };
        let group = Group { next_hop: &self.next_hop, nlri: &self.nlri, ..Group::default() };
        let event = RoutesEvent {
            sequence_offset: self.sequence_offset,
            router_time_us: self.router_time_us,
            attributes: &self.attributes,
            group,
            ..RoutesEvent::default()
        };
        events.fill(place, |out| self.head.encode(&event, out));
    }
}

impl Said {
    #[inline(always)]
    fn holds_of(&self, routes: &Routes<'_>) -> bool {
        let group = routes.group;
        self.header.equals_but_for_time(routes.header)
            && self.peer == routes.peer
            && self.action == group.action
            && self.family == group.family
            && self.add_path == group.add_path
            && self.inferred == group.inferred
    }

    #[inline(never)]
    fn head(&self) -> Head {
        Head::of(&RoutesEvent {
            peer: self.peer,
            view: view(&self.header) as i32,
            filtered: self.header.filtered(),
            group: Group {
                action: action(self.action),
                afi: self.family.afi,
                safi: self.family.safi,
                add_path: self.add_path,
                add_path_inferred: self.inferred,
                ..Group::default()
            },
            ..RoutesEvent::default()
        })
    }
}

#[inline(always)]
fn is_made_of<'a>(whole: &[u8], mut parts: impl Iterator<Item = &'a [u8]>) -> bool {
    let mut rest = Some(whole);
    parts.all(|part| {
        rest = rest.and_then(|rest| rest.strip_prefix(part));
        rest.is_some()
    }) && rest.is_some_and(<[u8]>::is_empty)
}
