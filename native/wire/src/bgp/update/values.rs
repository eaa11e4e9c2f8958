//! An UPDATE in owned values.

use serde::Serialize;

use crate::bgp::attribute::{AsPath, AttributeValue, Attributes, MpReach, MpUnreach, NextHop, Registered};
use crate::bgp::{attribute, header, length, Action, AddressFamily, Fault, Nlri};
use crate::registry::bgp::message;

/// An UPDATE in owned values, as it is on the wire.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Update {
    /// Withdrawn routes field: IPv4 unicast.
    pub withdrawn: Vec<Nlri>,
    /// In the order of the message, MP_REACH_NLRI and MP_UNREACH_NLRI with their NLRI among them.
    pub attributes: Attributes,
    /// NLRI field: IPv4 unicast.
    pub nlri: Vec<Nlri>,
    pub end_of_rib: Option<AddressFamily>,
    /// AS numbers of AS_PATH have two octets on the wire.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub two_octet_as: bool,
    /// AS_PATH reads in another width than the A flag says.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub as_width_mismatch: bool,
    /// Families whose NLRI have path identifiers, or have none, other than it was negotiated.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub add_path_inferred: Vec<AddressFamily>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
}

/// Routes of one field of an owned UPDATE.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Routes<'a> {
    pub action: Action,
    pub family: AddressFamily,
    pub next_hop: NextHop,
    pub nlri: &'a [Nlri],
}

impl Update {
    /// Route groups in the order of the message, RFC 7606's treat-as-withdraw applied; see [`UpdateView::groups`](super::UpdateView::groups).
    pub fn groups(&self) -> impl Iterator<Item = Routes<'_>> {
        let v4 = AddressFamily::IPV4_UNICAST;
        let withdrawn =
            Routes { action: Action::Withdraw, family: v4, next_hop: NextHop::None, nlri: &self.withdrawn };
        let next_hop = self.attributes.next_hop().map_or(NextHop::None, |next_hop| NextHop::Ipv4(next_hop.0));
        let announced = Routes { action: Action::Announce, family: v4, next_hop, nlri: &self.nlri };
        let multiprotocol = self.attributes.iter().filter_map(|attribute| match &attribute.value {
            AttributeValue::MpReach(MpReach { family, next_hop, nlri }) => {
                Some(Routes { action: Action::Announce, family: *family, next_hop: next_hop.clone(), nlri })
            }
            AttributeValue::MpUnreach(MpUnreach { family, nlri }) => {
                Some(Routes { action: Action::Withdraw, family: *family, next_hop: NextHop::None, nlri })
            }
            _ => None,
        });
        std::iter::once(withdrawn)
            .chain(multiprotocol)
            .chain(std::iter::once(announced))
            .filter(|group| !group.nlri.is_empty())
            .map(move |group| match self.faults.iter().any(|fault| fault.withdraws(group.family)) {
                true => Routes { action: Action::Withdraw, next_hop: NextHop::None, ..group },
                false => group,
            })
    }

    /// Writes a whole message, its header included.
    pub fn encode(&self, out: &mut Vec<u8>) {
        header::encode(message::UPDATE, out, |out| {
            length::with_u16(out, |out| self.withdrawn.iter().for_each(|nlri| nlri.encode(out)));
            length::with_u16(out, |out| {
                for attribute in &self.attributes {
                    match &attribute.value {
                        AttributeValue::AsPath(path) if self.two_octet_as => {
                            let mut value = Vec::new();
                            path.write(&mut value, true);
                            let value = attribute::Unknown { code: AsPath::CODE, value: value.into() };
                            let value = AttributeValue::Unknown(value);
                            attribute::Attribute { flags: attribute.flags, value }.encode(out);
                        }
                        _ => attribute.encode(out),
                    }
                }
            });
            self.nlri.iter().for_each(|nlri| nlri.encode(out));
        });
    }
}
