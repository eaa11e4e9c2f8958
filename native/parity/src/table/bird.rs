//! BIRD 2 and 3: the text of `show route`, with and without `all`.
//!
//! ```text
//! 10.0.0.0/24          unicast [peer1 12:00:00.123 from 192.0.2.1] * (100) [AS65001i]
//!         via 192.0.2.9 on eth0
//!         BGP.origin: IGP
//!         BGP.as_path: 65001 {65002 65003}
//! ```
//!
//! A further path of the same prefix begins with blanks. `from` is only there where it is not the gateway.

use std::net::IpAddr;

use ipnet::IpNet;
use rib::RibView;
use wire::bgp::nlri::NlriValue;

use super::parts::{Format, Hints, Reader, Table};
use crate::error::{cannot, Result};
use crate::route::{listed, prefix_family, Attributes, Route, NOBODY};

struct Path {
    prefix: IpNet,
    best: bool,
    from: Option<IpAddr>,
    gateway: Option<IpAddr>,
    attributes: Attributes,
}

pub fn read(text: &str, hints: &Hints) -> Result<Table> {
    let mut reader = Reader::new(Format::Bird, hints.view.unwrap_or(RibView::AdjRibInPost), hints);
    let mut prefix = None;
    let mut path: Option<Path> = None;
    let mut paths = 0usize;
    for line in text.lines().map(str::trim_end) {
        let fields = line.trim_start();
        let head = fields.split_once('[').filter(|_| !line.starts_with('\t') && !fields.starts_with("BGP."));
        if let Some((before, after)) = head.filter(|(before, _)| !before.contains(": ")) {
            let first = before.split_whitespace().next().unwrap_or_default();
            if !line.starts_with(' ') {
                prefix = first.parse::<IpNet>().ok();
                if prefix.is_none() {
                    reader.unread(format!("the NLRI {first}"));
                }
            }
            finish(&mut reader, path.take());
            let Some(prefix) = prefix else { continue };
            paths += 1;
            let (protocol, rest) = after.split_once(']').unwrap_or((after, ""));
            let from = protocol.split_once(" from ").and_then(|(_, from)| from.trim().parse().ok());
            path = Some(Path {
                prefix,
                best: rest.split_whitespace().next().is_some_and(|mark| mark == "*"),
                from,
                gateway: None,
                attributes: Attributes::new(),
            });
        } else if let Some(path) = &mut path {
            if let Some(gateway) = fields.strip_prefix("via ") {
                path.gateway = gateway.split_whitespace().next().and_then(|address| address.parse().ok());
            } else if let Some((name, value)) = fields.split_once(':') {
                let name = name.trim().to_ascii_lowercase();
                if let Some(name) = name.strip_prefix("bgp.").or_else(|| name.strip_prefix("bgp_")) {
                    attribute(&mut path.attributes, name, value.trim());
                }
            }
        }
    }
    finish(&mut reader, path);
    if paths == 0 && !text.trim().is_empty() && !text.contains("Table ") && !text.contains("BIRD ") {
        return cannot(
            "the router's table has none of the forms that are read: JSON of FRR or GoBGP, text of BIRD",
        );
    }
    Ok(reader.finish())
}

fn finish(reader: &mut Reader, path: Option<Path>) {
    let Some(mut path) = path else { return };
    // With `all` everything is shown: what has no line is not there.
    if !path.attributes.is_empty() {
        for name in
            ["med", "local_pref", "communities", "extended_communities", "large_communities", "as_path"]
        {
            path.attributes.entry(name).or_insert(None);
        }
    }
    let peer = path.from.or(path.gateway).unwrap_or(NOBODY);
    let route =
        Route::new(peer, prefix_family(path.prefix, 1), &NlriValue::Prefix(path.prefix), path.attributes);
    reader.path(route, path.best);
}

fn attribute(out: &mut Attributes, name: &str, value: &str) {
    let text = (!value.is_empty()).then(|| value.to_string());
    match name {
        "origin" => drop(out.insert("origin", text.map(|text| text.to_ascii_lowercase()))),
        "as_path" | "path" => drop(out.insert("as_path", text.map(|text| as_path(&text)))),
        "next_hop" => {
            let mut hops = value.split_whitespace().map(str::to_string);
            out.insert("next_hop", hops.next());
            out.insert("next_hop_link_local", hops.next());
        }
        "med" => drop(out.insert("med", text)),
        "local_pref" => drop(out.insert("local_pref", text)),
        "atomic_aggr" => drop(out.insert("atomic_aggregate", Some("true".into()))),
        "aggregator" => {
            // 192.0.2.1 AS65001
            let parts = value.split_once(" AS").map(|(address, asn)| format!("{asn} {address}"));
            out.insert("aggregator", parts);
        }
        "originator_id" => drop(out.insert("originator_id", text)),
        "cluster_list" => {
            out.insert("cluster_list", listed(value.split_whitespace().map(str::to_string)));
        }
        "community" => drop(out.insert("communities", tuples(value))),
        "large_community" => drop(out.insert("large_communities", tuples(value))),
        // Types that BIRD calls `generic` have no name here.
        "ext_community" if !value.contains("generic") && !value.contains("unknown") => {
            out.insert("extended_communities", tuples(value).map(|text| text.replace("ro:", "soo:")));
        }
        _ => {}
    }
}

/// `(65001,1) (65001, 2, 3)` as `65001:1 65001:2:3`.
fn tuples(value: &str) -> Option<String> {
    let parts = value
        .split(')')
        .filter_map(|part| part.split_once('('))
        .map(|(_, inside)| inside.split(',').map(str::trim).collect::<Vec<_>>().join(":"));
    listed(parts)
}

/// BIRD separates the members of a set by blanks.
fn as_path(text: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for word in text.split_whitespace() {
        let (open, close) = (word.starts_with(['{', '[']), word.ends_with(['}', ']']));
        if !(out.is_empty() || out.ends_with(['{', '[']) || word == "}" || word == "]") {
            out.push(if inside && !open { ',' } else { ' ' });
        }
        out.push_str(word);
        inside = (inside || open) && !close;
    }
    out
}
