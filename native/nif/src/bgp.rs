//! BGP messages as the structs of `ServiceRadar.BMP.BGP`.
//!
//! What full tables are made of (prefixes, and the attributes that most routes have) is built from the octets by hand, shared
//! between messages where it can be; all else comes from the typed values of the wire crate.

use std::net::Ipv6Addr;

use rustler::sys::ErlNifTerm;
use rustler::{Atom, Binary, Encoder, Env, Term};
use smallvec::SmallVec;
use wire::bgp::attribute::{code, AttributeRef, AttributeValue, ExtendedCommunity};
use wire::bgp::open::OptionalParameter;
use wire::bgp::update::Action;
use wire::bgp::{
    self, AddressFamily, AsPath, Context, FamilySet, Fault, NextHop, Nlri, NlriRef, NlriValue, Notification,
    Open, RouteGroup, SegmentType, Treatment, UpdateView,
};
use wire::reader::Reader;
use wire::registry::attributes::{self, Attribute, Place};

use crate::atoms;
use crate::cache::Cache;
use crate::serialize;
use crate::structs::{decode_error, fill, put, Structs};
use crate::term::{error, list, list_of, nil, ok, tuple, Address, Bytes};

pub fn family(family: AddressFamily) -> (u16, u8) {
    (family.afi, family.safi)
}

/// Makes the terms of one call's messages; what they share is made once.
pub struct Builder<'a> {
    pub env: Env<'a>,
    pub structs: Structs<'a>,
    update: Term<'a>,
    nlri: Term<'a>,
    prefix: Term<'a>,
    /// Prefixes of each length, without an address.
    v4: [Option<Term<'a>>; 33],
    v6: [Option<Term<'a>>; 129],
    groups: Cache<(Action, AddressFamily, SmallVec<[u8; 16]>), Term<'a>, 16>,
    /// Attributes of which only the first are known; see `attributes_head`.
    heads: Cache<[u64; 5], Term<'a>, 16>,
    communities: Cache<[u8; 8], Term<'a>, 16>,
}

impl<'a> Builder<'a> {
    pub fn new(structs: Structs<'a>) -> Self {
        Builder {
            env: structs.env,
            structs,
            update: structs.of(atoms::update_module()),
            nlri: structs.of(atoms::nlri_module()),
            prefix: structs.of(atoms::prefix_module()),
            v4: [None; 33],
            v6: [None; 129],
            groups: Cache::default(),
            heads: Cache::default(),
            communities: Cache::default(),
        }
    }

    pub fn update(&mut self, update: &UpdateView<'_>) -> Term<'a> {
        let mut made = fill!(self.update,
            attributes: self.attributes(update),
            groups: self.groups(update.groups()),
        );
        if let Some(of) = update.end_of_rib() {
            made = fill!(made, end_of_rib: family(of));
        }
        if !update.faults().is_empty() {
            made = fill!(made, faults: list(self.env, update.faults(), |one| self.fault(one)));
        }
        if update.two_octet_as() {
            made = fill!(made, two_octet_as: true);
        }
        let inferred = update.inferred_families();
        if !inferred.is_empty() {
            made =
                fill!(made, add_path_inferred: list(self.env, inferred, |one| family(one).encode(self.env)));
        }
        if update.as_width_mismatch() {
            made = fill!(made, as_width_mismatch: true);
        }
        made
    }

    fn groups(&mut self, groups: &[RouteGroup<'_>]) -> Term<'a> {
        let terms: SmallVec<[Term<'a>; 4]> = groups.iter().map(|group| self.route_group(group)).collect();
        list(self.env, terms, |term| term)
    }

    fn route_group(&mut self, group: &RouteGroup<'_>) -> Term<'a> {
        let nlri = match (group.family.is_prefix(), group.family.is_ipv6()) {
            (true, false) => self.prefixes::<4>(group),
            (true, true) => self.prefixes::<16>(group),
            // The block has been checked: every NLRI reads.
            (false, _) => list(self.env, group.iter().flatten(), |one| self.nlri(&one)),
        };
        let key = (group.action, group.family, group.next_hop);
        let known = self.groups.find(|(action, family, next_hop)| (*action, *family, &next_hop[..]) == key);
        let head = known.unwrap_or_else(|| {
            let head = self.group_head(group);
            self.groups.insert((group.action, group.family, group.next_hop.into()), head)
        });
        fill!(head, nlri: nlri)
    }

    /// A group without its routes.
    fn group_head(&self, group: &RouteGroup<'_>) -> Term<'a> {
        let env = self.env;
        let action = match group.action {
            Action::Announce => atoms::announce(),
            Action::Withdraw => atoms::withdraw(),
        };
        let (next_hop, rd) = match NextHop::decode(group.next_hop) {
            NextHop::None => (nil(env), None),
            NextHop::Ipv4(address) => (Address::from(address).encode(env), None),
            NextHop::VpnIpv4 { rd, address } => {
                (Address::from(address).encode(env), Some(rd.to_string().encode(env)))
            }
            NextHop::Ipv6 { global, link_local } => (addresses(env, global, link_local), None),
            NextHop::VpnIpv6 { rd, global, link_local: None } => {
                (addresses(env, global, None), Some(rd.to_string().encode(env)))
            }
            NextHop::VpnIpv6 { rd, global, link_local: Some((second, link_local)) } => {
                let rds = (rd.to_string(), second.to_string()).encode(env);
                (addresses(env, global, Some(link_local)), Some(rds))
            }
            NextHop::Raw(raw) => (self.structs.octets(&raw), None),
        };
        let head = fill!(self.structs.of(atoms::route_group_module()),
            action: action, family: family(group.family), next_hop: next_hop);
        match rd {
            Some(rd) => fill!(head, next_hop_rd: rd),
            None => head,
        }
    }

    /// NLRI of the families that are bare prefixes, with addresses of `N` octets.
    fn prefixes<const N: usize>(&mut self, group: &RouteGroup<'_>) -> Term<'a> {
        let env = self.env;
        let (prefix_key, path_id_key) = (atoms::prefix().to_term(env), atoms::path_id().to_term(env));
        let mut terms: SmallVec<[ErlNifTerm; 64]> = SmallVec::new();
        let mut rest = group.nlri;
        loop {
            let mut nlri = self.nlri;
            if group.add_path {
                let Some((id, after)) = rest.split_first_chunk::<4>() else { break };
                nlri = put(nlri, path_id_key, u32::from_be_bytes(*id).encode(env));
                rest = after;
            }
            let Some((&length, after)) = rest.split_first() else { break };
            let Some((octets, after)) = after.split_at_checked(usize::from(length).div_ceil(8)) else {
                break;
            };
            rest = after;
            let prefix = self.prefix(length, masked::<N>(octets, length));
            terms.push(put(nlri, prefix_key, prefix).as_c_arg());
        }
        list_of(env, &terms)
    }

    #[inline]
    fn prefix<const N: usize>(&mut self, length: u8, address: [u8; N]) -> Term<'a> {
        let env = self.env;
        let heads: &mut [Option<Term<'a>>] = if N == 4 { &mut self.v4 } else { &mut self.v6 };
        let head = match heads.get_mut(usize::from(length)) {
            Some(head) => *head.get_or_insert_with(|| fill!(self.prefix, length: length)),
            None => fill!(self.prefix, length: length),
        };
        put(head, atoms::address().to_term(env), address_of(env, address))
    }

    /// NLRI of any other family.
    fn nlri(&self, nlri: &NlriRef<'_>) -> Term<'a> {
        let value = nlri.value();
        let text = value.to_string();
        let mut made = fill!(self.nlri, raw: self.structs.octets(nlri.bytes));
        if let Some(path_id) = nlri.path_id {
            made = fill!(made, path_id: path_id);
        }
        if let Some(net) = value.prefix() {
            made = fill!(made, prefix: crate::term::prefix(self.prefix, &net));
        }
        if !matches!(value, bgp::NlriValue::Raw(_)) {
            let value = serialize::term(self.structs, &value);
            made = fill!(made, value: fill!(value, text: text));
        }
        made
    }

    fn fault(&self, fault: &Fault) -> Term<'a> {
        let treatment = match fault.treatment {
            Treatment::Kept => atoms::kept(),
            Treatment::AttributeDiscard => atoms::attribute_discard(),
            Treatment::TreatAsWithdraw => atoms::treat_as_withdraw(),
            Treatment::AfiSafiDisable => atoms::afi_safi_disable(),
            Treatment::SessionReset => atoms::session_reset(),
        };
        fill!(self.structs.of(atoms::fault_module()),
            treatment: treatment,
            attribute: fault.attribute,
            family: fault.family.map(family),
            error: decode_error(self.structs, &fault.error),
            raw: self.structs.octets(&fault.raw),
        )
    }
}

/// Path attributes
impl<'a> Builder<'a> {
    fn attributes(&mut self, update: &UpdateView<'_>) -> Term<'a> {
        let env = self.env;
        let discarded = Discarded::of(update);
        let mut made = self.attributes_head(update, &discarded);
        let mut other: SmallVec<[Term<'a>; 4]> = SmallVec::new();
        for attribute in update.attributes() {
            if discarded.has(&attribute) || !self.has_field(&attribute, update) {
                other.push(self.other(&attribute, update));
                if discarded.has(&attribute) {
                    continue;
                }
            }
            let value = attribute.value;
            let (key, term) = match attribute.code {
                code::AS_PATH if update.two_octet_as() => {
                    (atoms::as_path(), update.merged_as_path().map_or(nil(env), |path| as_path(env, &path)))
                }
                code::AS_PATH => (atoms::as_path(), as_path_of(env, value)),
                code::MULTI_EXIT_DISC => (atoms::multi_exit_disc(), number(env, value)),
                code::LOCAL_PREF => (atoms::local_pref(), number(env, value)),
                code::ATOMIC_AGGREGATE => (atoms::atomic_aggregate(), true.encode(env)),
                code::AGGREGATOR => {
                    let merged = update.merged_aggregator();
                    let merged = merged.map(|one| (one.asn, Address::from(one.address)));
                    (atoms::aggregator(), merged.encode(env))
                }
                code::COMMUNITIES => {
                    (atoms::communities(), list(env, value.as_chunks::<4>().0, |one| community(env, *one)))
                }
                code::ORIGINATOR_ID => (atoms::originator_id(), address(env, value)),
                code::CLUSTER_LIST => {
                    (atoms::cluster_list(), list(env, value.as_chunks::<4>().0, |id| address_of(env, *id)))
                }
                code::EXTENDED_COMMUNITIES => {
                    let communities =
                        list(env, value.as_chunks::<8>().0, |one| self.extended_community(*one));
                    (atoms::extended_communities(), communities)
                }
                code::LARGE_COMMUNITIES => {
                    let communities = list(env, value.as_chunks::<12>().0, |one| large_community(env, one));
                    (atoms::large_communities(), communities)
                }
                // The head has ORIGIN and NEXT_HOP, the groups have MP_REACH_NLRI and MP_UNREACH_NLRI.
                other => {
                    if let Some(Attribute { place: Place::Field, name, .. }) = attributes::attribute(other) {
                        let value = attribute.to_owned(context(update)).value;
                        made = put(made, serialize::name(env, name), serialize::term(self.structs, &value));
                    }
                    continue;
                }
            };
            made = put(made, key.to_term(env), term);
        }
        if other.is_empty() {
            return made;
        }
        fill!(made, other: list(env, other, |term| term))
    }

    /// What comes again and again: codes with their flags, ORIGIN, NEXT_HOP.
    fn attributes_head(&mut self, update: &UpdateView<'_>, discarded: &Discarded) -> Term<'a> {
        let key = Self::head_key(update).filter(|_| discarded.0.is_none());
        if let Some(known) = key.and_then(|key| self.heads.find(|known| *known == key)) {
            return known;
        }
        let env = self.env;
        let flags = list(env, update.attributes(), |one| (one.code, one.flags).encode(env));
        let mut head = fill!(self.structs.of(atoms::attributes_module()), flags: flags);
        for attribute in update.attributes().filter(|attribute| !discarded.has(attribute)) {
            match (attribute.code, attribute.value) {
                (code::ORIGIN, [0]) => head = fill!(head, origin: atoms::igp()),
                (code::ORIGIN, [1]) => head = fill!(head, origin: atoms::egp()),
                (code::ORIGIN, [2]) => head = fill!(head, origin: atoms::incomplete()),
                (code::NEXT_HOP, value) => head = fill!(head, next_hop: address(env, value)),
                _ => {}
            }
        }
        if let Some(key) = key {
            self.heads.insert(key, head);
        }
        head
    }

    /// What a head is made of, in 40 octets; none where they are too few.
    #[inline]
    fn head_key(update: &UpdateView<'_>) -> Option<[u64; 5]> {
        let mut key = [[0; 8]; 5];
        let mut places = key.as_flattened_mut().iter_mut();
        let mut push = |octet: u8| places.next().map(|place| *place = octet);
        push(u8::try_from(update.attributes().count()).ok()?)?;
        for attribute in update.attributes() {
            push(attribute.code)?;
            push(attribute.flags)?;
            if matches!(attribute.code, code::ORIGIN | code::NEXT_HOP) {
                for octet in attribute.value {
                    push(*octet)?;
                }
            }
        }
        Some(key.map(u64::from_ne_bytes))
    }

    /// Whether all that the attribute says is in a field of its own, or in the groups.
    fn has_field(&self, attribute: &AttributeRef<'_>, update: &UpdateView<'_>) -> bool {
        match attribute.code {
            // Merged with its AS4 form, or widened, it is not what came.
            code::AS_PATH if update.two_octet_as() => {
                let path = attribute.to_owned(context(update)).value;
                matches!((path, update.merged_as_path()), (AttributeValue::AsPath(own), Some(merged)) if own == merged)
            }
            code::AGGREGATOR => {
                let aggregator = attribute.to_owned(context(update)).value;
                matches!((aggregator, update.merged_aggregator()), (AttributeValue::Aggregator(own), Some(merged))
                    if (own.asn, own.address) == (merged.asn, merged.address))
            }
            code::MP_REACH_NLRI => {
                let end = attribute.value.as_ptr_range().end;
                let of_it = |group: &RouteGroup<'_>| group.nlri.as_ptr_range().end == end;
                update.groups().iter().any(|group| group.action == Action::Announce && of_it(group))
            }
            // Family only: an End-of-RIB, which has its own field.
            code::MP_UNREACH_NLRI => attribute.value.len() > 3 || update.end_of_rib().is_some(),
            other => matches!(attributes::place(other), Place::Own | Place::Field),
        }
    }

    /// `ServiceRadar.BMP.BGP.Attribute`
    fn other(&self, attribute: &AttributeRef<'_>, update: &UpdateView<'_>) -> Term<'a> {
        let value = match attribute.code {
            code::MP_REACH_NLRI | code::MP_UNREACH_NLRI => self.structs.octets(attribute.value),
            _ => match attribute.to_owned(context(update)).value {
                AttributeValue::AsPath(path) => as_path(self.env, &path),
                AttributeValue::As4Path(path) => as_path(self.env, &path.0),
                AttributeValue::Unknown(_) => self.structs.octets(attribute.value),
                value => serialize::term(self.structs, &value),
            },
        };
        fill!(self.structs.of(atoms::attribute_module()),
            code: attribute.code,
            name: bgp::attribute::name(attribute.code),
            flags: attribute.flags,
            value: value,
        )
    }

    fn extended_community(&mut self, octets: [u8; 8]) -> Term<'a> {
        if let Some(known) = self.communities.find(|known| *known == octets) {
            return known;
        }
        let community = ExtendedCommunity(octets);
        let made = fill!(self.structs.of(atoms::extended_community_module()),
            octets: Bytes(&octets),
            name: community.name(),
            text: community.to_string(),
        );
        self.communities.insert(octets, made)
    }
}

fn context(update: &UpdateView<'_>) -> Context<'static> {
    Context { two_octet_as: update.two_octet_as(), ..Context::default() }
}

/// Attributes that RFC 7606 leaves out, by the offsets of those that it keeps; nothing where there is no fault.
struct Discarded(Option<SmallVec<[u64; 16]>>);

impl Discarded {
    fn of(update: &UpdateView<'_>) -> Self {
        let faulty = !update.faults().is_empty();
        Discarded(faulty.then(|| update.kept_attributes().map(|attribute| attribute.offset).collect()))
    }

    #[inline]
    fn has(&self, attribute: &AttributeRef<'_>) -> bool {
        self.0.as_ref().is_some_and(|kept| !kept.contains(&attribute.offset))
    }
}

fn number<'a>(env: Env<'a>, value: &[u8]) -> Term<'a> {
    value.first_chunk().map(|octets| u32::from_be_bytes(*octets)).encode(env)
}

fn address<'a>(env: Env<'a>, value: &[u8]) -> Term<'a> {
    value.first_chunk::<4>().map_or(nil(env), |octets| address_of(env, *octets))
}

/// The address of 4 or 16 octets.
#[inline]
fn address_of<const N: usize>(env: Env<'_>, octets: [u8; N]) -> Term<'_> {
    if N == 4 {
        return tuple(env, octets.map(|octet| octet.encode(env)));
    }
    let mut parts = [nil(env); 8];
    for (part, octets) in parts.iter_mut().zip(octets.as_chunks::<2>().0) {
        *part = u16::from_be_bytes(*octets).encode(env);
    }
    tuple(env, parts)
}

fn addresses<'a>(env: Env<'a>, global: Ipv6Addr, link_local: Option<Ipv6Addr>) -> Term<'a> {
    let global = Address(global.into());
    match link_local {
        Some(link_local) => (global, Address(link_local.into())).encode(env),
        None => global.encode(env),
    }
}

/// Up to `N` octets as an address, bits after the length cleared.
#[inline]
fn masked<const N: usize>(octets: &[u8], length: u8) -> [u8; N] {
    let mut address = [0; N];
    for (to, from) in address.iter_mut().zip(octets) {
        *to = *from;
    }
    if !length.is_multiple_of(8) {
        if let Some(last) = address.get_mut(usize::from(length / 8)) {
            *last &= 0xff << (8 - length % 8);
        }
    }
    address
}

#[inline]
fn community(env: Env<'_>, octets: [u8; 4]) -> Term<'_> {
    let [a, b, c, d] = octets;
    tuple(env, [[a, b], [c, d]].map(|part| u16::from_be_bytes(part).encode(env)))
}

fn large_community<'a>(env: Env<'a>, octets: &[u8; 12]) -> Term<'a> {
    let [a, b, c, d, e, f, g, h, i, j, k, l] = *octets;
    let parts = [[a, b, c, d], [e, f, g, h], [i, j, k, l]];
    tuple(env, parts.map(|part| u32::from_be_bytes(part).encode(env)))
}

fn segment<'a>(env: Env<'a>, kind: Atom, asns: Term<'a>) -> Term<'a> {
    tuple(env, [kind.to_term(env), asns])
}

/// AS_PATH of four-octet AS numbers, checked.
fn as_path_of<'a>(env: Env<'a>, value: &[u8]) -> Term<'a> {
    let mut segments: SmallVec<[Term<'a>; 2]> = SmallVec::new();
    let mut rest = value;
    while let Some((&[kind, count], after)) = rest.split_first_chunk::<2>() {
        let kind = match kind {
            1 => atoms::set(),
            2 => atoms::sequence(),
            3 => atoms::confed_sequence(),
            _ => atoms::confed_set(),
        };
        let Some((asns, after)) = after.split_at_checked(usize::from(count) * 4) else { break };
        let asns = list(env, asns.as_chunks::<4>().0, |asn| u32::from_be_bytes(*asn).encode(env));
        segments.push(segment(env, kind, asns));
        rest = after;
    }
    list(env, segments, |segment| segment)
}

fn as_path<'a>(env: Env<'a>, path: &AsPath) -> Term<'a> {
    list(env, &path.segments, |one| {
        let kind = match one.kind {
            SegmentType::AsSequence => atoms::sequence(),
            SegmentType::AsSet => atoms::set(),
            SegmentType::AsConfedSequence => atoms::confed_sequence(),
            SegmentType::AsConfedSet => atoms::confed_set(),
        };
        segment(env, kind, list(env, &one.asns, |asn| asn.encode(env)))
    })
}

/// `{:ok, community}`, or `:error` where the octets are not eight.
#[rustler::nif]
fn extended_community<'a>(env: Env<'a>, octets: Binary<'a>, structs: Term<'a>) -> Term<'a> {
    match <[u8; 8]>::try_from(&*octets) {
        Ok(octets) => ok(env, Builder::new(Structs::new(env, structs, None)).extended_community(octets)),
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
            let made = view.map_or_else(|error| decode_error(structs, &error), |view| builder.update(&view));
            fill!(made,
                faults: list(env, &update.faults, |one| builder.fault(one)),
                as_width_mismatch: update.as_width_mismatch,
            )
        }
        bgp::Message::Notification(message) => notification(structs, message),
        bgp::Message::Keepalive => atoms::keepalive().to_term(env),
        bgp::Message::RouteRefresh(refresh) => serialize::term(structs, refresh),
        bgp::Message::Unknown { message_type, data } => (*message_type, structs.octets(data)).encode(env),
    }
}
