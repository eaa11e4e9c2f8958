//! Parts of messages as the batch's Protobuf has them.

use std::net::IpAddr;

use bytes::Bytes;
use wire::bgp::{Action, Treatment};
use wire::bmp::{self, Mirrored, PeerHeader, StatisticValue};
use wire::registry::bmp::mirroring_tlv;

use crate::generated as proto;

pub(crate) fn route_group(group: &wire::bgp::RouteGroup<'_>) -> proto::RouteGroup {
    proto::RouteGroup {
        action: action(group.action) as i32,
        afi: group.family.afi.into(),
        safi: group.family.safi.into(),
        add_path: group.add_path,
        add_path_inferred: group.inferred,
        next_hop: Bytes::copy_from_slice(group.next_hop),
        nlri: group.canonical_nlri().into_owned().into(),
    }
}

pub(crate) fn action(action: Action) -> proto::route_group::Action {
    match action {
        Action::Announce => proto::route_group::Action::Announce,
        Action::Withdraw => proto::route_group::Action::Withdraw,
    }
}

pub(crate) fn fault(fault: &wire::bgp::Fault) -> proto::Fault {
    use proto::fault::Treatment as To;
    let treatment = match fault.treatment {
        Treatment::Kept => To::Kept,
        Treatment::AttributeDiscard => To::AttributeDiscard,
        Treatment::TreatAsWithdraw => To::TreatAsWithdraw,
        Treatment::AfiSafiDisable => To::AfiSafiDisable,
        Treatment::SessionReset => To::SessionReset,
    };
    proto::Fault {
        treatment: treatment.into(),
        attribute: fault.attribute.map(Into::into),
        reason: fault.error.to_string(),
        raw: Bytes::copy_from_slice(&fault.raw),
    }
}

pub(crate) fn view(header: &PeerHeader) -> proto::RibView {
    match header.view() {
        bmp::RibView::AdjRibInPre => proto::RibView::AdjRibInPre,
        bmp::RibView::AdjRibInPost => proto::RibView::AdjRibInPost,
        bmp::RibView::AdjRibOutPre => proto::RibView::AdjRibOutPre,
        bmp::RibView::AdjRibOutPost => proto::RibView::AdjRibOutPost,
        bmp::RibView::LocRib => proto::RibView::LocRib,
    }
}

pub(crate) fn time(header: &PeerHeader) -> i64 {
    header.timestamp.unix_microseconds().unwrap_or(0)
}

pub(crate) fn address(address: IpAddr) -> Bytes {
    match address {
        IpAddr::V4(address) => Bytes::copy_from_slice(&address.octets()),
        IpAddr::V6(address) => Bytes::copy_from_slice(&address.octets()),
    }
}

pub(crate) fn tlv(tlv: &bmp::Tlv) -> proto::Tlv {
    proto::Tlv {
        r#type: tlv.tlv_type.into(),
        value: Bytes::copy_from_slice(&tlv.value),
        index: tlv.index.map(Into::into),
    }
}

pub(crate) fn mirrored(mirrored: &Mirrored) -> proto::Tlv {
    let (kind, value) = match mirrored {
        Mirrored::BgpMessage { message, .. } => (mirroring_tlv::BGP_MESSAGE, Bytes::copy_from_slice(message)),
        Mirrored::Information { code } => {
            (mirroring_tlv::INFORMATION, Bytes::copy_from_slice(&code.to_be_bytes()))
        }
        Mirrored::Unknown { tlv_type, value } => (*tlv_type, Bytes::copy_from_slice(value)),
    };
    proto::Tlv { r#type: kind.into(), value, index: None }
}

pub(crate) fn counter(statistic: &bmp::Statistic) -> proto::statistics::Counter {
    let mut counter =
        proto::statistics::Counter { r#type: statistic.statistic_type.into(), ..Default::default() };
    match &statistic.value {
        StatisticValue::Counter32 { value } => counter.value = (*value).into(),
        StatisticValue::Gauge64 { value } => counter.value = *value,
        StatisticValue::Family { family, value } => {
            counter.afi = family.afi.into();
            counter.safi = family.safi.into();
            counter.value = *value;
        }
        StatisticValue::Raw { raw } => {
            counter.unread = true;
            counter.raw = Bytes::copy_from_slice(raw);
        }
    }
    counter
}
