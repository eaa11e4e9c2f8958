//! Values of options: how each kind is read, and what it may be.

use anyhow::{ensure, Context, Result};
use ipnet::IpNet;
use serde::{Deserialize, Deserializer};
use std::net::IpAddr;
use std::path::Path;

pub fn above_0(name: &str, value: u64) -> Result<()> {
    ensure!(value > 0, "{name} is a number above 0");
    Ok(())
}

pub fn readable(name: &str, file: &Path) -> Result<()> {
    std::fs::read(file).with_context(|| format!("{name}: {}", file.display())).map(drop)
}

/// A list, or one text with commas, which is what an environment variable has.
pub fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a list of texts")]
    enum Texts {
        List(Vec<String>),
        One(String),
    }
    Ok(match Texts::deserialize(deserializer)? {
        Texts::List(texts) => texts,
        Texts::One(text) => {
            text.split(',').map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect()
        }
    })
}

/// Prefixes, or addresses, each the prefix of itself.
pub fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    texts(deserializer)?.iter().map(|text| network(text).map_err(serde::de::Error::custom)).collect()
}

pub fn network(text: &str) -> Result<IpNet, String> {
    text.parse::<IpAddr>()
        .map(IpNet::from)
        .or_else(|_| text.parse::<IpNet>())
        .map(|network| network.trunc())
        .map_err(|_| format!("{text:?} is no address and no prefix, such as 192.0.2.1 or 2001:db8::/32"))
}
