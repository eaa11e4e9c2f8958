//! BGP messages as the structs of `ServiceRadar.BMP.BGP`; of an UPDATE, what `ServiceRadar.BMP.Terms` makes them from.
//!
//! What full tables are made of (prefixes, and the attributes that most routes have) is made term by term, shared between messages
//! where it can be; all else comes from the typed values of the wire crate.

mod attributes;
mod builder;
mod fields;
mod update;

use rustler::{Binary, Encoder, Env, Term};
use wire::bgp::attribute::ExtendedCommunity;
use wire::bgp::open::OptionalParameter;
use wire::bgp::{self, AddressFamily, Context, FamilySet, Nlri, NlriValue, Notification, Open, UpdateView};
use wire::reader::Reader;

use crate::atoms;
use crate::serialize;
use crate::structs::{decode_error, fill, Structs};
use crate::term::{error, list, ok, Address};

pub use builder::Builder;

pub fn family(family: AddressFamily) -> (u16, u8) {
    (family.afi, family.safi)
}

/// `{:ok, community}`, or `:error` where the octets are not eight.
#[rustler::nif]
fn extended_community<'a>(env: Env<'a>, octets: Binary<'a>, structs: Term<'a>) -> Term<'a> {
    match <[u8; 8]>::try_from(&*octets) {
        Ok(octets) => {
            let mut builder = Builder::new(Structs::new(env, structs, None));
            ok(env, builder.extended_community(ExtendedCommunity(octets)))
        }
        Err(_) => atoms::error().to_term(env),
    }
}

/// An OPEN message, whole. Of some hundred octets mostly, and of 64 KiB at most (RFC 9072).
#[rustler::nif(schedule = "DirtyCpu")]
fn decode_open<'a>(env: Env<'a>, message: Binary<'a>, structs: Term<'a>) -> Term<'a> {
    let structs = Structs::new(env, structs, Some(message));
    match Open::decode_message(&mut Reader::new(&message, 0)) {
        Ok(message) => ok(env, open(structs, &message)),
        Err(reason) => error(env, decode_error(structs, &reason)),
    }
}

pub fn open<'a>(structs: Structs<'a>, open: &Open) -> Term<'a> {
    let env = structs.env;
    let mut all: Vec<Term<'a>> = Vec::new();
    let parameters: Vec<Term<'a>> = open
        .parameters
        .iter()
        .map(|parameter| match parameter {
            OptionalParameter::Capabilities(capabilities) => {
                let terms: Vec<Term<'a>> =
                    capabilities.iter().map(|one| serialize::term(structs, one)).collect();
                all.extend_from_slice(&terms);
                list(env, terms, |term| term)
            }
            OptionalParameter::Unknown { parameter_type, value } => {
                (*parameter_type, structs.octets(value)).encode(env)
            }
        })
        .collect();
    fill!(structs.of(atoms::open_module()),
        version: open.version,
        asn: open.asn(),
        my_as: open.my_as,
        hold_time: open.hold_time,
        bgp_id: Address::from(open.bgp_id),
        capabilities: list(env, all, |term| term),
        parameters: list(env, parameters, |term| term),
        extended: open.extended,
    )
}

pub fn notification<'a>(structs: Structs<'a>, notification: &Notification) -> Term<'a> {
    let inner = notification.hard_reset().map(|inner| (inner.code, inner.subcode, notification_name(&inner)));
    let prefix_limit = notification.prefix_limit().map(|(of, limit)| (family(of), limit));
    fill!(structs.of(atoms::notification_module()),
        code: notification.code,
        subcode: notification.subcode,
        name: notification_name(notification),
        text: notification.shutdown_text(),
        hard_reset: inner,
        prefix_limit: prefix_limit,
        data: structs.octets(&notification.data),
    )
}

fn notification_name(notification: &Notification) -> Option<String> {
    match (notification.code_name(), notification.subcode_name()) {
        (Some(code), Some(subcode)) => Some(format!("{code}/{subcode}")),
        (code, _) => code.map(ToString::to_string),
    }
}

/// A BGP message of any type that a router mirrored: `octets` is the whole message.
pub fn message<'a>(builder: &mut Builder<'a>, message: &bgp::Message, octets: &[u8]) -> Term<'a> {
    let (env, structs) = (builder.env, builder.structs);
    match message {
        bgp::Message::Open(message) => open(structs, message),
        bgp::Message::Update(update) => {
            // Read again in the way that it was read: with path identifiers where there are some.
            let add_path: FamilySet = update
                .groups()
                .filter(|group| group.nlri.iter().any(|nlri| nlri.path_id.is_some()))
                .map(|group| group.family)
                .collect();
            let labels = |nlri: &Nlri| match &nlri.value {
                NlriValue::Labeled(labeled) => labeled.labels.len(),
                NlriValue::Vpn(vpn) => vpn.labels.len(),
                _ => 0,
            };
            let multiple_labels: FamilySet = update
                .groups()
                .filter(|group| group.nlri.iter().any(|nlri| labels(nlri) > 1))
                .map(|group| group.family)
                .collect();
            let context = Context {
                two_octet_as: update.two_octet_as,
                add_path,
                multiple_labels,
                ..Context::default()
            };
            let view = UpdateView::decode_message(&mut Reader::new(octets, 0), context);
            let view = match view {
                Ok(view) => view,
                Err(error) => return decode_error(structs, &error),
            };
            let mut more = builder.rare(&view);
            more.push(builder.faults(&update.faults));
            more.push(builder.field(atoms::as_width_mismatch(), update.as_width_mismatch));
            builder.update_with(&view, &more)
        }
        bgp::Message::Notification(message) => notification(structs, message),
        bgp::Message::Keepalive => atoms::keepalive().to_term(env),
        bgp::Message::RouteRefresh(refresh) => serialize::term(structs, refresh),
        bgp::Message::Unknown { message_type, data } => (*message_type, structs.octets(data)).encode(env),
    }
}
