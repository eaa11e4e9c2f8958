//! The per-peer header (RFC 7854, section 4.2; RFC 8671; RFC 9069, section 4).

use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Serialize, Serializer};

use super::header::CommonHeader;
use crate::error::{At, Result};
use crate::reader::Reader;
use crate::registry::bmp::{message, peer_flag, peer_type};

/// Octets of the per-peer header.
pub const LENGTH: usize = 42;

/// Who a message is about, and in which table of theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PeerHeader {
    pub peer_type: PeerType,
    /// V, L, A and O, or F for Loc-RIB; see the methods.
    pub flags: u8,
    /// Route distinguisher of the peer's VRF, or another number that keeps peers apart.
    pub distinguisher: u64,
    /// 0.0.0.0 for Loc-RIB.
    pub address: IpAddr,
    pub asn: u32,
    pub bgp_id: Ipv4Addr,
    /// Router's time; zero where it gave none.
    pub timestamp: Timestamp,
}

/// IANA "BMP Peer Types".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeerType(pub u8);

impl PeerType {
    pub const GLOBAL: PeerType = PeerType(peer_type::GLOBAL);
    pub const RD: PeerType = PeerType(peer_type::RD);
    pub const LOCAL: PeerType = PeerType(peer_type::LOCAL);
    pub const LOC_RIB: PeerType = PeerType(peer_type::LOC_RIB);

    pub fn name(self) -> &'static str {
        peer_type::name(self.0).unwrap_or("unknown")
    }
}

/// Seconds and microseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Timestamp {
    pub seconds: u32,
    pub microseconds: u32,
}

impl Timestamp {
    /// Microseconds since the Unix epoch; `None` where the router gave no time.
    pub fn unix_microseconds(self) -> Option<i64> {
        (self != Timestamp::default())
            .then(|| i64::from(self.seconds) * 1_000_000 + i64::from(self.microseconds))
    }
}

/// Which table of a peer a message is about (RFC 7854, RFC 8671, RFC 9069). Routes of different tables are
/// never mixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RibView {
    AdjRibInPre,
    AdjRibInPost,
    AdjRibOutPre,
    AdjRibOutPost,
    LocRib,
}

impl RibView {
    pub fn name(self) -> &'static str {
        match self {
            RibView::AdjRibInPre => "adj_rib_in_pre",
            RibView::AdjRibInPost => "adj_rib_in_post",
            RibView::AdjRibOutPre => "adj_rib_out_pre",
            RibView::AdjRibOutPost => "adj_rib_out_post",
            RibView::LocRib => "loc_rib",
        }
    }
}

/// What tells a router's peers apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PeerKey {
    pub peer_type: PeerType,
    pub distinguisher: u64,
    pub address: IpAddr,
    /// For Loc-RIB only, where all else may be equal; 0.0.0.0 for other types, whose BGP ID is not
    /// known before the session is up.
    pub bgp_id: Ipv4Addr,
}

/// Hashes three machine words, which is fast: every message looks its peer up.
impl Hash for PeerKey {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u128(match self.address {
            IpAddr::V4(address) => address.to_bits().into(),
            IpAddr::V6(address) => address.to_bits(),
        });
        state.write_u64(self.distinguisher);
        state.write_u64(u64::from(self.bgp_id.to_bits()) << 8 | u64::from(self.peer_type.0));
    }
}

impl PeerHeader {
    pub fn is_loc_rib(&self) -> bool {
        self.peer_type == PeerType::LOC_RIB
    }

    pub fn post_policy(&self) -> bool {
        self.flag(peer_flag::L)
    }

    pub fn adj_rib_out(&self) -> bool {
        self.flag(peer_flag::O)
    }

    /// The modes of ADD-PATH (RFC 7911, section 4) by which a router's own capability says that the messages of this table have
    /// path identifiers: 1, receive, where they came to it, 2, send, where it sent them, and either of a Loc-RIB, which
    /// has no direction.
    pub fn add_path_modes(&self) -> u8 {
        match self.view() {
            RibView::AdjRibInPre | RibView::AdjRibInPost => 1,
            RibView::AdjRibOutPre | RibView::AdjRibOutPost => 2,
            RibView::LocRib => 3,
        }
    }

    /// Whether the peer's type is one whose flags are known.
    pub fn is_known(&self) -> bool {
        self.peer_type <= PeerType::LOC_RIB
    }

    fn flag(&self, flag: u8) -> bool {
        self.peer_type < PeerType::LOC_RIB && self.flags & flag != 0
    }

    /// The A flag: AS_PATH has the legacy two-octet format. Loc-RIB is always four octets
    /// (RFC 9069, section 5.2).
    pub fn two_octet_as_path(&self) -> bool {
        self.flag(peer_flag::A)
    }

    /// The F flag: the Loc-RIB is filtered (RFC 9069, section 4.2).
    pub fn filtered(&self) -> bool {
        self.is_loc_rib() && self.flags & peer_flag::F != 0
    }

    pub fn view(&self) -> RibView {
        if self.is_loc_rib() {
            return RibView::LocRib;
        }
        match (self.adj_rib_out(), self.post_policy()) {
            (false, false) => RibView::AdjRibInPre,
            (false, true) => RibView::AdjRibInPost,
            (true, false) => RibView::AdjRibOutPre,
            (true, true) => RibView::AdjRibOutPost,
        }
    }

    /// The view; `None` where the type of the peer is not known, since then the meaning of its flags is not
    /// known either.
    pub fn known_view(&self) -> Option<RibView> {
        self.is_known().then(|| self.view())
    }

    #[inline(always)]
    pub fn equals_but_for_time(&self, other: &PeerHeader) -> bool {
        self.peer_type == other.peer_type
            && self.flags == other.flags
            && self.distinguisher == other.distinguisher
            && self.address == other.address
            && self.asn == other.asn
            && self.bgp_id == other.bgp_id
    }

    pub fn key(&self) -> PeerKey {
        PeerKey {
            peer_type: self.peer_type,
            distinguisher: self.distinguisher,
            address: self.address,
            bgp_id: if self.is_loc_rib() { self.bgp_id } else { Ipv4Addr::UNSPECIFIED },
        }
    }

    #[inline(always)]
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        let mut header = reader.sub(LENGTH).at("peer_header")?;
        let reader = &mut header;
        let peer_type = PeerType(reader.u8()?);
        let flags = reader.u8()?;
        let distinguisher = reader.u64()?;
        let address = address(reader.array()?, peer_type < PeerType::LOC_RIB && flags & peer_flag::V != 0);
        Ok(PeerHeader {
            peer_type,
            flags,
            distinguisher,
            address,
            asn: reader.u32()?,
            bgp_id: reader.ipv4()?,
            timestamp: Timestamp { seconds: reader.u32()?, microseconds: reader.u32()? },
        })
    }

    /// The per-peer header of a whole message that has one, even where the rest of the message cannot be
    /// read.
    pub fn of_frame(frame: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(frame, 0);
        let header = CommonHeader::decode(&mut reader, u32::MAX).ok()?;
        let has_one = matches!(
            header.message_type,
            message::ROUTE_MONITORING
                | message::STATISTICS_REPORT
                | message::PEER_DOWN
                | message::PEER_UP
                | message::ROUTE_MIRRORING
        );
        has_one.then_some(())?;
        PeerHeader::decode(&mut reader).ok()
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.peer_type.0);
        out.push(self.flags);
        out.extend_from_slice(&self.distinguisher.to_be_bytes());
        encode_address(self.address, out);
        out.extend_from_slice(&self.asn.to_be_bytes());
        out.extend_from_slice(&self.bgp_id.octets());
        out.extend_from_slice(&self.timestamp.seconds.to_be_bytes());
        out.extend_from_slice(&self.timestamp.microseconds.to_be_bytes());
    }
}

/// An address field of 16 octets: IPv4 is in the last four. Where the V flag does not say IPv6 and
/// the first twelve octets are not zero, the flag is wrong and the address is believed.
#[inline]
pub(crate) fn address(octets: [u8; 16], ipv6: bool) -> IpAddr {
    let number = u128::from_be_bytes(octets);
    match u32::try_from(number) {
        Ok(v4) if !ipv6 => IpAddr::V4(Ipv4Addr::from(v4)),
        _ => IpAddr::V6(Ipv6Addr::from(number)),
    }
}

pub(crate) fn encode_address(address: IpAddr, out: &mut Vec<u8>) {
    match address {
        IpAddr::V4(v4) => {
            out.extend_from_slice(&[0; 12]);
            out.extend_from_slice(&v4.octets());
        }
        IpAddr::V6(v6) => out.extend_from_slice(&v6.octets()),
    }
}

/// A route distinguisher as text (RFC 4364, section 4.2): `65000:1`, `192.0.2.1:1`, `4200000000:1`.
pub fn distinguisher_text(distinguisher: u64) -> String {
    crate::bgp::nlri::RouteDistinguisher(distinguisher).to_string()
}

impl Serialize for PeerType {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self.name() {
            "unknown" => serializer.serialize_u8(self.0),
            name => serializer.serialize_str(name),
        }
    }
}

impl Serialize for PeerHeader {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut out = serializer.serialize_struct("PeerHeader", 9)?;
        out.serialize_field("type", &self.peer_type)?;
        out.serialize_field("flags", &self.flags)?;
        out.serialize_field("view", &self.known_view())?;
        out.serialize_field("filtered", &self.filtered())?;
        out.serialize_field("distinguisher", &distinguisher_text(self.distinguisher))?;
        out.serialize_field("address", &self.address)?;
        out.serialize_field("asn", &self.asn)?;
        out.serialize_field("bgp_id", &self.bgp_id)?;
        out.serialize_field("timestamp", &self.timestamp)?;
        out.end()
    }
}
