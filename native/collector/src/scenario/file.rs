//! The files of a scenario that are one JSON value each.

use anyhow::{Context, Result};
use serde_json::Value;
use std::path::Path;

/// Reads one; the error names it.
pub(super) fn read(path: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no JSON", path.display()))
}
