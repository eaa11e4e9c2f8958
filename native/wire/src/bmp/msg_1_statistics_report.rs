//! Statistics Report (RFC 7854, section 4.8; RFC 8671, section 6; RFC 9972).

use serde::{Serialize, Serializer};

use super::peer_header::PeerHeader;
use super::tlv::Tlv;
use super::version_4::STATISTICS;
use crate::bgp::AddressFamily;
use crate::error::{At, Result};
use crate::raw::Raw;
use crate::reader::Reader;

/// Counters and gauges of a peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatisticsReport {
    pub peer: PeerHeader,
    pub statistics: Vec<Statistic>,
    /// Version 4: the TLVs beside the one that holds the statistics.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tlvs: Vec<Tlv>,
    /// Version 4: how many TLVs were before that one; `None` where the statistics are not in a TLV.
    #[serde(skip)]
    pub position: Option<usize>,
}

/// One counter or gauge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statistic {
    /// IANA "BMP Statistics Types".
    pub statistic_type: u16,
    pub value: StatisticValue,
}

impl Statistic {
    /// What is counted (RFC 7854, section 4.8; RFC 8671, section 6.2; RFC 9972); `None` for types that are not assigned or
    /// private.
    pub fn name(&self) -> Option<&'static str> {
        crate::registry::statistics::statistic(self.statistic_type).map(|known| known.name)
    }
}

/// `type`, `name`, then the value's fields.
impl Serialize for Statistic {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut out = serializer.serialize_map(None)?;
        out.serialize_entry("type", &self.statistic_type)?;
        out.serialize_entry("name", &self.name())?;
        match &self.value {
            StatisticValue::Counter32 { value } => out.serialize_entry("value", value)?,
            StatisticValue::Gauge64 { value } => out.serialize_entry("value", value)?,
            StatisticValue::Family { family, value } => {
                out.serialize_entry("family", family)?;
                out.serialize_entry("value", value)?;
            }
            StatisticValue::Raw { raw } => out.serialize_entry("raw", raw)?,
        }
        out.end()
    }
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
    pub fn decode(version: u8, reader: &mut Reader<'_>) -> Result<Self> {
        let peer = PeerHeader::decode(reader)?;
        if let Some((mut value, tlvs, position)) = if version == 4 { in_a_tlv(*reader) } else { None } {
            let statistics = Statistic::decode_all(&mut value)?;
            reader.take_rest();
            return Ok(StatisticsReport { peer, statistics, tlvs, position: Some(position) });
        }
        let statistics = Statistic::decode_all(reader)?;
        Ok(StatisticsReport { peer, statistics, tlvs: Vec::new(), position: None })
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        self.peer.encode(out);
        let Some(position) = self.position else {
            return self.encode_statistics(out);
        };
        let mut value = Vec::new();
        self.encode_statistics(&mut value);
        let (before, after) = self.tlvs.split_at_checked(position).unwrap_or((&self.tlvs, &[]));
        before.iter().for_each(|tlv| tlv.encode(out));
        super::tlv::encode(STATISTICS, &value, out);
        after.iter().for_each(|tlv| tlv.encode(out));
    }

    fn encode_statistics(&self, out: &mut Vec<u8>) {
        let count = u32::try_from(self.statistics.len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&count.to_be_bytes());
        self.statistics.iter().for_each(|statistic| statistic.encode(out));
    }
}

/// Version 4: whether the statistics are in a TLV.
pub(crate) fn is_in_a_tlv(reader: Reader<'_>) -> bool {
    in_a_tlv(reader).is_some()
}

/// From revision 20 of version 4's draft on the statistics are in a TLV among others. The older form starts with a count, and
/// is meant where as many statistics follow: a TLV's type and length make a count of 65,536 or more.
fn in_a_tlv(mut reader: Reader<'_>) -> Option<(Reader<'_>, Vec<Tlv>, usize)> {
    let (mut older, mut ahead) = (reader, reader);
    let count = ahead.u32().ok()? as usize;
    if count > 0 && Statistic::decode_all(&mut older).is_ok_and(|statistics| statistics.len() == count) {
        return None;
    }
    let mut tlvs = Vec::new();
    let mut found = None;
    while !reader.is_empty() {
        let start = reader;
        let tlv = Tlv::decode(&mut reader).ok()?;
        if tlv.tlv_type == STATISTICS && found.is_none() {
            let mut value = start;
            value.take(4).ok()?;
            found = Some((value.sub(tlv.value.len()).ok()?, tlvs.len()));
        } else {
            tlvs.push(tlv);
        }
    }
    found.map(|(value, position)| (value, tlvs, position))
}

impl Statistic {
    /// Octets of a statistic's type and length.
    const SMALLEST: usize = 4;

    fn decode_all(reader: &mut Reader<'_>) -> Result<Vec<Self>> {
        let count = reader.u32().at("count")? as usize;
        // The count is only a hint for the allocation: it may be anything.
        let mut statistics = Vec::with_capacity(count.min(reader.len() / Self::SMALLEST));
        // Some routers count wrong; what is there counts.
        while !reader.is_empty() {
            statistics.push(Statistic::decode(reader).at_index(statistics.len()).at("statistics")?);
        }
        Ok(statistics)
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        let statistic_type = reader.u16().at("type")?;
        let length = reader.u16().at("length")?;
        let mut value = reader.sub(length.into()).at("value")?;
        let value = match length {
            4 => StatisticValue::Counter32 { value: value.u32()? },
            8 => StatisticValue::Gauge64 { value: value.u64()? },
            11 => StatisticValue::Family { family: value.family()?, value: value.u64()? },
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
