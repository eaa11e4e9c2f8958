//! Why a table refuses what it is given.

use batch::proto;
use thiserror::Error;

/// Why a batch was refused as a whole; nothing of it was applied.
#[derive(Debug, Error)]
pub enum ApplyError {
    #[error("not a batch: {0}")]
    Protobuf(#[from] proto::DecodeError),
    #[error("not a batch: {0}")]
    Malformed(&'static str),
    #[error("not a table dump: {0}")]
    Dump(&'static str),
    #[error("limit of {0} routers reached")]
    Routers(usize),
}
