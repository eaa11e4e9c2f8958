//! A BMP session: `ServiceRadar.BMP.Session` feeds it, and publishes the batches that come out.

use std::sync::{Mutex, MutexGuard, PoisonError};

use batch::{EncodedBatch, EndReason, Identity, Session, SessionOptions};
use rustler::{Atom, Binary, Env, Error, NifResult, Resource, ResourceArc, Term};

use crate::atoms;
use crate::term::{decode_address, error, guard, list, object, ok, record, Bytes};

pub struct SessionResource(Mutex<Session>);

#[rustler::resource_impl]
impl Resource for SessionResource {}

impl SessionResource {
    fn lock(&self) -> MutexGuard<'_, Session> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[rustler::nif]
fn session_new(options: Term<'_>) -> NifResult<ResourceArc<SessionResource>> {
    let option = |key: Atom| options.map_get(key);
    let address = decode_address(option(atoms::router_address())?).ok_or(Error::BadArg)?;
    let collector: String = option(atoms::collector())?.decode()?;
    let session_id: Binary = option(atoms::session_id())?.decode()?;
    let identity: Atom = option(atoms::identity())?.decode()?;
    let session = Session::new(SessionOptions {
        identity: if identity == atoms::address() {
            Identity::Address
        } else if identity == atoms::both() {
            Identity::Both
        } else {
            Identity::SysName
        },
        max_message_bytes: option(atoms::max_message_bytes())?.decode()?,
        max_peers: option(atoms::max_peers())?.decode()?,
        max_batch_bytes: option(atoms::max_batch_bytes())?.decode()?,
        ..SessionOptions::new(
            address,
            option(atoms::router_port())?.decode()?,
            session_id.as_slice().try_into().map_err(|_| Error::BadArg)?,
            collector,
        )
    });
    Ok(ResourceArc::new(SessionResource(Mutex::new(session))))
}

/// Under a millisecond: the caller looks at the size.
#[rustler::nif]
fn session_feed_short<'a>(
    env: Env<'a>,
    session: ResourceArc<SessionResource>,
    input: Binary<'a>,
    now_us: i64,
) -> Term<'a> {
    feed(env, &session, &input, now_us)
}

#[rustler::nif(schedule = "DirtyCpu")]
fn session_feed_long<'a>(
    env: Env<'a>,
    session: ResourceArc<SessionResource>,
    input: Binary<'a>,
    now_us: i64,
) -> Term<'a> {
    feed(env, &session, &input, now_us)
}

/// `{:ok, batches, nil}`, or with the reason in place of nil where the framing is lost.
fn feed<'a>(env: Env<'a>, session: &SessionResource, input: &[u8], now_us: i64) -> Term<'a> {
    match guard(|| session.lock().feed(input, now_us)) {
        Ok(fed) => {
            let batches = list(env, &fed.batches, |one| batch(env, one));
            ok3(env, batches, fed.fatal.map(|reason| reason.to_string()))
        }
        Err(reason) => error(env, reason),
    }
}

fn ok3<'a>(env: Env<'a>, batches: Term<'a>, fatal: Option<String>) -> Term<'a> {
    rustler::Encoder::encode(&(atoms::ok(), batches, fatal), env)
}

/// `{:ok, batches}`: one, or none where the end was told before.
#[rustler::nif(schedule = "DirtyCpu")]
fn session_end<'a>(
    env: Env<'a>,
    session: ResourceArc<SessionResource>,
    (reason, text): (Atom, &str),
    now_us: i64,
) -> Term<'a> {
    let reason = if reason == atoms::closed() {
        EndReason::Closed
    } else if reason == atoms::limit() {
        EndReason::Limit
    } else if reason == atoms::shutdown() {
        EndReason::Shutdown
    } else if reason == atoms::reset() {
        EndReason::Reset
    } else {
        // Lost framing and Termination the session knows by itself.
        EndReason::Error
    };
    match guard(|| session.lock().end(reason, text, now_us)) {
        Ok(last) => ok(env, list(env, &last, |one| batch(env, one))),
        Err(reason) => error(env, reason),
    }
}

/// `{:ok, batches}`: one that tells that the session lives, or none before its first message.
#[rustler::nif(schedule = "DirtyCpu")]
fn session_alive(env: Env<'_>, session: ResourceArc<SessionResource>, now_us: i64) -> Term<'_> {
    match guard(|| session.lock().alive(now_us)) {
        Ok(one) => ok(env, list(env, &one, |one| batch(env, one))),
        Err(reason) => error(env, reason),
    }
}

/// The sysName that the router has said last; empty before it said one.
#[rustler::nif]
fn session_sys_name(session: ResourceArc<SessionResource>) -> String {
    session.lock().sys_name().to_owned()
}

// Not on a normal scheduler: it may have to wait for the lock.
#[rustler::nif(schedule = "DirtyCpu")]
fn session_counters(env: Env<'_>, session: ResourceArc<SessionResource>) -> Term<'_> {
    let counters = session.lock().counters();
    object!(env,
        messages: counters.messages,
        undecodable: counters.undecodable,
        suspect: counters.suspect,
        add_path_inferred: counters.add_path_inferred,
        add_path_taken_back: counters.add_path_taken_back,
        as_width_mismatch: counters.as_width_mismatch,
        faulty_updates: counters.faulty_updates,
        unknown_peer_types: counters.unknown_peer_types,
        peers_over_limit: counters.peers_over_limit,
    )
}

fn batch<'a>(env: Env<'a>, batch: &EncodedBatch) -> Term<'a> {
    record!(env, batch_module,
        id: batch.message_id,
        router_id: Bytes(&batch.router_id),
        payload: Bytes(&batch.payload),
        messages: batch.messages,
        routes: batch.routes,
        events: batch.events,
    )
}
