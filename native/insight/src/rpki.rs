//! Origin validation (RFC 6811): Validated ROA Payloads, where they come from, and what they say of a route.

use std::collections::HashSet;

use ipnet::IpNet;
use serde::Serialize;

use crate::config::ConfigError;
use crate::payloads::{Payloads, Source, Vrp};
use crate::prefixes::Prefixes;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Validity {
    Valid,
    Invalid,
    /// No VRP covers the prefix.
    NotFound,
}

impl Validity {
    pub fn as_str(self) -> &'static str {
        match self {
            Validity::Valid => "valid",
            Validity::Invalid => "invalid",
            Validity::NotFound => "not_found",
        }
    }
}

/// What each source has: a VRP counts as long as one of them has it.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    written: HashSet<Vrp>,
    file: HashSet<Vrp>,
    cache: HashSet<Vrp>,
}

impl Sources {
    pub fn new(written: &[Vrp]) -> Self {
        Sources { written: written.iter().copied().collect(), ..Sources::default() }
    }

    fn of(&mut self, source: Source) -> &mut HashSet<Vrp> {
        match source {
            Source::Written => &mut self.written,
            Source::File => &mut self.file,
            Source::Cache => &mut self.cache,
        }
    }

    fn has(&self, vrp: &Vrp) -> bool {
        self.written.contains(vrp) || self.file.contains(vrp) || self.cache.contains(vrp)
    }

    /// What is in one source, and in no other, comes and goes with it. Gives what really came and went.
    pub fn change(&mut self, source: Source, added: &[Vrp], removed: &[Vrp]) -> (Vec<Vrp>, Vec<Vrp>) {
        let mut came = Vec::new();
        for vrp in added {
            let new = !self.has(vrp);
            if self.of(source).insert(*vrp) && new {
                came.push(*vrp);
            }
        }
        let mut went = Vec::new();
        for vrp in removed {
            if self.of(source).remove(vrp) && !self.has(vrp) {
                went.push(*vrp);
            }
        }
        (came, went)
    }

    /// What leads from what a source has to another set.
    pub fn difference(&mut self, source: Source, now: Vec<Vrp>) -> (Vec<Vrp>, Vec<Vrp>) {
        let now: HashSet<Vrp> = now.into_iter().collect();
        let held = self.of(source);
        (now.difference(held).copied().collect(), held.difference(&now).copied().collect())
    }
}

/// Reads a file as routinator, rpki-client and other validators write it.
///
/// # Errors
/// Where it is no such file, with line and column.
pub fn read_file(text: &str) -> Result<Payloads, ConfigError> {
    Ok(serde_json::from_str(text)?)
}

/// A set of VRPs, by prefix.
#[derive(Clone, Debug, Default)]
pub struct Vrps {
    by_prefix: Prefixes<Authorized>,
    count: usize,
}

/// Who may announce a prefix, and its more specifics up to a length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Authorized {
    max_length: u8,
    asn: u32,
}

impl Authorized {
    fn of(vrp: &Vrp) -> Self {
        Authorized { max_length: vrp.max_length.max(vrp.prefix.prefix_len()), asn: vrp.asn }
    }
}

impl Vrps {
    pub fn new(vrps: impl IntoIterator<Item = Vrp>) -> Self {
        let mut set = Vrps::default();
        vrps.into_iter().for_each(|vrp| set.insert(vrp));
        set
    }

    /// VRPs that are held.
    pub fn len(&self) -> usize {
        self.count
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub fn insert(&mut self, vrp: Vrp) {
        let authorized = Authorized::of(&vrp);
        if !self.by_prefix.exact(&vrp.prefix).any(|held| *held == authorized) {
            self.by_prefix.insert(&vrp.prefix, authorized);
            self.count += 1;
        }
    }

    pub fn remove(&mut self, vrp: Vrp) {
        let authorized = Authorized::of(&vrp);
        self.count -= self.by_prefix.remove(&vrp.prefix, |held| *held == authorized);
    }

    /// Every VRP whose prefix covers the prefix, as prefix, maximum length and AS.
    pub fn covering(&self, prefix: &IpNet) -> Vec<Vrp> {
        let mut found = Vec::new();
        self.by_prefix.covering(prefix, |length, of| {
            if let Ok(net) = IpNet::new(prefix.addr(), length) {
                found.push(Vrp { prefix: net.trunc(), max_length: of.max_length, asn: of.asn });
            }
            true
        });
        found
    }

    /// What the VRPs say of a route; without an origin (the path ends with an AS_SET) none can be valid.
    pub fn validity(&self, prefix: &IpNet, origin: Option<u32>) -> Validity {
        let mut validity = Validity::NotFound;
        self.by_prefix.covering(prefix, |_, of| {
            // RFC 6483, section 4: AS 0 is nobody's.
            let valid = origin == Some(of.asn) && of.asn != 0 && prefix.prefix_len() <= of.max_length;
            validity = if valid { Validity::Valid } else { Validity::Invalid };
            !valid
        });
        validity
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payloads::Aspa;

    fn vrp(prefix: &str, max_length: u8, asn: u32) -> Vrp {
        Vrp { prefix: prefix.parse().unwrap(), max_length, asn }
    }

    #[test]
    fn a_vrp_counts_while_one_source_has_it() {
        let (one, two) = (vrp("10.0.0.0/16", 20, 64500), vrp("10.1.0.0/16", 20, 64500));
        let mut sources = Sources::new(&[one]);
        assert_eq!(sources.change(Source::Cache, &[one, two], &[]), (vec![two], vec![]));
        assert_eq!(sources.change(Source::File, &[two], &[]), (vec![], vec![]));
        assert_eq!(sources.change(Source::Cache, &[], &[one, two]), (vec![], vec![]));
        assert_eq!(sources.difference(Source::File, vec![one]), (vec![one], vec![two]));
        assert_eq!(sources.change(Source::File, &[one], &[two]), (vec![], vec![two]));
    }

    #[test]
    fn a_file_of_routinator_is_read() {
        let text = r#"{"metadata": {"generated": 1}, "roas": [
            {"asn": "AS64500", "prefix": "192.0.2.0/24", "maxLength": 24, "ta": "ripe"},
            {"asn": "AS0", "prefix": "2001:db8::/32", "maxLength": 48, "ta": "arin"}],
            "aspas": [{"customer": "AS64500", "providers": ["AS64501", "AS64502"], "ta": "ripe"}]}"#;
        let payloads = read_file(text).unwrap();
        assert_eq!(payloads.aspas, [Aspa { customer: 64500, providers: vec![64501, 64502] }]);
        assert_eq!(payloads.vrps, [vrp("192.0.2.0/24", 24, 64500), vrp("2001:db8::/32", 48, 0)]);
        assert!(read_file("{}").unwrap_err().to_string().contains("roas"));
    }

    #[test]
    fn rfc_6811() {
        let mut vrps = Vrps::new([
            vrp("10.0.0.0/16", 20, 64500),
            vrp("10.0.0.0/16", 16, 64501),
            vrp("0.0.0.0/0", 0, 0),
            vrp("2001:db8::/32", 48, 64500),
            vrp("2001:db9::1/128", 128, 64500),
        ]);
        let says = |vrps: &Vrps, prefix: &str, origin| vrps.validity(&prefix.parse().unwrap(), origin);
        assert_eq!(says(&vrps, "10.0.0.0/16", Some(64500)), Validity::Valid);
        assert_eq!(says(&vrps, "10.0.16.0/20", Some(64500)), Validity::Valid);
        assert_eq!(says(&vrps, "10.0.16.0/20", Some(64501)), Validity::Invalid);
        assert_eq!(says(&vrps, "10.0.16.0/24", Some(64500)), Validity::Invalid);
        assert_eq!(says(&vrps, "10.0.0.0/16", None), Validity::Invalid);
        // Covered by 0.0.0.0/0 of AS 0 only.
        assert_eq!(says(&vrps, "11.0.0.0/16", Some(64500)), Validity::Invalid);
        assert_eq!(says(&vrps, "2001:db8:1::/48", Some(64500)), Validity::Valid);
        assert_eq!(says(&vrps, "2001:db9::1/128", Some(64500)), Validity::Valid);
        assert_eq!(says(&vrps, "2001:db7::/32", Some(64500)), Validity::NotFound);
        vrps.remove(vrp("0.0.0.0/0", 0, 0));
        assert_eq!((says(&vrps, "11.0.0.0/16", Some(64500)), vrps.len()), (Validity::NotFound, 4));
    }
}
