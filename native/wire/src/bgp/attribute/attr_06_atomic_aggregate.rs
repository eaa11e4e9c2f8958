//! ATOMIC_AGGREGATE (RFC 4271, section 5.1.6).

use serde::Serialize;

use super::{Context, PathAttribute};
use crate::error::Result;
use crate::reader::Reader;

/// The route leaves out ASes of the routes it was made from. There is no value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct AtomicAggregate;

impl PathAttribute for AtomicAggregate {
    #[inline]
    fn decode(_: &mut Reader<'_>, _: Context<'_>) -> Result<Self> {
        Ok(AtomicAggregate)
    }

    fn encode(&self, _: &mut Vec<u8>) {}
}
