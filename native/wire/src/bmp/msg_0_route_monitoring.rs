//! Route Monitoring (RFC 7854, section 4.6; draft-ietf-grow-bmp-tlv for version 4).

use serde::{Serialize, Serializer};

use super::tlv::{self, IndexedTlvRef};
use super::{PeerHeader, Tlv};
use crate::bgp::update::{Update, UpdateView};
use crate::bgp::Context;
use crate::error::{At, ErrorKind, Result};
use crate::reader::Reader;

/// One UPDATE of a peer's table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RouteMonitoring {
    pub peer: PeerHeader,
    pub update: Update,
    /// What comes beside the UPDATE: indexed TLVs of version 4, or TLVs after the UPDATE of version 3.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tlvs: Vec<Tlv>,
    /// Version 4: the TLV that held the UPDATE.
    #[serde(skip)]
    pub update_tlv: Option<UpdateTlv>,
}

/// The TLV of version 4 that holds the UPDATE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpdateTlv {
    pub tlv_type: u16,
    pub index: u16,
    /// How many TLVs were before it.
    pub position: usize,
}

/// Route Monitoring by reference.
#[derive(Debug)]
pub struct RouteMonitoringView<'a> {
    pub peer: PeerHeader,
    pub update: UpdateView<'a>,
    /// As in [`RouteMonitoring`].
    pub tlvs: Vec<Tlv>,
    pub update_tlv: Option<UpdateTlv>,
}

/// Code points of version 4's TLVs. They moved between revisions of the draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodePoints {
    pub bgp_pdu: u16,
    pub group: u16,
    pub vrf: u16,
    pub stateless_parsing: u16,
    pub path_marking: Option<u16>,
}

/// What routers send today, and draft-ietf-grow-bmp-tlv-20.
pub const CODE_POINTS: [CodePoints; 2] = [
    CodePoints { bgp_pdu: 4, group: 2, vrf: 3, stateless_parsing: 1, path_marking: Some(5) },
    CodePoints { bgp_pdu: 7, group: 4, vrf: 5, stateless_parsing: 6, path_marking: None },
];

impl<'a> RouteMonitoringView<'a> {
    /// Reads what follows the per-peer header.
    #[inline(always)]
    pub(crate) fn decode(
        version: u8,
        peer: PeerHeader,
        mut reader: Reader<'a>,
        context: Context<'a>,
    ) -> Result<Self> {
        if version == 4 {
            return Self::decode_v4(peer, reader, context);
        }
        let update = UpdateView::decode_message(&mut reader, context).at("update")?;
        let tlvs = if reader.is_empty() { Vec::new() } else { Tlv::decode_all(&mut reader)? };
        Ok(RouteMonitoringView { peer, update, tlvs, update_tlv: None })
    }

    /// Version 4: everything is in TLVs, the UPDATE too. Which revision's code points hold shows in which of
    /// them is the TLV whose value starts as a BGP message does.
    fn decode_v4(peer: PeerHeader, mut reader: Reader<'a>, context: Context<'a>) -> Result<Self> {
        let mut tlvs = Vec::new();
        let mut found: Option<(Reader<'a>, UpdateTlv)> = None;
        while !reader.is_empty() {
            let tlv = IndexedTlvRef::read(&mut reader).at_index(tlvs.len()).at("tlvs")?;
            let is_update = CODE_POINTS.iter().any(|points| points.bgp_pdu == tlv.tlv_type)
                && tlv.value.peek().starts_with(&[0xff; 16]);
            if is_update && found.is_none() {
                let place = UpdateTlv { tlv_type: tlv.tlv_type, index: tlv.index, position: tlvs.len() };
                found = Some((tlv.value, place));
            } else {
                let value = tlv.value.peek().into();
                tlvs.push(Tlv { tlv_type: tlv.tlv_type, index: Some(tlv.index), value });
            }
        }
        let Some((mut value, place)) = found else {
            return Err(reader.error(ErrorKind::Missing)).at("update");
        };
        let update = UpdateView::decode_message(&mut value, context).at("update")?;
        value.finish().at("update")?;
        Ok(RouteMonitoringView { peer, update, tlvs, update_tlv: Some(place) })
    }

    pub fn to_owned(&self) -> RouteMonitoring {
        RouteMonitoring {
            peer: self.peer,
            update: self.update.to_owned(),
            tlvs: self.tlvs.clone(),
            update_tlv: self.update_tlv,
        }
    }

    /// See [`RouteMonitoring::path_markings`].
    pub fn path_markings(&self) -> impl Iterator<Item = PathMarking> + '_ {
        path_markings(&self.tlvs, self.update_tlv)
    }
}

impl RouteMonitoring {
    pub fn encode(&self, out: &mut Vec<u8>) {
        self.peer.encode(out);
        let Some(place) = self.update_tlv else {
            self.update.encode(out);
            self.tlvs.iter().for_each(|tlv| tlv.encode(out));
            return;
        };
        let mut update = Vec::new();
        self.update.encode(&mut update);
        let (before, after) = self.tlvs.split_at_checked(place.position).unwrap_or((&self.tlvs, &[]));
        before.iter().for_each(|tlv| tlv.encode(out));
        tlv::encode_indexed(place.tlv_type, place.index, &update, out);
        after.iter().for_each(|tlv| tlv.encode(out));
    }

    /// How the router ranks the paths of the message (draft-ietf-grow-bmp-path-marking-tlv).
    pub fn path_markings(&self) -> impl Iterator<Item = PathMarking> + '_ {
        path_markings(&self.tlvs, self.update_tlv)
    }
}

fn path_markings(tlvs: &[Tlv], place: Option<UpdateTlv>) -> impl Iterator<Item = PathMarking> + '_ {
    let wanted = place
        .and_then(|place| CODE_POINTS.iter().find(|points| points.bgp_pdu == place.tlv_type))
        .and_then(|points| points.path_marking);
    tlvs.iter().filter(move |tlv| Some(tlv.tlv_type) == wanted).filter_map(PathMarking::decode)
}

/// How the router ranks a path (draft-ietf-grow-bmp-path-marking-tlv).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathMarking {
    /// The TLV's index: which NLRI of the message.
    pub index: u16,
    /// Bits; see [`PathMarking::statuses`].
    pub status: u32,
    pub reason: Option<u16>,
}

impl PathMarking {
    const STATUSES: [(u32, &'static str); 13] = [
        (0x1, "invalid"),
        (0x2, "best"),
        (0x4, "non_selected"),
        (0x8, "primary"),
        (0x10, "backup"),
        (0x20, "non_installed"),
        (0x40, "best_external"),
        (0x80, "add_path"),
        (0x100, "filtered_inbound"),
        (0x200, "filtered_outbound"),
        (0x400, "invalid_rov"),
        (0x800, "stale"),
        (0x1000, "suppressed"),
    ];

    fn decode(tlv: &Tlv) -> Option<Self> {
        let mut reader = Reader::new(&tlv.value, 0);
        let status = reader.u32().ok()?;
        let reason = if reader.is_empty() { None } else { Some(reader.u16().ok()?) };
        reader.finish().ok()?;
        Some(PathMarking { index: tlv.index?, status, reason })
    }

    /// Names of the status bits that are set.
    pub fn statuses(&self) -> impl Iterator<Item = &'static str> + '_ {
        Self::STATUSES.iter().filter(|(bit, _)| self.status & bit != 0).map(|(_, name)| *name)
    }

    pub fn reason_name(&self) -> Option<&'static str> {
        Some(match self.reason? {
            1 => "as_loop",
            2 => "unresolvable_next_hop",
            3 => "local_preference",
            4 => "as_path_length",
            5 => "origin",
            6 => "med",
            7 => "peer_type",
            8 => "igp_cost",
            9 => "router_id",
            10 => "peer_address",
            11 => "aigp",
            _ => return None,
        })
    }
}

impl Serialize for PathMarking {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut out = serializer.serialize_struct("PathMarking", 4)?;
        out.serialize_field("index", &self.index)?;
        out.serialize_field("status", &self.statuses().collect::<Vec<_>>())?;
        out.serialize_field("reason", &self.reason)?;
        out.serialize_field("reason_name", &self.reason_name())?;
        out.end()
    }
}
