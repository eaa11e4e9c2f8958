//! The map's feed: `ServiceRadar.BMP.Feed`.

use std::sync::{Mutex, MutexGuard, PoisonError};

use feed::{Limits, Merge, Picture, Stream};
use rustler::{Atom, Binary, Encoder, Env, Resource, ResourceArc, Term};

use crate::atoms;
use crate::deltas::DeltasResource;
use crate::insight::Insight;
use crate::table::Table;
use crate::term::{error, guard, nil, ok, Bytes};

pub struct Feed(Mutex<Picture>);

#[rustler::resource_impl]
impl Resource for Feed {}

impl Feed {
    fn picture(&self) -> MutexGuard<'_, Picture> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the picture. One in which a change panicked is half changed, and its owner drops it.
    fn change(&self, change: impl FnOnce(&mut Picture)) -> Atom {
        let done = !self.0.is_poisoned() && guard(|| change(&mut self.picture())).is_ok();
        if done {
            atoms::ok()
        } else {
            atoms::poisoned()
        }
    }
}

/// `insight` knows where sites stand, where the station has one.
#[rustler::nif]
fn feed_new(insight: Option<ResourceArc<Insight>>) -> ResourceArc<Feed> {
    let picture = Picture::new(Limits::default());
    let picture = match insight {
        Some(insight) => picture.with_places(insight.get().config()),
        None => picture,
    };
    ResourceArc::new(Feed(Mutex::new(picture)))
}

/// How many routes a picture tells one by one.
#[rustler::nif]
fn feed_most_routes() -> usize {
    Limits::default().max_routes
}

#[rustler::nif(schedule = "DirtyCpu")]
fn feed_load(feed: ResourceArc<Feed>, table: ResourceArc<Table>) -> Atom {
    feed.change(|picture| picture.load(&table.read()))
}

#[rustler::nif(schedule = "DirtyCpu")]
fn feed_apply(feed: ResourceArc<Feed>, deltas: ResourceArc<DeltasResource>) -> Atom {
    feed.change(|picture| picture.apply(&deltas.0))
}

/// Alerts and verdicts as they are now.
#[rustler::nif(schedule = "DirtyCpu")]
fn feed_find(feed: ResourceArc<Feed>, insight: ResourceArc<Insight>, now_ms: i64) -> Atom {
    feed.change(|picture| picture.find(&insight.get(), now_ms))
}

#[rustler::nif(schedule = "DirtyCpu")]
fn feed_tick(feed: ResourceArc<Feed>, now_us: i64) -> Atom {
    feed.change(|picture| picture.tick(now_us))
}

/// One client's stream of a feed.
pub struct FeedStream {
    feed: ResourceArc<Feed>,
    stream: Mutex<Stream>,
}

#[rustler::resource_impl]
impl Resource for FeedStream {}

#[rustler::nif]
fn feed_stream(env: Env<'_>, feed: ResourceArc<Feed>) -> Term<'_> {
    match Stream::new() {
        Ok(stream) => ok(env, ResourceArc::new(FeedStream { feed, stream: Mutex::new(stream) })),
        Err(reason) => error(env, reason.to_string()),
    }
}

/// `{:ok, octets}`, `{:ok, nil}` where there is nothing new, or an error, after which the stream is no more.
#[rustler::nif(schedule = "DirtyCpu")]
fn feed_next(env: Env<'_>, stream: ResourceArc<FeedStream>, now_us: i64) -> Term<'_> {
    told(env, &stream.feed, |picture| {
        stream.stream.lock().unwrap_or_else(PoisonError::into_inner).next(picture, now_us)
    })
}

/// All of it as it is now, as a stream that ends: `{:ok, octets}`.
#[rustler::nif(schedule = "DirtyCpu")]
fn feed_whole(env: Env<'_>, feed: ResourceArc<Feed>, now_us: i64) -> Term<'_> {
    told(env, &feed, |picture| Stream::new()?.whole(picture, now_us).map(Some))
}

fn told<'a, E: ToString>(
    env: Env<'a>,
    feed: &Feed,
    tell: impl FnOnce(&Picture) -> Result<Option<Vec<u8>>, E>,
) -> Term<'a> {
    if feed.0.is_poisoned() {
        return error(env, "the picture broke in the midst of a change");
    }
    made(env, guard(|| tell(&feed.picture())))
}

fn made<E: ToString>(env: Env<'_>, made: Result<Result<Option<Vec<u8>>, E>, String>) -> Term<'_> {
    match made {
        Ok(Ok(Some(octets))) => ok(env, Bytes(&octets)),
        Ok(Ok(None)) => (atoms::ok(), nil(env)).encode(env),
        Ok(Err(reason)) => error(env, reason.to_string()),
        Err(reason) => error(env, reason),
    }
}

/// One client's stream of several feeds.
pub struct FeedMerge(Mutex<Merge>);

#[rustler::resource_impl]
impl Resource for FeedMerge {}

#[rustler::nif]
fn feed_merge(env: Env<'_>, feeds: usize) -> Term<'_> {
    match Merge::new(feeds) {
        Ok(merge) => ok(env, ResourceArc::new(FeedMerge(Mutex::new(merge)))),
        Err(reason) => error(env, reason.to_string()),
    }
}

/// Of each feed the next octets, or nil; gives what `feed_next/2` gives.
#[rustler::nif(schedule = "DirtyCpu")]
fn feed_merge_next<'a>(
    env: Env<'a>,
    merge: ResourceArc<FeedMerge>,
    octets: Vec<Option<Binary<'_>>>,
    now_us: i64,
) -> Term<'a> {
    let next = || {
        let mut merge = merge.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (feed, octets) in octets.iter().enumerate() {
            octets.as_ref().map_or(Ok(()), |octets| merge.push(feed, octets))?;
        }
        merge.next(now_us)
    };
    if merge.0.is_poisoned() {
        return error(env, "the stream broke in the midst of a change");
    }
    made(env, guard(next))
}
