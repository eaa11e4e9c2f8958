//! ORIGIN (RFC 4271, section 5.1.1).

use serde::Serialize;

use super::{Context, PathAttribute};
use crate::error::{ErrorKind, Result};
use crate::reader::Reader;
use crate::registry::bgp::origin;

/// Where a route came into BGP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Origin {
    Igp = origin::IGP,
    Egp = origin::EGP,
    Incomplete = origin::INCOMPLETE,
}

impl Origin {
    #[inline]
    pub(crate) fn new(number: u8) -> Option<Self> {
        Some(match number {
            origin::IGP => Origin::Igp,
            origin::EGP => Origin::Egp,
            origin::INCOMPLETE => Origin::Incomplete,
            _ => return None,
        })
    }

    pub fn name(self) -> &'static str {
        match self {
            Origin::Igp => "igp",
            Origin::Egp => "egp",
            Origin::Incomplete => "incomplete",
        }
    }
}

impl PathAttribute for Origin {
    #[inline]
    fn decode(reader: &mut Reader<'_>, _: Context<'_>) -> Result<Self> {
        let at = *reader;
        let found = reader.u8()?;
        Origin::new(found)
            .ok_or_else(|| at.error(ErrorKind::Value { found: found.into(), expected: "0, 1 or 2" }))
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(*self as u8);
    }
}
