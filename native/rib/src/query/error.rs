//! What is wrong with a question.

use thiserror::Error;

#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum QueryError {
    #[error("not a cursor of this table")]
    Cursor,
    #[error("not a community: {0}")]
    Community(String),
    #[error("not a regular expression: {0}")]
    AsPath(String),
}
