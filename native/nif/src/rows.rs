//! Routers, peers and routes of a table as terms.

use rib::{
    Id, PathAttributes, PeerRow, PeerState, PeerSummary, RibView, RouteRow, RouterRow, RouterState,
    RouterSummary,
};
use rustler::{Atom, Encoder, Env, Term};

use crate::atoms;
use crate::serialize;
use crate::term::{json, list, nil, object, record, Address, Bytes, Prefix};

pub fn id_text(id: &Id) -> String {
    rib::text::uuid::text(id)
}

pub fn view(view: RibView) -> Atom {
    match view {
        RibView::AdjRibInPre => atoms::adj_rib_in_pre(),
        RibView::AdjRibInPost => atoms::adj_rib_in_post(),
        RibView::AdjRibOutPre => atoms::adj_rib_out_pre(),
        RibView::AdjRibOutPost => atoms::adj_rib_out_post(),
        RibView::LocRib => atoms::loc_rib(),
    }
}

pub fn router_summary<'a>(env: Env<'a>, router: &RouterSummary) -> Term<'a> {
    let standby = list(env, &router.standby, |session| session.as_str().encode(env));
    router_term(
        env,
        &router.row,
        Held {
            peers: router.peers,
            sessions: router.sessions,
            peers_up: router.peers_up,
            routes: router.routes,
            last_change_us: router.last_change_us,
        },
        standby,
    )
}

pub fn router_row<'a>(env: Env<'a>, row: &RouterRow) -> Term<'a> {
    router_term(env, row, Held::default(), Term::list_new_empty(env))
}

/// What is held of a router.
#[derive(Default)]
struct Held {
    peers: usize,
    sessions: usize,
    peers_up: usize,
    routes: usize,
    last_change_us: i64,
}

fn router_term<'a>(env: Env<'a>, row: &RouterRow, held: Held, standby: Term<'a>) -> Term<'a> {
    record!(env, router_module,
        router_id: id_text(&row.router_id),
        name: row.name(),
        address: row.address.map(Address),
        port: row.port,
        sys_name: row.sys_name,
        sys_descr: row.sys_descr,
        collector: row.collector,
        state: match row.state {
            RouterState::Connected => atoms::connected(),
            RouterState::Disconnected => atoms::disconnected(),
        },
        session_started_us: row.session_started_us,
        session_ended_us: row.session_ended_us,
        end_reason: row.end_reason,
        generation: row.position.generation,
        sequence: row.position.sequence,
        peers: held.peers,
        sessions: held.sessions,
        peers_up: held.peers_up,
        routes: held.routes,
        last_change_us: held.last_change_us,
        standby: standby,
    )
}

pub fn peer_summary<'a>(env: Env<'a>, peer: &PeerSummary) -> Term<'a> {
    let ribs = list(env, &peer.ribs, |rib| {
        object!(env, view: view(rib.view), afi: rib.afi, safi: rib.safi, routes: rib.routes,
            last_change_us: rib.last_change_us, filtered: rib.filtered,
            add_path_inferred: rib.add_path_inferred, verified: rib.verified)
    });
    peer_term(env, &peer.row, &peer.router_id, &peer.router_name, peer.routes, peer.last_change_us, ribs)
}

pub fn peer_row<'a>(env: Env<'a>, row: &PeerRow, router_id: &Id, router: &str) -> Term<'a> {
    peer_term(env, row, router_id, router, 0, 0, Term::list_new_empty(env))
}

fn peer_term<'a>(
    env: Env<'a>,
    row: &PeerRow,
    router_id: &Id,
    router: &str,
    routes: usize,
    last_change_us: i64,
    ribs: Term<'a>,
) -> Term<'a> {
    record!(env, peer_module,
        peer_id: id_text(&row.peer_id),
        router_id: id_text(router_id),
        router: router,
        peer_type: row.peer_type,
        distinguisher: wire::bmp::peer_header::distinguisher_text(row.distinguisher),
        address: Address(row.address),
        asn: row.asn,
        bgp_id: Address::from(row.bgp_id),
        state: match row.state {
            PeerState::Up => atoms::up(),
            PeerState::Down => atoms::down(),
            PeerState::Stale => atoms::stale(),
            PeerState::Unknown => atoms::unknown(),
        },
        state_since_us: row.state_since_us,
        local_address: row.local_address.map(Address),
        local_port: row.local_port,
        remote_port: row.remote_port,
        local_asn: row.local_asn,
        local_bgp_id: row.local_bgp_id.map(Address::from),
        hold_time: row.hold_time,
        sent_open: octets(&row.sent_open),
        received_open: octets(&row.received_open),
        table_name: row.table_name,
        down_reason: row.down_reason,
        generation: row.position.generation,
        sequence: row.position.sequence,
        routes: routes,
        last_change_us: last_change_us,
        ribs: ribs,
    )
}

/// None where nothing was seen.
fn octets(bytes: &[u8]) -> Option<Bytes<'_>> {
    (!bytes.is_empty()).then_some(Bytes(bytes))
}

pub fn route_row<'a>(env: Env<'a>, row: &RouteRow) -> Term<'a> {
    let attributes: &PathAttributes = &row.attributes;
    let made = record!(env, route_module,
        validity: None::<Atom>,
        router: row.router,
        router_id: id_text(&row.router_id),
        view: view(row.view),
        peer: Address(row.peer),
        peer_id: id_text(&row.peer_id),
        peer_type: row.peer_type,
        peer_asn: row.peer_asn,
        peer_bgp_id: Address::from(row.peer_bgp_id),
        distinguisher: wire::bmp::peer_header::distinguisher_text(row.distinguisher),
        afi: row.afi,
        safi: row.safi,
        prefix: row.prefix.map(Prefix),
        rd: row.rd.map(|rd| rd.to_string()),
        labels: row.labels,
        vnis: row.vnis,
        nlri: Bytes(&row.nlri),
        nlri_text: row.nlri_text,
        path_id: row.path_id,
        origin: attributes.origin,
        as_path: attributes.as_path,
        as_path_text: attributes.as_path_text,
        next_hop: attributes.next_hop.map(Address),
        next_hop_link_local: attributes.next_hop_link_local.map(|address| Address(address.into())),
        med: attributes.med,
        local_pref: attributes.local_pref,
        atomic_aggregate: attributes.atomic_aggregate,
        aggregator: attributes.aggregator.as_ref().map(|aggregator| (aggregator.asn, Address::from(aggregator.address))),
        originator_id: attributes.originator_id.map(Address::from),
        cluster_list: attributes.cluster_list.iter().map(|id| Address::from(*id)).collect::<Vec<_>>(),
        communities: attributes.communities.iter().map(|one| rib::attributes::community_text(*one)).collect::<Vec<_>>(),
        extended_communities: attributes.extended_communities,
        large_communities: attributes.large_communities,
        other_attributes: list(env, &attributes.other, |other| {
            object!(env, code: other.code, flags: other.flags, value: other.value)
        }),
        generation: row.position.generation,
        sequence: row.position.sequence,
        changed_at_us: row.changed_at_us,
        add_path_inferred: row.add_path_inferred,
        stale: row.stale,
    );
    // Each is a key of the struct, and nil where the route has it not.
    wire::registry::attributes::fields().fold(made, |made, field| {
        let value = attributes.fields.get(field.name).map_or_else(|| nil(env), |value| json(env, value));
        made.map_put(serialize::name(env, field.name), value).unwrap_or(made)
    })
}
