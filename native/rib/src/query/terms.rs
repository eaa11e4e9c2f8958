//! Communities and expressions as people write them.

use std::str::FromStr;

use wire::bgp::attribute::code;
use wire::bgp::AttributeValue;

use super::error::QueryError;
use crate::attributes::attribute_of;
use crate::lines::Expression;

/// A community of one of the three kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Community {
    /// RFC 1997, `65000:100`.
    Standard(u32),
    /// RFC 8092, `65000:1:2`.
    Large(String),
    /// RFC 4360, as [`PathAttributes::extended_communities`] prints it, e.g. `rt:65000:1`.
    Extended(String),
}

/// A regular expression over an AS path as text.
#[derive(Clone, Debug)]
pub struct AsPathPattern(pub(super) Expression);

/// An expression that takes more memory than this is refused: whoever may search may not fill the station's.
pub(super) const MOST_PATTERN_OCTETS: usize = 1 << 20;

impl AsPathPattern {
    /// As it was written.
    pub fn expression(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for AsPathPattern {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<Self, QueryError> {
        let built = Expression::new(text, MOST_PATTERN_OCTETS);
        built.map(AsPathPattern).map_err(|reason| QueryError::AsPath(reason.to_string()))
    }
}

impl FromStr for Community {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<Self, QueryError> {
        let numbers: Option<Vec<u32>> = text.split(':').map(|part| part.parse().ok()).collect();
        match numbers.as_deref() {
            Some([high, low]) if *high <= 0xffff && *low <= 0xffff => {
                Ok(Community::Standard(high << 16 | low))
            }
            Some([global, one, two]) => Ok(Community::Large(format!("{global}:{one}:{two}"))),
            None if text.contains(':') => Ok(Community::Extended(text.to_string())),
            _ => Err(QueryError::Community(text.to_string())),
        }
    }
}

impl Community {
    pub(super) fn is_in(&self, set: &[u8]) -> bool {
        match self {
            Community::Standard(community) => match attribute_of(set, code::COMMUNITIES) {
                Some(AttributeValue::Communities(held)) => held.0.iter().any(|held| held.0 == *community),
                _ => false,
            },
            Community::Large(community) => match attribute_of(set, code::LARGE_COMMUNITIES) {
                Some(AttributeValue::LargeCommunities(held)) => {
                    held.0.iter().any(|held| held.to_string() == *community)
                }
                _ => false,
            },
            Community::Extended(community) => match attribute_of(set, code::EXTENDED_COMMUNITIES) {
                Some(AttributeValue::ExtendedCommunities(held)) => {
                    held.0.iter().any(|held| held.to_string() == *community)
                }
                _ => false,
            },
        }
    }
}
