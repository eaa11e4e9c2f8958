//! Verification of paths by Autonomous System Provider Authorizations (draft-ietf-sidrops-aspa-verification): what an autonomous system
//! says its providers are, and what that says of a path.
//!
//! Read from its origin, a path goes up, from customer to provider, and then down, and it may step once
//! sideways between the two. The authorizations tell how far it can go up at most and how far it must go up
//! at least; read from the neighbour's end, they tell the same of the way down.

use std::collections::BTreeSet;

use hashbrown::HashMap;
use smallvec::SmallVec;

use crate::config::Relationship;
use crate::payloads::{Aspa, Source};

/// Which way a route may have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Procedure {
    /// Only from customers to providers.
    Upstream,
    /// Up, and down again.
    Downstream,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    Valid,
    Unknown,
    /// Why.
    Invalid(String),
}

/// Authorizations, by customer, from the configuration, from a file and from a cache.
#[derive(Debug, Default)]
pub(crate) struct Aspas {
    written: Vec<Aspa>,
    file: Vec<Aspa>,
    cache: Vec<Aspa>,
    providers: HashMap<u32, BTreeSet<u32>>,
}

/// Over how many of its autonomous systems, counted from its origin, a path goes up (or down, counted from
/// the other end): at most, which is up to the first authorization that denies it, and at least, which is as
/// long as every authorization confirms it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ramp {
    most: usize,
    least: usize,
}

impl Aspas {
    pub fn new(written: &[Aspa]) -> Self {
        let mut aspas = Aspas { written: written.to_vec(), ..Aspas::default() };
        aspas.gather();
        aspas
    }

    pub fn is_empty(&self) -> bool {
        self.providers.is_empty()
    }

    /// Replaces what a source said; returns whether that changes anything.
    pub fn replace(&mut self, source: Source, aspas: Vec<Aspa>) -> bool {
        match source {
            Source::Written => self.written = aspas,
            Source::File => self.file = aspas,
            Source::Cache => self.cache = aspas,
        }
        let before = std::mem::take(&mut self.providers);
        self.gather();
        before != self.providers
    }

    /// Merges the authorizations of each customer. AS 0 says that the customer has no provider, and only
    /// where it is the only one.
    fn gather(&mut self) {
        for aspa in self.written.iter().chain(&self.file).chain(&self.cache) {
            self.providers
                .entry(aspa.customer)
                .or_default()
                .extend(aspa.providers.iter().filter(|asn| **asn != 0));
        }
    }

    /// Whether a customer says that another is its provider; none: it says nothing.
    fn authorized(&self, customer: u32, provider: u32) -> Option<bool> {
        Some(self.providers.get(&customer)?.contains(&provider))
    }

    /// Why a path that a neighbour told us is a leak. `path` has the neighbour's AS number first, as the attribute has it.
    ///
    /// A path that the draft calls invalid for another reason (it has an AS_SET, or does not begin with the
    /// neighbour) is no leak.
    pub fn leak(&self, path: &[u32], neighbour: Option<Relationship>) -> Option<String> {
        let procedure = match neighbour {
            // A route server tells what its clients, our peers, told it.
            Some(
                Relationship::Customer
                | Relationship::Peer
                | Relationship::RouteServerClient
                | Relationship::RouteServer,
            ) => Procedure::Upstream,
            // What this check finds invalid the other one does, too: so it is safe where nothing is known of
            // the neighbour.
            Some(Relationship::Provider | Relationship::Internal) | None => Procedure::Downstream,
        };
        match self.verify(path, procedure) {
            Outcome::Invalid(why) => Some(why),
            Outcome::Valid | Outcome::Unknown => None,
        }
    }

    fn verify(&self, path: &[u32], procedure: Procedure) -> Outcome {
        let mut path: SmallVec<[u32; 16]> = SmallVec::from_slice(path);
        path.dedup();
        let up = self.ramp(path.iter().rev().copied());
        let down = match procedure {
            Procedure::Upstream => Ramp { most: 0, least: 0 },
            Procedure::Downstream => self.ramp(path.iter().copied()),
        };
        if up.most + down.most < path.len() {
            let at = |index: usize| path.get(index).copied().unwrap_or_default();
            let last = path.len() - up.most;
            let mut why =
                format!("AS {} says that AS {} is no provider of it (ASPA)", at(last), at(last - 1));
            if procedure == Procedure::Downstream {
                let first = down.most - 1;
                why += &format!(", and AS {} says the same of AS {}", at(first), at(first + 1));
            }
            return Outcome::Invalid(why);
        }
        if up.least + down.least < path.len() {
            return Outcome::Unknown;
        }
        Outcome::Valid
    }

    /// How far a path goes up from its first autonomous system.
    fn ramp(&self, path: impl Iterator<Item = u32>) -> Ramp {
        let (mut most, mut least, mut all_said) = (0, 0, true);
        let mut before = None;
        for asn in path {
            match before.map(|before| self.authorized(before, asn)) {
                Some(Some(false)) => break,
                Some(None) => all_said = false,
                // The first, and one that the one before it names.
                None | Some(Some(true)) => {}
            }
            most += 1;
            least += usize::from(all_said);
            before = Some(asn);
        }
        Ramp { most, least }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Section 6.1 of the draft names "ASPA-based AS Path Verification Examples" by Sriram, Borchert and Matejka; these are all of them,
    // with the lengths of ramps that they give. A letter is its octet as AS number.
    const FIRST: [(&str, &str); 5] = [("A", "CD"), ("B", "E"), ("C", "F"), ("D", "FG"), ("G", "0")];
    const SECOND: [(&str, &str); 7] =
        [("H", "0"), ("K", "0"), ("L", "K"), ("P", "0"), ("Q", "0"), ("R", "Q"), ("S", "R")];

    fn numbers(letters: &str) -> Vec<u32> {
        letters.bytes().map(|letter| if letter == b'0' { 0 } else { u32::from(letter) }).collect()
    }

    fn topology(aspas: &[(&str, &str)]) -> Aspas {
        let aspa = |(customer, providers): &(&str, &str)| Aspa {
            customer: numbers(customer)[0],
            providers: numbers(providers),
        };
        Aspas::new(&aspas.iter().map(aspa).collect::<Vec<_>>())
    }

    fn says(aspas: &Aspas, path: &str, procedure: Procedure) -> &'static str {
        match aspas.verify(&numbers(path), procedure) {
            Outcome::Valid => "valid",
            Outcome::Unknown => "unknown",
            Outcome::Invalid(_) => "invalid",
        }
    }

    fn ramps(aspas: &Aspas, path: &str) -> [usize; 4] {
        let path = numbers(path);
        let (up, down) = (aspas.ramp(path.iter().rev().copied()), aspas.ramp(path.iter().copied()));
        [up.most, up.least, down.most, down.least]
    }

    #[test]
    fn the_upstream_examples() {
        let aspas = topology(&FIRST);
        for (path, most, least, expected) in [
            ("FCA", 3, 3, "valid"),
            ("DCA", 2, 2, "invalid"),
            ("DFCA", 4, 3, "unknown"),
            ("DEB", 3, 2, "unknown"),
            ("ADEB", 3, 2, "invalid"),
            ("ADGEB", 3, 2, "invalid"),
            ("ACF", 2, 1, "invalid"),
            ("ACFG", 1, 1, "invalid"),
            ("EB", 2, 2, "valid"),
        ] {
            assert_eq!(ramps(&aspas, path)[..2], [most, least], "{path}");
            assert_eq!(says(&aspas, path, Procedure::Upstream), expected, "{path}");
        }
    }

    #[test]
    fn the_downstream_examples() {
        let aspas = topology(&FIRST);
        // Most and least up, most and least down.
        for (path, lengths, expected) in [
            ("EGFCA", [4, 3, 2, 1], "unknown"),
            ("EGDA", [3, 3, 2, 1], "valid"),
            ("EDCA", [2, 2, 2, 1], "unknown"),
            ("EGDCA", [2, 2, 2, 1], "invalid"),
            ("CFDG", [1, 1, 4, 2], "unknown"),
            ("DGEB", [3, 2, 2, 2], "valid"),
            ("CDGEB", [3, 2, 1, 1], "invalid"),
            ("FCA", [3, 3, 2, 1], "valid"),
            ("EA", [1, 1, 2, 1], "valid"),
            ("ECA", [2, 2, 2, 1], "valid"),
        ] {
            assert_eq!(ramps(&aspas, path), lengths, "{path}");
            assert_eq!(says(&aspas, path, Procedure::Downstream), expected, "{path}");
        }
    }

    #[test]
    fn the_examples_of_complex_relationships() {
        let aspas = topology(&SECOND);
        assert_eq!(says(&aspas, "JH", Procedure::Upstream), "invalid");
        assert_eq!(ramps(&aspas, "KJH"), [1, 1, 1, 1]);
        assert_eq!(says(&aspas, "KJH", Procedure::Downstream), "invalid");
        assert_eq!(says(&aspas, "QP", Procedure::Upstream), "invalid");
    }

    #[test]
    fn who_told_it_decides_and_prepending_does_not_count() {
        let aspas = topology(&FIRST);
        let leak = |path: &str, neighbour| aspas.leak(&numbers(path), neighbour);
        // From a provider a path may have gone down already, from a customer or a peer not.
        assert_eq!(leak("DGEB", Some(Relationship::Provider)), None);
        assert_eq!(leak("EGDDDA", Some(Relationship::Provider)), None);
        for neighbour in [Relationship::Customer, Relationship::Peer, Relationship::RouteServer] {
            assert_eq!(
                leak("DDCAA", Some(neighbour)).unwrap(),
                "AS 67 says that AS 68 is no provider of it (ASPA)"
            );
        }
        assert_eq!(
            leak("EGDCA", None).unwrap(),
            "AS 67 says that AS 68 is no provider of it (ASPA), and AS 71 says the same of AS 68"
        );
        // Its own routes, and a path without an AS number.
        assert_eq!((leak("A", Some(Relationship::Customer)), leak("", None)), (None, None));
    }

    #[test]
    fn what_is_invalid_on_the_way_down_is_invalid_on_the_way_up() {
        let aspas = topology(&FIRST);
        let letters = "ABCDEFG";
        let mut paths: Vec<String> = vec![String::new()];
        for _ in 0..5 {
            let longer =
                |path: &String| letters.chars().map(|letter| format!("{path}{letter}")).collect::<Vec<_>>();
            paths = paths.iter().flat_map(longer).collect();
            for path in &paths {
                let (up, down) =
                    (says(&aspas, path, Procedure::Upstream), says(&aspas, path, Procedure::Downstream));
                assert!(down != "invalid" || up == "invalid", "{path}: {up}, {down}");
                assert!(up != "valid" || down == "valid", "{path}: {up}, {down}");
            }
        }
    }

    #[test]
    fn several_authorizations_of_one_customer_are_taken_together() {
        let read = |text: &str| serde_json::from_str::<Vec<Aspa>>(text).unwrap();
        // rpki-client and routinator.
        let mut aspas =
            Aspas::new(&read(r#"[{"customer_asid": 43, "expires": 1791385200, "providers": [293, 0]}]"#));
        assert_eq!((aspas.authorized(43, 293), aspas.authorized(43, 294)), (Some(true), Some(false)));
        assert_eq!((aspas.authorized(43, 0), aspas.authorized(44, 293)), (Some(false), None));
        let file = read(r#"[{"customer": "AS43", "providers": ["AS294"], "ta": "arin"}]"#);
        assert!(aspas.replace(Source::File, file.clone()) && !aspas.replace(Source::File, file));
        assert_eq!((aspas.authorized(43, 293), aspas.authorized(43, 294)), (Some(true), Some(true)));
        assert!(aspas.replace(Source::Cache, read(r#"[{"customer": 43, "providers": [295]}]"#)));
        assert_eq!((aspas.authorized(43, 294), aspas.authorized(43, 295)), (Some(true), Some(true)));
        assert!(aspas.replace(Source::File, Vec::new()) && aspas.authorized(43, 294) == Some(false));
        assert!(aspas.replace(Source::Cache, Vec::new()) && aspas.authorized(43, 295) == Some(false));
    }
}
