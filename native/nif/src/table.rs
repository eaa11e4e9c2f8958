//! The routing table: `ServiceRadar.BMP.RoutingTable`.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use rib::{
    AsPathPattern, Community, Dump, Id, Limits, Loader, PrefixMatch, Query, RibView, RoutingTable, StoredKey,
};
use rustler::{Atom, Binary, Encoder, Env, NifResult, Resource, ResourceArc, Term};

use crate::atoms;
use crate::deltas;
use crate::rows::{id_text, peer_summary, route_row, router_summary, view};
use crate::term::{decode_address, error, guard, list, nil, object, ok, Bytes, Prefix};

pub struct Table {
    table: RwLock<RoutingTable>,
    /// Whether the next change has to panic, which a test asks for.
    breaks: AtomicBool,
}

#[rustler::resource_impl]
impl Resource for Table {}

impl Table {
    pub fn read(&self) -> RwLockReadGuard<'_, RoutingTable> {
        self.table.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, RoutingTable> {
        self.table.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the table, or tells why that is not possible. A change that panicked may have been made in
    /// part: no further one is made.
    fn change<T>(
        &self,
        change: impl FnOnce(&mut RoutingTable) -> Result<T, rib::ApplyError>,
    ) -> Result<T, Refused> {
        if self.table.is_poisoned() {
            return Err(Refused::Poisoned);
        }
        let changed = guard(|| {
            let mut table = self.write();
            if self.breaks.swap(false, Ordering::Relaxed) {
                std::panic::resume_unwind(Box::new("a test asked for it"));
            }
            change(&mut table)
        });
        changed.map_err(Refused::Reason)?.map_err(|error| Refused::Reason(error.to_string()))
    }
}

/// Why a table was not changed.
#[derive(Debug, PartialEq)]
enum Refused {
    Poisoned,
    Reason(String),
}

impl Refused {
    fn term(self, env: Env<'_>) -> Term<'_> {
        match self {
            Refused::Poisoned => (atoms::error(), atoms::poisoned()).encode(env),
            Refused::Reason(reason) => error(env, reason),
        }
    }
}

#[rustler::nif]
fn table_new(limits: Term<'_>) -> NifResult<ResourceArc<Table>> {
    let seconds = |key| limits.map_get(key).ok().and_then(|term| term.decode::<i64>().ok());
    let default = Limits::default();
    let limits = Limits {
        max_routes: limits
            .map_get(atoms::max_routes())
            .ok()
            .and_then(|term| term.decode().ok())
            .unwrap_or(default.max_routes),
        hold_time_us: seconds(atoms::hold_time())
            .map_or(default.hold_time_us, |time| time.saturating_mul(1_000_000)),
        eor_timeout_us: seconds(atoms::eor_timeout())
            .map_or(default.eor_timeout_us, |time| time.saturating_mul(1_000_000)),
        heartbeat_us: seconds(atoms::heartbeat())
            .map_or(default.heartbeat_us, |milliseconds| milliseconds.saturating_mul(1_000)),
        ..default
    };
    Ok(ResourceArc::new(Table {
        table: RwLock::new(RoutingTable::new(limits)),
        breaks: AtomicBool::new(false),
    }))
}

#[rustler::nif(schedule = "DirtyCpu")]
fn table_apply<'a>(env: Env<'a>, table: ResourceArc<Table>, payload: Binary<'a>) -> Term<'a> {
    match table.change(|table| table.apply(&payload)) {
        Ok(deltas) => deltas::term(env, deltas),
        Err(refused) => refused.term(env),
    }
}

#[rustler::nif(schedule = "DirtyCpu")]
fn table_expire(
    env: Env<'_>,
    table: ResourceArc<Table>,
    now_us: i64,
    monotonic_us: i64,
    caught_up: bool,
) -> Term<'_> {
    match table.change(|table| Ok(table.expire(now_us, monotonic_us, caught_up))) {
        Ok(deltas) => deltas::term(env, deltas),
        Err(refused) => refused.term(env),
    }
}

/// What a table is loaded with, stream after stream.
pub struct LoaderResource(Mutex<Loader>);

#[rustler::resource_impl]
impl Resource for LoaderResource {}

#[rustler::nif]
fn loader_new() -> ResourceArc<LoaderResource> {
    ResourceArc::new(LoaderResource(Mutex::new(Loader::new())))
}

#[rustler::nif]
fn loader_begin(env: Env<'_>, loader: ResourceArc<LoaderResource>, kind: Atom) -> Term<'_> {
    let name = kind.to_term(env).atom_to_string().unwrap_or_default();
    let Some(dump) = Dump::from_name(&name) else {
        return error(env, format!("{name} cannot be loaded"));
    };
    loader.0.lock().unwrap_or_else(PoisonError::into_inner).begin(dump);
    atoms::ok().to_term(env)
}

#[rustler::nif(schedule = "DirtyCpu")]
fn loader_piece<'a>(
    env: Env<'a>,
    loader: ResourceArc<LoaderResource>,
    table: ResourceArc<Table>,
    piece: Binary<'a>,
) -> Term<'a> {
    let mut loader = loader.0.lock().unwrap_or_else(PoisonError::into_inner);
    match table.change(|table| loader.piece(table, &piece)) {
        Ok(()) => atoms::ok().to_term(env),
        Err(refused) => refused.term(env),
    }
}

#[rustler::nif]
fn loader_end(env: Env<'_>, loader: ResourceArc<LoaderResource>) -> Term<'_> {
    let mut loader = loader.0.lock().unwrap_or_else(PoisonError::into_inner);
    match loader.end() {
        Ok(rows) => ok(env, rows),
        Err(reason) => error(env, reason.to_string()),
    }
}

#[rustler::nif(schedule = "DirtyCpu")]
fn table_forget<'a>(
    env: Env<'a>,
    table: ResourceArc<Table>,
    rib_id: i64,
    nlri: Binary<'a>,
    path_id: Option<u32>,
) -> Term<'a> {
    match table.change(|table| Ok(table.forget(rib_id, &nlri, path_id))) {
        Ok(forgotten) => forgotten.encode(env),
        Err(refused) => refused.term(env),
    }
}

/// For tests: the next change panics in its midst.
#[cfg(debug_assertions)]
#[rustler::nif]
fn table_break(table: ResourceArc<Table>) -> Atom {
    table.breaks.store(true, Ordering::Relaxed);
    atoms::ok()
}

/// Whether a change to it panicked, after which it has to be dropped.
#[rustler::nif]
fn table_poisoned(table: ResourceArc<Table>) -> bool {
    table.table.is_poisoned()
}

// Not on a normal scheduler: it may have to wait for the lock.
#[rustler::nif(schedule = "DirtyCpu")]
fn table_counts(env: Env<'_>, table: ResourceArc<Table>) -> Term<'_> {
    let size = table.read().size();
    object!(env, routers: size.routers, peers: size.peers, routes: size.routes,
        attribute_sets: size.attribute_sets, attribute_octets: size.attribute_octets)
}

/// The routes that flap: only those of a router and of a peer, where their ids are given.
#[rustler::nif(schedule = "DirtyCpu")]
fn table_flapping<'a>(
    env: Env<'a>,
    table: ResourceArc<Table>,
    router: Option<&str>,
    peer: Option<&str>,
    limit: usize,
) -> NifResult<Term<'a>> {
    let given = |text: Option<&str>| text.map(|text| id(text).ok_or(rustler::Error::BadArg)).transpose();
    let (router, peer) = (given(router)?, given(peer)?);
    let routes = table.read().flapping(router.as_ref(), peer.as_ref(), limit);
    Ok(list(env, routes, |route| {
        object!(env,
            router_id: id_text(&route.router_id),
            peer_id: id_text(&route.peer_id),
            view: view(route.view),
            afi: route.afi,
            safi: route.safi,
            nlri: Bytes(&route.nlri),
            nlri_text: route.nlri_text,
            prefix: route.prefix.map(Prefix),
            path_id: route.path_id,
            penalty: route.penalty,
            withdrawals: route.withdrawals,
            changes: route.changes,
            changed_at_us: route.changed_at_us,
        )
    }))
}

#[rustler::nif(schedule = "DirtyCpu")]
fn table_routers(env: Env<'_>, table: ResourceArc<Table>) -> Term<'_> {
    let routers = table.read().routers();
    list(env, routers, |router| router_summary(env, &router))
}

#[rustler::nif(schedule = "DirtyCpu")]
fn table_peers<'a>(env: Env<'a>, table: ResourceArc<Table>, router: Option<&str>) -> NifResult<Term<'a>> {
    let router = router.map(|text| id(text).ok_or(rustler::Error::BadArg)).transpose()?;
    let peers = table.read().peers(router.as_ref());
    Ok(list(env, &peers, |peer| peer_summary(env, peer)))
}

#[rustler::nif(schedule = "DirtyCpu")]
fn table_routes<'a>(env: Env<'a>, table: ResourceArc<Table>, query: Term<'a>) -> Term<'a> {
    let Some(query) = decode_query(query) else {
        return error(env, "not a query");
    };
    // The lock is given back before terms are built.
    let page = table.read().routes(&query);
    match page {
        Ok(page) => {
            let rows = list(env, &page.rows, |row| route_row(env, row));
            (atoms::ok(), rows, page.cursor).encode(env)
        }
        Err(reason) => error(env, reason.to_string()),
    }
}

/// Prepares the table for searches; false where there was nothing to do. It is done in steps, between which
/// the table can be changed.
#[rustler::nif(schedule = "DirtyCpu")]
fn table_prepare_search(table: ResourceArc<Table>) -> bool {
    let mut steps = 0;
    while !table.read().prepare_search(rib::SETS_AT_A_TIME) {
        steps += 1;
        std::thread::yield_now();
    }
    steps > 0
}

/// Whether a search is answered at once.
#[rustler::nif(schedule = "DirtyCpu")]
fn table_ready_to_search(table: ResourceArc<Table>) -> bool {
    table.read().is_ready_to_search()
}

/// What a store knows the routes by that match, up to `most` and one more: RIB, NLRI and path identifier, -1 for none.
#[rustler::nif(schedule = "DirtyCpu")]
fn table_keys<'a>(env: Env<'a>, table: ResourceArc<Table>, query: Term<'a>, most: usize) -> Term<'a> {
    let Some(query) = decode_query(query) else {
        return error(env, "not a query");
    };
    let found = table.read().keys(&query, most);
    match found {
        Ok(keys) => {
            let key = |key: StoredKey| {
                (key.rib_id, Bytes(&key.nlri_key), key.path_id.map_or(-1, i64::from)).encode(env)
            };
            ok(env, list(env, keys, key))
        }
        Err(reason) => error(env, reason.to_string()),
    }
}

/// How many routes match, counted up to `most`; one more than that where there are more.
#[rustler::nif(schedule = "DirtyCpu")]
fn table_count<'a>(env: Env<'a>, table: ResourceArc<Table>, query: Term<'a>, most: usize) -> Term<'a> {
    let Some(query) = decode_query(query) else {
        return error(env, "not a query");
    };
    let counted = table.read().count(&query, most);
    match counted {
        Ok(count) => ok(env, count),
        Err(reason) => error(env, reason.to_string()),
    }
}

/// `%ServiceRadar.BMP.Query{}`, already checked.
fn decode_query(term: Term<'_>) -> Option<Query> {
    let field = |key: Atom| term.map_get(key).ok().filter(|value| *value != nil(term.get_env()));
    let text = |key| {
        field(key).map(|value| value.decode::<String>().ok()).map_or(Some(None), |value| value.map(Some))
    };
    let address = |key| field(key).map(decode_address).map_or(Some(None), |value| value.map(Some));
    let id = |key| {
        Some(match text(key)? {
            Some(text) => Some(id(&text)?),
            None => None,
        })
    };
    let asn =
        |key| field(key).map(|value| value.decode::<u32>().ok()).map_or(Some(None), |value| value.map(Some));
    let prefix = |key| {
        field(key)
            .map(|value| {
                let address: IpAddr = decode_address(value.map_get(atoms::address()).ok()?)?;
                ipnet::IpNet::new(address, value.map_get(atoms::length()).ok()?.decode().ok()?).ok()
            })
            .map_or(Some(None), |value| value.map(Some))
    };
    let family = match field(atoms::family()) {
        Some(family) => Some(family.decode::<(u16, u8)>().ok()?),
        None => None,
    };
    let match_of = |prefix: Option<ipnet::IpNet>, kind: fn(ipnet::IpNet) -> PrefixMatch| prefix.map(kind);
    let prefix = match_of(prefix(atoms::prefix())?, PrefixMatch::Exact)
        .or(address(atoms::address())?.map(PrefixMatch::Longest))
        .or(match_of(prefix(atoms::within())?, PrefixMatch::MoreSpecifics))
        .or(match_of(prefix(atoms::covering())?, PrefixMatch::LessSpecifics))
        .unwrap_or_default();
    Some(Query {
        router: id(atoms::router())?,
        peer: id(atoms::peer_id())?,
        peer_address: address(atoms::peer())?,
        view: match field(atoms::view()) {
            Some(view) => Some(RibView::from_name(&view.atom_to_string().ok()?)?),
            None => None,
        },
        afi: family.map(|family| family.0),
        safi: family.map(|family| family.1),
        prefix,
        nlri_text: text(atoms::nlri())?,
        as_in_path: asn(atoms::asn_in_path())?,
        origin_as: asn(atoms::origin_as())?,
        as_path: match text(atoms::as_path())? {
            Some(text) => Some(text.parse::<AsPathPattern>().ok()?),
            None => None,
        },
        next_hop: address(atoms::next_hop())?,
        community: match text(atoms::community())? {
            Some(text) => Some(text.parse::<Community>().ok()?),
            None => None,
        },
        limit: field(atoms::limit())?.decode().ok()?,
        cursor: text(atoms::cursor())?,
    })
}

/// Sixteen octets of a UUID's text.
pub fn id(text: &str) -> Option<Id> {
    rib::text::unhex(&text.replace('-', ""))?.try_into().ok()
}
