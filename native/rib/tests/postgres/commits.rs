//! What a commit makes of the deltas of several batches, and of what ends.

use crate::*;

#[test]
fn changes_of_one_commit_are_all_history_and_the_last_is_the_state() {
    let mut store = store("chain");
    let mut first = make::deltas();
    make::announce(&mut first, 0, 1, 100, 10);
    store.commit(&first);
    let mut flap = make::deltas();
    make::announce(&mut flap, 0, 1, 101, 11);
    flap.routes[0].change = RouteChange::Change;
    make::withdraw(&mut flap, 0, 1, 12);
    make::announce(&mut flap, 0, 1, 100, 13);
    make::announce(&mut flap, 0, 2, 7, 14);
    make::withdraw(&mut flap, 0, 2, 15);
    store.commit(&flap);
    let (history, state) = (store.rows(HISTORY), store.everything());
    assert_eq!(
        history,
        [
            "(announce,10.0.1.0/24,100,10)",
            "(change,10.0.1.0/24,101,11)",
            "(withdraw,10.0.1.0/24,,12)",
            "(announce,10.0.1.0/24,100,13)",
            "(announce,10.0.2.0/24,7,14)",
            "(withdraw,10.0.2.0/24,,15)",
        ]
    );
    assert_eq!(store.rows(ACTIVE), [row(1, 1, 100)]);
    store.commit_again(&[&flap]);
    assert_eq!(store.everything(), state);
}

#[test]
fn peer_down_ends_the_routes_of_one_peer_in_one_statement() {
    let mut store = store("peer_down");
    let mut deltas = make::deltas();
    for route in 0..500 {
        make::announce(&mut deltas, 0, route, 1, 10);
        make::announce(&mut deltas, 1, route, 1, 10);
    }
    store.commit(&deltas);
    let mut down = make::deltas();
    down.ribs.clear();
    make::event(&mut down, EventKind::PeerDown, Some(0), 20);
    make::end(&mut down, EndScope::Peer(0), EndKind::Ended, 20);
    let touched: BTreeMap<_, _> = store.commit(&down).into_iter().collect();
    assert_eq!(touched["03.ends.delete_routes"], 500);
    assert_eq!(store.rows("SELECT routes FROM {schema}.bgp_ribs ORDER BY peer_id"), ["(0)", "(1)"]);
    assert_eq!(store.rows(ACTIVE).len(), 500);
    assert_eq!(store.rows(HISTORY).len(), 1000, "the end of the routes is one event, not 500 rows");
    let mut router = make::deltas();
    make::end(&mut router, EndScope::Router(0), EndKind::Ended, 30);
    store.commit(&router);
    assert_eq!(store.rows(ACTIVE).len(), 0);
}

#[test]
fn an_end_between_two_announcements_of_one_commit() {
    let mut store = store("end_between");
    let mut first = make::deltas();
    make::announce(&mut first, 0, 1, 100, 10);
    make::announce(&mut first, 0, 2, 100, 10);
    store.commit(&first);
    let mut deltas = make::deltas();
    make::announce(&mut deltas, 0, 3, 100, 11);
    deltas.routes[0].ended = true;
    make::end(&mut deltas, EndScope::Peer(0), EndKind::Ended, 12);
    make::event(&mut deltas, EventKind::PeerDown, Some(0), 12);
    // Route 1 comes back as it was; FRR withdraws route 2, which ended already.
    make::withdraw(&mut deltas, 0, 2, 13);
    deltas.routes[1].unknown = true;
    make::announce(&mut deltas, 0, 1, 100, 14);
    store.commit(&deltas);
    assert_eq!(store.rows(ACTIVE), [row(1, 1, 100)]);
    assert_eq!(
        store.rows(HISTORY),
        [
            "(announce,10.0.1.0/24,100,10)",
            "(announce,10.0.2.0/24,100,10)",
            "(announce,10.0.3.0/24,100,11)",
            "(announce,10.0.1.0/24,100,14)",
        ]
    );
    let before = store.everything();
    store.commit_again(&[&deltas]);
    assert_eq!(store.everything(), before);
}

#[test]
fn consecutive_deltas_in_one_commit_are_as_one_after_the_other() {
    let mut store = store("several");
    let mut deltas = [make::deltas(), make::deltas(), make::deltas()];
    make::announce(&mut deltas[0], 0, 1, 100, 10);
    make::announce(&mut deltas[0], 0, 2, 100, 10);
    make::announce(&mut deltas[1], 0, 1, 101, 11);
    deltas[1].routes[0].change = RouteChange::Change;
    deltas[1].routes[0].ended = true;
    deltas[1].peers[0].asn = 1;
    deltas[1].peers[0].position = make::at(11);
    make::end(&mut deltas[1], EndScope::Peer(0), EndKind::Ended, 12);
    make::announce(&mut deltas[2], 0, 2, 100, 13);
    deltas[2].peers[0].asn = 2;
    deltas[2].peers[0].position = make::at(11);
    store.commit_all(&deltas.iter().collect::<Vec<_>>());
    assert_eq!(store.rows(ACTIVE), [row(1, 2, 100)]);
    assert_eq!(store.rows(HISTORY).len(), 4);
    assert_eq!(store.rows("SELECT asn FROM {schema}.bgp_peers ORDER BY peer_id LIMIT 1"), ["(2)"]);
}

#[test]
fn a_lost_session_makes_peers_stale_and_touches_no_route() {
    let mut store = store("stale");
    let mut deltas = make::deltas();
    make::announce(&mut deltas, 0, 1, 100, 10);
    deltas.peers[1].state = PeerState::Down;
    store.commit(&deltas);
    let routes = store.rows("SELECT ctid, * FROM {schema}.bgp_routing_state");
    let mut lost = make::deltas();
    lost.peers.clear();
    lost.ribs.clear();
    make::end(&mut lost, EndScope::Router(0), EndKind::Stale, 20);
    store.commit(&lost);
    assert_eq!(
        store.rows("SELECT state, sequence FROM {schema}.bgp_peers ORDER BY peer_id"),
        ["(stale,20)", "(down,2)"]
    );
    assert_eq!(store.rows("SELECT ctid, * FROM {schema}.bgp_routing_state"), routes);
}

#[test]
fn the_history_of_a_prefix_has_the_ends_of_its_peers() {
    let mut store = store("history");
    let mut deltas = make::deltas();
    make::announce(&mut deltas, 0, 1, 100, 10);
    make::announce(&mut deltas, 1, 1, 100, 11);
    make::withdraw(&mut deltas, 1, 1, 12);
    store.commit(&deltas);
    for (sequence, kind) in [(20, EventKind::PeerDown), (21, EventKind::PeerDown), (30, EventKind::Expired)] {
        let mut down = make::deltas();
        let peer = (kind == EventKind::PeerDown).then_some(0);
        make::event(&mut down, kind, peer, sequence);
        make::end(&mut down, peer.map_or(EndScope::Router(0), EndScope::Peer), EndKind::Ended, sequence);
        store.commit(&down);
        if sequence == 21 {
            let mut back = make::deltas();
            make::announce(&mut back, 0, 1, 100, 25);
            store.commit(&back);
        }
    }
    let query = store.sql("query/history.sql").replace("$1", &format!("'{}'", make::prefix(1)));
    let query = query
        .replace("$2", "NULL")
        .replace("$3", "NULL")
        .replace("$4", "100")
        .replace("$5", "NULL")
        .replace("$6", "0");
    assert_eq!(
        store.rows(&format!("SELECT change, implied, peer_address, sequence FROM ({query}) h")),
        [
            "(withdraw,t,198.51.100.1,30)",
            "(announce,f,198.51.100.1,25)",
            "(withdraw,t,198.51.100.1,20)",
            "(withdraw,f,198.51.100.2,12)",
            "(announce,f,198.51.100.2,11)",
            "(announce,f,198.51.100.1,10)",
        ]
    );
}

/// Once its peers ended and it was vacuumed, the planner believes the state table empty and would scan it for every
/// row of a commit, over all that the same commit has inserted.
#[test]
fn no_commit_scans_the_state_table() {
    let mut store = store("plans");
    let mut deltas = make::deltas();
    for route in 0..500 {
        make::announce(&mut deltas, 0, route, 1, 10);
    }
    store.commit(&deltas);
    let mut down = make::deltas();
    make::end(&mut down, EndScope::Peer(0), EndKind::Ended, 20);
    store.commit(&down);
    store.client.batch_execute("VACUUM ANALYZE").unwrap();
    let plans = store.plans();
    assert!(plans.iter().any(|(_, plan)| plan.contains("bgp_routing_state_key")));
    for (file, plan) in plans {
        assert!(!plan.contains("Seq Scan on bgp_routing_state"), "{file}:\n{plan}");
    }
}
