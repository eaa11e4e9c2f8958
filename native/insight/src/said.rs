//! What is said: changes of the topology, alerts and verdicts, each with the time at which it was said.

use ipnet::IpNet;
use rib::Position;
use serde::{Deserialize, Serialize};

/// The most peers, prefixes or pieces of evidence that are listed in one thing that is said.
pub const MAX_LISTED: usize = 100;

/// One thing that was said, in JSON one object.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Said {
    /// The clock that was handed in, in milliseconds.
    pub at_ms: i64,
    #[serde(flatten)]
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum What {
    Topology(Change),
    Alert(Alert),
    Verdict(Verdict),
}

/// A change of the topology.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Change {
    NodeAdded {
        node: String,
    },
    NodeLost {
        node: String,
    },
    LinkAdded(LinkSaid),
    LinkLost(LinkSaid),
    /// Prefixes went from one next hop to another.
    PathShift {
        router: String,
        from: String,
        to: String,
        /// The prefix, where there is only one.
        #[serde(skip_serializing_if = "Option::is_none")]
        prefix: Option<IpNet>,
        /// The first of the prefixes, where there are several; `count` says how many there are.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        prefixes: Vec<IpNet>,
        count: u64,
    },
    PrefixMoved {
        prefix: IpNet,
        from: String,
        to: String,
    },
    PrefixLost {
        prefix: IpNet,
        node: String,
    },
    ServiceFound {
        service: String,
        address: String,
    },
    ServiceLost {
        service: String,
        address: String,
    },
}

/// A link as it is told.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LinkSaid {
    pub source: String,
    pub target: String,
    pub protocol: crate::topology::Protocol,
    /// What it was derived from.
    pub evidence: Vec<String>,
    /// How certain the link is, from 0 to 1.
    pub confidence: f32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    Open,
    Update,
    Close,
}

/// An alert as it is told.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Alert {
    pub rule: &'static str,
    pub state: AlertState,
    pub subject: String,
    pub severity: Severity,
    pub text: String,
    pub evidence: Vec<Evidence>,
    /// What to do about it.
    pub runbook: String,
    /// The same for every state of one alert, and for no other: rule, subject and the time when it opened.
    pub uid: String,
    pub opened_at_ms: i64,
    /// All prefixes that it is about, where it is about several; at most [`MAX_LISTED`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prefixes: Vec<IpNet>,
    /// All peers that it is about, where it is about several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub peers: Vec<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub acknowledged: bool,
    /// It is not to be delivered to people.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub muted: bool,
    /// Until when it is muted; `i64::MAX`: for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub muted_until_ms: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    Physical,
    Logical,
    Administrative,
    Observation,
    Unknown,
}

/// Why something broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    LinkFailure,
    InterfaceShut,
    RouterFailure,
    RemoteFailure,
    PathFailure,
    RemoteShutdown,
    LocalShutdown,
    MaxPrefix,
    ProtocolError,
    OriginWithdrawn,
    PolicyChange,
    WorkloadMoved,
    NodeFailure,
    Flapping,
    ObservationLost,
    /// The router gave a reason that nobody knows.
    Unknown,
}

impl Cause {
    pub const ALL: [Cause; 16] = [
        Cause::LinkFailure,
        Cause::InterfaceShut,
        Cause::RouterFailure,
        Cause::RemoteFailure,
        Cause::PathFailure,
        Cause::RemoteShutdown,
        Cause::LocalShutdown,
        Cause::MaxPrefix,
        Cause::ProtocolError,
        Cause::OriginWithdrawn,
        Cause::PolicyChange,
        Cause::WorkloadMoved,
        Cause::NodeFailure,
        Cause::Flapping,
        Cause::ObservationLost,
        Cause::Unknown,
    ];

    pub fn class(self) -> Class {
        match self {
            Cause::LinkFailure | Cause::RouterFailure | Cause::NodeFailure => Class::Physical,
            Cause::InterfaceShut | Cause::RemoteShutdown | Cause::LocalShutdown | Cause::PolicyChange => {
                Class::Administrative
            }
            Cause::ObservationLost => Class::Observation,
            Cause::Unknown => Class::Unknown,
            _ => Class::Logical,
        }
    }

    /// What of the cause is open to doubt, for a person to check.
    pub fn would_change_if(self) -> &'static str {
        match self {
            Cause::LinkFailure => "the interface turns out to be administratively down, or never was down",
            Cause::InterfaceShut => "the interface turns out to be administratively up",
            Cause::RouterFailure => "one of the router's sessions is seen to be up, or it said why it went",
            Cause::RemoteFailure => {
                "SNMP tells that the interface was down, or other routers lose the same neighbour"
            }
            Cause::PathFailure => "SNMP tells that the interface was down",
            Cause::RemoteShutdown | Cause::LocalShutdown | Cause::MaxPrefix | Cause::ProtocolError => {
                "nothing: the NOTIFICATION or the Peer Down reason says so"
            }
            Cause::OriginWithdrawn => "a peer still has the prefix, or a session was down that was not seen",
            Cause::PolicyChange => "the routes before policy changed too, and the router told it late",
            Cause::WorkloadMoved => "the block comes back at the first node",
            Cause::NodeFailure => {
                "the node's session or one of its blocks is seen elsewhere, or its interface was down"
            }
            Cause::Flapping => "it stays up for as long as the rule says",
            Cause::ObservationLost => "the router's BMP session comes back and tells what happened",
            Cause::Unknown => "the router tells a reason that is known",
        }
    }
}

/// Its name in JSON.
impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.serialize(f)
    }
}

/// Why something broke, as it is told. A later verdict on the same subject replaces it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    pub subject: String,
    pub cause: Cause,
    pub class: Class,
    /// How certain the cause is, from 0 to 1.
    pub confidence: f32,
    pub text: String,
    pub evidence: Vec<Evidence>,
    pub would_change_if: &'static str,
    /// Subjects of verdicts that this one takes the place of.
    pub supersedes: Vec<String>,
    /// All peers that went with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub peers: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prefixes: Vec<IpNet>,
}

/// What something was concluded from: a delta, by its position, or what SNMP told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Evidence {
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub router: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
}

impl Evidence {
    pub fn of(router: &str, position: Position, text: impl Into<String>) -> Self {
        Evidence { text: text.into(), router: Some(router.into()), position: Some(position) }
    }

    pub fn text(text: impl Into<String>) -> Self {
        Evidence { text: text.into(), ..Evidence::default() }
    }
}
