//! Sessions of real routers, where a checkout has them beside it; each test says when it is left out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests
#![allow(clippy::cast_possible_truncation)]

#[macro_use]
extern crate needs;

needs::main!();

mod common;

use common::{run, Run};
use flate2::read::GzDecoder;
use serde::de::IgnoredAny;
use serde::Deserialize;
use serde_json::{json, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Instant;

fn play(subcommand: &str, file: &Path) -> Run {
    run(&[subcommand, file.to_str().unwrap()])
}

/// A line of `decode`, so far as every message has it.
#[derive(Debug, Deserialize)]
struct Message {
    #[serde(rename = "type")]
    kind: String,
    offset: u64,
    length: u64,
    error: Option<Value>,
}

fn by_type(messages: &[Message]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for message in messages {
        *counts.entry(message.kind.clone()).or_default() += 1;
    }
    counts
}

/// The names an index uses, as `decode` prints them.
fn expected_types(by_type: &Value) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for (name, count) in by_type.as_object().unwrap() {
        let name = match name.as_str() {
            "stats_report" => "statistics_report",
            name if name.starts_with("type") => "unknown",
            name => name,
        };
        *counts.entry(name.to_owned()).or_default() += count.as_u64().unwrap();
    }
    counts
}

#[test]
fn streams_decode_to_the_counts_of_their_index() {
    let data = needs::captures();
    let index: Value = serde_json::from_reader(File::open(data.join("streams/INDEX.json")).unwrap()).unwrap();
    let mut total = 0;
    for entry in index.as_array().unwrap() {
        let name = entry["name"].as_str().unwrap();
        let decoded = play("decode", &data.join(format!("streams/{name}.bmp")));
        let objects: Vec<Message> = decoded.good_objects();
        assert_eq!(by_type(&objects), expected_types(&entry["by_type"]), "{name}");
        let bytes = objects.last().map_or(0, |message| message.offset + message.length);
        assert_eq!(bytes, entry["bytes"].as_u64().unwrap(), "{name}");
        total += objects.len();
        let rib = play("rib", &data.join(format!("streams/{name}.bmp")));
        assert_eq!(rib.status, 0, "{name}: {}", rib.stderr);
    }
    assert_eq!(total, 9209);
}

#[test]
fn load_streams_decode_to_the_counts_of_their_index() {
    let data = needs::captures();
    let index: Value = serde_json::from_reader(File::open(data.join("load/INDEX.json")).unwrap()).unwrap();
    for entry in index.as_array().unwrap() {
        let file = Path::new(entry["file"].as_str().unwrap()).file_name().unwrap();
        let decoded = play("decode", &data.join("load").join(file));
        assert_eq!(by_type(&decoded.good_objects()), expected_types(&entry["by_type"]), "{file:?}");
    }
}

/// What bgpdump says of a route, and what we do: AS path, origin, next hop, local preference, MED, communities, atomic
/// aggregate, aggregator.
type Attributes = [String; 8];

#[test]
fn a_full_table_is_what_bgpdump_reads() {
    let data = needs::captures();
    let mut expected: BTreeMap<String, Attributes> = BTreeMap::new();
    let text =
        GzDecoder::new(File::open(data.join("load/fulltable-2015-577k.expected.bgpdump.txt.gz")).unwrap());
    for line in BufReader::new(text).lines() {
        let line = line.unwrap();
        let fields: Vec<&str> = line.split('|').collect();
        match fields[2] {
            "A" => {
                let [path, origin, next_hop, local_pref, med, communities, atomic, aggregator] =
                    fields[6..14].try_into().unwrap();
                expected.insert(
                    fields[5].to_owned(),
                    [path, origin, next_hop, local_pref, med, communities, atomic, aggregator]
                        .map(str::to_owned),
                );
            }
            "W" => {
                expected.remove(fields[5]);
            }
            _ => {}
        }
    }
    let started = Instant::now();
    let rib = play("rib", &data.join("load/fulltable-2015-577k.bmp.gz"));
    println!("rib of the full table: {:?}", started.elapsed());
    let routes: BTreeMap<String, Attributes> =
        rib.good_objects::<Route>().into_iter().map(Route::in_bgpdumps_manner).collect();
    assert_eq!(
        routes
            .keys()
            .collect::<BTreeSet<_>>()
            .symmetric_difference(&expected.keys().collect())
            .take(5)
            .collect::<Vec<_>>(),
        Vec::<&&String>::new()
    );
    let different = routes.iter().filter(|(prefix, attributes)| expected[*prefix] != **attributes);
    assert_eq!(
        different
            .map(|(prefix, attributes)| (prefix, attributes, &expected[prefix]))
            .take(3)
            .collect::<Vec<_>>(),
        []
    );
    assert!(routes.len() > 577_000);
}

/// A line of `rib`, so far as others know it too.
#[derive(Deserialize)]
struct Route {
    view: String,
    peer: String,
    afi: u16,
    safi: u8,
    /// Of families that have one.
    #[serde(default)]
    prefix: String,
    as_path_text: String,
    origin: String,
    next_hop: Option<String>,
    local_pref: Option<u32>,
    med: Option<u32>,
    communities: Vec<String>,
    atomic_aggregate: bool,
    aggregator: Option<Aggregator>,
}

#[derive(Deserialize)]
struct Aggregator {
    asn: u32,
    address: String,
}

impl Route {
    fn key(&self) -> (String, String) {
        (self.prefix.clone(), self.peer.clone())
    }

    /// Prefix and attributes; bgpdump writes 0 for a number that is absent.
    fn in_bgpdumps_manner(self) -> (String, Attributes) {
        let attributes = [
            self.as_path_text,
            self.origin.to_uppercase(),
            self.next_hop.unwrap_or_default(),
            self.local_pref.unwrap_or(0).to_string(),
            self.med.unwrap_or(0).to_string(),
            self.communities.join(" "),
            if self.atomic_aggregate { "AG" } else { "NAG" }.to_owned(),
            self.aggregator.map(|a| format!("{} {}", a.asn, a.address)).unwrap_or_default(),
        ];
        (self.prefix, attributes)
    }
}

#[test]
fn live_frr_and_gobgp_decode_whole() {
    let data = needs::captures();
    let mut files = Vec::new();
    for folder in ["frr", "gobgp"] {
        let Ok(entries) = std::fs::read_dir(data.join(folder)) else { continue };
        files.extend(entries.map(|entry| entry.unwrap().path()).filter(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.ends_with(".bmp") || name.ends_with(".bmp.gz")
        }));
    }
    assert!(files.len() > 5, "{files:?}");
    for file in files {
        let objects: Vec<Message> = play("decode", &file).good_objects();
        assert!(by_type(&objects)["route_monitoring"] > 0, "{file:?}");
        let undecodable: Vec<_> = objects.iter().filter(|message| message.error.is_some()).collect();
        assert!(undecodable.is_empty(), "{file:?}: {undecodable:?}");
        // one of them withdraws all that it announced
        let withdrawn = file.to_str().unwrap().contains("withdraw");
        assert_eq!(play("rib", &file).good_objects::<IgnoredAny>().is_empty(), withdrawn, "{file:?}");
    }
}

/// Recordings of FRR and what it said of its own table at their end, with the number of its routes.
const FRR_TABLES: [(&str, &str, u16, usize); 6] = [
    ("farm01-resync.bmp", "farm01-resync.show-bgp-ipv4.json", 1, 24),
    ("farm01-resync.bmp", "farm01-resync.show-bgp-ipv6.json", 2, 5),
    ("tonka01-resync.bmp", "tonka01-resync.show-bgp-ipv4.json", 1, 24),
    ("tonka01-resync.bmp", "tonka01-resync.show-bgp-ipv6.json", 2, 5),
    ("farm01-1k.bmp", "farm01-1k.show-bgp-ipv4.json", 1, 1000),
    ("farm01-100k.bmp.gz", "farm01-100k.show-bgp-ipv4.json.gz", 1, 100_000),
];

/// AS path, origin, MED, next hop.
type FrrPath = (String, String, Option<u32>, Option<String>);

#[test]
fn frrs_table_is_what_frr_says_it_is() {
    let data = needs::captures();
    for (recording, table, afi, count) in FRR_TABLES {
        let expected = frr_table(&data.join("frr").join(table));
        let routes: Vec<Route> = play("rib", &data.join("frr").join(recording)).good_objects();
        let of_table = |r: &&Route| r.view == "adj_rib_in_post" && r.afi == afi && r.safi == 1;
        let routes: Vec<_> = routes.iter().filter(of_table).collect();
        let keys: BTreeSet<_> = routes.iter().map(|route| route.key()).collect();
        assert_eq!(keys, expected.paths.keys().cloned().collect(), "{recording}");
        assert_eq!((routes.len(), keys.len()), (count, count), "{recording}: every route once");
        for route in routes {
            // FRR puts its own AS in front of what it received
            let path = &route.as_path_text;
            let path = path.strip_prefix(&expected.local_as).map_or(path.as_str(), str::trim_start);
            let path = (path.to_owned(), route.origin.clone(), route.med, route.next_hop.clone());
            let known = &expected.paths[&route.key()];
            assert!(known.contains(&path), "{path:?} is none of {known:?}");
        }
    }
}

struct FrrTable {
    local_as: String,
    /// By prefix and peer. Where there are two paths, FRR sends one of them.
    paths: BTreeMap<(String, String), BTreeSet<FrrPath>>,
}

fn frr_table(file: &Path) -> FrrTable {
    let bytes = std::fs::read(file).unwrap();
    let shown: Value = if bytes.starts_with(&[0x1f, 0x8b]) {
        serde_json::from_reader(GzDecoder::new(bytes.as_slice())).unwrap()
    } else {
        serde_json::from_slice(&bytes).unwrap()
    };
    let mut paths: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (prefix, shown) in shown["routes"].as_object().unwrap() {
        for path in shown.as_array().unwrap() {
            let peer = path["peerId"].as_str().unwrap();
            // a local route is from nobody
            let peer = if peer == "(unspec)" { "0.0.0.0" } else { peer };
            let known = paths.entry((prefix.clone(), peer.to_owned())).or_default();
            for next_hop in path["nexthops"].as_array().unwrap() {
                known.insert((
                    path["path"].as_str().unwrap().to_owned(),
                    path["origin"].as_str().unwrap().to_lowercase(),
                    path["metric"].as_u64().map(|med| med.try_into().unwrap()),
                    next_hop["ip"].as_str().map(str::to_owned),
                ));
            }
        }
    }
    FrrTable { local_as: shown["localAS"].to_string(), paths }
}

#[test]
fn gobgps_adj_rib_in_is_what_gobgp_says_it_is() {
    let data = needs::captures();
    let routes: Vec<Route> = play("rib", &data.join("gobgp/gobgp-families.bmp")).good_objects();
    for (family, afi) in [("ipv4", 1), ("ipv6", 2)] {
        let file = File::open(data.join(format!("gobgp/adjin-{family}.json"))).unwrap();
        let shown: BTreeMap<String, Vec<Value>> = serde_json::from_reader(file).unwrap();
        let expected: BTreeMap<_, _> = shown
            .iter()
            .map(|(prefix, paths)| {
                let attribute =
                    |code| paths[0]["attrs"].as_array().unwrap().iter().find(|a| a["type"] == code);
                let med = attribute(4).map(|a| a["metric"].as_u64().unwrap().try_into().unwrap());
                let communities = attribute(8).map_or(Vec::new(), |a| {
                    let numbers = a["communities"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap());
                    numbers.map(|n| format!("{}:{}", n >> 16, n & 0xffff)).collect()
                });
                (prefix.clone(), (med, communities))
            })
            .collect();
        let held: BTreeMap<_, _> = routes
            .iter()
            .filter(|r| r.view == "adj_rib_in_pre" && r.afi == afi && r.safi == 1)
            .map(|r| (r.prefix.clone(), (r.med, r.communities.clone())))
            .collect();
        assert!(!held.is_empty());
        assert_eq!(held, expected, "{family}");
    }
}

/// Runs `parity --json`; gives the exit status and the report.
fn parity(args: &[&str]) -> (i32, Value) {
    let run = run(&[&["parity", "--json"], args].concat());
    (run.status, run.objects().pop().unwrap_or(Value::String(run.stderr)))
}

fn counts(report: &Value) -> [u64; 5] {
    ["equal", "missing", "extra", "different", "sent_so"].map(|name| report[name].as_u64().unwrap())
}

#[test]
fn recorded_frr_is_its_own_table() {
    let data = needs::captures();
    let file = |name: &str| data.join("frr").join(name).to_str().unwrap().to_string();
    for router in ["farm01", "tonka01"] {
        let neighbour = if router == "farm01" { "10.21.0.2" } else { "10.21.0.1" };
        let resync = |name: &str| file(&format!("{router}-resync.{name}"));
        let (status, report) =
            parity(&[&resync("bmp"), &resync("show-bgp-ipv4.json"), &resync("show-bgp-ipv6.json")]);
        assert_eq!((status, counts(&report)), (0, [29, 0, 0, 0, 0]), "{report}");
        let (status, report) = parity(&[&resync("bmp"), &resync("show-bgp-evpn.json")]);
        assert_eq!((status, &counts(&report)[1..]), (0, &[0; 4][..]), "{report}");
        let received = resync(&format!("nbr-{neighbour}-received.json"));
        let (status, report) = parity(&[&resync("bmp"), &received, "--peer", neighbour]);
        assert_eq!(
            (status, report["view"].as_str(), counts(&report)),
            (0, Some("adj_rib_in_pre"), [12, 0, 0, 0, 0])
        );
    }
    // A post-policy withdrawal that no announcement followed when the next hop became valid.
    let small = |name: &str| file(&format!("farm01-small.{name}"));
    let (status, report) = parity(&[&small("bmp"), &small("show-bgp-ipv6.json")]);
    assert_eq!(status, 1);
    let differences = report["differences"].as_array().unwrap();
    assert_eq!(differences.len(), 3, "{report}");
    for difference in differences {
        assert_eq!(
            (&difference["kind"], &difference["frame"]["says"]),
            (&json!("missing"), &json!("withdraws"))
        );
    }
    let (status, report) = parity(&[&file("farm01-100k.bmp.gz"), &file("farm01-100k.show-bgp-ipv4.json.gz")]);
    assert_eq!((status, counts(&report)), (0, [100_000, 0, 0, 0, 0]));
}

#[test]
fn recorded_gobgp_is_its_own_table() {
    let data = needs::captures();
    let bmp = data.join("gobgp/gobgp-families.bmp").to_str().unwrap().to_string();
    for (view, tables) in [("adj_rib_in_post", "rib-"), ("loc_rib", "rib-"), ("adj_rib_in_pre", "adjin-")] {
        let mut files: Vec<String> = std::fs::read_dir(data.join("gobgp"))
            .unwrap()
            .map(|entry| entry.unwrap().path().to_str().unwrap().to_string())
            .filter(|path| path.contains(&format!("/{tables}")) && path.ends_with(".json"))
            .collect();
        files.sort();
        let mut args = vec![bmp.as_str(), "--view", view];
        args.extend(files.iter().map(String::as_str));
        let (status, report) = parity(&args);
        assert_eq!((status, counts(&report)), (0, [25, 0, 0, 0, 0]), "{view}: {report}");
        // Link state and MUP, which its JSON does not show.
        assert_eq!(report["not_compared"].as_array().unwrap().len(), 12);
    }
}

#[test]
fn rules_leave_the_routes_that_are_expected() {
    let folder = needs::captures().join("rules");
    let expected: BTreeMap<String, Vec<String>> =
        serde_json::from_reader(File::open(folder.join("expected.json")).unwrap()).unwrap();
    for (name, expected) in expected {
        let played = play("rib", &folder.join(format!("{name}.bmp")));
        let mut left: Vec<String> = played
            .good_objects::<Value>()
            .iter()
            .map(|route| {
                let prefix = route["prefix"].as_str().unwrap_or("no prefix");
                match route["path_id"].as_u64() {
                    Some(id) => format!("{prefix}#{id}"),
                    None => prefix.to_owned(),
                }
            })
            .collect();
        left.sort();
        assert_eq!(left, expected, "{name}");
    }
}
