//! Where options come from: the file, over it the environment, over both the flags.

use anyhow::{anyhow, Context, Result};
use std::path::PathBuf;
use toml::{Table, Value};

/// Environment variables begin so; `BMP_COLLECTOR_SESSION__WINDOW` is `session.window`.
pub const ENVIRONMENT: &str = "BMP_COLLECTOR_";

/// Not yet put together.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    pub file: Option<PathBuf>,
    /// Names and values of all environment variables.
    pub environment: Vec<(String, String)>,
    /// Paths, such as `session.window`, and values.
    pub flags: Vec<(String, String)>,
}

impl Sources {
    /// What all of them say, the later ones over the earlier.
    pub fn table(&self) -> Result<Table> {
        let mut table = match &self.file {
            None => Table::new(),
            Some(file) => std::fs::read_to_string(file)
                .map_err(anyhow::Error::from)
                .and_then(|text| text.parse::<Table>().map_err(anyhow::Error::from))
                .with_context(|| format!("the configuration file {}", file.display()))?,
        };
        for (name, text) in &self.environment {
            if let Some(path) = name.strip_prefix(ENVIRONMENT) {
                let path = path.to_lowercase().replace("__", ".");
                put(&mut table, &path, value(text))
                    .with_context(|| format!("environment variable {name}"))?;
            }
        }
        for (path, text) in &self.flags {
            put(&mut table, path, value(text)).with_context(|| format!("option {path}"))?;
        }
        Ok(table)
    }
}

/// A number, a boolean or a list as TOML has them; anything else is text, which needs no quotation marks.
fn value(text: &str) -> Value {
    let table = format!("value = {text}").parse::<Table>();
    table.ok().and_then(|mut table| table.remove("value")).unwrap_or_else(|| Value::String(text.to_owned()))
}

fn put(table: &mut Table, path: &str, value: Value) -> Result<()> {
    let Some((first, rest)) = path.split_once('.') else {
        table.insert(path.to_owned(), value);
        return Ok(());
    };
    let inner = table.entry(first).or_insert_with(|| Value::Table(Table::new()));
    put(inner.as_table_mut().ok_or_else(|| anyhow!("{first} is no table"))?, rest, value)
}
