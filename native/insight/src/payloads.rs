//! What the RPKI says, as validators write it, and where it comes from.

use ipnet::IpNet;
use serde::Deserialize;

/// A Validated ROA Payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
pub struct Vrp {
    pub prefix: IpNet,
    #[serde(alias = "maxLength")]
    pub max_length: u8,
    #[serde(deserialize_with = "asn")]
    pub asn: u32,
}

/// What an autonomous system says its providers are.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Aspa {
    /// rpki-client writes `customer_asid`, routinator `customer`.
    #[serde(alias = "customer_asid", deserialize_with = "asn")]
    pub customer: u32,
    #[serde(deserialize_with = "asns")]
    pub providers: Vec<u32>,
}

/// Where a VRP comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// The configuration itself.
    Written,
    File,
    /// RTR.
    Cache,
}

/// What a validator writes to a file.
#[derive(Debug, Deserialize)]
pub struct Payloads {
    #[serde(rename = "roas")]
    pub vrps: Vec<Vrp>,
    #[serde(default)]
    pub aspas: Vec<Aspa>,
}

/// `64500` or `"AS64500"`.
fn asn<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(u32),
        Text(String),
    }
    match Either::deserialize(deserializer)? {
        Either::Number(asn) => Ok(asn),
        Either::Text(text) => {
            let digits = text.trim_start_matches("AS").trim_start_matches("as");
            digits.parse().map_err(|_| serde::de::Error::custom(format!("{text:?} is no AS number")))
        }
    }
}

fn asns<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<u32>, D::Error> {
    #[derive(Deserialize)]
    struct One(#[serde(deserialize_with = "asn")] u32);
    Ok(Vec::<One>::deserialize(deserializer)?.into_iter().map(|one| one.0).collect())
}
