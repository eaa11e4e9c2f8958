//! Watched prefixes and origins: what BGPalerter watches, and what RPKI says.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use hashbrown::HashMap;
use ipnet::IpNet;
use regex::Regex;
use rib::RouteChange;
use smallvec::SmallVec;

use crate::alerts::Raise;
use crate::conditions::Broken;
use crate::config::{Config, ConfigError, PathMatch, Watch};
use crate::facts::Facts;
use crate::leaks::Leaks;
use crate::neighbours::Neighbours;
use crate::payloads::{Aspa, Source, Vrp};
use crate::prefixes::Prefixes;
use crate::route::Changed;
use crate::rpki::{Validity, Vrps};
use crate::said::Severity;
use crate::timers::Timer;
use crate::voice::Voice;
use crate::world::{Life, World};

/// Prefixes that are remembered of a watched origin.
const MAX_KNOWN: usize = 100_000;

#[derive(Debug)]
struct Expressions {
    name: String,
    matches: Option<Regex>,
    not_match: Option<Regex>,
    prefixes: Vec<IpNet>,
}

impl Expressions {
    fn new(path: &PathMatch) -> Result<Self, ConfigError> {
        let compile = |expression: &String| {
            Regex::new(expression).map_err(|error| ConfigError::Expression {
                expression: expression.clone(),
                error: error.to_string(),
            })
        };
        Ok(match path {
            PathMatch::Match(expression) => Expressions {
                name: expression.clone(),
                matches: Some(compile(expression)?),
                not_match: None,
                prefixes: Vec::new(),
            },
            PathMatch::Whole { name, matches, not_match, prefixes } => Expressions {
                name: name.clone().or(matches.clone()).or(not_match.clone()).unwrap_or_default(),
                matches: matches.as_ref().map(compile).transpose()?,
                not_match: not_match.as_ref().map(compile).transpose()?,
                prefixes: prefixes.clone(),
            },
        })
    }

    fn is_of(&self, prefix: &IpNet) -> bool {
        self.prefixes.is_empty() || self.prefixes.iter().any(|net| net.contains(prefix))
    }

    fn tells(&self, path: &str) -> bool {
        self.matches.as_ref().is_some_and(|regex| regex.is_match(path))
            || self.not_match.as_ref().is_some_and(|regex| !regex.is_match(path))
    }
}

#[derive(Debug, Default)]
struct Seen {
    /// Peers that have the prefix now, and those that had it while they are up.
    has: BTreeSet<u32>,
    had: BTreeSet<u32>,
}

#[derive(Debug)]
pub(crate) struct Watched {
    entries: Vec<Watch>,
    paths: Vec<Option<Expressions>>,
    anywhere: Vec<Expressions>,
    by_prefix: Prefixes<usize>,
    seen: Vec<Seen>,
    /// What an origin whose new prefixes are told announced so far.
    known: BTreeMap<u32, HashSet<IpNet>>,
    vrps: Vrps,
    leaks: Leaks,
    /// Who had a watched prefix before a restart, of those that too few have.
    restored: HashMap<IpNet, BTreeSet<String>>,
}

impl Watched {
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        let mut by_prefix = Prefixes::default();
        for (index, watch) in config.watch.iter().enumerate() {
            by_prefix.insert(&watch.prefix, index);
        }
        let paths = config.watch.iter().map(|watch| watch.path.as_ref().map(Expressions::new).transpose());
        let new = config.watch.iter().filter(|watch| watch.new_prefix).flat_map(|watch| &watch.origins);
        let known = new.map(|origin| {
            let theirs = config.watch.iter().filter(|watch| watch.origins.contains(origin));
            (*origin, theirs.map(|watch| watch.prefix.trunc()).collect())
        });
        Ok(Watched {
            paths: paths.collect::<Result<_, _>>()?,
            anywhere: config.path_matches.iter().map(Expressions::new).collect::<Result<_, _>>()?,
            seen: config.watch.iter().map(|_| Seen::default()).collect(),
            known: known.collect(),
            vrps: Vrps::new(config.vrps.iter().copied()),
            leaks: Leaks::new(config),
            restored: HashMap::new(),
            entries: config.watch.clone(),
            by_prefix,
        })
    }

    pub fn vrps(&self) -> &Vrps {
        &self.vrps
    }

    pub fn vrps_mut(&mut self) -> &mut Vrps {
        &mut self.vrps
    }

    /// What a source says now of providers; whether that changes anything.
    pub fn replace_aspas(&mut self, source: Source, aspas: Vec<Aspa>) -> bool {
        self.leaks.aspas.replace(source, aspas)
    }

    pub fn is_watched(&self, prefix: &IpNet) -> bool {
        self.by_prefix.exact(prefix).next().is_some()
    }

    /// Entries whose prefix holds a prefix, with whether it is the same.
    fn covering(&self, prefix: &IpNet) -> Vec<(usize, bool)> {
        let mut found = Vec::new();
        self.by_prefix.covering(prefix, |length, index| {
            found.push((*index, length == prefix.prefix_len()));
            true
        });
        found
    }

    /// Which rules a route that is announced breaks.
    /// `was_invalid`: RPKI said so of it before it changed.
    pub fn breaks(
        &mut self,
        route: &Changed<'_>,
        was_invalid: bool,
        world: &World,
        ours: &Neighbours,
    ) -> Vec<Broken> {
        let Some(facts) = route.new else { return Vec::new() };
        let mut broken = Vec::new();
        let covering = self.covering(&route.prefix);
        let unasked = covering.is_empty() && self.vrps.is_empty() && self.known.is_empty();
        let origins = if unasked { SmallVec::new() } else { route.origins(world) };
        // A route of the same origin is what it was, and of one that nobody watches nothing else is asked.
        let validity = match covering.is_empty() && !was_invalid && route.has_same_origin() {
            true => Validity::NotFound,
            false => self.validity(route, facts, &origins),
        };
        for (index, exact) in covering {
            self.watch(index, exact, route, facts, &origins, validity, world, &mut broken);
        }
        let group = || Some(world.subject(route.peer).to_string());
        if validity == Validity::Invalid {
            broken.push(self.invalid(route, &origins, world));
        }
        broken.extend(self.leak(route, world, ours));
        for expressions in self.anywhere.iter().filter(|one| one.is_of(&route.prefix)) {
            let path = list(&facts.path);
            if expressions.tells(&path) {
                broken.push(Broken {
                    rule: "path_match",
                    subject: route.prefix.to_string(),
                    text: format!("{}: the path {path} of {}", expressions.name, route.prefix),
                    severity: None,
                    group: group(),
                    prefix: route.prefix,
                });
            }
        }
        if !self.known.is_empty() {
            self.new_prefix(route, &origins, &mut broken);
        }
        broken
    }

    /// Whether a route came along a path that it may not.
    pub fn leak(&self, route: &Changed<'_>, world: &World, ours: &Neighbours) -> Option<Broken> {
        let why = self.leaks.leak(route.new?, world.peer(route.peer)?, ours)?;
        Some(Broken {
            rule: "path_leak",
            subject: route.prefix.to_string(),
            text: format!("{} leaks: {why}", route.prefix),
            severity: None,
            group: Some(world.subject(route.peer).to_string()),
            prefix: route.prefix,
        })
    }

    fn validity(&self, route: &Changed<'_>, facts: &Facts, origins: &[u32]) -> Validity {
        if self.vrps.is_empty() {
            return Validity::NotFound;
        }
        let origin = if facts.ends_with_set { None } else { origins.first().copied() };
        self.vrps.validity(&route.prefix, origin)
    }

    fn invalid(&self, route: &Changed<'_>, origins: &[u32], world: &World) -> Broken {
        let roas = self.vrps.covering(&route.prefix);
        let roas: Vec<String> = roas
            .iter()
            .take(3)
            .map(|vrp| format!("{}-{} AS {}", vrp.prefix, vrp.max_length, vrp.asn))
            .collect();
        Broken {
            rule: "rpki_invalid",
            subject: route.prefix.to_string(),
            text: format!(
                "{} by AS {} is invalid: VRPs are {}",
                route.prefix,
                list(origins),
                roas.join(", ")
            ),
            severity: None,
            group: Some(world.subject(route.peer).to_string()),
            prefix: route.prefix,
        }
    }

    /// What RPKI says of a route now that VRPs are others.
    pub fn validate(&self, route: &Changed<'_>, world: &World) -> Option<Broken> {
        let facts = route.new?;
        let origins = route.origins(world);
        let invalid = self.validity(route, facts, &origins) == Validity::Invalid;
        invalid.then(|| self.invalid(route, &origins, world))
    }

    #[allow(clippy::too_many_arguments)]
    fn watch(
        &self,
        index: usize,
        exact: bool,
        route: &Changed<'_>,
        facts: &Facts,
        origins: &[u32],
        validity: Validity,
        world: &World,
        broken: &mut Vec<Broken>,
    ) {
        let Some(watch) = self.entries.get(index) else { return };
        let of = |rule, text, severity| Broken {
            rule,
            subject: watch.prefix.to_string(),
            text,
            severity,
            group: None,
            prefix: route.prefix,
        };
        let own = watch.origins.is_empty() || origins.iter().all(|origin| watch.origins.contains(origin));
        if !exact {
            let meant = watch.ignore_more_specific
                || watch.max_length.is_some_and(|max| own && route.prefix.prefix_len() <= max)
                || own && validity == Validity::Valid
                // It is watched itself, and says itself who may announce it.
                || self.is_watched(&route.prefix)
                // It was there before anybody looked, and the owner announces it.
                || own && !watch.origins.is_empty() && route.dump;
            if !meant {
                let by = list(origins);
                let severity = (!own).then_some(Severity::Critical);
                broken.push(of(
                    "more_specific",
                    format!("{} by AS {by} is inside {}", route.prefix, watch.prefix),
                    severity,
                ));
            }
            return;
        }
        // Two entries of one prefix allow both origins.
        let allowed = |asn: &u32| {
            let entries = self.by_prefix.exact(&watch.prefix).filter_map(|index| self.entries.get(*index));
            entries.into_iter().any(|entry| entry.origins.contains(asn))
        };
        if !watch.origins.is_empty() && !origins.iter().all(allowed) {
            let text = format!("announced by AS {}, not by AS {}", list(origins), list(&watch.origins));
            broken.push(of("origin_change", text, None));
        }
        self.neighbours(watch, facts, world, route, &mut |text| {
            broken.push(of("unexpected_neighbor", text, None));
        });
        let expressions = self.paths.get(index).and_then(Option::as_ref);
        if let Some(expressions) = expressions.filter(|expressions| expressions.is_of(&route.prefix)) {
            let path = list(&facts.path);
            if expressions.tells(&path) {
                broken.push(of("path_match", format!("{}: the path is {path}", expressions.name), None));
            }
        }
    }

    fn neighbours(
        &self,
        watch: &Watch,
        facts: &Facts,
        world: &World,
        route: &Changed<'_>,
        tell: &mut dyn FnMut(String),
    ) {
        if watch.upstreams.is_empty() && watch.downstreams.is_empty() {
            return;
        }
        let mut path = facts.path.to_vec();
        path.dedup();
        for (place, asn) in path.iter().enumerate().filter(|(_, asn)| watch.origins.contains(asn)) {
            let left = match place.checked_sub(1) {
                Some(left) => path.get(left).copied(),
                // Its neighbour is our own AS.
                None => world.peer(route.peer).and_then(|peer| peer.local_asn),
            };
            let right = path.get(place + 1).copied();
            if let Some(left) =
                left.filter(|left| !watch.upstreams.is_empty() && !watch.upstreams.contains(left))
            {
                let ours = place == 0;
                if !ours {
                    tell(format!("AS {left} is left of AS {asn}: {}", list(&path)));
                }
            }
            if let Some(right) =
                right.filter(|right| !watch.downstreams.is_empty() && !watch.downstreams.contains(right))
            {
                tell(format!("AS {right} is right of AS {asn}: {}", list(&path)));
            }
        }
    }

    fn new_prefix(&mut self, route: &Changed<'_>, origins: &[u32], broken: &mut Vec<Broken>) {
        for origin in origins {
            let Some(known) = self.known.get_mut(origin) else { continue };
            if known.contains(&route.prefix) {
                continue;
            }
            if route.dump || route.after_gap {
                if known.len() < MAX_KNOWN {
                    known.insert(route.prefix);
                }
                continue;
            }
            broken.push(Broken {
                rule: "new_prefix",
                subject: route.prefix.to_string(),
                text: format!("AS {origin} announces {}, which it never did", route.prefix),
                severity: None,
                group: Some(format!("AS {origin}")),
                prefix: route.prefix,
            });
        }
    }

    /// Who has a watched prefix.
    pub fn visibility(&mut self, route: &Changed<'_>, world: &World, voice: &mut Voice) {
        for index in self.by_prefix.exact(&route.prefix) {
            if !route.counts(world) {
                return;
            }
            let asked = self.entries.get(*index).and_then(|watch| watch.visibility?.share());
            let Some(seen) = self.seen.get_mut(*index).filter(|_| asked.is_some()) else { continue };
            match route.change {
                RouteChange::Withdraw => {
                    seen.has.remove(&route.peer);
                }
                _ => {
                    seen.has.insert(route.peer);
                    seen.had.insert(route.peer);
                }
            }
            voice.after(0, Timer::Visibility(*index));
        }
    }

    /// A watched prefix that too few had before a restart, and who had it once.
    pub fn restore(&mut self, subject: &str, peers: BTreeSet<String>) {
        if let Ok(prefix) = subject.parse() {
            self.restored.insert(prefix, peers);
        }
    }

    pub fn forget_restored(&mut self) {
        self.restored.clear();
    }

    pub fn peer_ended(&mut self, peer: u32) {
        for seen in &mut self.seen {
            seen.has.remove(&peer);
            seen.had.remove(&peer);
        }
    }

    pub fn look(&mut self, index: usize, world: &World, voice: &mut Voice) {
        let (Some(watch), Some(seen)) = (self.entries.get(index), self.seen.get_mut(index)) else { return };
        if let Some(peers) = self.restored.get(&watch.prefix) {
            // Who had it before a restart had it.
            let of = (0..).zip(&world.peers).filter(|(_, peer)| peers.contains(&peer.subject));
            seen.had.extend(of.map(|(number, _)| number));
        }
        let Some(share) = watch.visibility.and_then(crate::config::Share::share) else { return };
        let up = |peer: &&u32| world.peer(**peer).is_some_and(|peer| peer.life == Life::Up);
        let (has, had) = (seen.has.len(), seen.had.iter().filter(up).count());
        let subject = watch.prefix.to_string();
        if had > 0 && (has == 0 || (has as f64) < share * had as f64) {
            let text = format!("{has} of {had} peers have it");
            let peers = seen.had.iter().map(|peer| world.subject(*peer).to_string()).collect();
            voice.raise("visibility_loss", &subject, Raise { text, peers, ..Raise::default() });
        } else {
            voice.clear("visibility_loss", &subject, &format!("{has} of {had} peers have it"));
        }
    }

    /// VRPs changed: what that means for watched prefixes.
    pub fn roas_changed(&self, before: &HashMap<IpNet, Vec<Vrp>>, voice: &mut Voice) {
        for watch in &self.entries {
            let subject = watch.prefix.to_string();
            let mut now = self.vrps.covering(&watch.prefix);
            now.sort();
            if let Some(before) = before.get(&watch.prefix).filter(|before| **before != now) {
                let text = |vrps: &[Vrp]| {
                    let texts: Vec<String> = vrps
                        .iter()
                        .map(|vrp| format!("{}-{} AS {}", vrp.prefix, vrp.max_length, vrp.asn))
                        .collect();
                    if texts.is_empty() {
                        "none".to_string()
                    } else {
                        texts.join(", ")
                    }
                };
                let text = format!("VRPs were {}, are {}", text(before), text(&now));
                voice.raise("roa_change", &subject, Raise { text, ..Raise::default() });
                voice.clear("roa_change", &subject, "told");
            }
        }
        self.uncovered(voice);
    }

    /// Watched prefixes that no VRP covers.
    pub fn uncovered(&self, voice: &mut Voice) {
        for watch in self.entries.iter().filter(|watch| watch.rpki_covered) {
            let subject = watch.prefix.to_string();
            if self.vrps.covering(&watch.prefix).is_empty() {
                let text = format!("no VRP covers {subject}");
                voice.raise("rpki_uncovered", &subject, Raise { text, ..Raise::default() });
            } else {
                voice.clear("rpki_uncovered", &subject, "covered");
            }
        }
    }

    /// The VRPs that cover each watched prefix, sorted.
    pub fn roas(&self) -> HashMap<IpNet, Vec<Vrp>> {
        let roas = self.entries.iter().map(|watch| {
            let mut vrps = self.vrps.covering(&watch.prefix);
            vrps.sort();
            (watch.prefix, vrps)
        });
        roas.collect()
    }
}

fn list(asns: &[u32]) -> String {
    asns.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}
