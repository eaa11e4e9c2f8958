//! Statistics Report (RFC 7854, section 4.8; RFC 8671, section 6; RFC 9972).

use serde::Serialize;

use super::PeerHeader;
use crate::bgp::AddressFamily;
use crate::error::{At, Result};
use crate::raw::Raw;
use crate::reader::Reader;

/// Counters and gauges of a peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatisticsReport {
    pub peer: PeerHeader,
    pub statistics: Vec<Statistic>,
}

/// One counter or gauge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Statistic {
    /// IANA "BMP Statistics Types".
    #[serde(rename = "type")]
    pub statistic_type: u16,
    #[serde(flatten)]
    pub value: StatisticValue,
}

/// A statistic's value; the length decides, as the registry's types have one form each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum StatisticValue {
    /// 4 octets.
    Counter32 { value: u32 },
    /// 8 octets.
    Gauge64 { value: u64 },
    /// 11 octets: for one address family.
    Family { family: AddressFamily, value: u64 },
    /// Anything else.
    Raw { raw: Raw },
}

impl StatisticsReport {
    /// Octets of a statistic's type and length.
    const SMALLEST: usize = 4;

    pub fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        let peer = PeerHeader::decode(reader)?;
        let count = reader.u32().at("count")? as usize;
        // The count is only a hint for the allocation: it may be anything.
        let mut statistics = Vec::with_capacity(count.min(reader.len() / Self::SMALLEST));
        // Some routers count wrong; what is there counts.
        while !reader.is_empty() {
            statistics.push(Statistic::decode(reader).at_index(statistics.len()).at("statistics")?);
        }
        Ok(StatisticsReport { peer, statistics })
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        self.peer.encode(out);
        let count = u32::try_from(self.statistics.len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&count.to_be_bytes());
        self.statistics.iter().for_each(|statistic| statistic.encode(out));
    }
}

impl Statistic {
    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        let statistic_type = reader.u16().at("type")?;
        let length = reader.u16().at("length")?;
        let mut value = reader.sub(length.into()).at("value")?;
        let value = match length {
            4 => StatisticValue::Counter32 { value: value.u32()? },
            8 => StatisticValue::Gauge64 { value: value.u64()? },
            11 => StatisticValue::Family { family: AddressFamily::decode(&mut value)?, value: value.u64()? },
            _ => StatisticValue::Raw { raw: value.take_rest().into() },
        };
        Ok(Statistic { statistic_type, value })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let mut value = Vec::with_capacity(11);
        match &self.value {
            StatisticValue::Counter32 { value: number } => value.extend_from_slice(&number.to_be_bytes()),
            StatisticValue::Gauge64 { value: number } => value.extend_from_slice(&number.to_be_bytes()),
            StatisticValue::Family { family, value: number } => {
                family.encode(&mut value);
                value.extend_from_slice(&number.to_be_bytes());
            }
            StatisticValue::Raw { raw } => value.extend_from_slice(raw),
        }
        super::tlv::encode(self.statistic_type, &value, out);
    }
}
