//! What a comparison came to.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use serde::Serialize;

use crate::fault::Fault;

/// Where the two tables part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The router has it and we do not.
    Missing,
    /// We have it and the router does not.
    Extra,
    /// Both have it, with different attributes.
    Different,
}

/// Who is to blame, as far as can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The router's last message about the route says what we hold.
    SentSo,
    /// The router's last message about the route says what the router holds: the station is wrong.
    Station,
    /// The messages are not at hand.
    Unknown,
}

/// What the router's last message about a route does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    Announces,
    Withdraws,
    PeerDown,
    /// There is no message about it.
    Nothing,
}

/// The BMP message that last spoke of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Frame {
    /// Of the message within its session, from 1.
    pub number: Option<u64>,
    /// Of the message's first octet within its session.
    pub offset: Option<u64>,
    pub says: Says,
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let says = match self.says {
            Says::Announces => "announces it",
            Says::Withdraws => "withdraws it",
            Says::PeerDown => "takes its peer down",
            Says::Nothing => return f.write_str("no BMP message of the session is about it"),
        };
        let (number, offset) = (self.number.unwrap_or_default(), self.offset.unwrap_or_default());
        write!(f, "the last BMP message about it, number {number} at offset {offset}, {says}")
    }
}

/// An attribute's two values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pair {
    pub router: Option<String>,
    pub ours: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    pub kind: Kind,
    pub peer: IpAddr,
    pub family: String,
    pub nlri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_id: Option<u32>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<&'static str, Pair>,
    pub cause: Cause,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame: Option<Frame>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Missing => "missing",
            Kind::Extra => "extra",
            Kind::Different => "different",
        };
        write!(f, "{kind}: {} of peer {}", self.nlri, self.peer)?;
        if let Some(id) = self.path_id {
            write!(f, ", path {id}")?;
        }
        for (name, pair) in &self.attributes {
            let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".into());
            write!(f, "\n  {name}: the router has {}, we have {}", text(&pair.router), text(&pair.ours))?;
        }
        match (self.frame, self.cause) {
            (Some(frame), Cause::Station) => write!(f, "\n  {frame}, and the station does not hold that"),
            (Some(frame), _) => write!(f, "\n  {frame}"),
            (None, _) => Ok(()),
        }
    }
}

/// A known fault that was met: how often, and one message of it.
#[derive(Clone, Debug, Serialize)]
pub struct Met {
    pub fault: Fault,
    pub text: &'static str,
    pub routes: u64,
    /// A message that has it, where the messages are at hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame: Option<Frame>,
}

/// What the exit status of the command says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Equal,
    Different,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    pub router: String,
    pub view: &'static str,
    pub families: Vec<String>,
    /// Routes of the router's table, and of ours that were compared with them.
    pub routes: u64,
    pub ours: u64,
    /// Equal in everything that the router's table shows, or different by a known fault only.
    pub equal: u64,
    pub missing: u64,
    pub extra: u64,
    pub different: u64,
    /// Of the three: those where the router's last message says what we hold.
    pub sent_so: u64,
    /// How many routes differ in each attribute.
    pub by_attribute: BTreeMap<&'static str, u64>,
    pub known_faults: Vec<Met>,
    pub differences: Vec<Difference>,
    /// What could not be compared, in words.
    pub not_compared: Vec<String>,
    /// Whether differences that the router sent so count.
    #[serde(skip)]
    pub(crate) as_sent: bool,
}

impl Report {
    pub fn status(&self) -> Status {
        let all = self.missing + self.extra + self.different;
        let excused = if self.as_sent { self.sent_so } else { 0 };
        if all > excused {
            Status::Different
        } else {
            Status::Equal
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { router, view, routes, ours, equal, missing, extra, different, .. } = self;
        writeln!(
            f,
            "{router}, {view}, {}: the router has {routes} routes, we have {ours}",
            self.families.join(", ")
        )?;
        writeln!(f, "equal {equal}, missing {missing}, extra {extra}, different {different}")?;
        if self.sent_so > 0 {
            writeln!(f, "of these the router itself sent {} so over BMP", self.sent_so)?;
        }
        for (name, count) in &self.by_attribute {
            writeln!(f, "different in {name}: {count}")?;
        }
        for met in &self.known_faults {
            write!(f, "known fault, {} routes: {}", met.routes, met.text)?;
            match met.frame.and_then(|frame| frame.number.zip(frame.offset)) {
                Some((number, offset)) => writeln!(f, " (for example message {number} at offset {offset})")?,
                None => writeln!(f)?,
            }
        }
        for what in self.not_compared.iter().take(3) {
            writeln!(f, "not compared: {what}")?;
        }
        match self.not_compared.len().checked_sub(3) {
            Some(more @ 1..) => writeln!(f, "not compared: {more} more (--json has them)"),
            _ => Ok(()),
        }
    }
}
