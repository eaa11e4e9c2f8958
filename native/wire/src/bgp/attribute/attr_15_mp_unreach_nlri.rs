//! MP_UNREACH_NLRI (RFC 4760, section 4).

use serde::Serialize;

use super::PathAttribute;
use crate::bgp::{nlri, Action, AddressFamily, Context, Nlri};
use crate::error::{At, Result};
use crate::reader::Reader;

/// Routes of any family that an UPDATE withdraws.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MpUnreach {
    pub family: AddressFamily,
    pub nlri: Vec<Nlri>,
}

/// The attribute where it is on the wire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MpUnreachRef<'a> {
    pub family: AddressFamily,
    pub nlri: Reader<'a>,
}

impl<'a> MpUnreachRef<'a> {
    #[inline]
    pub fn read(reader: &mut Reader<'a>) -> Result<Self> {
        let family = reader.family()?;
        let offset = reader.offset();
        Ok(MpUnreachRef { family, nlri: Reader::new(reader.take_rest(), offset) })
    }
}

impl PathAttribute for MpUnreach {
    fn decode(reader: &mut Reader<'_>, context: Context<'_>) -> Result<Self> {
        let MpUnreachRef { family, nlri: block } = MpUnreachRef::read(reader)?;
        let nlri = nlri::decode(family, context.form(Action::Withdraw, family), block).at("nlri")?;
        Ok(MpUnreach { family, nlri })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.family.encode(out);
        self.nlri.iter().for_each(|nlri| nlri.encode(out));
    }
}
