//! Attribute sets: their identity, and what they say.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, OnceLock};

use serde::Serialize;
use sha2::{Digest, Sha256};

/// First half of SHA-256 over an attribute set's identity: next hop length, next hop, canonical
/// attributes. It stands for the bytes where these are not at hand (a state row in the store).
pub type AttributesHash = [u8; 16];

/// A route's next hop and path attributes. Two sets are the same when, and only when, every byte
/// is the same; the typed reading is made once, when somebody asks.
#[derive(Debug)]
pub struct AttributeSet {
    identity: Arc<[u8]>,
    typed: OnceLock<PathAttributes>,
}

impl AttributeSet {
    /// `identity` as [`identity`] writes it.
    pub(crate) fn new(identity: Arc<[u8]>) -> Self {
        AttributeSet { identity, typed: OnceLock::new() }
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
        hash(&self.identity)
    }

    pub(crate) fn into_typed(self) -> PathAttributes {
        let decoded = PathAttributes::decode(self.next_hop(), self.canonical());
        self.typed.into_inner().unwrap_or(decoded)
    }

    /// Every attribute, typed.
    pub fn typed(&self) -> &PathAttributes {
        self.typed.get_or_init(|| PathAttributes::decode(self.next_hop(), self.canonical()))
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

fn split(identity: &[u8]) -> (&[u8], &[u8]) {
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
    #[serde(rename = "as_path_text")]
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
    /// COMMUNITIES (RFC 1997), as numbers; see [`community_text`].
    pub communities: Vec<u32>,
    /// EXTENDED COMMUNITIES (RFC 4360), as text, e.g. `rt:65000:1`.
    pub extended_communities: Vec<String>,
    /// LARGE_COMMUNITY (RFC 8092), as text, `65000:1:2`.
    pub large_communities: Vec<String>,
    /// ONLY_TO_CUSTOMER (RFC 9234).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only_to_customer: Option<u32>,
    /// Attributes without a field of their own, in order of code.
    #[serde(rename = "other_attributes", skip_serializing_if = "Vec::is_empty")]
    pub other: Vec<OtherAttribute>,
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
    format!("{}:{}", community >> 16, community & 0xffff)
}

impl PathAttributes {
    /// Reads canonical attributes; what does not read is left out of the typed view (the bytes
    /// stay the identity).
    pub(crate) fn decode(_next_hop: &[u8], canonical: &[u8]) -> Self {
        let mut out = PathAttributes::default();
        let mut rest = canonical;
        while let Some(([_, code, length], after)) = rest.split_first_chunk() {
            let Some((value, after)) = after.split_at_checked(usize::from(*length)) else { break };
            if *code == 4 {
                out.med = value.try_into().ok().map(u32::from_be_bytes);
            }
            rest = after;
        }
        out
    }
}
