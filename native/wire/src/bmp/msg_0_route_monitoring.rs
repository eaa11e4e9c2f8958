//! Route Monitoring (RFC 7854, section 4.6; draft-ietf-grow-bmp-tlv for version 4).

use serde::{Serialize, Serializer};

use super::header::CommonHeader;
use super::tlv::{self, IndexedTlvRef};
use super::version_4::{CodePoints, Meaning, PathMarking, Stateless};
use super::{PeerHeader, Tlv};
use crate::bgp::update::{Update, UpdateView};
use crate::bgp::Context;
use crate::error::{At, ErrorKind, Result};
use crate::reader::Reader;

/// One UPDATE of a peer's table.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteMonitoring {
    pub peer: PeerHeader,
    pub update: Update,
    /// What comes beside the UPDATE: indexed TLVs of version 4, or TLVs after the UPDATE of version 3.
    pub tlvs: Vec<Tlv>,
    /// Version 4: the TLV that held the UPDATE.
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

    /// Version 4: everything is in TLVs, the UPDATE too: it is in the TLV whose value starts as a BGP message does. What TLVs about
    /// parsing say holds for this UPDATE before what the OPENs said.
    fn decode_v4(peer: PeerHeader, mut reader: Reader<'a>, context: Context<'a>) -> Result<Self> {
        let whole = reader.peek();
        let mut tlvs = Vec::new();
        let mut found: Option<(Reader<'a>, UpdateTlv)> = None;
        while !reader.is_empty() {
            let tlv = IndexedTlvRef::read(&mut reader).at_index(tlvs.len()).at("tlvs")?;
            let is_update =
                CodePoints::is_bgp_message(tlv.tlv_type) && tlv.value.peek().starts_with(&[0xff; 16]);
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
        let points = CodePoints::of(place.tlv_type, &tlvs);
        let mut context = context;
        if tlvs.iter().any(|tlv| tlv.tlv_type == points.stateless_parsing) {
            context.stateless = Stateless::new(whole, points.stateless_parsing, peer.add_path_modes());
            context.two_octet_as &= !context.stateless.four_octet_as();
        }
        let update = UpdateView::decode_message(&mut value, context).at("update")?;
        value.finish().at("update")?;
        Ok(RouteMonitoringView { peer, update, tlvs, update_tlv: Some(place) })
    }

    /// Reads an earlier message of the same peer and view as this one was read.
    pub fn read_again<'b>(&self, frame: &'b [u8]) -> Result<RouteMonitoringView<'b>> {
        let mut reader = Reader::new(frame, 0);
        let header = CommonHeader::decode(&mut reader, u32::MAX)?;
        let peer = PeerHeader::decode(&mut reader)?;
        let context = Context { two_octet_as: peer.two_octet_as_path(), ..self.update.session_context() };
        RouteMonitoringView::decode(header.version, peer, reader, context)
    }

    pub fn to_owned(&self) -> RouteMonitoring {
        RouteMonitoring {
            peer: self.peer,
            update: self.update.to_owned(),
            tlvs: self.tlvs.clone(),
            update_tlv: self.update_tlv,
        }
    }

    /// See [`RouteMonitoring::meanings`].
    pub fn meanings(&self) -> impl Iterator<Item = (&Tlv, Meaning)> {
        meanings(&self.tlvs, self.update_tlv)
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

    /// The TLVs with what they say, which is nothing in version 3.
    pub fn meanings(&self) -> impl Iterator<Item = (&Tlv, Meaning)> {
        meanings(&self.tlvs, self.update_tlv)
    }

    /// How the router ranks the paths of the message (draft-ietf-grow-bmp-path-marking-tlv).
    pub fn path_markings(&self) -> impl Iterator<Item = PathMarking> + '_ {
        path_markings(&self.tlvs, self.update_tlv)
    }
}

/// The TLVs with what they say.
fn meanings(tlvs: &[Tlv], place: Option<UpdateTlv>) -> impl Iterator<Item = (&Tlv, Meaning)> {
    let points = place.map(|place| CodePoints::of(place.tlv_type, tlvs));
    tlvs.iter().map(move |tlv| (tlv, points.map_or(Meaning::Unknown, |points| points.read(tlv))))
}

fn path_markings(tlvs: &[Tlv], place: Option<UpdateTlv>) -> impl Iterator<Item = PathMarking> + '_ {
    meanings(tlvs, place).filter_map(|(_, meaning)| match meaning {
        Meaning::PathMarking { path_marking } => Some(path_marking),
        _ => None,
    })
}

impl Serialize for RouteMonitoring {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        #[derive(Serialize)]
        struct Read<'a> {
            #[serde(flatten)]
            tlv: &'a Tlv,
            #[serde(flatten)]
            meaning: Option<Meaning>,
        }
        let mut out = serializer.serialize_struct("RouteMonitoring", 3)?;
        out.serialize_field("peer", &self.peer)?;
        out.serialize_field("update", &self.update)?;
        if !self.tlvs.is_empty() {
            let version_4 = self.update_tlv.is_some();
            let tlvs =
                self.meanings().map(|(tlv, meaning)| Read { tlv, meaning: version_4.then_some(meaning) });
            out.serialize_field("tlvs", &tlvs.collect::<Vec<_>>())?;
        }
        out.end()
    }
}
