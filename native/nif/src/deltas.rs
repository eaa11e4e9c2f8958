//! What a batch changed: `ServiceRadar.BMP.Deltas`.

use std::ops::Deref;

use rib::copy::{Commit, Kind};
use rib::ocsf::Grouping;
use rib::{Deltas, RouteChange, RouterRow};
use rustler::{Encoder, Env, Resource, ResourceArc, Term};

use crate::atoms;
use crate::rows::{id_text, peer_row, router_row, view};
use crate::term::{error, guard, list, object, ok, Address, Bytes, Prefix};

pub struct DeltasResource(pub Deltas);

#[rustler::resource_impl]
impl Resource for DeltasResource {}

/// `{:ok, resource, counts}`
pub fn term(env: Env<'_>, deltas: Deltas) -> Term<'_> {
    // The session of the batch is the one that was heard last.
    let heard = deltas.sessions.iter().max_by_key(|session| session.heard_us);
    let counts = object!(env,
        changes: deltas.routes.len(),
        ends: deltas.ends.len(),
        events: deltas.events.len(),
        statistics: deltas.statistics.len(),
        dead_letters: deltas.dead_letters.len(),
        routes: deltas.counts.routes,
        unchanged: deltas.counts.unchanged,
        older: deltas.counts.older,
        over_limit: deltas.counts.over_limit,
        superseded: deltas.counts.superseded,
        gaps: deltas.counts.gaps,
        mirrored: deltas.counts.mirrored,
        raw_statistics: deltas.counts.raw_statistics,
        unread_peer_downs: deltas.counts.unread_peer_downs,
        unsplit: deltas.counts.unsplit,
        add_path_inferred: deltas.counts.add_path_inferred,
        add_path_taken_back: deltas.counts.add_path_taken_back,
        resets: deltas.resets.len(),
        quiet: deltas.is_quiet(),
        empty: deltas.is_empty(),
        more: deltas.more,
        heard: heard.map(|session| (rib::text::hex(&session.session_id), session.heard_us)),
    );
    (atoms::ok(), ResourceArc::new(DeltasResource(deltas)), counts).encode(env)
}

#[rustler::nif(schedule = "DirtyCpu")]
fn deltas_summary(env: Env<'_>, deltas: ResourceArc<DeltasResource>, limit: usize) -> Term<'_> {
    let deltas = &deltas.0;
    let name = |index: u32| deltas.router(index).map(RouterRow::name).unwrap_or_default();
    let peer_address = |index: u32| deltas.peer(index).map(|peer| Address(peer.address));

    let routers = list(env, deltas.routers.iter().filter(|row| row.changed), |row| router_row(env, row));
    let peers = list(env, deltas.peers.iter().filter(|row| row.changed), |row| {
        let router_id = deltas.router(row.router).map(|router| router.router_id).unwrap_or_default();
        peer_row(env, row, &router_id, &name(row.router))
    });
    let events = list(env, &deltas.events, |event| {
        object!(env,
            kind: event.kind.as_str(),
            router: name(event.router),
            router_id: deltas.router(event.router).map(|router| id_text(&router.router_id)),
            peer: event.peer.and_then(peer_address),
            peer_id: event.peer.and_then(|index| deltas.peer(index)).map(|peer| id_text(&peer.peer_id)),
            view: event.view.map(view),
            afi: event.afi,
            safi: event.safi,
            reason: event.reason,
            routes: event.routes,
            synthetic: event.synthetic,
            generation: event.position.generation,
            sequence: event.position.sequence,
            since_us: event.since_us,
            received_at_us: event.received_at_us,
        )
    });
    let routes = list(env, deltas.routes.iter().take(limit), |route| {
        let rib = deltas.rib(route.rib);
        let peer = rib.and_then(|rib| deltas.peer_of(rib));
        let parts = deltas.route_of(route);
        let bare = rib.is_some_and(|rib| rib::nlri::is_prefix_family(rib.afi, rib.safi));
        let attributes = deltas.attributes_of(route).map(rib::AttributeSet::typed);
        object!(env,
            change: match route.change {
                RouteChange::Announce => atoms::announce(),
                RouteChange::Change => atoms::change(),
                RouteChange::Withdraw => atoms::withdraw(),
            },
            router: peer.map(|peer| name(peer.router)),
            peer: peer.map(|peer| Address(peer.address)),
            peer_id: peer.map(|peer| id_text(&peer.peer_id)),
            view: rib.map(|rib| view(rib.view)),
            afi: rib.map(|rib| rib.afi),
            safi: rib.map(|rib| rib.safi),
            prefix: parts.prefix.map(Prefix),
            rd: parts.rd.map(|rd| rd.to_string()),
            nlri: Bytes(&route.nlri),
            nlri_text: rib.filter(|_| !bare).map(|rib| rib::nlri::text(rib.afi, rib.safi, &route.nlri)),
            path_id: route.path_id,
            next_hop: attributes.and_then(|attributes| attributes.next_hop).map(Address),
            as_path_text: attributes.map(|attributes| attributes.as_path_text.as_str()),
            synthetic: route.synthetic,
            received_at_us: route.received_at_us,
        )
    });
    let statistics = list(env, &deltas.statistics, |one| {
        object!(env,
            peer_id: deltas.peer(one.peer).map(|peer| id_text(&peer.peer_id)),
            type_: one.stat_type,
            afi: one.afi,
            safi: one.safi,
            value: one.value,
            received_at_us: one.received_at_us,
        )
    });
    object!(env, routers: routers, peers: peers, events: events, statistics: statistics, routes: routes)
}

/// What could not be decoded.
#[rustler::nif(schedule = "DirtyCpu")]
fn deltas_dead_letters(env: Env<'_>, deltas: ResourceArc<DeltasResource>) -> Term<'_> {
    let deltas = &deltas.0;
    list(env, &deltas.dead_letters, |letter| {
        let router = deltas.router(letter.router);
        let peer = letter.peer.and_then(|index| deltas.peer(index));
        object!(env,
            router: router.map(RouterRow::name),
            router_id: router.map(|router| id_text(&router.router_id)),
            peer: peer.map(|peer| Address(peer.address)),
            peer_id: peer.map(|peer| id_text(&peer.peer_id)),
            offset: letter.offset,
            path: letter.path,
            reason: letter.reason,
            treatment: letter.treatment,
            suspect: letter.suspect,
            raw: Bytes(&letter.raw),
            generation: letter.position.generation,
            sequence: letter.position.sequence,
            received_at_us: letter.received_at_us,
        )
    })
}

/// Sessions that have to begin anew: maps of `session_id`, as hexadecimal text, `collector` and `reason`.
#[rustler::nif]
fn deltas_resets(env: Env<'_>, deltas: ResourceArc<DeltasResource>) -> Term<'_> {
    list(env, &deltas.0.resets, |reset| {
        object!(env,
            session_id: rib::text::hex(&reset.session_id),
            collector: reset.collector,
            reason: reset.reason,
        )
    })
}

/// Several deltas as one transaction writes them.
pub struct CommitResource(Commit<ResourceDeltas>);

#[rustler::resource_impl]
impl Resource for CommitResource {}

/// Deltas that a term holds.
pub struct ResourceDeltas(ResourceArc<DeltasResource>);

impl Deref for ResourceDeltas {
    type Target = Deltas;

    fn deref(&self) -> &Deltas {
        &self.0 .0
    }
}

/// `{:ok, commit, [{kind, rows}]}`, of the kinds that have rows, in the order in which they are written.
#[rustler::nif(schedule = "DirtyCpu")]
fn commit_new(env: Env<'_>, deltas: Vec<ResourceArc<DeltasResource>>) -> Term<'_> {
    match guard(|| Commit::new(deltas.into_iter().map(ResourceDeltas).collect())) {
        Ok(commit) => {
            let kinds =
                Kind::ALL.into_iter().map(|kind| (kind, commit.rows(kind))).filter(|(_, rows)| *rows > 0);
            let kinds: Vec<(&str, usize)> = kinds.map(|(kind, rows)| (kind.as_str(), rows)).collect();
            (atoms::ok(), ResourceArc::new(CommitResource(commit)), kinds).encode(env)
        }
        Err(reason) => error(env, reason),
    }
}

/// Rows `from..to` of a kind.
#[rustler::nif(schedule = "DirtyCpu")]
fn commit_copy<'a>(
    env: Env<'a>,
    commit: ResourceArc<CommitResource>,
    kind: &str,
    from: usize,
    to: usize,
) -> Term<'a> {
    let Some(kind) = Kind::from_name(kind) else {
        return error(env, format!("{kind} is no kind of rows"));
    };
    match guard(|| commit.0.copy(kind, from..to)) {
        Ok(rows) => ok(env, Bytes(&rows)),
        Err(reason) => error(env, reason),
    }
}

/// What a row is about.
#[rustler::nif]
fn commit_origin<'a>(env: Env<'a>, commit: ResourceArc<CommitResource>, kind: &str, row: usize) -> Term<'a> {
    let Some(kind) = Kind::from_name(kind) else {
        return error(env, format!("{kind} is no kind of rows"));
    };
    let origin = commit.0.origin(kind, row);
    let origin = object!(env,
        router_id: origin.router_id.as_ref().map(id_text),
        peer_id: origin.peer_id.as_ref().map(id_text),
        rib_id: origin.rib_id,
        nlri: origin.nlri.as_deref().map(Bytes),
        path_id: origin.path_id,
        generation: origin.generation,
        sequence: origin.sequence,
    );
    ok(env, origin)
}

#[rustler::nif(schedule = "DirtyCpu")]
fn deltas_ocsf(deltas: ResourceArc<DeltasResource>, from: usize, samples: usize) -> Vec<String> {
    deltas.0.ocsf(Grouping { from, samples })
}

#[rustler::nif(schedule = "DirtyCpu")]
fn deltas_semantic(env: Env<'_>, deltas: ResourceArc<DeltasResource>) -> Term<'_> {
    list(env, deltas.0.semantic(), |event| object!(env, kind: event.kind, id: event.id, json: event.json))
}
