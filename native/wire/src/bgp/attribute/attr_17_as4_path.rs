//! AS4_PATH (RFC 6793, section 3).

use serde::Serialize;

use super::{AsPath, Context, PathAttribute};
use crate::error::Result;
use crate::reader::Reader;

/// The path with four-octet AS numbers that a speaker with two-octet ones carries along; see [`AsPath::merge_as4`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct As4Path(pub AsPath);

// RFC 6793, section 6, which says nothing of flags.
impl PathAttribute for As4Path {
    #[inline]
    fn decode(reader: &mut Reader<'_>, _: Context<'_>) -> Result<Self> {
        AsPath::read(reader, false).map(As4Path)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.0.write(out, false);
    }

    #[inline]
    fn check(reader: Reader<'_>, _: Context<'_>) -> Result<()> {
        AsPath::check_octets(reader, false)
    }
}
