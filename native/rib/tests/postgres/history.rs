//! Where a page of changes begins, in history that comes in bursts and rests for years.

use rib::RouteChange;

use crate::make;

/// Days at which changes came, and how many.
const BURSTS: [(i64, u16); 6] = [(0, 3), (1, 200), (700, 1), (701, 5_000), (702, 40), (1_500, 7)];

#[test]
fn a_page_of_changes_begins_where_enough_of_them_are() {
    let mut store = crate::store("changes_from");
    let mut sequence = 10;
    for (day, count) in BURSTS {
        let mut deltas = make::deltas();
        for route in 0..count {
            make::announce(&mut deltas, 0, route, 1, sequence);
            sequence += 1;
            if let Some(route) = deltas.routes.last_mut() {
                route.received_at_us += day * 86_400_000_000;
                route.change = RouteChange::Withdraw;
            }
        }
        store.commit(&deltas);
    }
    let schema = store.schema.clone();
    for summarized in [false, true] {
        // How near the spans come to either bound depends on the day on which this runs.
        for before in ["infinity", "2030-12-31", "2028-10-22 00:00:02", "2026-11-22 00:00:00.1", "2026-11-01"]
        {
            for most in [1, 10, 100, 3_000, 100_000] {
                let count = |from: &str| {
                    format!(
                        "(SELECT count(*) FROM {schema}.bgp_routing_history WHERE time >= {from} AND time < '{before}')"
                    )
                };
                let found = store.rows(&format!(
                    "WITH f AS MATERIALIZED (SELECT {schema}.bgp_changes_from('-infinity', '{before}', {most}) AS since)
                     SELECT {} >= least({most}, {}) AS enough, {} < 9 * {most} AS few FROM f",
                    count("since"),
                    count("'-infinity'"),
                    count("since"),
                ));
                assert_eq!(found, ["(t,t)"], "{most} before {before}, summarized: {summarized}");
            }
        }
        store.client.batch_execute(&format!("SELECT {schema}.bgp_summarize()")).unwrap();
    }
    let since =
        store.rows("SELECT {schema}.bgp_changes_from('2026-11-21', '2026-11-22', 1000) = '2026-11-21'");
    assert_eq!(since, ["(t)"], "not before it was asked for");
}
