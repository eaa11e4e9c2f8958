//! MPLS labels in NLRI (RFC 8277, section 2; RFC 3032).

use std::fmt;

use serde::{Serialize, Serializer};
use smallvec::SmallVec;

use super::LabelStack;
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

    /// In place of the labels of a withdrawal (RFC 8277, section 2.4): 0x800000, or 0 of older routers.
    fn is_withdrawn(self) -> bool {
        matches!(self.0, 0x80_0000 | 0)
    }

    pub fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        reader.u24().map(Label)
    }

    pub fn encode(self, out: &mut Vec<u8>) {
        let [_, high, middle, low] = self.0.to_be_bytes();
        out.extend_from_slice(&[high, middle, low]);
    }
}

/// Octets of the labels at the front.
pub(crate) fn stack_length(reader: &mut Reader<'_>, stack: LabelStack) -> Result<usize> {
    let before = reader.len();
    loop {
        let label = Label::decode(reader).at("labels")?;
        let last = match stack {
            LabelStack::One => true,
            LabelStack::ToBottom => label.bottom(),
            LabelStack::ToBottomOrWithdrawn => label.bottom() || label.is_withdrawn(),
        };
        if last {
            return Ok(before - reader.len());
        }
    }
}

/// The octets that have the bits of labels which are not part of the number.
fn last_octets(labels: &[u8]) -> impl DoubleEndedIterator<Item = &u8> {
    labels.as_chunks::<LENGTH>().0.iter().map(|[_, _, last]| last)
}

/// Whether the last label, and no other, has the bottom-of-stack bit.
pub(crate) fn is_stack(labels: &[u8]) -> bool {
    let mut octets = last_octets(labels).rev();
    octets.next().is_none_or(|last| last & 1 == 1) && octets.all(|octet| octet & 1 == 0)
}

/// Makes it so.
pub(crate) fn make_stack(labels: &mut [u8]) {
    let mut octets = labels.as_chunks_mut::<LENGTH>().0.iter_mut().map(|[_, _, last]| last).rev();
    if let Some(last) = octets.next() {
        *last |= 1;
    }
    octets.for_each(|octet| *octet &= !1);
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
