//! UPDATE as `ServiceRadar.BMP.BGP.Update`: its routes in groups, and what RFC 7606 found wrong.

use std::net::Ipv6Addr;

use rustler::sys::ErlNifTerm;
use rustler::{Encoder, Env, Term};
use smallvec::SmallVec;
use wire::bgp::attribute::ExtendedCommunity;
use wire::bgp::nlri::unicast;
use wire::bgp::update::Action;
use wire::bgp::{self, AddressFamily, Fault, NextHop, NlriRef, RouteGroup, Treatment, UpdateView};

use super::attributes::Head;
use super::family;
use crate::atoms;
use crate::cache::Cache;
use crate::serialize;
use crate::structs::{decode_error, fill, put, Structs};
use crate::term::{list, list_of, nil, Address, Octets};

/// Makes the terms of one call's messages; what they share is made once.
pub struct Builder<'a> {
    pub env: Env<'a>,
    pub structs: Structs<'a>,
    small: Octets<'a>,
    update: Term<'a>,
    nlri: Term<'a>,
    prefix: Term<'a>,
    /// Prefixes of each length, without an address.
    v4: [Option<Term<'a>>; 33],
    v6: [Option<Term<'a>>; 129],
    groups: Cache<(Action, AddressFamily, SmallVec<[u8; 16]>), Term<'a>, 16>,
    /// Attributes of which only the first are known; see `attributes_head`.
    pub(super) heads: Cache<Head, Term<'a>, 16>,
    pub(super) communities: Cache<ExtendedCommunity, Term<'a>, 16>,
}

impl<'a> Builder<'a> {
    pub fn new(structs: Structs<'a>) -> Self {
        Builder {
            env: structs.env,
            structs,
            small: Octets::new(structs.env),
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

    /// NLRI of the families that are bare prefixes, with addresses of `N` octets. The block has been checked: every NLRI reads.
    fn prefixes<const N: usize>(&mut self, group: &RouteGroup<'_>) -> Term<'a> {
        let env = self.env;
        let (prefix_key, path_id_key) = (atoms::prefix().to_term(env), atoms::path_id().to_term(env));
        let mut terms: SmallVec<[ErlNifTerm; 64]> = SmallVec::new();
        unicast::each::<N>(group.nlri, group.add_path, |path_id, address, length| {
            let nlri = match path_id {
                Some(id) => put(self.nlri, path_id_key, id.encode(env)),
                None => self.nlri,
            };
            terms.push(put(nlri, prefix_key, self.prefix(length, address)).as_c_arg());
        });
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
        put(head, atoms::address().to_term(env), self.small.address(env, address))
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

    pub(super) fn fault(&self, fault: &Fault) -> Term<'a> {
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

fn addresses<'a>(env: Env<'a>, global: Ipv6Addr, link_local: Option<Ipv6Addr>) -> Term<'a> {
    let global = Address(global.into());
    match link_local {
        Some(link_local) => (global, Address(link_local.into())).encode(env),
        None => global.encode(env),
    }
}
