//! BMP messages as the structs of `ServiceRadar.BMP.Message`.

use rustler::{Atom, Encoder, Env, Term};
use wire::bmp::{
    Body, Mirrored, PeerDown, PeerDownReason, PeerHeader, PeerType, PeerUp, RibView, RouteMirroring,
    Statistic, StatisticValue, StatisticsReport, Tlv,
};
use wire::session::{Content, Frame};
use wire::DecodeError;

use crate::atoms;
use crate::bgp;
use crate::term::{list, nil, object, record, Address, Bytes};

/// The per-peer header before: messages in a row are mostly of one peer and moment, and share it.
#[derive(Default)]
pub struct LastPeer<'a>(Option<(PeerHeader, Term<'a>)>);

impl<'a> LastPeer<'a> {
    fn term(&mut self, env: Env<'a>, peer: &PeerHeader) -> Term<'a> {
        match &self.0 {
            Some((last, term)) if last == peer => *term,
            _ => {
                let term = peer_header(env, peer);
                self.0 = Some((*peer, term));
                term
            }
        }
    }
}

/// One frame, whatever it holds.
pub fn frame<'a>(env: Env<'a>, frame: &Frame<'_>, last_peer: &mut LastPeer<'a>) -> Term<'a> {
    let offset = frame.offset;
    match &frame.content {
        Ok(Content::RouteMonitoring(view)) => record!(env, route_monitoring_module, offset: offset,
            peer: last_peer.term(env, &view.peer), update: bgp::update(env, &view.update), tlvs: tlvs(env, &view.tlvs)),
        Ok(Content::Other(body)) => other(env, offset, body),
        Err(error) => record!(env, undecodable_module, offset: offset, raw: Bytes(frame.bytes),
            error: decode_error(env, error)),
    }
}

fn other<'a>(env: Env<'a>, offset: u64, body: &Body) -> Term<'a> {
    match body {
        // It comes by reference, above.
        Body::RouteMonitoring(_) => nil(env),
        Body::StatisticsReport(body) => statistics_report(env, offset, body),
        Body::PeerDown(body) => peer_down(env, offset, body),
        Body::PeerUp(body) => peer_up(env, offset, body),
        Body::Initiation(body) => record!(env, initiation_module, offset: offset,
            sys_name: body.sys_name, sys_descr: body.sys_descr, tlvs: tlvs(env, &body.tlvs)),
        Body::Termination(body) => record!(env, termination_module, offset: offset,
            reason: body.reason, text: body.text, tlvs: tlvs(env, &body.tlvs)),
        Body::RouteMirroring(body) => route_mirroring(env, offset, body),
        Body::Unknown(body) => record!(env, unknown_message_module, offset: offset,
            type_: body.message_type, data: Bytes(&body.data)),
    }
}

pub fn decode_error<'a>(env: Env<'a>, error: &DecodeError) -> Term<'a> {
    fatal_error(env, error, Term::list_new_empty(env), &[])
}

/// The error with what was read before it.
pub fn fatal_error<'a>(env: Env<'a>, error: &DecodeError, messages: Term<'a>, rest: &[u8]) -> Term<'a> {
    record!(env, decode_error_module,
        __exception__: true,
        reason: error.reason(),
        offset: error.offset(),
        path: error.path().to_string(),
        suspect: error.suspect(),
        messages: messages,
        rest: Bytes(rest),
    )
}

/// A panic that was caught.
pub fn internal_error<'a>(env: Env<'a>, reason: &str) -> Term<'a> {
    record!(env, decode_error_module,
        __exception__: true,
        reason: reason,
        offset: 0,
        path: "bmp",
        suspect: false,
        messages: Term::list_new_empty(env),
        rest: "",
    )
}

pub fn peer_header<'a>(env: Env<'a>, peer: &PeerHeader) -> Term<'a> {
    let peer_type = match peer.peer_type {
        PeerType::GLOBAL => atoms::global().to_term(env),
        PeerType::RD => atoms::rd().to_term(env),
        PeerType::LOCAL => atoms::local().to_term(env),
        PeerType::LOC_RIB => atoms::loc_rib().to_term(env),
        PeerType(other) => other.encode(env),
    };
    record!(env, peer_header_module,
        address: Address(peer.address),
        asn: peer.asn,
        bgp_id: Address::from(peer.bgp_id),
        distinguisher: peer.distinguisher,
        filtered: peer.filtered(),
        flags: peer.flags,
        time: peer.timestamp.unix_microseconds(),
        type_: peer_type,
        view: view(peer.view()),
    )
}

fn view(view: RibView) -> Atom {
    match view {
        RibView::AdjRibInPre => atoms::adj_rib_in_pre(),
        RibView::AdjRibInPost => atoms::adj_rib_in_post(),
        RibView::AdjRibOutPre => atoms::adj_rib_out_pre(),
        RibView::AdjRibOutPost => atoms::adj_rib_out_post(),
        RibView::LocRib => atoms::loc_rib(),
    }
}

fn tlvs<'a>(env: Env<'a>, tlvs: &[Tlv]) -> Term<'a> {
    list(env, tlvs, |tlv| (tlv.tlv_type, Bytes(&tlv.value)).encode(env))
}

fn statistics_report<'a>(env: Env<'a>, offset: u64, report: &StatisticsReport) -> Term<'a> {
    let statistics = list(env, &report.statistics, |statistic: &Statistic| {
        let number = statistic.statistic_type;
        match &statistic.value {
            StatisticValue::Counter32 { value } => object!(env, type_: number, value: *value),
            StatisticValue::Gauge64 { value } => object!(env, type_: number, value: *value),
            StatisticValue::Family { family, value } => {
                object!(env, type_: number, family: bgp::family(*family), value: *value)
            }
            StatisticValue::Raw { raw } => object!(env, type_: number, value: Bytes(raw)),
        }
    });
    record!(env, statistics_report_module, offset: offset, peer: peer_header(env, &report.peer), statistics: statistics)
}

fn peer_down<'a>(env: Env<'a>, offset: u64, down: &PeerDown) -> Term<'a> {
    let fsm_event = match down.reason {
        PeerDownReason::LocalFsmEvent { event } => event,
        _ => None,
    };
    let values: &[Tlv] = match &down.reason {
        PeerDownReason::LocalSystemClosed { tlvs } => tlvs,
        _ => &[],
    };
    record!(env, peer_down_module,
        offset: offset,
        peer: peer_header(env, &down.peer),
        reason: down.reason.number(),
        notification: down.reason.notification().map(|notification| bgp::notification(env, notification)),
        fsm_event: fsm_event,
        tlvs: tlvs(env, values),
        data: Bytes(&down.data),
    )
}

fn peer_up<'a>(env: Env<'a>, offset: u64, up: &PeerUp) -> Term<'a> {
    record!(env, peer_up_module,
        offset: offset,
        peer: peer_header(env, &up.peer),
        local_address: Address(up.local_address),
        local_port: up.local_port,
        remote_port: up.remote_port,
        sent_open: bgp::open(env, &up.sent_open),
        received_open: bgp::open(env, &up.received_open),
        tlvs: tlvs(env, &up.tlvs),
    )
}

fn route_mirroring<'a>(env: Env<'a>, offset: u64, mirroring: &RouteMirroring) -> Term<'a> {
    let tlvs = list(env, &mirroring.mirrored, |mirrored| match mirrored {
        Mirrored::BgpMessage { message, .. } => (0, Bytes(message)).encode(env),
        Mirrored::Information { code } => (1, Bytes(&code.to_be_bytes())).encode(env),
        Mirrored::Unknown { tlv_type, value } => (*tlv_type, Bytes(value)).encode(env),
    });
    record!(env, route_mirroring_module, offset: offset, peer: peer_header(env, &mirroring.peer), tlvs: tlvs)
}
