//! Random histories of sessions against a table so simple that it is right by looking at it, and a
//! store that applies the deltas as `rib::deltas` documents. After every step all three hold the same.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::collections::BTreeMap;

use batch::proto::{self, event::Body, route_group::Action};
use proptest::prelude::*;
use rib::{Deltas, EndKind, EndScope, Limits, Position, RibView, RouteChange, RoutingTable};
use support::*;

const HOLD_US: i64 = 50 * SECOND;
const EOR_US: i64 = 20 * SECOND;

/// What a router does; numbers are small so that things meet.
#[derive(Clone, Debug)]
enum Step {
    Start,
    End,
    Say {
        peer: u8,
        view: u8,
        what: What,
    },
    /// A message of the session gets lost on the way.
    Lose,
    /// Another session of the router, from another address, says that there is nothing.
    Beside,
    /// The last batches of all routers come again.
    Redeliver(u8),
    Wait(u8),
}

#[derive(Clone, Debug)]
enum What {
    Up,
    Down,
    EndOfRib,
    Routes(Vec<One>),
}

#[derive(Clone, Debug)]
struct One {
    announce: bool,
    family: u8,
    prefix: u8,
    path: Option<u8>,
    med: u8,
}

fn step() -> impl Strategy<Value = (u8, Step)> {
    let one = (any::<bool>(), 0..3_u8, 0..6_u8, prop::option::of(0..2_u8), 0..3_u8)
        .prop_map(|(announce, family, prefix, path, med)| One { announce, family, prefix, path, med });
    let what = prop_oneof![
        1 => Just(What::Up),
        1 => Just(What::Down),
        1 => Just(What::EndOfRib),
        8 => prop::collection::vec(one, 1..6).prop_map(What::Routes),
    ];
    let step = prop_oneof![
        2 => Just(Step::Start),
        1 => Just(Step::End),
        16 => (1..4_u8, 0..3_u8, what).prop_map(|(peer, view, what)| Step::Say { peer, view, what }),
        2 => (1..9_u8).prop_map(Step::Redeliver),
        1 => Just(Step::Lose),
        1 => Just(Step::Beside),
        1 => (1..90_u8).prop_map(Step::Wait),
    ];
    (1..3_u8, step)
}

/// Router, peer, view, AFI, SAFI, NLRI, path id.
type Key = (u8, u8, RibView, u16, u8, Vec<u8>, Option<u32>);

#[derive(Default)]
struct Model {
    /// MED, and session last seen in.
    routes: BTreeMap<Key, (u8, u64)>,
    routers: BTreeMap<u8, ModelRouter>,
}

#[derive(Default)]
struct ModelRouter {
    /// Of the newest session, also of one that stands by.
    newest: u64,
    /// A message was lost, which is noticed with the next one.
    lost: bool,
    /// Nobody knows what the session did not say.
    doubtful: bool,
    generation: u64,
    /// Sweeps: of sessions up to, at.
    sweeps: Vec<(u64, i64)>,
    /// Hold time's end.
    ends: Option<i64>,
}

impl Model {
    /// A message comes: if one before it did not, no sweep is right any more.
    fn heard(&mut self, router: u8) {
        let state = self.routers.entry(router).or_default();
        if std::mem::take(&mut state.lost) {
            state.doubtful = true;
            state.sweeps.clear();
        }
    }

    fn expire(&mut self, now: i64) {
        for (router, state) in &mut self.routers {
            if state.ends.is_some_and(|at| at <= now) {
                state.ends = None;
                state.sweeps.clear();
                self.routes.retain(|key, _| key.0 != *router);
            }
            for (generation, _) in state.sweeps.iter().filter(|sweep| sweep.1 <= now) {
                self.routes.retain(|key, (_, seen)| key.0 != *router || *seen > *generation);
            }
            state.sweeps.retain(|sweep| sweep.1 > now);
        }
    }
}

/// A store: rows with tombstones, ends as watermarks on the peer.
#[derive(Default)]
struct Store {
    rows: BTreeMap<Key, (Option<u8>, Position)>,
}

impl Store {
    fn commit(&mut self, deltas: &Deltas) {
        let router_of = |index: u32| deltas.routers[index as usize].router_id[0];
        for end in deltas.ends.iter().filter(|end| end.kind == EndKind::Ended) {
            let (router, peer) = match end.scope {
                EndScope::Router(router) => (router_of(router), None),
                EndScope::Peer(peer) => {
                    let peer = &deltas.peers[peer as usize];
                    (router_of(peer.router), Some(peer.peer_id[0]))
                }
            };
            for (key, row) in &mut self.rows {
                if key.0 == router && peer.is_none_or(|peer| peer == key.1) && row.1 < end.position {
                    *row = (None, end.position);
                }
            }
        }
        for route in &deltas.routes {
            let rib = &deltas.ribs[route.rib as usize];
            let peer = &deltas.peers[rib.peer as usize];
            let key: Key = (
                router_of(peer.router),
                peer.peer_id[0],
                rib.view,
                rib.afi,
                rib.safi,
                route.nlri.to_vec(),
                route.path_id,
            );
            let med = deltas.attributes_of(route).map(|set| *set.canonical().last().expect("a MED"));
            assert_eq!(med.is_none(), route.change == RouteChange::Withdraw);
            let held = self.rows.get(&key).copied();
            if held.is_some_and(|held| held.1 >= route.position) {
                continue;
            }
            let before = held.and_then(|held| held.0);
            match route.change {
                RouteChange::Announce => assert_eq!(before, None, "announced twice: {key:?}"),
                RouteChange::Change => assert!(before.is_some() && before != med, "no change: {key:?}"),
                RouteChange::Withdraw if route.unknown => assert_eq!(before, None, "it was known: {key:?}"),
                RouteChange::Withdraw => assert!(before.is_some(), "withdrawn twice: {key:?}"),
            }
            self.rows.insert(key, (med.filter(|_| !route.ended), route.position));
        }
    }
}

/// Peers of two routers have other ids, by which the store tells them apart.
fn peer_number(router: u8, peer: u8) -> u8 {
    router * 10 + peer
}

fn held_by_table(table: &RoutingTable) -> BTreeMap<Key, u8> {
    let mut out = BTreeMap::new();
    table
        .each_route(&rib::Query::default(), |row| {
            let key = (
                row.router_id[0],
                row.peer_id[0],
                row.view,
                row.afi,
                row.safi,
                row.nlri.to_vec(),
                row.path_id,
            );
            out.insert(key, u8::try_from(row.attributes.med.expect("a MED")).expect("small"));
            true
        })
        .expect("no cursor");
    out
}

fn run(steps: Vec<(u8, Step)>) {
    let limits = Limits { hold_time_us: HOLD_US, eor_timeout_us: EOR_US, max_expired: 3, ..limits() };
    let mut table = table_with(limits);
    let (mut model, mut store) = (Model::default(), Store::default());
    let mut speakers: BTreeMap<u8, Speaker> = BTreeMap::new();
    let mut sent: Vec<proto::Batch> = Vec::new();
    let mut now = i64::try_from(EPOCH).expect("small");

    for (router, step) in steps {
        now += 1000;
        let batch = match step {
            Step::Wait(seconds) => {
                now += i64::from(seconds) * SECOND;
                model.expire(now);
                loop {
                    let deltas = expire(&mut table, now);
                    store.commit(&deltas);
                    if !deltas.more {
                        break;
                    }
                }
                None
            }
            Step::Redeliver(count) => {
                for batch in sent.iter().rev().take(count.into()).rev() {
                    let deltas = apply(&mut table, batch);
                    assert!(deltas.is_empty(), "redelivered: {:?}", changes(&deltas));
                }
                None
            }
            Step::Start => {
                let speaker = speakers.entry(router).or_insert_with(|| Speaker::new(router, 0));
                *speaker = Speaker::new(router, now.unsigned_abs());
                speaker.now_us = now;
                let state = model.routers.entry(router).or_default();
                if model.routes.keys().any(|key| key.0 == router) {
                    state.sweeps.push((state.generation, now + EOR_US));
                }
                state.newest += 1;
                (state.generation, state.ends) = (state.newest, None);
                (state.lost, state.doubtful) = (false, false);
                Some(speaker.batch(
                    None,
                    RibView::AdjRibInPre,
                    vec![Body::SessionStart(proto::SessionStart {})],
                ))
            }
            Step::Lose => {
                if let Some(speaker) = speakers.get_mut(&router) {
                    speaker.batch(None, RibView::AdjRibInPre, vec![Body::Alive(proto::Alive {})]);
                    model.routers.entry(router).or_default().lost = true;
                }
                None
            }
            Step::Beside => {
                if speakers.contains_key(&router) {
                    model.routers.entry(router).or_default().newest += 1;
                    let mut other = Speaker::new(router, now.unsigned_abs());
                    other.session.router_address = "198.51.100.1".into();
                    store.commit(&other.start(&mut table));
                    let peer = peer_number(router, 1);
                    for body in [peer_down(), end_of_rib()] {
                        let deltas = other.say(&mut table, peer, RibView::AdjRibInPre, body);
                        assert_eq!(deltas.counts.superseded, 1);
                        store.commit(&deltas);
                    }
                }
                None
            }
            Step::End => speakers.remove(&router).map(|mut speaker| {
                speaker.now_us = now;
                model.heard(router);
                model.routers.entry(router).or_default().ends = Some(now + HOLD_US);
                let end = proto::SessionEnd { reason: 1, text: String::new() };
                speaker.batch(None, RibView::AdjRibInPre, vec![Body::SessionEnd(end)])
            }),
            Step::Say { peer, view, what } => speakers.get_mut(&router).map(|speaker| {
                speaker.now_us = now;
                model.heard(router);
                let view = RibView::ALL[usize::from(view)];
                let peer = peer_number(router, peer);
                let generation = model.routers[&router].generation;
                let bodies = say(&mut model, router, peer, view, generation, what);
                speaker.batch(Some(peer), view, bodies)
            }),
        };
        if let Some(batch) = batch {
            store.commit(&apply(&mut table, &batch));
            sent.push(batch);
        }

        let expected: BTreeMap<Key, u8> =
            model.routes.iter().map(|(key, route)| (key.clone(), route.0)).collect();
        assert_eq!(held_by_table(&table), expected, "the table");
        let stored: BTreeMap<Key, u8> =
            store.rows.iter().filter_map(|(key, row)| Some((key.clone(), row.0?))).collect();
        assert_eq!(stored, expected, "the store");
        assert_eq!(table.size().routes, expected.len());
        let meds: std::collections::BTreeSet<u8> = expected.values().copied().collect();
        assert_eq!(table.size().attribute_sets, meds.len(), "sets without a route are freed");
    }
}

fn say(model: &mut Model, router: u8, peer: u8, view: RibView, generation: u64, what: What) -> Vec<Body> {
    match what {
        What::Up => vec![peer_up()],
        What::Down => {
            model.routes.retain(|key, _| (key.0, key.1) != (router, peer));
            vec![peer_down()]
        }
        What::EndOfRib => {
            let of = (router, peer, view, 1, 1);
            if !model.routers[&router].doubtful {
                model.routes.retain(|key, (_, seen)| {
                    (key.0, key.1, key.2, key.3, key.4) != of || *seen == generation
                });
            }
            vec![end_of_rib()]
        }
        What::Routes(all) => all
            .into_iter()
            .map(|one| {
                let (afi, safi, nlri) = match one.family {
                    0 => (
                        1,
                        1,
                        v4([
                            "0.0.0.0/0",
                            "10.0.0.0/8",
                            "10.1.0.0/16",
                            "10.1.128.0/17",
                            "10.1.1.0/24",
                            "11.0.0.1/32",
                        ][usize::from(one.prefix)]),
                    ),
                    1 => (
                        2,
                        1,
                        v6([
                            "::/0",
                            "2001:db8::/32",
                            "2001:db8:8000::/33",
                            "2001:db8::/48",
                            "2001:db8::1/128",
                            "fe80::/10",
                        ][usize::from(one.prefix)]),
                    ),
                    // A family that cannot be split into NLRI has no route.
                    _ => (25, 200, vec![2, one.prefix]),
                };
                let path = one.path.filter(|_| one.family < 2).map(u32::from);
                let key = (router, peer, view, afi, safi, nlri.clone(), path);
                let action = if one.announce { Action::Announce } else { Action::Withdraw };
                match action {
                    _ if one.family >= 2 => {}
                    Action::Announce => _ = model.routes.insert(key, (one.med, generation)),
                    _ => _ = model.routes.remove(&key),
                }
                let mut block = path.map(|id| id.to_be_bytes().to_vec()).unwrap_or_default();
                block.extend(nlri);
                let mut group = group(action, afi.into(), safi.into(), block);
                group.add_path = path.is_some();
                routes(one.med, vec![group])
            })
            .collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn table_and_store_hold_what_the_model_holds(steps in prop::collection::vec(step(), 1..80)) {
        run(steps);
    }
}
