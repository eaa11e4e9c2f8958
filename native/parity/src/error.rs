//! The one error of a comparison.

/// Why two tables cannot be compared, in a sentence.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0}")]
pub struct CannotCompare(pub String);

pub type Result<T> = std::result::Result<T, CannotCompare>;

pub fn cannot<T>(why: impl Into<String>) -> Result<T> {
    Err(CannotCompare(why.into()))
}
