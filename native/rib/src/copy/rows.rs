//! The rows of each kind, column by column as `priv/sql/store/copy` has them.

use std::net::IpAddr;

use serde_json::{json, Map, Value};

use super::stream::Stream;
use crate::attributes::{AttributeSet, PathAttributes};
use crate::deltas::{
    DeadLetter, Deltas, End, EndKind, EndScope, Id, PeerEvent, PeerRow, Position, RibRow, RouteDelta,
    RouterRow, SessionRow, Statistic,
};
use crate::nlri;
use crate::view::RibView;

impl Deltas {
    pub(super) fn router_id(&self, index: u32) -> Option<&Id> {
        self.router(index).map(|router| &router.router_id)
    }

    /// Router and peer.
    pub(super) fn peer_ids(&self, index: u32) -> Option<(&Id, &Id)> {
        let peer = self.peer(index)?;
        Some((self.router_id(peer.router)?, &peer.peer_id))
    }
}

pub(super) fn router(out: &mut Stream, row: &RouterRow) {
    out.row(12);
    out.uuid(&row.router_id);
    out.position(row.position);
    out.text(&row.sys_name);
    out.text(&row.sys_descr);
    out.optional(row.address, Stream::inet);
    out.int4(row.port.into());
    out.text(&row.collector);
    out.text(row.state.as_str());
    out.time(row.session_started_us);
    out.optional(row.session_ended_us, Stream::time);
    out.optional(row.end_reason.as_deref(), Stream::text);
}

pub(super) fn session(out: &mut Stream, deltas: &Deltas, row: &SessionRow) {
    let Some(router_id) = deltas.router_id(row.router) else { return };
    out.row(12);
    out.uuid(&row.session_id);
    out.uuid(router_id);
    out.position(Position { generation: row.generation, sequence: row.sequence });
    out.text(&row.collector);
    out.optional(row.address, Stream::inet);
    out.int4(row.port.into());
    out.text(row.state.as_str());
    out.time(row.started_us);
    out.time(row.heard_us);
    out.optional(row.ended_us, Stream::time);
    out.optional(row.end_reason.as_deref(), Stream::text);
}

pub(super) fn peer(out: &mut Stream, deltas: &Deltas, row: &PeerRow) {
    let Some(router_id) = deltas.router_id(row.router) else { return };
    out.row(21);
    out.uuid(&row.peer_id);
    out.uuid(router_id);
    out.position(row.position);
    out.int2(row.peer_type.into());
    out.bytes(&row.distinguisher.to_be_bytes());
    out.inet(row.address);
    out.int8(row.asn.into());
    out.inet(row.bgp_id.into());
    out.optional(row.table_name.as_deref(), Stream::text);
    out.text(row.state.as_str());
    out.time(row.state_since_us);
    out.optional(row.down_reason.as_deref(), Stream::text);
    out.optional(row.local_address, Stream::inet);
    out.optional(row.local_port.map(i32::from), Stream::int4);
    out.optional(row.remote_port.map(i32::from), Stream::int4);
    out.optional(row.local_asn.map(i64::from), Stream::int8);
    out.optional(row.local_bgp_id.map(IpAddr::from), Stream::inet);
    out.optional(row.hold_time.map(i32::from), Stream::int4);
    out.optional(present(&row.sent_open), Stream::bytes);
    out.optional(present(&row.received_open), Stream::bytes);
}

pub(super) fn present(bytes: &[u8]) -> Option<&[u8]> {
    (!bytes.is_empty()).then_some(bytes)
}

pub(super) fn rib(out: &mut Stream, row: &RibRow, peer_id: &Id) {
    out.row(11);
    out.int8(row.rib_id);
    out.uuid(peer_id);
    out.text(row.view.as_str());
    out.int4(row.afi.into());
    out.int2(row.safi.into());
    out.count(row.routes);
    out.optional(row.verified, Stream::count);
    out.optional(row.end_of_rib, Stream::count);
    out.bool(row.filtered);
    out.bool(row.inferred);
    out.time(row.changed_at_us);
}

pub(super) fn route_key(out: &mut Stream, rib: &RibRow, route: &RouteDelta) {
    out.int8(rib.rib_id);
    out.int8(route.path_id.map_or(-1, i64::from));
    out.bytes(&nlri::stored_key(&route.nlri).0);
}

/// A row of `bgp_routing_state`.
pub(super) fn state(out: &mut Stream, rib: &RibRow, route: &RouteDelta, set: &AttributeSet) {
    out.row(13);
    route_key(out, rib, route);
    out.position(route.position);
    out.time(route.received_at_us);
    out.uuid(&set.hash());
    nlri_columns(out, rib, route, Some(set));
}

/// A row of `bgp_routing_history`.
pub(super) fn history(out: &mut Stream, rib: &RibRow, route: &RouteDelta, set: Option<&AttributeSet>) {
    out.row(17);
    route_key(out, rib, route);
    out.position(route.position);
    out.time(route.received_at_us);
    out.router_time(route.router_time_us);
    out.text(route.change.as_str());
    out.bool(route.synthetic);
    out.bool(route.after_gap);
    out.optional(set, |out, set| out.uuid(&set.hash()));
    nlri_columns(out, rib, route, set);
}

/// Prefix, route distinguisher, labels or VNIs, the text where the NLRI is more than a prefix, and the NLRI where its key
/// does not hold it. What a withdrawal has in place of labels says nothing.
pub(super) fn nlri_columns(out: &mut Stream, rib: &RibRow, route: &RouteDelta, set: Option<&AttributeSet>) {
    if let Some(prefix) = nlri::prefix(rib.afi, rib.safi, &route.nlri) {
        out.cidr((prefix.network(), prefix.prefix_len()));
        out.nulls(4);
    } else {
        let parts = nlri::route(rib.afi, rib.safi, &route.nlri);
        out.optional(parts.prefix, |out, prefix| out.cidr((prefix.network(), prefix.prefix_len())));
        out.optional(parts.rd, |out, rd| out.text(&rd.to_string()));
        let (labels, vnis) = set.map(|set| set.typed().labels_of(&parts)).unwrap_or_default();
        out.optional(some(&labels), Stream::int8_array);
        out.optional(some(&vnis), Stream::int8_array);
        out.text(&nlri::text(rib.afi, rib.safi, &route.nlri));
    }
    let digested = nlri::stored_key(&route.nlri).1;
    out.optional(digested.then_some(&*route.nlri), Stream::bytes);
}

pub(super) fn attribute_set(out: &mut Stream, set: &AttributeSet) {
    let typed = set.typed();
    out.row(14);
    out.uuid(&set.hash());
    out.optional(typed.next_hop, Stream::inet);
    out.optional(typed.origin, Stream::text);
    out.int8_array(&typed.as_path);
    out.optional(typed.as_path.last().map(|asn| i64::from(*asn)), Stream::int8);
    out.text(&typed.as_path_text);
    out.optional(typed.med.map(i64::from), Stream::int8);
    out.optional(typed.local_pref.map(i64::from), Stream::int8);
    out.optional(some(&typed.communities), Stream::int8_array);
    out.optional(some(&typed.large_communities), Stream::text_array);
    out.optional(some(&typed.extended_communities), Stream::text_array);
    out.optional(other_attributes(typed), |out, value| out.jsonb(&value));
    out.bytes(set.next_hop());
    out.bytes(set.canonical());
}

pub(super) fn some<T>(items: &[T]) -> Option<&[T]> {
    (!items.is_empty()).then_some(items)
}

/// What has no column of its own.
pub(super) fn other_attributes(typed: &PathAttributes) -> Option<Value> {
    let mut object = Map::new();
    let mut put = |name: &str, value: Value| {
        object.insert(name.into(), value);
    };
    if let Some(address) = typed.next_hop_link_local {
        put("next_hop_link_local", json!(address));
    }
    if typed.atomic_aggregate {
        put("atomic_aggregate", json!(true));
    }
    if let Some(aggregator) = &typed.aggregator {
        put("aggregator", json!(aggregator));
    }
    if let Some(id) = typed.originator_id {
        put("originator_id", json!(id));
    }
    if !typed.cluster_list.is_empty() {
        put("cluster_list", json!(typed.cluster_list));
    }
    for (name, value) in &typed.fields {
        put(name, value.clone());
    }
    if !typed.other.is_empty() {
        put("other", json!(typed.other));
    }
    (!object.is_empty()).then_some(Value::Object(object))
}

pub(super) fn end(out: &mut Stream, deltas: &Deltas, row: &End) {
    let ids = match row.scope {
        EndScope::Peer(peer) => deltas.peer_ids(peer).map(|(router_id, peer_id)| (router_id, Some(peer_id))),
        EndScope::Router(router) => deltas.router_id(router).map(|router_id| (router_id, None)),
    };
    let Some((router_id, peer_id)) = ids else { return };
    out.row(6);
    out.uuid(router_id);
    out.optional(peer_id, Stream::uuid);
    out.text(match row.kind {
        EndKind::Ended => "ended",
        EndKind::Stale => "stale",
    });
    out.position(row.position);
    out.time(row.received_at_us);
}

pub(super) fn event(out: &mut Stream, deltas: &Deltas, row: &PeerEvent) {
    let Some(router_id) = deltas.router_id(row.router) else { return };
    out.row(18);
    out.time(row.received_at_us);
    out.uuid(router_id);
    out.optional(row.peer.and_then(|peer| deltas.peer_ids(peer)), |out, (_, peer_id)| out.uuid(peer_id));
    out.position(row.position);
    out.text(row.kind.as_str());
    out.optional(row.view.map(RibView::as_str), Stream::text);
    out.optional(row.afi.map(i32::from), Stream::int4);
    out.optional(row.safi.map(i16::from), Stream::int2);
    out.bool(row.synthetic);
    out.optional(row.reason_code.map(i32::from), Stream::int4);
    out.optional(row.reason.as_deref(), Stream::text);
    out.optional(row.notification_code.map(i16::from), Stream::int2);
    out.optional(row.notification_subcode.map(i16::from), Stream::int2);
    out.optional(row.fsm_event.map(i32::from), Stream::int4);
    out.optional(row.routes, Stream::count);
    out.router_time(row.router_time_us);
    out.optional(row.since_us, Stream::time);
}

pub(super) fn statistic(out: &mut Stream, deltas: &Deltas, row: &Statistic) {
    let Some((router_id, peer_id)) = deltas.peer_ids(row.peer) else { return };
    out.row(10);
    out.time(row.received_at_us);
    out.uuid(router_id);
    out.uuid(peer_id);
    out.position(row.position);
    out.int4(row.stat_type.into());
    out.optional(row.afi.map(i32::from), Stream::int4);
    out.optional(row.safi.map(i16::from), Stream::int2);
    out.numeric(row.value);
    out.router_time(row.router_time_us);
}

pub(super) fn dead_letter(out: &mut Stream, deltas: &Deltas, row: &DeadLetter, router_id: &Id, ordinal: i32) {
    out.row(12);
    out.time(row.received_at_us);
    out.uuid(router_id);
    out.optional(row.peer.and_then(|peer| deltas.peer_ids(peer)), |out, (_, peer_id)| out.uuid(peer_id));
    out.position(row.position);
    out.int4(ordinal);
    out.optional(row.offset, Stream::count);
    out.text(&row.path);
    out.text(&row.reason);
    out.text(row.treatment);
    out.bool(row.suspect);
    out.bytes(&row.raw);
}
