//! ONLY_TO_CUSTOMER (RFC 9234, section 5).

use serde::Serialize;

use super::{flags, Context, PathAttribute, Treatment};
use crate::error::Result;
use crate::reader::Reader;

/// The AS from which on the route may only go to customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct OnlyToCustomer(pub u32);

impl PathAttribute for OnlyToCustomer {
    const CODE: u8 = 35;
    const NAME: &'static str = "only_to_customer";
    const CLASS: u8 = flags::OPTIONAL_TRANSITIVE;
    // RFC 9234, section 5: where its length is not 4.
    const MALFORMED: Treatment = Treatment::TreatAsWithdraw;

    #[inline]
    fn decode(reader: &mut Reader<'_>, _: Context<'_>) -> Result<Self> {
        reader.u32().map(OnlyToCustomer)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0.to_be_bytes());
    }
}
