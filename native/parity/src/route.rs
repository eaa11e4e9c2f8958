//! A route in the one form in which both tables are compared.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use rib::{PathAttributes, RibView};
use serde::Deserialize;
use serde_json::{Map, Value};
use wire::bgp::nlri::NlriValue;
use wire::bgp::{AddressFamily, NlriRef};

/// Name of an attribute to its value as text; `None` is said to be absent, and a name that is not there is not said.
pub type Attributes = BTreeMap<&'static str, Option<String>>;

/// What tells the routes of one view apart, but for path identifiers: not every table shows those.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// 0.0.0.0 for routes of the router itself, and for the Loc-RIB.
    pub peer: IpAddr,
    pub afi: u16,
    pub safi: u8,
    /// The parts of the NLRI that identify it ([`NlriRef::key`]): no labels.
    pub nlri: Vec<u8>,
}

#[derive(Clone, Debug)]
pub struct Route {
    pub key: Key,
    /// The NLRI as text.
    pub text: String,
    pub path_id: Option<u32>,
    pub attributes: Attributes,
}

/// A route of ours, and where it belongs.
#[derive(Clone, Debug)]
pub struct Ours {
    pub router: String,
    pub view: RibView,
    pub distinguisher: String,
    pub route: Route,
}

pub const NOBODY: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

impl Key {
    pub fn new(peer: IpAddr, family: AddressFamily, octets: &[u8]) -> Self {
        let mut nlri = Vec::with_capacity(octets.len());
        NlriRef::canonical(family, None, octets).key(&mut nlri);
        // A router's own routes of IPv6 have `::` in its tables and 0.0.0.0 in BMP.
        let peer = if peer.is_unspecified() { NOBODY } else { peer };
        Key { peer, afi: family.afi, safi: family.safi, nlri }
    }

    pub fn family(&self) -> AddressFamily {
        AddressFamily::new(self.afi, self.safi)
    }
}

impl Route {
    pub fn new(peer: IpAddr, family: AddressFamily, value: &NlriValue, attributes: Attributes) -> Self {
        let mut octets = Vec::new();
        value.encode(&mut octets);
        Route {
            key: Key::new(peer, family, &octets),
            text: value.to_string(),
            path_id: None,
            attributes: with_labels(value, attributes),
        }
    }
}

/// A line of `bmp-collector rib`.
#[derive(Deserialize)]
struct Line {
    router: String,
    view: String,
    peer: IpAddr,
    #[serde(default = "no_distinguisher")]
    distinguisher: String,
    afi: u16,
    safi: u8,
    /// Hexadecimal.
    nlri: String,
    #[serde(default)]
    path_id: Option<u32>,
    #[serde(flatten)]
    attributes: Map<String, Value>,
}

fn no_distinguisher() -> String {
    "0:0".into()
}

impl Ours {
    /// One line of `bmp-collector rib`.
    ///
    /// # Errors
    /// In words, when it is no such line.
    pub fn from_json(line: &str) -> Result<Self, String> {
        let line: Line = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let view = RibView::from_name(&line.view).ok_or_else(|| format!("{} is no view", line.view))?;
        let octets = rib::text::unhex(&line.nlri).ok_or_else(|| "nlri is not hexadecimal".to_string())?;
        let family = AddressFamily::new(line.afi, line.safi);
        let value = NlriRef::canonical(family, None, &octets).value();
        let peer = if view == RibView::LocRib { NOBODY } else { line.peer };
        Ok(Ours {
            router: line.router,
            view,
            distinguisher: line.distinguisher,
            route: Route {
                key: Key::new(peer, family, &octets),
                text: value.to_string(),
                path_id: line.path_id,
                attributes: with_labels(&value, attributes(&line.attributes)),
            },
        })
    }
}

/// Every attribute of ours is said.
pub fn typed(set: &PathAttributes) -> Attributes {
    match serde_json::to_value(set) {
        Ok(Value::Object(fields)) => attributes(&fields),
        _ => Attributes::new(),
    }
}

fn attributes(fields: &Map<String, Value>) -> Attributes {
    let one = |name: &str| fields.get(name).and_then(scalar);
    let many = |name: &str| {
        let list = fields.get(name).and_then(Value::as_array);
        listed(list.into_iter().flatten().filter_map(scalar))
    };
    let aggregator = fields.get("aggregator").and_then(|aggregator| {
        Some(format!("{} {}", aggregator.get("asn")?, aggregator.get("address")?.as_str()?))
    });
    Attributes::from([
        ("origin", one("origin")),
        ("as_path", one("as_path_text")),
        ("next_hop", one("next_hop").map(|text| next_hop(&text))),
        ("next_hop_link_local", one("next_hop_link_local")),
        ("med", one("med")),
        ("local_pref", one("local_pref")),
        ("atomic_aggregate", one("atomic_aggregate")),
        ("aggregator", aggregator),
        ("originator_id", one("originator_id")),
        ("cluster_list", many("cluster_list")),
        ("communities", many("communities")),
        ("extended_communities", many("extended_communities")),
        ("large_communities", many("large_communities")),
    ])
}

/// An IPv4 address in the form of IPv6 is an IPv4 address: so GoBGP prints it.
fn next_hop(text: &str) -> String {
    text.parse::<IpAddr>().map_or_else(|_| text.into(), |address| address.to_canonical().to_string())
}

/// A value as text; what is empty or false is absent.
pub fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(true) => Some("true".into()),
        _ => None,
    }
}

/// Values of which the order says nothing.
pub fn listed(values: impl Iterator<Item = String>) -> Option<String> {
    let mut values: Vec<String> = values.collect();
    values.sort();
    (!values.is_empty()).then(|| values.join(" "))
}

/// The labels of an NLRI are no part of its key, so they are compared as if they were an attribute.
fn with_labels(value: &NlriValue, mut attributes: Attributes) -> Attributes {
    let labels = match value {
        NlriValue::Labeled(labeled) => &labeled.labels,
        NlriValue::Vpn(vpn) => &vpn.labels,
        _ => return attributes,
    };
    let text: Vec<String> = labels.iter().map(|label| label.value().to_string()).collect();
    attributes.entry("labels").or_insert_with(|| (!text.is_empty()).then(|| text.join(" ")));
    attributes
}

/// A prefix as NLRI, with its path identifier apart.
pub fn prefix_family(prefix: ipnet::IpNet, safi: u8) -> AddressFamily {
    let afi = if prefix.addr().is_ipv4() { AddressFamily::IPV4 } else { AddressFamily::IPV6 };
    AddressFamily::new(afi, safi)
}
