//! Batches made by hand, so that the table's rules are tested apart from the wire.
#![allow(dead_code)] // Each test binary uses its part.

use batch::proto::{self, event::Body, route_group::Action, Message};
use rib::{Deltas, Id, Limits, RibView, RouteChange, RouteDelta, RoutingTable};

pub const EPOCH: u64 = 1_700_000_000_000_000;
/// The same, as the table's clock has it.
pub const START: i64 = EPOCH as i64;
pub const SECOND: i64 = 1_000_000;
/// The view that most of a router's routes are told of in.
pub const IN: RibView = RibView::AdjRibInPre;

/// One session of one router, that keeps its sequence.
#[derive(Clone)]
pub struct Speaker {
    pub session: proto::Session,
    pub next: u64,
    pub now_us: i64,
}

impl Speaker {
    /// A session of a router, told from others by its number, which is when it begins too.
    pub fn new(router: u8, number: u64) -> Self {
        let mut session_id = [router; 16];
        session_id[8..].copy_from_slice(&number.to_be_bytes());
        Speaker {
            session: proto::Session {
                router_id: vec![router; 16].into(),
                router_address: format!("192.0.2.{router}"),
                router_port: 40000,
                sys_name: format!("r{router}"),
                sys_descr: "test".into(),
                collector: "here".into(),
                session_id: session_id.to_vec().into(),
            },
            next: 1,
            now_us: i64::try_from(number).expect("small"),
        }
    }

    /// A batch of events of one peer (or of the session).
    pub fn batch(&mut self, peer: Option<u8>, view: RibView, bodies: Vec<Body>) -> proto::Batch {
        let events = (0_u32..).zip(bodies).map(|(offset, body)| proto::Event {
            sequence_offset: offset,
            peer: peer.map(|_| 0),
            view: view as i32,
            filtered: false,
            router_time_us: self.now_us,
            body: Some(body),
        });
        let batch = proto::Batch {
            session: Some(self.session.clone()),
            first_sequence: self.next,
            received_at_us: self.now_us,
            peers: peer.map(self::peer).into_iter().collect(),
            events: events.collect(),
            next_sequence: 0,
        };
        self.next += batch.events.len() as u64;
        self.now_us += 1;
        batch
    }

    pub fn say(&mut self, table: &mut RoutingTable, peer: u8, view: RibView, body: Body) -> Deltas {
        let batch = self.batch(Some(peer), view, vec![body]);
        apply(table, &batch)
    }

    pub fn session(&mut self, table: &mut RoutingTable, body: Body) -> Deltas {
        let batch = self.batch(None, RibView::AdjRibInPre, vec![body]);
        apply(table, &batch)
    }

    pub fn start(&mut self, table: &mut RoutingTable) -> Deltas {
        self.session(table, Body::SessionStart(proto::SessionStart {}))
    }

    pub fn end(&mut self, table: &mut RoutingTable) -> Deltas {
        self.session(table, Body::SessionEnd(proto::SessionEnd { reason: 1, text: String::new() }))
    }
}

pub fn apply(table: &mut RoutingTable, batch: &proto::Batch) -> Deltas {
    table.apply(&batch.encode_to_vec()).expect("a batch")
}

pub fn peer(number: u8) -> proto::Peer {
    proto::Peer {
        id: vec![number; 16].into(),
        r#type: 0,
        distinguisher: 0,
        address: vec![10, 0, 0, number].into(),
        asn: 65000 + u32::from(number),
        bgp_id: vec![10, 255, 0, number].into(),
    }
}

pub fn peer_id(number: u8) -> Id {
    [number; 16]
}

/// Default limits, for tests that jump in time: however long a step is, it counts, and nobody has to say that
/// he lives.
pub fn limits() -> Limits {
    Limits { heartbeat_us: 0, max_step_us: i64::MAX, ..Limits::default() }
}

pub fn table() -> RoutingTable {
    table_with(limits())
}

/// A table whose clock begins at [`EPOCH`].
pub fn table_with(limits: Limits) -> RoutingTable {
    let mut table = RoutingTable::new(limits);
    expire(&mut table, i64::try_from(EPOCH).expect("small"));
    table
}

/// Time goes on to `now_us`, and the table has everything that was sent.
pub fn expire(table: &mut RoutingTable, now_us: i64) -> Deltas {
    table.expire(now_us, now_us, true)
}

/// `10.1.0.0/16` as NLRI.
pub fn v4(prefix: &str) -> Vec<u8> {
    let net: ipnet::Ipv4Net = prefix.parse().expect("a prefix");
    let mut out = vec![net.prefix_len()];
    out.extend_from_slice(&net.addr().octets()[..usize::from(net.prefix_len()).div_ceil(8)]);
    out
}

pub fn v6(prefix: &str) -> Vec<u8> {
    let net: ipnet::Ipv6Net = prefix.parse().expect("a prefix");
    let mut out = vec![net.prefix_len()];
    out.extend_from_slice(&net.addr().octets()[..usize::from(net.prefix_len()).div_ceil(8)]);
    out
}

/// ORIGIN and a MED that tells sets apart.
pub fn attributes(med: u8) -> Vec<u8> {
    vec![0x40, 1, 1, 0, 0x80, 4, 4, 0, 0, 0, med]
}

pub fn group(action: Action, afi: u32, safi: u32, nlri: Vec<u8>) -> proto::RouteGroup {
    let next_hop = if action == Action::Announce { vec![192, 0, 2, 254] } else { Vec::new() };
    proto::RouteGroup {
        action: action as i32,
        afi,
        safi,
        add_path: false,
        add_path_inferred: false,
        next_hop: next_hop.into(),
        nlri: nlri.into(),
    }
}

pub fn routes(med: u8, groups: Vec<proto::RouteGroup>) -> Body {
    Body::Routes(proto::Routes { attributes: attributes(med).into(), groups, ..proto::Routes::default() })
}

pub fn announce(prefixes: &[&str], med: u8) -> Body {
    let nlri = prefixes.iter().flat_map(|prefix| v4(prefix)).collect();
    routes(med, vec![group(Action::Announce, 1, 1, nlri)])
}

pub fn withdraw(prefixes: &[&str]) -> Body {
    let nlri = prefixes.iter().flat_map(|prefix| v4(prefix)).collect();
    Body::Routes(proto::Routes {
        groups: vec![group(Action::Withdraw, 1, 1, nlri)],
        ..proto::Routes::default()
    })
}

pub fn peer_up() -> Body {
    Body::PeerUp(proto::PeerUp::default())
}

pub fn peer_down() -> Body {
    Body::PeerDown(proto::PeerDown { reason: 4, ..proto::PeerDown::default() })
}

pub fn end_of_rib() -> Body {
    Body::EndOfRib(proto::EndOfRib { afi: 1, safi: 1 })
}

/// What changed, as `+10.0.0.0/8 0001`-like lines: sign, prefix (or hex), MED.
pub fn changes(deltas: &Deltas) -> Vec<String> {
    deltas.routes.iter().map(|route| change(deltas, route)).collect()
}

fn change(deltas: &Deltas, route: &RouteDelta) -> String {
    let sign = match route.change {
        RouteChange::Announce => "+",
        RouteChange::Change => "~",
        RouteChange::Withdraw => "-",
    };
    let bare = deltas.rib(route.rib).is_some_and(|rib| rib::nlri::is_prefix_family(rib.afi, rib.safi));
    let name = match deltas.route_of(route).prefix {
        Some(prefix) if bare => prefix.to_string(),
        _ => rib::text::hex(&route.nlri),
    };
    let path = route.path_id.map(|id| format!("#{id}")).unwrap_or_default();
    let med = deltas
        .attributes_of(route)
        .map(|set| format!(" {}", set.canonical().last().copied().unwrap_or_default()))
        .unwrap_or_default();
    let flags = [(route.synthetic, " synthetic"), (route.unknown, " unknown"), (route.ended, " ended")];
    let flags: String = flags.iter().filter(|flag| flag.0).map(|flag| flag.1).collect();
    format!("{sign}{name}{path}{med}{flags}")
}

/// Every route held, as `peer view prefix#path med`.
pub fn held(table: &RoutingTable) -> Vec<String> {
    let mut out = Vec::new();
    table
        .each_route(&rib::Query::default(), |row| {
            let name = row.prefix.map_or_else(|| rib::text::hex(&row.nlri), |prefix| prefix.to_string());
            let path = row.path_id.map(|id| format!("#{id}")).unwrap_or_default();
            let med = row.attributes.med.map_or_else(|| "?".into(), |med| med.to_string());
            out.push(format!("{} {} {name}{path} {med}", row.peer, row.view.as_str()));
            true
        })
        .expect("no cursor");
    out
}
