//! Parity: whatever a router goes through, and whatever happens to us meanwhile, when it is quiet the
//! active rows are its own table.

use std::collections::{BTreeMap, VecDeque};

use batch::proto::{self, event::Body, route_group::Action, Message};
use rib::{Limits, RibView, RoutingTable};

use crate::store::Store;
use crate::support::{self, announce, end_of_rib, group, peer_down, peer_up, routes, withdraw, Speaker};

const ROUTER: &str = "01010101-0101-0101-0101-010101010101";
const PEERS: [u8; 3] = [1, 2, 3];
const VIEWS: [RibView; 2] = [RibView::AdjRibInPre, RibView::AdjRibInPost];
const PREFIXES: u64 = 40;

/// A router that keeps its own table, and a station that is killed now and then.
struct World {
    seed: u64,
    router: Speaker,
    /// (peer, view, prefix) to MED: the truth.
    own: BTreeMap<(u8, RibView, String), u8>,
    up: [bool; 3],
    table: RoutingTable,
    store: Store,
    /// What the broker would deliver again.
    log: VecDeque<Vec<u8>>,
    /// Deltas that wait to be committed together.
    waiting: Vec<rib::Deltas>,
    /// The table asked the session to begin anew.
    asked: bool,
    /// How often it did.
    resets: u64,
}

impl World {
    /// A number below `limit` (splitmix64).
    fn dice(&mut self, limit: u64) -> u64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.seed;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn deliver(&mut self, batch: &proto::Batch) {
        let payload = batch.encode_to_vec();
        let deltas = self.table.apply(&payload).unwrap();
        self.asked |= !deltas.resets.is_empty();
        self.waiting.push(deltas);
        self.log.push_back(payload);
        if self.log.len() > 30 {
            self.log.pop_front();
        }
        if self.dice(12) == 0 {
            self.commit();
        }
        // Also in the midst of what a router tells when it comes back.
        if self.dice(60) == 0 {
            self.restart();
        }
    }

    /// The collector does what it was asked to: the router connects again.
    fn heal(&mut self) {
        let deltas = self.table.expire(0, 0, false);
        self.asked |= !deltas.resets.is_empty();
        self.waiting.push(deltas);
        while std::mem::take(&mut self.asked) {
            self.resets += 1;
            self.session_reset();
        }
    }

    fn commit(&mut self) {
        let deltas: Vec<_> = self.waiting.iter().collect();
        self.store.commit_all(&deltas);
        if self.dice(3) == 0 {
            // The acknowledgement was lost: the same commit once more.
            let before = self.store.everything();
            self.store.commit_again(&self.waiting.iter().collect::<Vec<_>>());
            assert_eq!(self.store.everything(), before, "a commit twice is a commit once");
        }
        self.waiting.clear();
    }

    fn say(&mut self, peer: u8, view: RibView, body: Body) {
        let batch = self.router.batch(Some(peer), view, vec![body]);
        self.deliver(&batch);
    }

    fn step(&mut self) {
        let peer = PEERS[usize::try_from(self.dice(3)).unwrap()];
        let view = VIEWS[usize::try_from(self.dice(2)).unwrap()];
        let slot = usize::from(peer - 1);
        match self.dice(40) {
            0 if self.up[slot] => self.peer_down(peer),
            0..=4 if !self.up[slot] => self.peer_up(peer),
            1 => self.session_reset(),
            2 => self.restart(),
            _ if !self.up[slot] => {}
            3..=12 => {
                // Also of what is not there, as FRR does.
                let prefix = self.prefix();
                self.own.remove(&(peer, view, prefix.clone()));
                self.say(peer, view, withdraw(&[&prefix]));
            }
            _ => {
                let prefix = self.prefix();
                let med = u8::try_from(self.dice(3)).unwrap();
                self.own.insert((peer, view, prefix.clone()), med);
                self.say(peer, view, announce(&[&prefix], med));
            }
        }
    }

    fn prefix(&mut self) -> String {
        match self.dice(PREFIXES) {
            0 => "0.0.0.0/0".into(),
            number => format!("10.{number}.0.0/16"),
        }
    }

    fn peer_down(&mut self, peer: u8) {
        self.up[usize::from(peer - 1)] = false;
        self.own.retain(|key, _| key.0 != peer);
        self.say(peer, RibView::AdjRibInPre, peer_down());
    }

    fn peer_up(&mut self, peer: u8) {
        self.up[usize::from(peer - 1)] = true;
        self.say(peer, RibView::AdjRibInPre, peer_up());
    }

    /// The session breaks, the router goes on without us, comes back and sends all it has.
    fn session_reset(&mut self) {
        if self.dice(2) == 0 {
            // Else the collector was killed: nothing told its end.
            let end = self.router.batch(None, RibView::AdjRibInPre, vec![support_end()]);
            self.deliver(&end);
        }
        for _ in 0..self.dice(6) {
            let keys: Vec<_> = self.own.keys().cloned().collect();
            if keys.is_empty() {
                break;
            }
            let key = keys[usize::try_from(self.dice(keys.len() as u64)).unwrap()].clone();
            match self.dice(3) {
                0 => drop(self.own.remove(&key)),
                _ => drop(self.own.insert(key, 9)),
            }
        }
        self.router =
            Speaker { now_us: self.router.now_us, ..Speaker::new(1, self.router.now_us.unsigned_abs()) };
        let start = vec![Body::SessionStart(proto::SessionStart {})];
        let batch = self.router.batch(None, RibView::AdjRibInPre, start);
        self.deliver(&batch);
        for peer in PEERS {
            if !self.up[usize::from(peer - 1)] {
                continue;
            }
            self.say(peer, RibView::AdjRibInPre, peer_up());
            for view in VIEWS {
                let own: Vec<_> = self
                    .own
                    .iter()
                    .filter(|(key, _)| key.0 == peer && key.1 == view)
                    .map(|(k, m)| (k.2.clone(), *m))
                    .collect();
                for (prefix, med) in own {
                    self.say(peer, view, announce(&[&prefix], med));
                }
                self.say(peer, view, end_of_rib());
            }
        }
    }

    /// kill -9 of the pipeline: what waits is lost, the table comes back from the store, and the broker delivers
    /// again what was not acknowledged, and some that was.
    fn restart(&mut self) {
        let extra = usize::try_from(self.dice(8)).unwrap();
        let again = (self.waiting.len() + extra).min(self.log.len());
        self.waiting.clear();
        self.table = self.store.load(ROUTER, Limits::default());
        let start = self.log.len() - again;
        let payloads: Vec<_> = self.log.iter().skip(start).cloned().collect();
        for payload in payloads {
            let deltas = self.table.apply(&payload).unwrap();
            self.asked |= !deltas.resets.is_empty();
            self.store.commit(&deltas);
        }
    }

    fn check(&mut self, step: u64) {
        self.heal();
        self.commit();
        let stored = self.store.rows(
            "SELECT b.peer_id, b.view, t.prefix, get_byte(s.attributes, length(s.attributes) - 1)
             FROM {schema}.bgp_routing_state t
             JOIN {schema}.bgp_ribs b USING (rib_id) JOIN {schema}.bgp_attribute_sets s USING (set_id)
             ORDER BY b.peer_id, b.view, t.prefix::text COLLATE \"C\"",
        );
        let own: Vec<String> = self
            .own
            .iter()
            .map(|((peer, view, prefix), med)| {
                let id = rib::text::uuid::text(&[*peer; 16]);
                format!("({id},{},{prefix},{med})", view.as_str())
            })
            .collect();
        assert_eq!(stored, own, "after step {step}: left the store, right the router");
        let counted =
            "SELECT coalesce(sum(routes), 0), (SELECT count(*) FROM {schema}.bgp_routing_state) FROM {schema}.bgp_ribs";
        let held = self.table.size().routes;
        assert_eq!(self.store.rows(counted), [format!("({held},{held})")]);
    }
}

fn support_end() -> Body {
    Body::SessionEnd(proto::SessionEnd { reason: 1, text: String::new() })
}

#[test]
fn parity_through_flaps_resets_and_kills() {
    for seed in 1..=3 {
        let store = crate::store(&format!("churn_{seed}"));
        let mut world = World {
            seed,
            router: Speaker::new(1, support::EPOCH),
            own: BTreeMap::new(),
            up: [false; 3],
            table: support::table(),
            store,
            log: VecDeque::new(),
            waiting: Vec::new(),
            asked: false,
            resets: 0,
        };
        let start =
            world.router.batch(None, RibView::AdjRibInPre, vec![Body::SessionStart(proto::SessionStart {})]);
        world.deliver(&start);
        for step in 0..300 {
            world.step();
            if step % 25 == 0 {
                world.check(step);
            }
        }
        world.check(300);
        assert!(world.resets > 0, "no restart fell into a dump");
    }
}

/// Promise 3: a session reset that sends everything again writes no route and no history.
#[test]
fn a_session_reset_writes_no_route() {
    let mut store = crate::store("reset");
    let mut table = support::table();
    let mut router = Speaker::new(1, support::EPOCH);
    let prefixes: Vec<String> = (0..200).map(|number| format!("10.{number}.0.0/16")).collect();
    let all = || {
        let nlri = prefixes.iter().flat_map(|prefix| support::v4(prefix)).collect();
        routes(7, vec![group(Action::Announce, 1, 1, nlri)])
    };
    let session = |router: &mut Speaker, table: &mut RoutingTable, store: &mut Store| {
        store.commit(&router.start(table));
        for body in [peer_up(), all(), end_of_rib()] {
            let deltas = router.say(table, 1, RibView::AdjRibInPre, body);
            store.commit(&deltas);
        }
    };
    session(&mut router, &mut table, &mut store);
    let rows = |store: &mut Store| {
        [
            store.rows("SELECT ctid, xmin, * FROM {schema}.bgp_routing_state ORDER BY nlri_key"),
            store.rows("SELECT ctid, xmin, * FROM {schema}.bgp_routing_history ORDER BY nlri_key"),
        ]
    };
    let before = rows(&mut store);
    assert_eq!(before[0].len(), 200);
    for told_its_end in [true, false] {
        if told_its_end {
            store.commit(&router.end(&mut table));
        }
        router = Speaker { now_us: router.now_us, ..Speaker::new(1, router.now_us.unsigned_abs()) };
        session(&mut router, &mut table, &mut store);
        assert_eq!(rows(&mut store), before);
    }
    // The same with a table that knows only what the store does.
    table = store.load(ROUTER, Limits::default());
    router = Speaker { now_us: router.now_us, ..Speaker::new(1, router.now_us.unsigned_abs()) };
    session(&mut router, &mut table, &mut store);
    assert_eq!(rows(&mut store), before);
}
