//! MPLS labels in NLRI (RFC 8277, section 2; RFC 3032).

use std::fmt;

use serde::{Serialize, Serializer};
use smallvec::SmallVec;

use crate::error::{At, Result};
use crate::reader::Reader;

/// Three octets as on the wire: 20 bits of label, 3 of traffic class, 1 for the bottom of the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Label(pub u32);

/// Octets of a label.
pub(crate) const LENGTH: usize = 3;

/// Labels of one NLRI, top first.
pub type Labels = SmallVec<[Label; 2]>;

impl Label {
    pub fn new(label: u32, bottom: bool) -> Self {
        Label(label << 4 & 0xff_fff0 | u32::from(bottom))
    }

    pub fn value(self) -> u32 {
        self.0 >> 4
    }

    pub fn bottom(self) -> bool {
        self.0 & 1 == 1
    }

    /// The field of a withdrawal is no label (RFC 8277, section 2.4): 0x800000, or 0 of older routers.
    fn ends_stack(self) -> bool {
        self.bottom() || matches!(self.0, 0x80_0000 | 0)
    }

    pub fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        reader.u24().map(Label)
    }

    pub fn encode(self, out: &mut Vec<u8>) {
        let [_, high, middle, low] = self.0.to_be_bytes();
        out.extend_from_slice(&[high, middle, low]);
    }
}

/// Octets of the label stack at the front.
pub(crate) fn stack_length(reader: &mut Reader<'_>) -> Result<usize> {
    let before = reader.len();
    while !Label::decode(reader).at("labels")?.ends_stack() {}
    Ok(before - reader.len())
}

/// Labels to the end.
pub(crate) fn decode_stack(reader: &mut Reader<'_>) -> Result<Labels> {
    let mut labels = Labels::new();
    while !reader.is_empty() {
        labels.push(Label::decode(reader)?);
    }
    Ok(labels)
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value().fmt(f)
    }
}

impl Serialize for Label {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.value())
    }
}
