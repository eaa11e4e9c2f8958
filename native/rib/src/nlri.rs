//! NLRI as keys: what identifies a route of a family.

use std::borrow::Cow;

use ipnet::IpNet;
use sha2::{Digest, Sha256};
use smallvec::SmallVec;
use wire::bgp::nlri::{unicast, Form};
use wire::bgp::{AddressFamily, NlriRef};

/// One NLRI without path identifier, as on the wire; of a bare prefix (SAFI 1 and 2 of IPv4, IPv6) the
/// bits after the length are cleared. A route that comes with another NLRI for the same key, e.g.
/// with another label, is a withdrawal of the one and an announcement of the other.
pub type Nlri = SmallVec<[u8; 20]>;

/// IANA address family numbers and subsequent ones whose NLRI is a bare prefix.
pub fn is_prefix_family(afi: u16, safi: u8) -> bool {
    AddressFamily::new(afi, safi).is_prefix()
}

/// Whether a block of the family's NLRI can be split, so that there are routes which can be withdrawn one by one.
pub(crate) fn splits(afi: u16, safi: u8) -> bool {
    AddressFamily::new(afi, safi).layout().is_some()
}

/// The NLRI as text: a prefix, or what its family's parts are; hexadecimal where there is no reading.
pub fn text(afi: u16, safi: u8, nlri: &[u8]) -> String {
    let family = AddressFamily::new(afi, safi);
    NlriRef::canonical(family, None, nlri).value().to_string()
}

/// Prefix, route distinguisher and labels of an NLRI of any family.
pub fn route(afi: u16, safi: u8, nlri: &[u8]) -> wire::bgp::nlri::Route {
    NlriRef::canonical(AddressFamily::new(afi, safi), None, nlri).value().route()
}

/// The prefix of a bare prefix's NLRI.
pub fn prefix(afi: u16, safi: u8, nlri: &[u8]) -> Option<IpNet> {
    let family = AddressFamily::new(afi, safi);
    if !family.is_prefix() {
        return None;
    }
    NlriRef::canonical(family, None, nlri).prefix()
}

/// The NLRI in one form: the bits after a bare prefix's length cleared.
#[inline]
pub(crate) fn key(afi: u16, safi: u8, nlri: &[u8]) -> Nlri {
    let mut key = Nlri::from_slice(nlri);
    if is_prefix_family(afi, safi) {
        unicast::canonicalize(&mut key);
    }
    key
}

/// NLRI up to this many octets are their own key in a store; an index cannot hold every longer one.
pub const LONGEST_KEY: usize = 256;
/// Before the digest that stands for an NLRI. An NLRI that begins so is digested whatever its length, so that no key is
/// both.
const DIGEST: [u8; 4] = [0xff; 4];

/// What an NLRI is known by in a store: itself, or four octets 0xff and its SHA-256, and then true.
pub fn stored_key(nlri: &[u8]) -> (Cow<'_, [u8]>, bool) {
    if nlri.len() <= LONGEST_KEY && !nlri.starts_with(&DIGEST) {
        return (Cow::Borrowed(nlri), false);
    }
    let mut key = DIGEST.to_vec();
    key.extend_from_slice(&Sha256::digest(nlri));
    (Cow::Owned(key), true)
}

/// Path id and NLRI of each route in a block; of a family without a reading the block is one.
pub(crate) fn split(
    afi: u16,
    safi: u8,
    add_path: bool,
    block: &[u8],
) -> impl Iterator<Item = wire::error::Result<(Option<u32>, &[u8])>> {
    wire::bgp::nlri::iter(AddressFamily::new(afi, safi), Form::canonical(add_path), block)
        .map(|nlri| nlri.map(|nlri| (nlri.path_id, nlri.bytes)))
}
