//! BGP messages as the structs of `ServiceRadar.BMP.BGP`.

use rustler::{Binary, Encoder, Env, Term};
use wire::bgp::attribute::{Attribute, AttributeValue};
use wire::bgp::update::Action;
use wire::bgp::{
    AddressFamily, AsPath, Capability, Context, Fault, NextHop, NlriRef, Notification, Open, Origin,
    RouteGroup, SegmentType, Treatment, UpdateView,
};
use wire::reader::Reader;

use crate::atoms;
use crate::message::decode_error;
use crate::term::{error, list, nil, ok, record, Address, Bytes, Prefix};

pub fn family(family: AddressFamily) -> (u16, u8) {
    (family.afi, family.safi)
}

pub fn update<'a>(env: Env<'a>, update: &UpdateView<'_>) -> Term<'a> {
    record!(env, update_module,
        attributes: attributes(env, update),
        end_of_rib: update.end_of_rib().map(family),
        faults: list(env, update.faults(), |one| fault(env, one)),
        groups: list(env, update.groups(), |group| route_group(env, group)),
    )
}

fn route_group<'a>(env: Env<'a>, group: &RouteGroup<'_>) -> Term<'a> {
    let action = match group.action {
        Action::Announce => atoms::announce(),
        Action::Withdraw => atoms::withdraw(),
    };
    // The block has been checked: every NLRI reads.
    let nlri = list(env, group.iter().flatten(), |one| nlri(env, &one));
    record!(env, route_group_module,
        action: action,
        family: family(group.family),
        next_hop: next_hop(env, &NextHop::decode(group.next_hop)),
        nlri: nlri,
    )
}

#[inline]
fn nlri<'a>(env: Env<'a>, nlri: &NlriRef<'_>) -> Term<'a> {
    let prefix = nlri.prefix();
    let raw = if prefix.is_some() { None } else { Some(Bytes(nlri.bytes)) };
    record!(env, nlri_module, path_id: nlri.path_id, prefix: prefix.map(Prefix), raw: raw)
}

fn next_hop<'a>(env: Env<'a>, next_hop: &NextHop) -> Term<'a> {
    let v6 = |global: &std::net::Ipv6Addr, link_local: Option<&std::net::Ipv6Addr>| match link_local {
        Some(link_local) => (Address((*global).into()), Address((*link_local).into())).encode(env),
        None => Address((*global).into()).encode(env),
    };
    match next_hop {
        NextHop::None => nil(env),
        NextHop::Ipv4(address) | NextHop::VpnIpv4 { address, .. } => Address::from(*address).encode(env),
        NextHop::Ipv6 { global, link_local } => v6(global, link_local.as_ref()),
        NextHop::VpnIpv6 { global, link_local, .. } => {
            v6(global, link_local.as_ref().map(|(_, address)| address))
        }
        NextHop::Raw(raw) => Bytes(raw).encode(env),
    }
}

/// Each attribute's field; where an attribute comes twice the first one counts (RFC 7606, section 3.g).
#[derive(Default)]
struct Fields<'a> {
    origin: Option<Term<'a>>,
    next_hop: Option<Term<'a>>,
    multi_exit_disc: Option<u32>,
    local_pref: Option<u32>,
    originator_id: Option<Term<'a>>,
    only_to_customer: Option<u32>,
    atomic_aggregate: bool,
    communities: Option<Term<'a>>,
    cluster_list: Option<Term<'a>>,
    extended_communities: Option<Term<'a>>,
    large_communities: Option<Term<'a>>,
    other: Vec<Term<'a>>,
}

const AS_PATH: u8 = 2;
const MP_REACH_NLRI: u8 = 14;
const MP_UNREACH_NLRI: u8 = 15;

fn attributes<'a>(env: Env<'a>, update: &UpdateView<'_>) -> Term<'a> {
    let path = update.merged_as_path();
    let context = Context { two_octet_as: update.two_octet_as(), ..Context::default() };
    let mut fields = Fields::default();
    for attribute in update.attributes() {
        match attribute.code {
            // Their routes are in the groups.
            MP_REACH_NLRI | MP_UNREACH_NLRI => {}
            AS_PATH if path.is_some() => {}
            _ => fields.add(env, &attribute.to_owned(context)),
        }
    }
    let aggregator = update.merged_aggregator().map(|one| (one.asn, Address::from(one.address)));
    let empty = Term::list_new_empty(env);
    record!(env, attributes_module,
        aggregator: aggregator,
        as_path: path.map(|path| as_path(env, &path)),
        atomic_aggregate: fields.atomic_aggregate,
        cluster_list: fields.cluster_list.unwrap_or(empty),
        communities: fields.communities.unwrap_or(empty),
        extended_communities: fields.extended_communities.unwrap_or(empty),
        large_communities: fields.large_communities.unwrap_or(empty),
        local_pref: fields.local_pref,
        multi_exit_disc: fields.multi_exit_disc,
        next_hop: fields.next_hop,
        only_to_customer: fields.only_to_customer,
        origin: fields.origin,
        originator_id: fields.originator_id,
        other: fields.other,
    )
}

impl<'a> Fields<'a> {
    fn add(&mut self, env: Env<'a>, attribute: &Attribute) {
        match &attribute.value {
            // Merged with their AS4 forms from the whole UPDATE.
            AttributeValue::AsPath(_)
            | AttributeValue::Aggregator(_)
            | AttributeValue::As4Path(_)
            | AttributeValue::As4Aggregator(_) => {}
            AttributeValue::Origin(origin) => {
                let origin = match origin {
                    Origin::Igp => atoms::igp(),
                    Origin::Egp => atoms::egp(),
                    Origin::Incomplete => atoms::incomplete(),
                };
                self.origin.get_or_insert(origin.to_term(env));
            }
            AttributeValue::NextHop(next_hop) => {
                self.next_hop.get_or_insert_with(|| Address::from(next_hop.0).encode(env));
            }
            AttributeValue::MultiExitDisc(med) => {
                self.multi_exit_disc.get_or_insert(med.0);
            }
            AttributeValue::LocalPref(preference) => {
                self.local_pref.get_or_insert(preference.0);
            }
            AttributeValue::AtomicAggregate(_) => self.atomic_aggregate = true,
            AttributeValue::OriginatorId(id) => {
                self.originator_id.get_or_insert_with(|| Address::from(id.0).encode(env));
            }
            AttributeValue::OnlyToCustomer(asn) => {
                self.only_to_customer.get_or_insert(asn.0);
            }
            AttributeValue::Communities(communities) => {
                self.communities.get_or_insert_with(|| {
                    list(env, &communities.0, |one| (one.0 >> 16, one.0 & 0xffff).encode(env))
                });
            }
            AttributeValue::ClusterList(ids) => {
                self.cluster_list
                    .get_or_insert_with(|| list(env, &ids.0, |id| Address::from(*id).encode(env)));
            }
            AttributeValue::ExtendedCommunities(communities) => {
                self.extended_communities
                    .get_or_insert_with(|| list(env, &communities.0, |one| Bytes(&one.0).encode(env)));
            }
            AttributeValue::LargeCommunities(communities) => {
                self.large_communities.get_or_insert_with(|| {
                    list(env, &communities.0, |one| {
                        (one.global_administrator, one.local_data_1, one.local_data_2).encode(env)
                    })
                });
            }
            value => {
                let mut octets = Vec::new();
                value.encode(&mut octets);
                self.other.push((attribute.code(), attribute.flags, Bytes(&octets)).encode(env));
            }
        }
    }
}

fn as_path<'a>(env: Env<'a>, path: &AsPath) -> Term<'a> {
    list(env, &path.segments, |segment| {
        let kind = match segment.kind {
            SegmentType::AsSequence => atoms::sequence(),
            SegmentType::AsSet => atoms::set(),
            SegmentType::AsConfedSequence => atoms::confed_sequence(),
            SegmentType::AsConfedSet => atoms::confed_set(),
        };
        (kind, list(env, &segment.asns, |asn| asn.encode(env))).encode(env)
    })
}

fn fault<'a>(env: Env<'a>, fault: &Fault) -> Term<'a> {
    let treatment = match fault.treatment {
        Treatment::AttributeDiscard => atoms::attribute_discard(),
        Treatment::TreatAsWithdraw => atoms::treat_as_withdraw(),
        Treatment::AfiSafiDisable => atoms::afi_safi_disable(),
        Treatment::SessionReset => atoms::session_reset(),
    };
    record!(env, fault_module,
        treatment: treatment,
        attribute: fault.attribute,
        error: decode_error(env, &fault.error),
        raw: Bytes(&fault.raw),
    )
}

/// An OPEN message, whole. Of some hundred octets at most (RFC 9072: of 64 KiB, never seen).
#[rustler::nif]
fn decode_open<'a>(env: Env<'a>, message: Binary<'a>) -> Term<'a> {
    match Open::decode_message(&mut Reader::new(&message, 0)) {
        Ok(message) => ok(env, open(env, &message)),
        Err(reason) => error(env, decode_error(env, &reason)),
    }
}

pub fn open<'a>(env: Env<'a>, open: &Open) -> Term<'a> {
    record!(env, open_module,
        version: open.version,
        asn: open.asn(),
        hold_time: open.hold_time,
        bgp_id: Address::from(open.bgp_id),
        capabilities: list(env, open.capabilities(), |one| capability(env, one)),
    )
}

fn capability<'a>(env: Env<'a>, capability: &Capability) -> Term<'a> {
    match capability {
        Capability::Multiprotocol { family: one } => (atoms::multiprotocol(), family(*one)).encode(env),
        Capability::RouteRefresh => atoms::route_refresh().to_term(env),
        Capability::ExtendedMessage => atoms::extended_message().to_term(env),
        Capability::FourOctetAs { asn } => (atoms::four_octet_as(), *asn).encode(env),
        Capability::AddPath { families } => {
            let families = list(env, families, |entry| {
                let mode = match entry.mode {
                    1 => atoms::receive().to_term(env),
                    2 => atoms::send().to_term(env),
                    3 => atoms::both().to_term(env),
                    other => other.encode(env),
                };
                (family(entry.family), mode).encode(env)
            });
            (atoms::add_path(), families).encode(env)
        }
        other => {
            // Code and length, then the value.
            let mut bytes = Vec::new();
            other.encode(&mut bytes);
            (other.code(), Bytes(bytes.get(2..).unwrap_or_default())).encode(env)
        }
    }
}

pub fn notification<'a>(env: Env<'a>, notification: &Notification) -> Term<'a> {
    let name = match (notification.code_name(), notification.subcode_name()) {
        (Some(code), Some(subcode)) => Some(format!("{code}/{subcode}")),
        (code, _) => code.map(ToString::to_string),
    };
    record!(env, notification_module,
        code: notification.code,
        subcode: notification.subcode,
        name: name,
        text: notification.shutdown_text(),
        data: Bytes(&notification.data),
    )
}
