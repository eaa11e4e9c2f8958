//! BMP messages as the structs of `ServiceRadar.BMP.Message`.

use rustler::{Atom, Encoder, Env, Term};
use smallvec::SmallVec;
use wire::bmp::{
    Body, Mirrored, PeerDown, PeerDownReason, PeerHeader, PeerType, PeerUp, RibView, RouteMirroring,
    RouteMonitoringView, Statistic, StatisticValue, StatisticsReport, Timestamp, Tlv,
};
use wire::registry::bgp::fsm_event;
use wire::registry::bmp::{mirroring_information, mirroring_tlv, termination_reason};
use wire::session::{Content, Frame, Taken};
use wire::DecodeError;

use crate::atoms;
use crate::bgp::{self, Builder};
use crate::cache::Cache;
use crate::serialize;
use crate::structs::{decode_error, fill, Structs};
use crate::term::{list, nil, object, record, tuple, Address};

/// Makes the terms of one call's messages.
pub struct Messages<'a> {
    bgp: Builder<'a>,
    /// Per-peer headers without the time: a router's messages are of few peers.
    peers: Cache<PeerHeader, Term<'a>, 16>,
}

impl<'a> Messages<'a> {
    pub fn new(structs: Structs<'a>) -> Self {
        Messages { bgp: Builder::new(structs), peers: Cache::default() }
    }

    /// One frame, whatever it holds; a plain UPDATE has gone to [`Messages::sink`].
    pub fn frame(&mut self, frame: &Frame<'_, Taken<'_>>) -> Term<'a> {
        let structs = self.bgp.structs;
        let made = match &frame.content {
            Ok(Taken::Plain(peer)) => {
                let update = self.bgp.plain();
                return self.route_monitoring(frame.offset, peer, update, &[]);
            }
            Ok(Taken::Other(content)) => match &**content {
                Content::RouteMonitoring(view) => {
                    let update = self.bgp.update(&view.update);
                    let more = self.rare(frame.header.version, view);
                    return self.route_monitoring(frame.offset, &view.peer, update, &more);
                }
                Content::Other(body) => self.other(body),
            },
            Err(error) => fill!(structs.of(atoms::undecodable_module()),
                raw: structs.octets(frame.bytes), error: decode_error(structs, error)),
        };
        let made = fill!(made, offset: frame.offset);
        if frame.header.version == 3 {
            return made;
        }
        fill!(made, version: frame.header.version)
    }

    /// What takes a plain UPDATE.
    pub fn sink(&mut self) -> &mut Builder<'a> {
        &mut self.bgp
    }

    /// Fields of a Route Monitoring that are rarely there, where they are.
    fn rare(&self, version: u8, view: &RouteMonitoringView<'_>) -> SmallVec<[Term<'a>; 3]> {
        let structs = self.bgp.structs;
        let mut more = SmallVec::new();
        if version != 3 {
            more.push(self.bgp.field(atoms::version(), version));
        }
        if !view.tlvs.is_empty() {
            more.push(self.bgp.field(atoms::tlvs(), tlvs(structs, &view.tlvs)));
        }
        if view.update_tlv.is_some() {
            let meanings: Vec<Term<'a>> =
                view.meanings().map(|(_, meaning)| serialize::term(structs, &meaning)).collect();
            more.push(self.bgp.field(atoms::meanings(), meanings));
        }
        more
    }

    /// What `ServiceRadar.BMP.Terms` makes a Route Monitoring from.
    fn route_monitoring(
        &mut self,
        offset: u64,
        peer: &PeerHeader,
        update: Term<'a>,
        more: &[Term<'a>],
    ) -> Term<'a> {
        let env = self.bgp.env;
        let terms = [
            atoms::route_monitoring().to_term(env),
            offset.encode(env),
            self.timeless(peer),
            peer.timestamp.unix_microseconds().encode(env),
            update,
            list(env, more, |term| *term),
        ];
        tuple(env, terms)
    }

    fn peer(&mut self, peer: &PeerHeader) -> Term<'a> {
        let head = self.timeless(peer);
        match peer.timestamp.unix_microseconds() {
            Some(time) => fill!(head, time: time),
            None => head,
        }
    }

    /// The header without the time.
    fn timeless(&mut self, peer: &PeerHeader) -> Term<'a> {
        let timeless = PeerHeader { timestamp: Timestamp::default(), ..*peer };
        let known = self.peers.find(|known| *known == timeless);
        known.unwrap_or_else(|| {
            let head = peer_header(self.bgp.structs, &timeless);
            self.peers.insert(timeless, head)
        })
    }

    fn other(&mut self, body: &Body) -> Term<'a> {
        let structs = self.bgp.structs;
        match body {
            // It comes by reference, above.
            Body::RouteMonitoring(_) => nil(structs.env),
            Body::StatisticsReport(body) => {
                let peer = self.peer(&body.peer);
                statistics_report(structs, peer, body)
            }
            Body::PeerDown(body) => {
                let peer = self.peer(&body.peer);
                peer_down(structs, peer, body)
            }
            Body::PeerUp(body) => {
                let peer = self.peer(&body.peer);
                peer_up(structs, peer, body)
            }
            Body::Initiation(body) => fill!(structs.of(atoms::initiation_module()),
                sys_name: body.sys_name, sys_descr: body.sys_descr, tlvs: tlvs(structs, &body.tlvs)),
            Body::Termination(body) => fill!(structs.of(atoms::termination_module()),
                reason: body.reason, reason_name: body.reason.and_then(termination_reason::name), text: body.text,
                tlvs: tlvs(structs, &body.tlvs)),
            Body::RouteMirroring(body) => {
                let peer = self.peer(&body.peer);
                self.route_mirroring(peer, body)
            }
            Body::Unknown(body) => fill!(structs.of(atoms::unknown_message_module()),
                type_: body.message_type, data: structs.octets(&body.data)),
        }
    }

    fn route_mirroring(&mut self, peer: Term<'a>, mirroring: &RouteMirroring) -> Term<'a> {
        let (env, structs) = (self.bgp.env, self.bgp.structs);
        let tlvs = list(env, &mirroring.mirrored, |mirrored| match mirrored {
            Mirrored::BgpMessage { message, .. } => {
                (mirroring_tlv::BGP_MESSAGE, structs.octets(message)).encode(env)
            }
            Mirrored::Information { code } => {
                (mirroring_tlv::INFORMATION, structs.octets(&code.to_be_bytes())).encode(env)
            }
            Mirrored::Unknown { tlv_type, value } => (*tlv_type, structs.octets(value)).encode(env),
        });
        let messages: Vec<Term<'a>> = mirroring
            .mirrored
            .iter()
            .filter_map(|mirrored| match mirrored {
                Mirrored::BgpMessage { message, decoded: Some(decoded), .. } => {
                    Some(bgp::message(&mut self.bgp, decoded, message))
                }
                Mirrored::BgpMessage { error: Some(error), .. } => Some(decode_error(structs, error)),
                _ => None,
            })
            .collect();
        let information: Vec<Term<'a>> = mirroring
            .mirrored
            .iter()
            .filter_map(|mirrored| match mirrored {
                Mirrored::Information { code } => {
                    Some((*code, mirroring_information::name(*code)).encode(env))
                }
                _ => None,
            })
            .collect();
        fill!(structs.of(atoms::route_mirroring_module()),
            peer: peer, tlvs: tlvs, messages: messages, information: information)
    }
}

/// The error that ends a session, with what was read before it.
pub fn fatal_error<'a>(
    structs: Structs<'a>,
    error: &DecodeError,
    messages: Term<'a>,
    rest: &[u8],
) -> Term<'a> {
    fill!(decode_error(structs, error), messages: messages, rest: structs.octets(rest))
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

fn peer_header<'a>(structs: Structs<'a>, peer: &PeerHeader) -> Term<'a> {
    let env = structs.env;
    let peer_type = match peer.peer_type {
        PeerType::GLOBAL => atoms::global().to_term(env),
        PeerType::RD => atoms::rd().to_term(env),
        PeerType::LOCAL => atoms::local().to_term(env),
        PeerType::LOC_RIB => atoms::loc_rib().to_term(env),
        PeerType(other) => other.encode(env),
    };
    fill!(structs.of(atoms::peer_header_module()),
        address: Address(peer.address),
        asn: peer.asn,
        bgp_id: Address::from(peer.bgp_id),
        distinguisher: peer.distinguisher,
        filtered: peer.filtered(),
        flags: peer.flags,
        type_: peer_type,
        view: peer.known_view().map(view),
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

fn tlvs<'a, 't>(structs: Structs<'a>, tlvs: impl IntoIterator<Item = &'t Tlv>) -> Term<'a> {
    let env = structs.env;
    list(env, tlvs, |tlv| {
        let value = structs.octets(&tlv.value);
        match tlv.index {
            None => (tlv.tlv_type, value).encode(env),
            Some(index) => (tlv.tlv_type, index, value).encode(env),
        }
    })
}

fn statistics_report<'a>(structs: Structs<'a>, peer: Term<'a>, report: &StatisticsReport) -> Term<'a> {
    let env = structs.env;
    let statistics = list(env, &report.statistics, |statistic: &Statistic| {
        let (number, name) = (statistic.statistic_type, statistic.name());
        match &statistic.value {
            StatisticValue::Counter32 { value } => object!(env, type_: number, name: name, value: *value),
            StatisticValue::Gauge64 { value } => object!(env, type_: number, name: name, value: *value),
            StatisticValue::Family { family, value } => {
                object!(env, type_: number, name: name, family: bgp::family(*family), value: *value)
            }
            StatisticValue::Raw { raw } => {
                object!(env, type_: number, name: name, value: structs.octets(raw))
            }
        }
    });
    fill!(structs.of(atoms::statistics_report_module()), peer: peer, statistics: statistics,
        tlvs: tlvs(structs, &report.tlvs))
}

fn peer_down<'a>(structs: Structs<'a>, peer: Term<'a>, down: &PeerDown) -> Term<'a> {
    let fsm_event = match down.reason {
        PeerDownReason::LocalFsmEvent { event } => event,
        _ => None,
    };
    let of_reason: &[Tlv] = match &down.reason {
        PeerDownReason::LocalSystemClosed { tlvs } => tlvs,
        _ => &[],
    };
    fill!(structs.of(atoms::peer_down_module()),
        peer: peer,
        reason: down.reason.number(),
        notification: down.reason.notification().map(|notification| bgp::notification(structs, notification)),
        fsm_event: fsm_event,
        fsm_event_name: fsm_event.and_then(fsm_event::name),
        tlvs: tlvs(structs, of_reason.iter().chain(&down.tlvs)),
        data: structs.octets(&down.data),
    )
}

fn peer_up<'a>(structs: Structs<'a>, peer: Term<'a>, up: &PeerUp) -> Term<'a> {
    fill!(structs.of(atoms::peer_up_module()),
        peer: peer,
        local_address: Address(up.local_address),
        local_port: up.local_port,
        remote_port: up.remote_port,
        sent_open: up.sent_open.as_ref().map(|open| bgp::open(structs, open)),
        received_open: up.received_open.as_ref().map(|open| bgp::open(structs, open)),
        table_name: up.table_name(),
        faults: list(structs.env, &up.faults, |fault| decode_error(structs, fault)),
        tlvs: tlvs(structs, &up.tlvs),
        trailing: structs.octets(&up.trailing),
    )
}
