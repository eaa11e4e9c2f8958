//! ONLY_TO_CUSTOMER (RFC 9234, section 5).

use serde::Serialize;

use super::{Context, PathAttribute};
use crate::error::Result;
use crate::reader::Reader;

/// The AS from which on the route may only go to customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct OnlyToCustomer(pub u32);

// RFC 9234, section 5: where its length is not 4.
impl PathAttribute for OnlyToCustomer {
    #[inline]
    fn decode(reader: &mut Reader<'_>, _: Context<'_>) -> Result<Self> {
        reader.u32().map(OnlyToCustomer)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0.to_be_bytes());
    }
}
