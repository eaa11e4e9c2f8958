//! How fast a full table goes in. Nothing is tested here; it is run by hand, on a quiet machine, as
//!
//!     SERVICERADAR_BMP_ROUTES=1000000 \
//!     SERVICERADAR_BMP_PG_OPTIONS="-c fsync=on -c shared_buffers=2GB -c max_wal_size=8GB" \
//!       cargo test --release -p rib --test postgres speed

use std::time::Instant;

use rib::copy::{copy, Kind};
use rib::*;

use crate::make;

/// How many routes are asked for.
fn routes() -> u32 {
    match std::env::var("SERVICERADAR_BMP_ROUTES") {
        Ok(number) => number.parse().unwrap(),
        Err(_) => needs::leave_out("a measurement: SERVICERADAR_BMP_ROUTES=1000000 asks for it"),
    }
}

/// Routes `from..to` of peer 1, as a full table has them: about seven share an attribute set, with five AS
/// numbers and three communities.
fn table(from: u32, to: u32, sequence: u64, med: u8) -> Deltas {
    let mut deltas = make::deltas();
    for number in from..to {
        if number == from || number % 7 == 0 {
            let [_, high, mid, low] = (number / 7).to_be_bytes();
            let octets = [
                &[0x40, 1, 1, 0, 0x40, 2, 22, 2, 5, 0, 0, 0xfd, 0xe9, 0, 0, 0x0d, 0x1c, 0, 0, 0x05, 0x13][..],
                &[0, high, mid, low, 0, 3, high, mid, 0x80, 4, 4, 0, 0, 0, med],
                &[0xc0, 8, 12, 0x0d, 0x1c, 0, 1, 0x0d, 0x1c, 7, low, 0x05, 0x13, high, mid],
            ];
            deltas.attributes.push(AttributeSet::from_parts(&[198, 51, 100, 1], &octets.concat()));
        }
        make::withdraw(&mut deltas, 0, 0, sequence + u64::from(number - from));
        let [_, high, mid, low] = (number + (20 << 16)).to_be_bytes();
        if let Some(route) = deltas.routes.last_mut() {
            route.change = RouteChange::Announce;
            route.nlri = Nlri::from_slice(&[24, high, mid, low]);
            route.attributes = u32::try_from(deltas.attributes.len() - 1).ok();
        }
    }
    deltas
}

#[test]
fn speed() {
    routes();
    let mut store = crate::store("speed");
    let report = |what: &str, started: Instant| {
        let seconds = started.elapsed().as_secs_f64();
        println!("{what}: {seconds:.2} s, {:.0} rows/s", f64::from(routes()) / seconds);
    };
    let empty = |store: &mut crate::Store| {
        let schema = store.schema.clone();
        let sql = format!("TRUNCATE {schema}.bgp_routing_state, {schema}.bgp_routing_history; UPDATE {schema}.bgp_peers SET ended_generation = -1; VACUUM; CHECKPOINT");
        sql.split("; ").for_each(|one| store.client.batch_execute(one).unwrap());
    };

    let whole = table(0, routes(), 10, 1);
    let started = Instant::now();
    let stream = copy(&[&whole], Kind::Routes);
    report(&format!("encode ({} octets a row)", stream.len() / routes() as usize), started);
    drop(stream);
    let started = Instant::now();
    store.commit(&whole);
    report("new, one commit", started);

    let mut down = make::deltas();
    make::end(&mut down, EndScope::Peer(0), EndKind::Ended, 5_000_000);
    let started = Instant::now();
    store.commit(&down);
    report("peer down", started);
    empty(&mut store);

    for size in [100_000, 10_000, 1_000] {
        for (what, sequence, med) in [("new", 10, 1), ("changed", 10_000_000, 2)] {
            let parts: Vec<Deltas> = (0..routes() / size)
                .map(|part| table(part * size, (part + 1) * size, sequence + u64::from(part * size), med))
                .collect();
            let started = Instant::now();
            for part in &parts {
                store.commit(part);
            }
            report(&format!("{what}, commits of {size}"), started);
        }
        empty(&mut store);
    }
}
