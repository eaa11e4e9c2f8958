//! The comparison: by key first, then paths of one key by what they say.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use rib::RibView;
use wire::bgp::AddressFamily;

use crate::error::{cannot, CannotCompare, Result};
use crate::fault::Fault;
use crate::frames::Frames;
use crate::report::{Cause, Difference, Frame, Kind, Met, Pair, Report, Says};
use crate::route::{Attributes, Key, Ours, Route, NOBODY};
use crate::table::{distinguisher, Format, Hints, Table};

/// What is compared with what.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// sysName or address; needed where ours holds more than one router.
    pub router: Option<String>,
    /// Of the router's table, where its form does not say it or it is another.
    pub view: Option<RibView>,
    /// The table is of this peer only.
    pub peer: Option<IpAddr>,
    pub family: Option<AddressFamily>,
    pub format: Option<Format>,
    /// Of an L3VPN instance's table; `0:0` where there is none.
    pub distinguisher: Option<String>,
    /// Differences that the router sent so are none.
    pub as_sent: bool,
}

impl Options {
    /// Sets an option by its name, as text.
    ///
    /// # Errors
    /// When there is no such option, or the text is none of its values.
    pub fn set(&mut self, name: &str, value: &str) -> Result<()> {
        let wrong = |what: &str| CannotCompare(format!("{value} is no {what}"));
        match name {
            "router" => self.router = Some(value.into()),
            "view" => self.view = Some(RibView::from_name(value).ok_or_else(|| wrong("view"))?),
            "peer" => self.peer = Some(value.parse().map_err(|_| wrong("address"))?),
            "format" => {
                self.format =
                    Some(Format::from_name(value).ok_or_else(|| wrong("format: frr, gobgp or bird"))?);
            }
            "family" => {
                self.family =
                    Some(family(value).ok_or_else(|| wrong("address family: AFI/SAFI, for example 1/1"))?);
            }
            "distinguisher" => self.distinguisher = Some(value.into()),
            "as_sent" => self.as_sent = true,
            _ => return cannot(format!("there is no option {name}")),
        }
        Ok(())
    }
}

/// Two numbers, for example 1/1.
fn family(text: &str) -> Option<AddressFamily> {
    let (afi, safi) = text.split_once('/')?;
    Some(AddressFamily::new(afi.parse().ok()?, safi.parse().ok()?))
}

/// Both tables' paths of one key.
#[derive(Default)]
struct Both {
    router: Vec<Route>,
    ours: Vec<Route>,
}

/// Compares a router's tables, one text a file, with lines of ours.
///
/// # Errors
/// When they cannot be compared, with the reason in words.
pub fn compare<L: AsRef<str>>(
    ours: impl IntoIterator<Item = L>,
    tables: &[&str],
    frames: Option<&Frames>,
    options: &Options,
) -> Result<Report> {
    let hints =
        Hints { format: options.format, view: options.view, peer: options.peer, family: options.family };
    let mut table: Option<Table> = None;
    for text in tables {
        let read = Table::read(text, &hints)?;
        table = Some(match table {
            Some(table) => table.join(read)?,
            None => read,
        });
    }
    let Some(mut table) = table else { return cannot("there is no table of the router to compare with") };

    if table.families.is_empty() {
        return cannot(match table.unread.first() {
            Some(what) => format!("nothing of the router's table can be compared: {what}"),
            None => {
                "the router's table is empty and does not say its address family (--family says it)".into()
            }
        });
    }

    let mut both: HashMap<Key, Both> = HashMap::new();
    let mut report = Report {
        view: table.view.as_str(),
        families: table.families.iter().map(ToString::to_string).collect(),
        as_sent: options.as_sent,
        not_compared: std::mem::take(&mut table.unread),
        ..Report::default()
    };
    for route in std::mem::take(&mut table.routes) {
        report.routes += 1;
        both.entry(route.key.clone()).or_default().router.push(route);
    }
    report.router = take_ours(ours, &table, options, &mut both, &mut report.ours)?;
    let router = report.router.as_str();
    if options.router.is_some() && frames.is_some_and(|frames| !frames.has(router)) {
        return cannot(format!("the BMP messages have no session of {router}"));
    }

    let mut keys: Vec<Key> = both.keys().cloned().collect();
    keys.sort();
    let mut comparison = Comparison {
        table: &table,
        frames,
        distinguisher: options.distinguisher.as_deref().and_then(distinguisher).map_or(0, |rd| rd.0),
        report,
        met: BTreeMap::new(),
    };
    for key in keys {
        if let Some(both) = both.remove(&key) {
            comparison.paths(both);
        }
    }
    let Comparison { mut report, met, .. } = comparison;
    report.known_faults = met
        .into_iter()
        .map(|(fault, (routes, frame))| Met { fault, text: fault.text(), routes, frame })
        .collect();
    Ok(report)
}

/// Puts those of our routes that the router's table is about beside it, and gives the router's name.
fn take_ours<L: AsRef<str>>(
    ours: impl IntoIterator<Item = L>,
    table: &Table,
    options: &Options,
    both: &mut HashMap<Key, Both>,
    count: &mut u64,
) -> Result<String> {
    let distinguisher = options.distinguisher.as_deref().unwrap_or("0:0");
    let mut router = options.router.clone();
    for (number, line) in (1..).zip(ours) {
        let line = line.as_ref();
        if line.trim().is_empty() {
            continue;
        }
        let ours: Ours = Ours::from_json(line)
            .or_else(|error| cannot(format!("line {number} of our routes is no route: {error}")))?;
        match &router {
            Some(name) if *name == ours.router => {}
            Some(_) if options.router.is_some() => continue,
            Some(name) => {
                let other = &ours.router;
                return cannot(format!(
                    "our routes are of more than one router, {name} and {other} (--router names one)"
                ));
            }
            None => router = Some(ours.router),
        }
        let key = &ours.route.key;
        if ours.view == table.view
            && ours.distinguisher == distinguisher
            && table.families.contains(&key.family())
            && table.peer.is_none_or(|peer| peer == key.peer)
        {
            *count += 1;
            both.entry(key.clone()).or_default().ours.push(ours.route);
        }
    }
    Ok(router.unwrap_or_else(|| "the router".into()))
}

struct Comparison<'a> {
    table: &'a Table,
    frames: Option<&'a Frames>,
    distinguisher: u64,
    report: Report,
    met: BTreeMap<Fault, (u64, Option<Frame>)>,
}

/// How two paths compare: the attributes that differ, and the known faults that excuse others.
struct Judged {
    attributes: BTreeMap<&'static str, Pair>,
    faults: Vec<Fault>,
}

impl Comparison<'_> {
    /// Pairs the paths of one key: those of one path identifier, then those that are equal, then the rest in turn.
    fn paths(&mut self, both: Both) {
        let Both { router, mut ours } = both;
        let many = router.len() > 1;
        let held = ours.clone();
        let mut rest = Vec::new();
        for theirs in router {
            let same_id =
                theirs.path_id.and_then(|_| ours.iter().position(|own| own.path_id == theirs.path_id));
            let place = same_id
                .or_else(|| ours.iter().position(|own| self.judge(&theirs, own).attributes.is_empty()));
            match place {
                Some(place) => {
                    let own = ours.remove(place);
                    self.pair(&theirs, &own);
                }
                None => rest.push(theirs),
            }
        }
        let mut ours = ours.into_iter();
        for theirs in rest {
            match ours.next() {
                Some(own) => self.pair(&theirs, &own),
                None => self.missing(&theirs, if many { &held } else { &[] }),
            }
        }
        for own in ours {
            self.extra(&own);
        }
    }

    fn judge(&self, theirs: &Route, own: &Route) -> Judged {
        let mut judged = Judged { attributes: BTreeMap::new(), faults: Vec::new() };
        for (name, value) in &theirs.attributes {
            let mine = own.attributes.get(name).cloned().flatten();
            if *value == mine {
                continue;
            }
            let view = self.table.view;
            match Fault::of_attribute(name, value.as_deref(), mine.as_deref(), theirs, view, self.table) {
                Some(fault) => judged.faults.push(fault),
                None => {
                    judged.attributes.insert(name, Pair { router: value.clone(), ours: mine });
                }
            }
        }
        judged
    }

    fn pair(&mut self, theirs: &Route, own: &Route) {
        let judged = self.judge(theirs, own);
        for fault in judged.faults {
            self.meet(fault, own);
        }
        if judged.attributes.is_empty() {
            self.report.equal += 1;
            return;
        }
        self.report.different += 1;
        for name in judged.attributes.keys() {
            *self.report.by_attribute.entry(name).or_default() += 1;
        }
        let (cause, frame) = self.witness(own, |says, announced| {
            says == Says::Announces && announced.is_some_and(|announced| holds(own, announced))
        });
        self.differ(Kind::Different, own, judged.attributes, cause, frame);
    }

    /// `others` are our paths of the same key, where the router holds several paths of it.
    fn missing(&mut self, theirs: &Route, others: &[Route]) {
        // Without path identifiers the last message is about all of them: it excuses if we hold what it announced.
        let of_another = |announced: Option<&Attributes>| {
            let announced = announced.filter(|_| theirs.path_id.is_none());
            announced.is_some_and(|announced| others.iter().any(|own| holds(own, announced)))
        };
        let (cause, frame) =
            self.witness(theirs, |says, announced| says != Says::Announces || of_another(announced));
        let fault = self.fault_of_missing(theirs, !others.is_empty());
        if let Some(fault) = fault.filter(|_| cause != Cause::Station) {
            self.meet(fault, theirs);
            return;
        }
        self.report.missing += 1;
        self.differ(Kind::Missing, theirs, BTreeMap::new(), cause, frame);
    }

    fn extra(&mut self, own: &Route) {
        let (cause, frame) = self.witness(own, |says, announced| {
            says == Says::Announces && announced.is_some_and(|announced| holds(own, announced))
        });
        self.report.extra += 1;
        self.differ(Kind::Extra, own, BTreeMap::new(), cause, frame);
    }

    fn fault_of_missing(&self, theirs: &Route, many: bool) -> Option<Fault> {
        let frr = self.table.format == Format::Frr;
        if self.table.view == RibView::LocRib {
            return (frr && self.table.many_paths.contains(&theirs.key))
                .then_some(Fault::LocRibWithoutPrefixesOfTwoPaths);
        }
        if many {
            return Some(Fault::OnePathOnly);
        }
        let garbled =
            theirs.key.peer == NOBODY && theirs.attributes.get("as_path").is_some_and(Option::is_some);
        (frr && garbled).then_some(Fault::LocalAsPath)
    }

    /// Asks the router's messages; `as_ours` says whether the last one agrees with our table.
    fn witness(
        &self,
        route: &Route,
        as_ours: impl FnOnce(Says, Option<&Attributes>) -> bool,
    ) -> (Cause, Option<Frame>) {
        let Some(frames) = self.frames else { return (Cause::Unknown, None) };
        let (frame, announced) =
            frames.last(&self.report.router, self.table.view, self.distinguisher, &route.key, route.path_id);
        let cause = if as_ours(frame.says, announced.as_ref()) { Cause::SentSo } else { Cause::Station };
        (cause, Some(frame))
    }

    fn meet(&mut self, fault: Fault, route: &Route) {
        let met = self.met.entry(fault).or_default();
        met.0 += 1;
        if met.1.is_none() {
            let (_, frame) = self.witness(route, |_, _| true);
            let frame = frame.filter(|frame| frame.number.is_some());
            self.met.entry(fault).or_default().1 = frame;
        }
    }

    fn differ(
        &mut self,
        kind: Kind,
        route: &Route,
        attributes: BTreeMap<&'static str, Pair>,
        cause: Cause,
        frame: Option<Frame>,
    ) {
        if cause == Cause::SentSo {
            self.report.sent_so += 1;
        }
        self.report.differences.push(Difference {
            kind,
            peer: route.key.peer,
            family: route.key.family().to_string(),
            nlri: route.text.clone(),
            path_id: route.path_id,
            attributes,
            cause,
            frame,
        });
    }
}

/// Whether a route of ours is what was announced; labels stand in the NLRI and are not asked.
fn holds(own: &Route, announced: &Attributes) -> bool {
    announced.iter().all(|(name, value)| own.attributes.get(name) == Some(value))
}
