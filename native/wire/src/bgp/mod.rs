//! BGP messages (RFC 4271, section 4).

use std::fmt;

use serde::{Serialize, Serializer};

use crate::bmp::version_4::Stateless;
use crate::error::{At, ErrorKind, Result};
use crate::raw::Raw;
use crate::reader::Reader;
use crate::registry::bgp::message;
use crate::registry::families::{self, Layout};

pub mod attribute;
pub mod capability;
mod family_set;
pub mod link_state;
pub mod nlri;
pub mod notification;
pub mod open;
mod owned;
pub mod plain;
pub mod route_refresh;
pub mod tlv;
pub mod update;
mod view;

pub use attribute::{
    AsPath, AsPathSegment, Attribute, AttributeValue, Attributes, NextHop, Origin, SegmentType, Treatment,
};
pub use capability::Capability;
pub use family_set::FamilySet;
use nlri::LabelStack;
pub use nlri::{Nlri, NlriRef, NlriValue, RouteDistinguisher};
pub use notification::Notification;
pub use open::Open;
pub use route_refresh::RouteRefresh;
pub use update::{Action, Fault, RouteGroup, Update, UpdateView};

/// Octets of a BGP message's header: marker, length, type.
pub const HEADER_LENGTH: usize = 19;

/// IANA address family number and subsequent address family identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AddressFamily {
    pub afi: u16,
    pub safi: u8,
}

impl AddressFamily {
    /// Address family numbers.
    pub const IPV4: u16 = 1;
    pub const IPV6: u16 = 2;
    pub const L2VPN: u16 = 25;
    pub const LINK_STATE: u16 = 16388;

    pub const fn new(afi: u16, safi: u8) -> Self {
        AddressFamily { afi, safi }
    }

    #[inline]
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        Ok(AddressFamily { afi: reader.u16().at("afi")?, safi: reader.u8().at("safi")? })
    }

    pub fn encode(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.afi.to_be_bytes());
        out.push(self.safi);
    }

    /// Name in lower case, `ipv4-unicast`; `None` of a family that is not in the registry.
    pub fn name(self) -> Option<&'static str> {
        families::family(self).map(|known| known.name)
    }

    /// How its NLRI are laid out; `None` where they cannot be told apart.
    #[inline(always)]
    pub fn layout(self) -> Option<Layout> {
        families::family(self).map(|known| known.layout)
    }

    /// Whether its NLRI are bare prefixes.
    #[inline(always)]
    pub fn is_prefix(self) -> bool {
        self.layout() == Some(Layout::Prefix)
    }

    /// Whether it is that of the unicast routes of IPv4 or IPv6, which are not of a VPN.
    pub const fn is_unicast(self) -> bool {
        matches!(self, Self::IPV4_UNICAST | Self::IPV6_UNICAST)
    }

    /// Whether it is that of a VPN's unicast or multicast routes (RFC 4364, RFC 4659, RFC 6514).
    pub(crate) const fn is_ip_vpn(self) -> bool {
        matches!(self, Self::IPV4_VPN | Self::IPV6_VPN | Self::IPV4_VPN_MULTICAST | Self::IPV6_VPN_MULTICAST)
    }

    /// Whether its addresses are those of IPv6.
    #[inline(always)]
    pub const fn is_ipv6(self) -> bool {
        self.afi == Self::IPV6
    }
}

impl fmt::Display for AddressFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{}/{}", self.afi, self.safi),
        }
    }
}

impl Serialize for AddressFamily {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut out = serializer.serialize_struct("AddressFamily", 3)?;
        out.serialize_field("afi", &self.afi)?;
        out.serialize_field("safi", &self.safi)?;
        out.serialize_field("name", &self.name())?;
        out.end()
    }
}

/// How one peer's messages are to be read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// AS_PATH and AGGREGATOR have two-octet AS numbers (RFC 6793).
    pub two_octet_as: bool,
    /// Families whose NLRI start with a path identifier (RFC 7911) as it was negotiated, in the direction of the message.
    pub add_path: FamilySet,
    /// Families that are read the other way than `add_path` says, for something came that reads only that way.
    pub inferred: FamilySet,
    /// Families of which something came that reads in one way only: the way in which they are read now.
    pub settled: FamilySet,
    /// Families whose NLRI may have more than one label (RFC 8277, section 2.1).
    pub multiple_labels: FamilySet,
    /// The neighbour who sent the message is of another AS.
    pub external: bool,
    /// What the message itself says about how it is to be read, before all else (BMP version 4).
    pub stateless: Stateless<'a>,
}

impl Context<'_> {
    /// How the NLRI of the family are read that the message announces or withdraws.
    #[inline(always)]
    pub(crate) fn form(&self, action: Action, family: AddressFamily) -> nlri::Form {
        let labels = match action {
            _ if !self.multiple_labels.contains(family) => LabelStack::One,
            Action::Announce => LabelStack::ToBottom,
            Action::Withdraw => LabelStack::ToBottomOrWithdrawn,
        };
        nlri::Form { add_path: self.has_path_ids(family), labels }
    }

    #[inline(always)]
    pub fn has_path_ids(&self, family: AddressFamily) -> bool {
        self.said(family).unwrap_or_else(|| self.add_path.contains(family) != self.inferred.contains(family))
    }

    /// What the message itself says about path identifiers of the family.
    #[inline(always)]
    fn said(&self, family: AddressFamily) -> Option<bool> {
        if self.stateless.is_empty() {
            None
        } else {
            self.stateless.path_ids(family)
        }
    }

    /// Whether path identifiers of the family are inferred.
    #[inline(always)]
    pub(crate) fn is_inferred(&self, family: AddressFamily) -> bool {
        self.inferred.contains(family) && self.said(family).is_none()
    }

    /// Whether nothing has shown yet in which way the family is to be read.
    pub(crate) fn is_open(&self, family: AddressFamily) -> bool {
        !self.settled.contains(family) && nlri::has_reading(family) && self.said(family).is_none()
    }
}

/// A BGP message of any type.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Message {
    Open(Open),
    Update(Update),
    Notification(Notification),
    Keepalive,
    RouteRefresh(RouteRefresh),
    Unknown { message_type: u8, data: Raw },
}

impl Message {
    /// Reads one whole message, its header included.
    pub fn decode(reader: &mut Reader<'_>, context: Context<'_>) -> Result<Self> {
        let (message_type, mut body) = header(reader)?;
        let message = match message_type {
            message::OPEN => Message::Open(Open::decode(&mut body).at("open")?),
            message::UPDATE => Message::Update(UpdateView::decode(body, context).at("update")?.to_owned()),
            message::NOTIFICATION => {
                Message::Notification(Notification::decode(&mut body).at("notification")?)
            }
            message::KEEPALIVE => {
                body.finish().at("keepalive")?;
                Message::Keepalive
            }
            message::ROUTE_REFRESH => {
                Message::RouteRefresh(RouteRefresh::decode(&mut body).at("route_refresh")?)
            }
            message_type => Message::Unknown { message_type, data: body.take_rest().into() },
        };
        Ok(message)
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Message::Open(open) => open.encode(out),
            Message::Update(update) => update.encode(out),
            Message::Notification(notification) => notification.encode(out),
            Message::RouteRefresh(refresh) => refresh.encode(out),
            Message::Keepalive => encode(message::KEEPALIVE, out, |_| {}),
            Message::Unknown { message_type, data } => {
                encode(*message_type, out, |out| out.extend_from_slice(data));
            }
        }
    }
}

/// Reads a header; gives the message type and a reader of the body.
#[inline(always)]
pub(crate) fn header<'a>(reader: &mut Reader<'a>) -> Result<(u8, Reader<'a>)> {
    let at = *reader;
    let marker = reader.array::<16>().at("marker")?;
    if u128::from_ne_bytes(marker) != u128::MAX {
        return Err(at.error(ErrorKind::Value {
            found: marker.into_iter().find(|octet| *octet != 0xff).unwrap_or(0).into(),
            expected: "16 octets of 255",
        }))
        .at("marker");
    }
    let at = *reader;
    let length = reader.u16().at("length")?;
    let message_type = reader.u8().at("type")?;
    let Some(body) = usize::from(length).checked_sub(HEADER_LENGTH) else {
        return Err(at.error(ErrorKind::Length { found: length.into(), expected: "19 or more" }))
            .at("length");
    };
    Ok((message_type, reader.sub(body).at("length")?))
}

/// Reads a header and requires the message type.
#[inline(always)]
pub(crate) fn header_of<'a>(
    reader: &mut Reader<'a>,
    wanted: u8,
    expected: &'static str,
) -> Result<Reader<'a>> {
    let at = *reader;
    let (message_type, body) = header(reader)?;
    if message_type == wanted {
        Ok(body)
    } else {
        Err(crate::DecodeError::new(
            ErrorKind::Value { found: message_type.into(), expected },
            at.offset() + 18,
        ))
        .at("type")
    }
}

/// Writes a header around what `body` writes; a message above 65,535 octets has a wrong length.
pub(crate) fn encode(message_type: u8, out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0xff; 16]);
    out.extend_from_slice(&[0; 2]);
    out.push(message_type);
    body(out);
    let length = u16::try_from(out.len() - start).unwrap_or(u16::MAX);
    if let Some(field) = out.get_mut(start + 16..start + 18) {
        field.copy_from_slice(&length.to_be_bytes());
    }
}

/// Writes a two-octet length in front of what `body` writes.
pub(crate) fn encode_with_u16_length(out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; 2]);
    body(out);
    let length = u16::try_from(out.len() - start - 2).unwrap_or(u16::MAX);
    if let Some(field) = out.get_mut(start..start + 2) {
        field.copy_from_slice(&length.to_be_bytes());
    }
}

/// Writes a one-octet length in front of what `body` writes.
pub(crate) fn encode_with_u8_length(out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.push(0);
    body(out);
    let length = u8::try_from(out.len() - start - 1).unwrap_or(u8::MAX);
    if let Some(field) = out.get_mut(start) {
        *field = length;
    }
}
