//! Attribute sets: their identity, and what they say.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, OnceLock};

use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use wire::bgp::attribute::Community;
use wire::bgp::{Attribute, AttributeValue, Attributes, NextHop};
use wire::registry::attributes::{self as registry, Place};

/// Names an interned set; routes hold one in four octets.
pub(crate) type SetId = u32;

/// First half of SHA-256 over an attribute set's identity: next hop length, next hop, canonical
/// attributes. It stands for the bytes where these are not at hand (a state row in the store).
pub type AttributesHash = [u8; 16];

/// A route's next hop and path attributes. Two sets are the same when, and only when, every byte
/// is the same; the typed reading is made once, when somebody asks.
#[derive(Debug)]
pub struct AttributeSet {
    identity: Arc<[u8]>,
    hash: OnceLock<AttributesHash>,
    /// Boxed: most sets of a batch are never asked.
    typed: OnceLock<Box<PathAttributes>>,
    stored: bool,
}

impl AttributeSet {
    /// `identity` as [`identity`] writes it.
    pub(crate) fn new(identity: Arc<[u8]>) -> Self {
        AttributeSet { identity, hash: OnceLock::new(), typed: OnceLock::new(), stored: false }
    }

    /// As [`AttributeSet::new`], of a set that a store has already.
    pub(crate) fn stored(identity: Arc<[u8]>) -> Self {
        AttributeSet { stored: true, ..Self::new(identity) }
    }

    /// Deltas before have told it, or it was loaded: a store that has them has it too.
    pub fn is_stored(&self) -> bool {
        self.stored
    }

    /// The set of a next hop and canonical attributes.
    pub fn from_parts(next_hop: &[u8], canonical: &[u8]) -> Self {
        let mut bytes = Vec::new();
        identity(&mut bytes, next_hop, canonical);
        Self::new(bytes.into())
    }

    /// Next hop as it was on the wire: 4, 16 or 32 octets (RFC 2545), or with a route
    /// distinguisher before each (RFC 4364, RFC 4659).
    pub fn next_hop(&self) -> &[u8] {
        split(&self.identity).0
    }

    /// Path attributes in RFC 4271 encoding as the batch carries them.
    pub fn canonical(&self) -> &[u8] {
        split(&self.identity).1
    }

    pub fn hash(&self) -> AttributesHash {
        *self.hash.get_or_init(|| hash(&self.identity))
    }

    pub(crate) fn into_typed(self) -> PathAttributes {
        let decode = || PathAttributes::decode(split(&self.identity).0, split(&self.identity).1);
        self.typed.into_inner().map_or_else(decode, |typed| *typed)
    }

    /// Every attribute, typed.
    pub fn typed(&self) -> &PathAttributes {
        self.typed.get_or_init(|| PathAttributes::decode(self.next_hop(), self.canonical()).into())
    }
}

/// Writes the identity of (next hop, canonical attributes) into `out`.
pub(crate) fn identity(out: &mut Vec<u8>, next_hop: &[u8], canonical: &[u8]) {
    out.clear();
    // A next hop is at most 255 octets on the wire: its length field has one.
    let length = u8::try_from(next_hop.len()).unwrap_or(u8::MAX);
    out.push(length);
    out.extend_from_slice(next_hop.get(..usize::from(length)).unwrap_or(next_hop));
    out.extend_from_slice(canonical);
}

/// Next hop and canonical attributes of an identity.
pub(crate) fn split(identity: &[u8]) -> (&[u8], &[u8]) {
    identity
        .split_first()
        .and_then(|(length, rest)| rest.split_at_checked(usize::from(*length)))
        .unwrap_or((&[], identity))
}

pub(crate) fn hash(identity: &[u8]) -> AttributesHash {
    let digest = Sha256::digest(identity);
    let mut out = AttributesHash::default();
    out.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    out
}

/// The path attributes of a route, as rows and JSON show them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PathAttributes {
    /// ORIGIN: `igp`, `egp` or `incomplete`.
    pub origin: Option<&'static str>,
    /// AS_PATH as routers print it: sequences bare, sets in braces, confederation sequences in
    /// parentheses, confederation sets in brackets.
    pub as_path_text: String,
    /// Every AS number of AS_PATH in order, sets and confederations included.
    pub as_path: Vec<u32>,
    pub next_hop: Option<IpAddr>,
    /// Second address of an IPv6 next hop (RFC 2545).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_hop_link_local: Option<Ipv6Addr>,
    /// MULTI_EXIT_DISC.
    pub med: Option<u32>,
    pub local_pref: Option<u32>,
    pub atomic_aggregate: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aggregator: Option<Aggregator>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub originator_id: Option<Ipv4Addr>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cluster_list: Vec<Ipv4Addr>,
    /// COMMUNITIES (RFC 1997); `65000:100` in JSON.
    #[serde(serialize_with = "community_texts")]
    pub communities: Vec<u32>,
    /// EXTENDED COMMUNITIES (RFC 4360), as text, e.g. `rt:65000:1`.
    pub extended_communities: Vec<String>,
    /// LARGE_COMMUNITY (RFC 8092), as text, `65000:1:2`.
    pub large_communities: Vec<String>,
    /// Attributes that the registry of the wire crate gives a field of their name, as JSON.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
    /// Attributes without a field of their own, in order of code.
    #[serde(rename = "other_attributes", skip_serializing_if = "Vec::is_empty")]
    pub other: Vec<OtherAttribute>,
}

impl PathAttributes {
    /// What stands in the place of labels in the NLRI: MPLS labels, or VNIs where the encapsulation has such.
    pub(crate) fn labels_of(&self, parts: &wire::bgp::nlri::Route) -> (Vec<u32>, Vec<u32>) {
        if self.has_vnis() {
            (Vec::new(), parts.vnis().to_vec())
        } else {
            (parts.labels.iter().map(|label| label.value()).collect(), Vec::new())
        }
    }

    /// Whether the encapsulation is one that has VNIs in place of labels (RFC 9012, section 4.1; RFC 8365, section 5.1.3).
    fn has_vnis(&self) -> bool {
        self.extended_communities.iter().any(|community| {
            matches!(
                community.as_str(),
                "encapsulation:vxlan"
                    | "encapsulation:nvgre"
                    | "encapsulation:vxlan-gpe"
                    | "encapsulation:geneve"
            )
        })
    }
}

/// AGGREGATOR (RFC 4271, section 5.1.7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Aggregator {
    pub asn: u32,
    pub address: Ipv4Addr,
}

/// A path attribute kept as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OtherAttribute {
    pub code: u8,
    pub flags: u8,
    /// Lower-case hexadecimal.
    pub value: String,
}

/// `65000:100`, as routers print a community.
pub fn community_text(community: u32) -> String {
    Community(community).to_string()
}

impl PathAttributes {
    /// Reads canonical attributes. Everything is in one of the fields: what has none, or is malformed,
    /// in `other`.
    pub(crate) fn decode(next_hop: &[u8], canonical: &[u8]) -> Self {
        let (next_hop, next_hop_link_local) = next_hops(next_hop);
        let mut out = PathAttributes { next_hop, next_hop_link_local, ..PathAttributes::default() };
        // The batch carries checked attributes only; of anything else the readable part is shown.
        for attribute in Attributes::decode_canonical(canonical).unwrap_or_default().0 {
            out.take(attribute);
        }
        out
    }

    fn take(&mut self, attribute: Attribute) {
        match attribute.value {
            AttributeValue::Origin(origin) => {
                self.origin = Some(origin.name());
            }
            AttributeValue::AsPath(path) => {
                self.as_path_text = path.to_string();
                self.as_path = path.asns().collect();
            }
            AttributeValue::MultiExitDisc(med) => self.med = Some(med.0),
            AttributeValue::LocalPref(preference) => self.local_pref = Some(preference.0),
            AttributeValue::AtomicAggregate(_) => self.atomic_aggregate = true,
            AttributeValue::Aggregator(aggregator) => {
                self.aggregator = Some(Aggregator { asn: aggregator.asn, address: aggregator.address });
            }
            AttributeValue::OriginatorId(id) => self.originator_id = Some(id.0),
            AttributeValue::ClusterList(list) => self.cluster_list = list.0,
            AttributeValue::Communities(communities) => {
                self.communities = communities.0.iter().map(|community| community.0).collect();
            }
            AttributeValue::ExtendedCommunities(communities) => {
                self.extended_communities = communities.0.iter().map(ToString::to_string).collect();
            }
            AttributeValue::LargeCommunities(communities) => {
                self.large_communities = communities.0.iter().map(ToString::to_string).collect();
            }
            value => {
                if let Some((name, value)) = field(&value) {
                    self.fields.insert(name.into(), value);
                    return;
                }
                let mut octets = Vec::new();
                value.encode(&mut octets);
                self.other.push(OtherAttribute {
                    code: value.code(),
                    flags: attribute.flags,
                    value: crate::text::hex(&octets),
                });
            }
        }
    }
}

/// The addresses of a next hop.
fn next_hops(octets: &[u8]) -> (Option<IpAddr>, Option<Ipv6Addr>) {
    match NextHop::decode(octets) {
        NextHop::Ipv4(address) | NextHop::VpnIpv4 { address, .. } => (Some(address.into()), None),
        NextHop::Ipv6 { global, link_local } => (Some(global.into()), link_local),
        NextHop::VpnIpv6 { global, link_local, .. } => {
            (Some(global.into()), link_local.map(|(_, address)| address))
        }
        NextHop::None | NextHop::Raw(_) => (None, None),
    }
}

/// The next hop of a set's identity, without reading its attributes.
pub(crate) fn next_hop_of(identity: &[u8]) -> Option<IpAddr> {
    next_hops(split(identity).0).0
}

/// One attribute of a set's identity, without reading the others.
pub(crate) fn attribute_of(identity: &[u8], code: u8) -> Option<AttributeValue> {
    Attributes::find_canonical(split(identity).1, code).map(|attribute| attribute.value)
}

/// Name and value of an attribute that has a field of its name.
fn field(value: &AttributeValue) -> Option<(&'static str, Value)> {
    let known = registry::attribute(value.code()).filter(|known| known.place == Place::Field)?;
    match value {
        // It does not have its form.
        AttributeValue::Unknown(_) => None,
        value => Some((known.name, serde_json::to_value(value).ok()?)),
    }
}

fn community_texts<S: serde::Serializer>(communities: &[u32], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(communities.iter().map(|community| community_text(*community)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_is_typed_and_the_rest_is_kept() {
        let canonical = [
            [0x40, 1, 1, 2].as_slice(),
            &[0x40, 2, 16, 2, 2, 0, 0, 0xfd, 0xe8, 0, 1, 0, 0, 1, 1, 0, 0, 0, 7],
            &[0x80, 4, 4, 0, 0, 0, 50],
            &[0x40, 5, 4, 0, 0, 0, 200],
            &[0x40, 6, 0],
            &[0xc0, 7, 8, 0, 0, 0xfd, 0xe8, 10, 0, 0, 1],
            &[0xc0, 8, 8, 0xfd, 0xe8, 0, 100, 0xff, 0xff, 0xff, 1],
            &[0x80, 9, 4, 10, 0, 0, 2],
            &[0x80, 10, 8, 10, 0, 0, 3, 10, 0, 0, 4],
            &[0xc0, 16, 8, 0, 2, 0xfd, 0xe8, 0, 0, 0, 1],
            &[0xc0, 32, 12, 0, 0, 0xfd, 0xe8, 0, 0, 0, 1, 0, 0, 0, 2],
            &[0xc0, 35, 4, 0, 0, 0xfd, 0xe8],
            &[0xe0, 99, 2, 0xab, 0xcd],
        ]
        .concat();
        let set = AttributeSet::from_parts(&[192, 0, 2, 1], &canonical);
        let expected = PathAttributes {
            origin: Some("incomplete"),
            as_path_text: "65000 65536 {7}".into(),
            as_path: vec![65000, 65536, 7],
            next_hop: Some(IpAddr::from([192, 0, 2, 1])),
            next_hop_link_local: None,
            med: Some(50),
            local_pref: Some(200),
            atomic_aggregate: true,
            aggregator: Some(Aggregator { asn: 65000, address: Ipv4Addr::new(10, 0, 0, 1) }),
            originator_id: Some(Ipv4Addr::new(10, 0, 0, 2)),
            cluster_list: vec![Ipv4Addr::new(10, 0, 0, 3), Ipv4Addr::new(10, 0, 0, 4)],
            communities: vec![65000 << 16 | 100, 0xffff_ff01],
            extended_communities: vec!["rt:65000:1".into()],
            large_communities: vec!["65000:1:2".into()],
            fields: Map::from_iter([("only_to_customer".to_string(), Value::from(65000))]),
            other: vec![OtherAttribute { code: 99, flags: 0xe0, value: "abcd".into() }],
        };
        assert_eq!(*set.typed(), expected);
        let json = serde_json::to_value(set.typed()).unwrap();
        assert_eq!(json["only_to_customer"], serde_json::json!(65000));
        assert_eq!(json["communities"], serde_json::json!(["65000:100", "65535:65281"]));
        assert_eq!((set.next_hop(), set.canonical()), (&[192, 0, 2, 1][..], &canonical[..]));
    }

    #[test]
    fn a_next_hop_with_a_link_local_address() {
        let octets: Vec<u8> =
            [0x20, 0xfe].iter().flat_map(|first| [&[*first][..], &[0; 15]].concat()).collect();
        let set = AttributeSet::from_parts(&octets, &[]);
        assert_eq!(set.typed().next_hop, Some("2000::".parse().unwrap()));
        assert_eq!(set.typed().next_hop_link_local, Some("fe00::".parse().unwrap()));
    }

    #[test]
    fn next_hop_and_attributes_do_not_run_into_each_other() {
        let (one, other) = (AttributeSet::from_parts(&[1, 2], &[3]), AttributeSet::from_parts(&[1], &[2, 3]));
        assert_ne!(one.hash(), other.hash());
    }
}
