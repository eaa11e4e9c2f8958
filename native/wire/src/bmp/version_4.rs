//! Version 4 of BMP: which TLV of a Route Monitoring message means what, revision by revision of its drafts
//! (draft-ietf-grow-bmp-tlv, draft-ietf-grow-bmp-path-marking-tlv).
//!
//! IANA has assigned nothing yet, and the drafts have given their code points anew twice. Nothing in a message says which
//! revision its sender follows, but the TLVs do: see [`CodePoints::of`].

use serde::{Serialize, Serializer};

use super::Tlv;
use crate::bgp::{AddressFamily, Capability};
use crate::raw::Raw;
use crate::reader::Reader;
use crate::registry::bmp::path_reason;
pub use crate::registry::version_4::{CodePoints, DEPLOYED, REVISION_20, REVISION_21, STATISTICS};

/// An index with this bit names a group of NLRI.
pub const GROUP_INDEX: u16 = 0x8000;

/// A TLV of an enterprise; its value starts with the enterprise's number.
pub const ENTERPRISE: u16 = 0x8000;

impl CodePoints {
    /// The revision that a message follows. The type of the TLV with the UPDATE leaves one or two of them. Of
    /// two, only the newer one has flags and timestamps. What is the type of capabilities in the older one is
    /// that of groups in the newer one; what is that of groups is that of the table's name; and what is that
    /// of the table's name is that of capabilities.
    pub fn of(bgp_message: u16, tlvs: &[Tlv]) -> &'static CodePoints {
        if bgp_message == REVISION_20.bgp_message {
            return &REVISION_20;
        }
        let newer = tlvs.iter().any(|tlv| {
            let group = tlv.index.is_some_and(|index| index & GROUP_INDEX != 0);
            match tlv.tlv_type {
                number if number == REVISION_21.group => group,
                number if number == REVISION_21.table_name => !group,
                number if number == REVISION_21.stateless_parsing => {
                    !is_text(&tlv.value) && capabilities(&tlv.value).is_some()
                }
                number => [REVISION_21.extended_flags, REVISION_21.timestamp].contains(&Some(number)),
            }
        });
        if newer {
            &REVISION_21
        } else {
            &DEPLOYED
        }
    }

    /// Whether a TLV of this type may hold the UPDATE.
    pub(crate) fn is_bgp_message(tlv_type: u16) -> bool {
        [DEPLOYED, REVISION_20, REVISION_21].iter().any(|points| points.bgp_message == tlv_type)
    }

    /// What a TLV of Route Monitoring says.
    pub fn read(&self, tlv: &Tlv) -> Meaning {
        let number = Some(tlv.tlv_type);
        if let Some(enterprise) = tlv.enterprise() {
            return Meaning::Enterprise { enterprise };
        }
        let meaning = if number == self.path_marking && PathMarking::fits(tlv) {
            PathMarking::decode(tlv).map(|path_marking| Meaning::PathMarking { path_marking })
        } else if tlv.tlv_type == self.table_name {
            Some(Meaning::TableName { name: tlv.text() })
        } else if tlv.tlv_type == self.stateless_parsing {
            capabilities(&tlv.value).map(|capabilities| Meaning::StatelessParsing { capabilities })
        } else if tlv.tlv_type == self.group {
            group(&tlv.value).map(|nlri| Meaning::Group { nlri })
        } else if number == self.sequence_number {
            sequence_number(&tlv.value).map(|number| Meaning::SequenceNumber { number })
        } else if number == self.extended_flags {
            Some(Meaning::ExtendedFlags { flags: tlv.value.clone() })
        } else if number == self.timestamp {
            Some(Meaning::Timestamp { time: tlv.value.clone() })
        } else {
            None
        };
        meaning.unwrap_or(Meaning::Unknown)
    }
}

/// What a TLV of Route Monitoring says; `meaning` in JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "meaning", rename_all = "snake_case")]
pub enum Meaning {
    /// What the UPDATE is to be read with, whatever the OPENs said.
    StatelessParsing {
        capabilities: Vec<Capability>,
    },
    /// NLRI of the UPDATE, counted from 1, that other TLVs name by this TLV's index.
    Group {
        nlri: Vec<u16>,
    },
    /// The VRF or table that the routes are in.
    TableName {
        name: String,
    },
    PathMarking {
        path_marking: PathMarking,
    },
    SequenceNumber {
        number: u64,
    },
    ExtendedFlags {
        flags: Raw,
    },
    Timestamp {
        time: Raw,
    },
    /// Kept raw.
    Enterprise {
        enterprise: u32,
    },
    /// Of another type, or without its type's form: kept raw.
    Unknown,
}

/// Capabilities as in an OPEN, to the end.
fn capabilities(value: &[u8]) -> Option<Vec<Capability>> {
    let mut reader = Reader::new(value, 0);
    let mut capabilities = Vec::new();
    while !reader.is_empty() {
        capabilities.push(Capability::decode(&mut reader).ok()?);
    }
    (!capabilities.is_empty()).then_some(capabilities)
}

fn group(value: &[u8]) -> Option<Vec<u16>> {
    let (pairs, rest) = value.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().copied().map(u16::from_be_bytes).collect())
}

fn sequence_number(value: &[u8]) -> Option<u64> {
    matches!(value.len(), 1..=8).then(|| value.iter().fold(0, |high, low| high << 8 | u64::from(*low)))
}

fn is_text(value: &[u8]) -> bool {
    !value.is_empty() && value.iter().all(|octet| *octet >= 0x20 && *octet != 0x7f)
}

/// The stateless parsing TLVs of a message, where they are on the wire: what they say is for its UPDATE alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stateless<'a> {
    /// All of the message's TLVs; empty where none is about parsing.
    tlvs: &'a [u8],
    tlv_type: u16,
    /// The modes of ADD-PATH that are about the direction of the message.
    modes: u8,
}

impl<'a> Stateless<'a> {
    pub(crate) fn new(tlvs: &'a [u8], tlv_type: u16, modes: u8) -> Self {
        Stateless { tlvs, tlv_type, modes }
    }

    #[inline(always)]
    pub(crate) fn is_empty(self) -> bool {
        self.tlvs.is_empty()
    }

    fn capabilities(self) -> impl Iterator<Item = Capability> + 'a {
        let mut reader = Reader::new(self.tlvs, 0);
        std::iter::from_fn(move || super::tlv::IndexedTlvRef::read(&mut reader).ok())
            .filter(move |tlv| tlv.tlv_type == self.tlv_type)
            .flat_map(|tlv| capabilities(tlv.value.peek()).unwrap_or_default())
    }

    /// Whether NLRI of the family have path identifiers; `None` where nothing is said. The capability is the router's, as in
    /// its OPEN: what it receives has path identifiers where it says that it receives some (RFC 7911, section 4).
    #[cold]
    pub(crate) fn path_ids(self, family: AddressFamily) -> Option<bool> {
        self.capabilities().find_map(|capability| match capability {
            Capability::AddPath { families } => {
                families.iter().find(|entry| entry.family == family).map(|entry| entry.mode & self.modes != 0)
            }
            _ => None,
        })
    }

    /// Whether AS numbers are said to have four octets.
    #[cold]
    pub(crate) fn four_octet_as(self) -> bool {
        self.capabilities().any(|capability| matches!(capability, Capability::FourOctetAs { .. }))
    }
}

/// How the router ranks a path (draft-ietf-grow-bmp-path-marking-tlv-05).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathMarking {
    /// The TLV's index: which NLRI of the message.
    pub index: u16,
    /// Bits; see [`PathMarking::statuses`].
    pub status: u32,
    pub reason: Option<u16>,
}

impl PathMarking {
    const STATUSES: [(u32, &'static str); 12] = [
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
        (0x400, "stale"),
        (0x800, "suppressed"),
    ];

    /// Whether the value is four or six octets that are no text. Where the table's name has the same type,
    /// this tells the two apart.
    fn fits(tlv: &Tlv) -> bool {
        matches!(tlv.value.len(), 4 | 6) && !is_text(&tlv.value)
    }

    fn decode(tlv: &Tlv) -> Option<Self> {
        let mut reader = Reader::new(&tlv.value, 0);
        let status = reader.u32().ok()?;
        let reason = if reader.is_empty() { None } else { Some(reader.u16().ok()?) };
        reader.finish().ok()?;
        Some(PathMarking { index: tlv.index?, status, reason })
    }

    /// The value of its TLV.
    pub fn encode(&self) -> Vec<u8> {
        let mut value = self.status.to_be_bytes().to_vec();
        value.extend(self.reason.into_iter().flat_map(u16::to_be_bytes));
        value
    }

    /// Names of the status bits that are set.
    pub fn statuses(&self) -> impl Iterator<Item = &'static str> + '_ {
        Self::STATUSES.iter().filter(|(bit, _)| self.status & bit != 0).map(|(_, name)| *name)
    }

    pub fn reason_name(&self) -> Option<&'static str> {
        self.reason.and_then(path_reason::name)
    }
}

impl Serialize for PathMarking {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut out = serializer.serialize_struct("PathMarking", 5)?;
        out.serialize_field("index", &self.index)?;
        out.serialize_field("status", &self.statuses().collect::<Vec<_>>())?;
        out.serialize_field("bits", &self.status)?;
        out.serialize_field("reason", &self.reason)?;
        out.serialize_field("reason_name", &self.reason_name())?;
        out.end()
    }
}
