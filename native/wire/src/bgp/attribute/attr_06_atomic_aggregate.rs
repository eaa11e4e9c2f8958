//! ATOMIC_AGGREGATE (RFC 4271, section 5.1.6).

use serde::Serialize;

use super::{flags, Context, PathAttribute, Treatment};
use crate::error::Result;
use crate::reader::Reader;

/// The route leaves out ASes of the routes it was made from. There is no value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct AtomicAggregate;

impl PathAttribute for AtomicAggregate {
    const CODE: u8 = 6;
    const NAME: &'static str = "atomic_aggregate";
    const CLASS: u8 = flags::WELL_KNOWN;
    const MALFORMED: Treatment = Treatment::AttributeDiscard;

    #[inline]
    fn decode(_: &mut Reader<'_>, _: Context<'_>) -> Result<Self> {
        Ok(AtomicAggregate)
    }

    fn encode(&self, _: &mut Vec<u8>) {}
}
