//! Peers and routers a page at a time: `%ServiceRadar.BMP.ListQuery{}`.

use rib::{Column, Key, List, Part, PeerState};
use rustler::{Atom, Env, NifResult, ResourceArc, Term};

use crate::atoms;
use crate::rows::{id_text, peer_summary, router_summary, view};
use crate::table::{id, Table};
use crate::term::{decode_address, list, nil, object};

#[rustler::nif(schedule = "DirtyCpu")]
fn table_list_peers<'a>(env: Env<'a>, table: ResourceArc<Table>, wanted: Term<'a>) -> NifResult<Term<'a>> {
    let wanted = decode(wanted).ok_or(rustler::Error::BadArg)?;
    let peers = table.read().list_peers(&wanted);
    Ok(list(env, &peers, |peer| peer_summary(env, peer)))
}

#[rustler::nif(schedule = "DirtyCpu")]
fn table_list_routers<'a>(env: Env<'a>, table: ResourceArc<Table>, wanted: Term<'a>) -> NifResult<Term<'a>> {
    let wanted = decode(wanted).ok_or(rustler::Error::BadArg)?;
    let routers = table.read().list_routers(&wanted);
    Ok(list(env, &routers, |router| router_summary(env, router)))
}

#[rustler::nif(schedule = "DirtyCpu")]
fn table_count_peers<'a>(table: ResourceArc<Table>, wanted: Term<'a>) -> NifResult<usize> {
    let wanted = decode(wanted).ok_or(rustler::Error::BadArg)?;
    let count = table.read().count_peers(&wanted);
    Ok(count)
}

#[rustler::nif(schedule = "DirtyCpu")]
fn table_some_peers<'a>(env: Env<'a>, table: ResourceArc<Table>, ids: Vec<&str>) -> NifResult<Term<'a>> {
    let ids: Option<Vec<_>> = ids.into_iter().map(id).collect();
    let peers = table.read().some_peers(&ids.ok_or(rustler::Error::BadArg)?);
    Ok(list(env, &peers, |peer| peer_summary(env, peer)))
}

#[rustler::nif(schedule = "DirtyCpu")]
fn table_held(env: Env<'_>, table: ResourceArc<Table>) -> Term<'_> {
    let held = table.read().held();
    list(env, &held, |one| {
        object!(env, router_id: id_text(&one.router_id), peer_id: id_text(&one.peer_id), view: view(one.view), afi: one.afi,
            safi: one.safi, routes: one.routes)
    })
}

#[rustler::nif(schedule = "DirtyCpu")]
fn table_totals<'a>(env: Env<'a>, table: ResourceArc<Table>, router: Option<&str>) -> NifResult<Term<'a>> {
    let router = router.map(|text| id(text).ok_or(rustler::Error::BadArg)).transpose()?;
    let totals = table.read().totals(router.as_ref());
    Ok(object!(env,
        families: totals.families.iter().map(|(afi, safi, routes)| ((*afi, *safi), *routes)).collect::<Vec<_>>(),
        routers: totals.routers,
        routers_connected: totals.routers_connected,
        sessions: totals.sessions,
        sessions_troubled: totals.sessions_troubled,
        sessions_up: totals.sessions_up,
    ))
}

fn decode(term: Term<'_>) -> Option<List> {
    let field = |key: Atom| term.map_get(key).ok();
    let given = |key: Atom| field(key).filter(|value| *value != nil(term.get_env()));
    let column = Column::from_name(field(atoms::column())?.decode().ok()?)?;
    let of_routers = field(atoms::kind())?.atom_to_string().ok()? == "routers";
    let words: Vec<&str> = field(atoms::words())?.decode().ok()?;
    let states: Vec<Atom> = field(atoms::states())?.decode().ok()?;
    Some(List {
        router: match given(atoms::router()) {
            Some(router) => Some(id(router.decode().ok()?)?),
            None => None,
        },
        states: states.into_iter().map(state).collect::<Option<_>>()?,
        address: match given(atoms::address()) {
            Some(address) => Some(decode_address(address)?),
            None => None,
        },
        words: words.into_iter().map(str::to_lowercase).collect(),
        column,
        down: field(atoms::down())?.decode().ok()?,
        after: match given(atoms::after()) {
            Some(after) => Some(key(column, of_routers, after)?),
            None => None,
        },
        limit: field(atoms::limit())?.decode().ok()?,
    })
}

fn state(state: Atom) -> Option<PeerState> {
    [
        (atoms::up(), PeerState::Up),
        (atoms::down(), PeerState::Down),
        (atoms::stale(), PeerState::Stale),
        (atoms::unknown(), PeerState::Unknown),
    ]
    .into_iter()
    .find_map(|(atom, known)| (atom == state).then_some(known))
}

/// `t:ServiceRadar.BMP.Order.key/0`
fn key(column: Column, of_routers: bool, term: Term<'_>) -> Option<Key> {
    let (by, last): (Vec<Term<'_>>, &str) = term.decode().ok()?;
    let text = |term: Term<'_>| term.decode().ok().map(Part::Text);
    let number = |term: Term<'_>| term.decode().ok().map(Part::Number);
    let address = |term: Term<'_>| match term == nil(term.get_env()) {
        true => Some(Part::None),
        false => decode_address(term).map(Part::Address),
    };
    let mut key = match (column, by.as_slice()) {
        (Column::Router, &[name]) if of_routers => vec![text(name)?],
        (Column::Router, &[name, router, kind, peer]) => {
            vec![text(name)?, Part::Id(id(router.decode().ok()?)?), number(kind)?, address(peer)?]
        }
        (Column::Peer, &[peer, kind]) => vec![address(peer)?, number(kind)?],
        (Column::State, &[connected, name]) if of_routers => {
            vec![Part::Number(i64::from(connected.decode::<bool>().ok()?)), text(name)?]
        }
        (Column::Address, &[by]) => vec![address(by)?],
        (_, &[by]) => vec![number(by)?],
        _ => return None,
    };
    key.push(Part::Id(id(last)?));
    Some(key)
}
