//! Network Layer Reachability Information, one file a family.
//!
//! A block of NLRI is first checked ([`check`]), then walked ([`iter`]) or made into owned values
//! ([`decode`]). Families without a reading are one opaque NLRI: the whole block.

use std::borrow::Cow;
use std::fmt;

use ipnet::IpNet;
use serde::Serialize;

use super::family::AddressFamily;
use crate::error::{At, Result};
use crate::raw::Raw;
use crate::reader::Reader;
use crate::registry::families as registry;

pub mod evpn;
pub mod flowspec;
pub mod flowspec_v2;
pub mod form;
mod framed;
pub mod label;
pub mod labeled;
pub mod link_state;
pub mod mcast_vpn;
pub mod mdt;
pub mod mup;
pub mod rd;
pub mod route;
pub mod rtc;
pub mod sr_policy;
pub mod unicast;
pub mod vpls;

pub use evpn::Evpn;
pub use flowspec::FlowSpec;
pub use flowspec_v2::FlowSpecV2;
pub use form::{Form, LabelStack};
pub use label::Label;
pub use labeled::{Labeled, Vpn};
pub use link_state::LinkState;
pub use mcast_vpn::McastVpn;
pub use mdt::Mdt;
pub use mup::Mup;
pub use rd::RouteDistinguisher;
pub use route::Route;
use route::ToRoute;
pub use rtc::RouteTargetConstraint;
pub use sr_policy::SrPolicy;
pub use vpls::Vpls;

use labeled::Layout;
use registry::Framing;

/// One NLRI.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Nlri {
    /// RFC 7911
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_id: Option<u32>,
    #[serde(flatten)]
    pub value: NlriValue,
}

/// An NLRI without its path identifier.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NlriValue {
    /// Unicast and multicast of IPv4 and IPv6 (RFC 4271, section 4.3; RFC 4760, section 5).
    Prefix(IpNet),
    /// RFC 8277
    Labeled(Box<Labeled>),
    /// RFC 4364, RFC 4659, SAFI 129 of RFC 6514, and classful transport (RFC 9832)
    Vpn(Box<Vpn>),
    /// RFC 7432
    Evpn(Box<Evpn>),
    /// RFC 4761, RFC 6074
    Vpls(Box<Vpls>),
    /// RFC 6514
    McastVpn(Box<McastVpn>),
    /// RFC 6037
    Mdt(Box<Mdt>),
    /// RFC 4684
    RouteTargetConstraint(Box<RouteTargetConstraint>),
    /// RFC 9830
    SrPolicy(Box<SrPolicy>),
    /// RFC 8955, RFC 8956
    FlowSpec(Box<FlowSpec>),
    /// draft-ietf-idr-flowspec-v2
    FlowSpecV2(Box<FlowSpecV2>),
    /// RFC 9552
    LinkState(Box<LinkState>),
    /// draft-ietf-bess-mup-safi
    Mup(Box<Mup>),
    /// Of a family of which only the framing is read, an NLRI; of one that has no reading, the whole block.
    Raw(Raw),
}

/// One NLRI by reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NlriRef<'a> {
    pub family: AddressFamily,
    /// RFC 7911
    pub path_id: Option<u32>,
    /// Without the path identifier, as on the wire.
    pub bytes: &'a [u8],
    pub labels: LabelStack,
}

impl<'a> NlriRef<'a> {
    /// Of octets that [`canonical`] wrote.
    pub fn canonical(family: AddressFamily, path_id: Option<u32>, bytes: &'a [u8]) -> Self {
        NlriRef { family, path_id, bytes, labels: LabelStack::ToBottom }
    }

    fn kind(&self) -> Kind {
        Kind::of(self.family, self.labels)
    }

    /// The address prefix, where the family's NLRI hold one.
    pub fn prefix(&self) -> Option<IpNet> {
        match self.kind() {
            Kind::Prefix { v6: false } => unicast::decode_v4(self.bytes),
            Kind::Prefix { v6: true } => unicast::decode_v6(self.bytes),
            Kind::Ahead(layout) => layout.vpn(self.bytes).map(|vpn| vpn.prefix),
            _ => self.value().prefix(),
        }
    }

    /// Octets of the labels, behind the length.
    pub(crate) fn labels_length(&self) -> usize {
        match self.kind() {
            Kind::Ahead(layout) => layout.labels_in(self.bytes),
            _ => 0,
        }
    }

    /// Adds the octets that identify the route among all of its family: what is irrelevant on the
    /// wire (bits after a prefix's length) or no part of the route key (labels, gateways, flags) is cleared or left
    /// out. The path identifier is not part of it.
    pub fn key(&self, out: &mut Vec<u8>) {
        match self.kind() {
            Kind::Prefix { .. } => unicast::key(self.bytes, out),
            Kind::Ahead(layout) => layout.key(self.bytes, out),
            Kind::FlowSpec { .. } => flowspec::key(self.bytes, out),
            Kind::Framed(framing) => framing.key(self.bytes, out),
            Kind::Mdt => Framing::Bits.key(self.bytes, out),
            _ => match self.value() {
                NlriValue::Evpn(evpn) => evpn.key(out),
                NlriValue::Vpls(vpls) => vpls.key(out),
                NlriValue::Mup(mup) => mup.key(out),
                _ => out.extend_from_slice(self.bytes),
            },
        }
    }

    /// The NLRI in owned, typed form.
    pub fn value(&self) -> NlriValue {
        self.kind().value(self.bytes).unwrap_or_else(|| NlriValue::Raw(self.bytes.into()))
    }

    pub fn to_owned(&self) -> Nlri {
        Nlri { path_id: self.path_id, value: self.value() }
    }
}

impl Nlri {
    pub fn encode(&self, out: &mut Vec<u8>) {
        if let Some(path_id) = self.path_id {
            out.extend_from_slice(&path_id.to_be_bytes());
        }
        self.value.encode(out);
    }
}

/// Matches a value: what is done with that of any family that has a type of its own, then with a bare prefix and with octets.
macro_rules! each_type {
    ($of:expr, $value:ident => $do:expr, $($other:pat => $done:expr),+ $(,)?) => {
        match $of {
            $($other => $done,)*
            NlriValue::Labeled($value) => $do,
            NlriValue::Vpn($value) => $do,
            NlriValue::Evpn($value) => $do,
            NlriValue::Vpls($value) => $do,
            NlriValue::McastVpn($value) => $do,
            NlriValue::Mdt($value) => $do,
            NlriValue::RouteTargetConstraint($value) => $do,
            NlriValue::SrPolicy($value) => $do,
            NlriValue::FlowSpec($value) => $do,
            NlriValue::FlowSpecV2($value) => $do,
            NlriValue::LinkState($value) => $do,
            NlriValue::Mup($value) => $do,
        }
    };
}

impl NlriValue {
    pub fn encode(&self, out: &mut Vec<u8>) {
        each_type!(
            self,
            value => value.encode(out),
            NlriValue::Prefix(prefix) => unicast::encode(prefix, out),
            NlriValue::Raw(raw) => out.extend_from_slice(raw),
        );
    }

    /// The address prefix, where there is one.
    pub fn prefix(&self) -> Option<IpNet> {
        match self {
            NlriValue::Prefix(prefix) => Some(*prefix),
            other => other.route().prefix,
        }
    }

    /// Prefix, route distinguisher and labels, of every family that has them.
    pub fn route(&self) -> Route {
        each_type!(
            self,
            value => value.to_route(),
            NlriValue::Prefix(prefix) => Route { prefix: Some(prefix.trunc()), ..Route::default() },
            NlriValue::Raw(_) => Route::default(),
        )
    }
}

impl fmt::Display for NlriValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        each_type!(
            self,
            value => value.fmt(f),
            NlriValue::Prefix(prefix) => prefix.fmt(f),
            NlriValue::Raw(raw) => raw.fmt(f),
        )
    }
}

/// How the NLRI of a group are laid out: what the registry says of the family, and what the session says of labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Prefix {
        v6: bool,
    },
    /// A prefix with something ahead of it.
    Ahead(Layout),
    Evpn,
    Vpls,
    McastVpn,
    Mdt,
    RouteTargetConstraint,
    SrPolicy {
        v6: bool,
    },
    FlowSpec {
        vpn: bool,
        v6: bool,
    },
    FlowSpecV2 {
        vpn: bool,
        v6: bool,
    },
    LinkState {
        vpn: bool,
    },
    Mup {
        v6: bool,
    },
    /// Where one ends is known, and what it says is not.
    Framed(Framing),
    Opaque,
}

impl Kind {
    #[inline]
    fn of(family: AddressFamily, labels: LabelStack) -> Self {
        let v6 = family.is_ipv6();
        let Some(layout) = family.layout() else { return Kind::Opaque };
        match layout {
            registry::Layout::Prefix => Kind::Prefix { v6 },
            registry::Layout::Labeled => Kind::Ahead(Layout { labels: Some(labels), rd: false, v6 }),
            registry::Layout::LabeledVpn => Kind::Ahead(Layout { labels: Some(labels), rd: true, v6 }),
            registry::Layout::VpnPrefix => Kind::Ahead(Layout { labels: None, rd: true, v6 }),
            registry::Layout::Evpn => Kind::Evpn,
            registry::Layout::McastVpn => Kind::McastVpn,
            registry::Layout::Mdt => Kind::Mdt,
            registry::Layout::Vpls => Kind::Vpls,
            registry::Layout::RouteTargetConstraint => Kind::RouteTargetConstraint,
            registry::Layout::SrPolicy => Kind::SrPolicy { v6 },
            registry::Layout::FlowSpec { vpn } => Kind::FlowSpec { vpn, v6 },
            registry::Layout::FlowSpecV2 { vpn } => Kind::FlowSpecV2 { vpn, v6 },
            registry::Layout::LinkState { vpn } => Kind::LinkState { vpn },
            registry::Layout::Mup => Kind::Mup { v6 },
            registry::Layout::Framed(framing) => Kind::Framed(framing),
        }
    }

    /// Takes one NLRI without its path identifier.
    #[inline]
    fn take<'a>(self, reader: &mut Reader<'a>) -> Result<&'a [u8]> {
        match self {
            Kind::Prefix { v6 } => unicast::take(reader, if v6 { 128 } else { 32 }),
            Kind::Ahead(layout) => layout.take(reader),
            Kind::Evpn | Kind::McastVpn => evpn::take(reader),
            Kind::Vpls => vpls::take(reader),
            Kind::Mdt => Framing::Bits.take(reader),
            Kind::RouteTargetConstraint => rtc::take(reader),
            Kind::SrPolicy { v6 } => sr_policy::take(reader, v6),
            Kind::FlowSpec { .. } => flowspec::take(reader),
            Kind::FlowSpecV2 { .. } => flowspec_v2::take(reader),
            Kind::LinkState { .. } => link_state::take(reader),
            Kind::Mup { .. } => mup::take(reader),
            Kind::Framed(framing) => framing.take(reader),
            Kind::Opaque => Ok(reader.take_rest()),
        }
    }

    /// What [`Kind::take`] took, in typed form.
    fn value(self, bytes: &[u8]) -> Option<NlriValue> {
        Some(match self {
            Kind::Prefix { v6: false } => NlriValue::Prefix(unicast::decode_v4(bytes)?),
            Kind::Prefix { v6: true } => NlriValue::Prefix(unicast::decode_v6(bytes)?),
            Kind::Ahead(layout) if layout.rd => NlriValue::Vpn(Box::new(layout.vpn(bytes)?)),
            Kind::Ahead(layout) => NlriValue::Labeled(Box::new(layout.labeled(bytes)?)),
            Kind::Evpn => NlriValue::Evpn(Box::new(Evpn::decode(bytes)?)),
            Kind::Vpls => NlriValue::Vpls(Box::new(Vpls::decode(bytes)?)),
            Kind::McastVpn => NlriValue::McastVpn(Box::new(McastVpn::decode(bytes)?)),
            Kind::Mdt => NlriValue::Mdt(Box::new(Mdt::decode(bytes)?)),
            Kind::RouteTargetConstraint => {
                NlriValue::RouteTargetConstraint(Box::new(RouteTargetConstraint::decode(bytes)?))
            }
            Kind::SrPolicy { .. } => NlriValue::SrPolicy(Box::new(SrPolicy::decode(bytes)?)),
            Kind::FlowSpec { vpn, v6 } => NlriValue::FlowSpec(Box::new(FlowSpec::decode(bytes, vpn, v6)?)),
            Kind::FlowSpecV2 { vpn, v6 } => {
                NlriValue::FlowSpecV2(Box::new(FlowSpecV2::decode(bytes, vpn, v6)?))
            }
            Kind::LinkState { vpn } => NlriValue::LinkState(Box::new(LinkState::decode(bytes, vpn)?)),
            Kind::Mup { v6 } => NlriValue::Mup(Box::new(Mup::decode(bytes, v6)?)),
            Kind::Framed(_) | Kind::Opaque => return None,
        })
    }
}

/// Checks a block of NLRI from end to end; gives how many there are.
#[inline]
pub fn check(family: AddressFamily, form: Form, reader: Reader<'_>) -> Result<u32> {
    let Form { add_path, labels } = form;
    match Kind::of(family, labels) {
        Kind::Prefix { v6: false } => unicast::check(reader, add_path, 32),
        Kind::Prefix { v6: true } => unicast::check(reader, add_path, 128),
        Kind::Opaque => Ok(u32::from(!reader.is_empty())),
        kind => {
            let mut count = 0;
            for nlri in (Iter { family, kind, form, reader, index: 0 }) {
                nlri?;
                count += 1;
            }
            Ok(count)
        }
    }
}

/// Walks a block of NLRI. After an error there is nothing more.
pub fn iter(family: AddressFamily, form: Form, block: &[u8]) -> Iter<'_> {
    let kind = Kind::of(family, form.labels);
    Iter { family, kind, form, reader: Reader::new(block, 0), index: 0 }
}

/// Makes a block of NLRI into owned values.
pub fn decode(family: AddressFamily, form: Form, block: Reader<'_>) -> Result<Vec<Nlri>> {
    match Kind::of(family, form.labels) {
        Kind::Prefix { v6 } => decode_prefixes(block, form.add_path, v6),
        kind => {
            let iter = Iter { family, kind, form, reader: block, index: 0 };
            iter.map(|nlri| nlri.map(|nlri| nlri.to_owned())).collect()
        }
    }
}

/// The same of bare prefixes, which are most of all.
fn decode_prefixes(mut reader: Reader<'_>, add_path: bool, v6: bool) -> Result<Vec<Nlri>> {
    // IPv4 prefixes of a full table have four octets on the wire, IPv6 ones mostly five to seven.
    let mut nlri = Vec::with_capacity(reader.len() / if add_path { 8 } else { 4 } + 1);
    let limit = if v6 { 128 } else { 32 };
    while !reader.is_empty() {
        let path_id = if add_path { Some(reader.u32().at("path_id").at_index(nlri.len())?) } else { None };
        let bytes = unicast::take(&mut reader, limit).at_index(nlri.len())?;
        let prefix = if v6 { unicast::decode_v6(bytes) } else { unicast::decode_v4(bytes) };
        nlri.extend(prefix.map(|prefix| Nlri { path_id, value: NlriValue::Prefix(prefix) }));
    }
    Ok(nlri)
}

/// A block of NLRI so that its octets alone say how it is to be read: the last label of a stack, and no other, has the
/// bottom-of-stack bit.
pub fn canonical(family: AddressFamily, form: Form, block: &[u8]) -> Cow<'_, [u8]> {
    let Kind::Ahead(layout @ Layout { labels: Some(_), .. }) = Kind::of(family, form.labels) else {
        return Cow::Borrowed(block);
    };
    let mut out = Cow::Borrowed(block);
    let mut start = 0;
    for nlri in iter(family, form, block).map_while(Result::ok) {
        start += if nlri.path_id.is_some() { 4 } else { 0 };
        // The length octet is ahead of the labels.
        let labels = start + 1..start + 1 + layout.labels_in(nlri.bytes);
        if !label::is_stack(block.get(labels.clone()).unwrap_or_default()) {
            label::make_stack(out.to_mut().get_mut(labels).unwrap_or_default());
        }
        start += nlri.bytes.len();
    }
    out
}

/// See [`iter`].
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    family: AddressFamily,
    kind: Kind,
    form: Form,
    reader: Reader<'a>,
    index: usize,
}

impl<'a> Iter<'a> {
    #[inline]
    fn read(&mut self) -> Result<NlriRef<'a>> {
        let reader = &mut self.reader;
        let with_id = self.form.add_path && self.kind != Kind::Opaque;
        let path_id = if with_id { Some(reader.u32().at("path_id")?) } else { None };
        let labels = self.form.labels;
        Ok(NlriRef { family: self.family, path_id, bytes: self.kind.take(reader)?, labels })
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = Result<NlriRef<'a>>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.is_empty() {
            return None;
        }
        let nlri = self.read().at_index(self.index);
        self.index += 1;
        if nlri.is_err() {
            self.reader.take_rest();
        }
        Some(nlri)
    }
}
