//! The guide has a row for every rule, every cause and every kind of change: what it means, an example, what it can be confused with; and
//! it says how each is switched off.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests

use insight::rules::RULES;
use insight::{Cause, Change};

fn guide() -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guides/insight.md");
    std::fs::read_to_string(path).unwrap()
}

/// The cells of the row whose first cell names it, of the table with so many columns.
fn row(guide: &str, name: &str, columns: usize) -> Vec<String> {
    let rows = guide.lines().filter(|line| line.starts_with('|')).map(|line| {
        let cells = line.trim_matches('|').split(" | ");
        cells.map(|cell| cell.trim().to_string()).collect::<Vec<_>>()
    });
    let named = format!("`{name}`");
    let is_it = |row: &Vec<String>| row.len() == columns && row[0].split(", ").any(|one| one == named);
    let row = rows.filter(|row| !row.is_empty()).find(is_it);
    let row = row.unwrap_or_else(|| panic!("the guide has no row of {columns} columns for {named}"));
    assert!(row.iter().all(|cell| cell.len() > 3), "a cell of {named} is empty: {row:?}");
    row
}

/// What is told of the topology: a new kind has to be named here, and then in the guide.
fn kind(change: &Change) -> &'static str {
    match change {
        Change::NodeAdded { .. } => "node_added",
        Change::NodeLost { .. } => "node_lost",
        Change::LinkAdded(_) => "link_added",
        Change::LinkLost(_) => "link_lost",
        Change::PathShift { .. } => "path_shift",
        Change::PrefixMoved { .. } => "prefix_moved",
        Change::PrefixLost { .. } => "prefix_lost",
        Change::ServiceFound { .. } => "service_found",
        Change::ServiceLost { .. } => "service_lost",
    }
}

const KINDS: [&str; 9] = [
    "node_added",
    "node_lost",
    "link_added",
    "link_lost",
    "path_shift",
    "prefix_moved",
    "prefix_lost",
    "service_found",
    "service_lost",
];

#[test]
fn every_rule_has_its_row() {
    let guide = guide();
    RULES.iter().for_each(|rule| drop(row(&guide, rule.name, 4)));
    assert!(guide.contains(r#"{"rules": {"router_clock": {"enabled": false}}}` switches a rule off"#));
}

#[test]
fn every_cause_has_its_row() {
    let guide = guide();
    for cause in Cause::ALL {
        let class = serde_json::to_value(cause.class()).unwrap();
        assert_eq!(row(&guide, &cause.to_string(), 5)[1], class.as_str().unwrap(), "{cause}");
    }
    assert!(guide.contains("A cause cannot be switched off"));
}

#[test]
fn every_kind_has_its_row() {
    let guide = guide();
    KINDS.iter().for_each(|kind| drop(row(&guide, kind, 4)));
    assert!(
        guide.contains("A switch that turns a kind off is the part of the configuration that it comes from")
    );
    let added = Change::NodeAdded { node: "edge1".into() };
    assert_eq!(serde_json::to_value(&added).unwrap()["kind"], kind(&added));
    assert!(KINDS.contains(&kind(&added)));
}
