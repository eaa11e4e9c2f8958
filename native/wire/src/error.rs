//! What could not be read, where, and why.

use std::fmt;

use serde::{Serialize, Serializer};
use smallvec::SmallVec;

use crate::bgp::AddressFamily;

/// Reading failed: what was expected, the absolute offset of the octet that was wrong (in the stream
/// or binary that was fed), and the way to the field.
///
/// The details are boxed, so that a `Result` of the decoder stays as small as its value.
#[derive(Clone, PartialEq, Eq)]
pub struct DecodeError(Box<Details>);

#[derive(Clone, PartialEq, Eq)]
struct Details {
    kind: ErrorKind,
    offset: u64,
    path: Path,
    suspect: bool,
    /// Whose NLRI could not be read.
    family: Option<AddressFamily>,
}

/// Why something could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// Fewer octets than the field needs.
    Truncated { need: usize, have: usize },
    /// Octets left over where the structure has ended.
    Trailing { octets: usize },
    /// The version of the BMP common header is neither 3 nor 4 (RFC 7854, section 4.1). Framing is lost.
    Version { found: u8 },
    /// The length of the BMP common header is below 6 (RFC 7854, section 4.1) or above the limit. Framing is lost.
    MessageLength { found: u32, limit: u32 },
    /// A length that the element does not have.
    Length { found: usize, expected: &'static str },
    /// A value that the field does not have.
    Value { found: u64, expected: &'static str },
    /// A form that the element's specification rules out.
    Form { expected: &'static str },
    /// A prefix length longer than an address of the family.
    PrefixLength { found: u8, limit: u8 },
    /// The flags of a path attribute conflict with its type (RFC 7606, section 3.c).
    Flags { found: u8 },
    /// The same attribute twice (RFC 7606, section 3.g).
    Duplicate,
    /// A well-known mandatory attribute is missing (RFC 7606, section 3.d).
    Missing,
}

/// The way to a field, printed like `bmp.route_monitoring.update.path_attributes[2].as_path`.
///
/// Few are longer than what fits in place: a frame can hold very many errors, and each is one allocation.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Path(SmallVec<[Step; 8]>); // innermost first

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Field(&'static str),
    Index(usize),
}

pub type Result<T, E = DecodeError> = std::result::Result<T, E>;

impl DecodeError {
    #[cold]
    pub fn new(kind: ErrorKind, offset: u64) -> Self {
        DecodeError(Box::new(Details { kind, offset, path: Path::default(), suspect: false, family: None }))
    }

    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// In octets from the first octet that was fed.
    pub fn offset(&self) -> u64 {
        self.0.offset
    }

    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Whether the message could be read with the other ADD-PATH setting. It was not, because earlier
    /// messages of the same peer, view and family, or the message itself, show that this setting is wrong.
    pub fn suspect(&self) -> bool {
        self.0.suspect
    }

    /// The address family of a message that is [`DecodeError::suspect`] because of earlier messages.
    pub fn suspect_family(&self) -> Option<AddressFamily> {
        self.family().filter(|_| self.suspect())
    }

    /// What and why, without where.
    pub fn reason(&self) -> String {
        self.0.kind.to_string()
    }

    /// The same error, this many octets further on in the input.
    pub(crate) fn moved(mut self, octets: u64) -> Self {
        self.0.offset = self.0.offset.wrapping_add(octets);
        self
    }

    #[cold]
    pub(crate) fn in_field(mut self, name: &'static str) -> Self {
        self.0.path.0.push(Step::Field(name));
        self
    }

    #[cold]
    pub(crate) fn in_index(mut self, index: usize) -> Self {
        self.0.path.0.push(Step::Index(index));
        self
    }

    /// The family whose NLRI could not be read, where path identifiers may be the cause.
    pub(crate) fn family(&self) -> Option<AddressFamily> {
        self.0.family
    }

    #[cold]
    pub(crate) fn of_family(mut self, family: AddressFamily) -> Self {
        self.0.family = Some(family);
        self
    }

    #[cold]
    pub(crate) fn mark_suspect(mut self) -> Self {
        self.0.suspect = true;
        self
    }
}

/// Adds the way to a field to an error that passes by; costs nothing where there is none.
pub(crate) trait At {
    fn at(self, name: &'static str) -> Self;
    fn at_index(self, index: usize) -> Self;
}

impl<T> At for Result<T> {
    #[inline(always)]
    fn at(self, name: &'static str) -> Self {
        match self {
            Ok(value) => Ok(value),
            Err(error) => Err(error.in_field(name)),
        }
    }

    #[inline(always)]
    fn at_index(self, index: usize) -> Self {
        match self {
            Ok(value) => Ok(value),
            Err(error) => Err(error.in_index(index)),
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().rev().enumerate() {
            match step {
                Step::Field(name) if position == 0 => f.write_str(name)?,
                Step::Field(name) => write!(f, ".{name}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ErrorKind::Truncated { need, have } => write!(f, "truncated: needs {need} octets, has {have}"),
            ErrorKind::Trailing { octets } => write!(f, "{octets} octets after the end"),
            ErrorKind::Version { found } => write!(f, "BMP version {found} is neither 3 nor 4"),
            ErrorKind::MessageLength { found, limit } => {
                write!(f, "BMP message length {found} is not between 6 and {limit}")
            }
            ErrorKind::Length { found, expected } => write!(f, "length is {found}, not {expected}"),
            ErrorKind::Value { found, expected } => write!(f, "value is {found}, not {expected}"),
            ErrorKind::Form { expected } => write!(f, "is not {expected}"),
            ErrorKind::PrefixLength { found, limit } => {
                write!(f, "prefix length is {found}, the limit is {limit}")
            }
            ErrorKind::Flags { found } => write!(f, "attribute flags 0x{found:02x} conflict with its type"),
            ErrorKind::Duplicate => f.write_str("attribute given twice"),
            ErrorKind::Missing => f.write_str("mandatory attribute missing"),
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at offset {}", self.0.path, self.0.offset)?;
        write!(f, ": {}", self.0.kind)?;
        if self.0.suspect {
            f.write_str(" (it reads with the other ADD-PATH setting)")?;
        }
        Ok(())
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecodeError({self})")
    }
}

impl std::error::Error for DecodeError {}

impl Serialize for Path {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for DecodeError {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut out = serializer.serialize_struct("DecodeError", 4)?;
        out.serialize_field("offset", &self.0.offset)?;
        out.serialize_field("path", &self.0.path)?;
        out.serialize_field("reason", &self.reason())?;
        out.serialize_field("suspect", &self.0.suspect)?;
        out.end()
    }
}
