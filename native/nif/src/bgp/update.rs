//! UPDATE, from which `ServiceRadar.BMP.Terms` makes `ServiceRadar.BMP.BGP.Update`: its routes in groups, and what RFC 7606 found
//! wrong.

use std::net::Ipv6Addr;

use rustler::sys::ErlNifTerm;
use rustler::{Atom, Encoder, Env, Term};
use smallvec::SmallVec;
use wire::bgp::nlri::unicast;
use wire::bgp::plain::{Prefix, Prefixes, Sink};
use wire::bgp::Action;
use wire::bgp::{self, AddressFamily, Fault, NextHop, NlriRef, RouteGroup, Treatment, UpdateView};

use super::builder::Builder;
use super::family;
use crate::atoms;
use crate::serialize;
use crate::structs::{decode_error, fill};
use crate::term::{list, list_of, nil, Address};

impl<'a> Builder<'a> {
    pub fn update(&mut self, update: &UpdateView<'_>) -> Term<'a> {
        let more = self.rare(update);
        self.update_with(update, &more)
    }

    /// Fields that are rarely there, where they are.
    pub fn rare(&self, update: &UpdateView<'_>) -> SmallVec<[Term<'a>; 2]> {
        let mut more = SmallVec::new();
        if let Some(of) = update.end_of_rib() {
            more.push(self.field(atoms::end_of_rib(), family(of)));
        }
        if !update.faults().is_empty() {
            more.push(self.faults(update.faults()));
        }
        if update.two_octet_as() {
            more.push(self.field(atoms::two_octet_as(), true));
        }
        if update.groups().iter().any(|group| group.inferred) {
            let inferred: Vec<_> = update.inferred_families().into_iter().map(family).collect();
            more.push(self.field(atoms::add_path_inferred(), inferred));
        }
        if update.as_width_mismatch() {
            more.push(self.field(atoms::as_width_mismatch(), true));
        }
        more
    }

    /// With such fields.
    pub fn update_with(&mut self, update: &UpdateView<'_>, more: &[Term<'a>]) -> Term<'a> {
        self.start();
        self.take_attributes(update);
        for group in update.groups() {
            let (form, nlri) = self.routes(group);
            self.take_group(group.action, group.family, group.next_hop, form, nlri);
        }
        let more = list(self.env, more, |term| *term);
        self.taken(more)
    }

    /// The plain UPDATE that was taken.
    pub fn plain(&mut self) -> Term<'a> {
        let none = Term::list_new_empty(self.env);
        if self.taken.inferred.is_empty() {
            return self.taken(none);
        }
        self.taken.inferred.sort_unstable();
        let families = list(self.env, &self.taken.inferred, |one| family(*one).encode(self.env));
        let more = none.list_prepend(self.field(atoms::add_path_inferred(), families));
        self.taken(more)
    }

    /// One of them.
    pub fn field(&self, name: Atom, value: impl Encoder) -> Term<'a> {
        (name, value).encode(self.env)
    }

    pub fn faults(&self, faults: &[Fault]) -> Term<'a> {
        self.field(atoms::faults(), list(self.env, faults, |one| self.fault(one)))
    }

    /// Routes of a group, and the form that they have.
    fn routes(&self, group: &RouteGroup<'_>) -> (Atom, Term<'a>) {
        let mut prefixes = Routes::new(self.env);
        match (group.family.is_prefix(), group.family.is_ipv6()) {
            // The block has been checked: every NLRI reads.
            (false, _) => {
                return (atoms::nlri(), list(self.env, group.iter().flatten(), |one| self.nlri(&one)))
            }
            (true, false) => unicast::each::<4>(group.nlri, group.add_path, |path_id, address, length| {
                prefixes.ipv4(path_id, u32::from_be_bytes(address), length);
            }),
            (true, true) => unicast::each::<16>(group.nlri, group.add_path, |path_id, address, length| {
                prefixes.ipv6(path_id, address.into(), length);
            }),
        }
        (form(group.family, group.add_path), prefixes.list())
    }

    /// Takes routes of a plain UPDATE.
    #[inline(always)]
    pub(super) fn take_prefixes(
        &mut self,
        action: Action,
        next_hop: &[u8],
        prefixes: Prefixes<'_>,
    ) -> Option<()> {
        let Prefixes { family, inferred, .. } = prefixes;
        let form = form(family, prefixes.add_path());
        let mut routes = Routes::new(self.env);
        if family.is_ipv6() {
            prefixes.read(|Prefix { address, length, path_id }| {
                routes.ipv6(path_id, Ipv6Addr::from_bits(address), length);
                Some(())
            })?;
        } else {
            prefixes.read(|Prefix { address, length, path_id }| {
                routes.ipv4(path_id, u32::try_from(address).ok()?, length);
                Some(())
            })?;
        }
        self.take_group(action, family, next_hop, form, routes.list());
        if inferred && !self.taken.inferred.contains(&family) {
            self.taken.inferred.push(family);
        }
        Some(())
    }

    #[inline(always)]
    fn take_group(
        &mut self,
        action: Action,
        family: AddressFamily,
        next_hop: &[u8],
        form: Atom,
        routes: Term<'a>,
    ) {
        let key = (action, family, next_hop);
        let known = self.groups.find(|(action, family, next_hop)| (*action, *family, &next_hop[..]) == key);
        let head = known.unwrap_or_else(|| {
            let head = self.group_head(action, family, next_hop);
            self.groups.insert((action, family, next_hop.into()), head)
        });
        self.taken.groups.extend([head, form.to_term(self.env), routes].map(|term| term.as_c_arg()));
    }

    /// A group without its routes.
    fn group_head(&self, action: Action, of: AddressFamily, next_hop: &[u8]) -> Term<'a> {
        let env = self.env;
        let action = match action {
            Action::Announce => atoms::announce(),
            Action::Withdraw => atoms::withdraw(),
        };
        let (next_hop, rd) = match NextHop::decode(next_hop) {
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
            action: action, family: family(of), next_hop: next_hop);
        match rd {
            Some(rd) => fill!(head, next_hop_rd: rd),
            None => head,
        }
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
            made = fill!(made, prefix: crate::structs::prefix(self.prefix, &net));
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

/// How the routes of a group come that are bare prefixes.
fn form(family: AddressFamily, add_path: bool) -> Atom {
    match (family.is_ipv6(), add_path) {
        (false, false) => atoms::ipv4(),
        (false, true) => atoms::ipv4_add_path(),
        (true, false) => atoms::ipv6(),
        (true, true) => atoms::ipv6_add_path(),
    }
}

/// Bare prefixes as `ServiceRadar.BMP.Terms` takes them, one behind the other.
struct Routes<'a> {
    env: Env<'a>,
    terms: SmallVec<[ErlNifTerm; 64]>,
}

impl<'a> Routes<'a> {
    #[inline(always)]
    fn new(env: Env<'a>) -> Self {
        Routes { env, terms: SmallVec::new() }
    }

    #[inline(always)]
    fn push(&mut self, value: impl Encoder) {
        self.terms.push(value.encode(self.env).as_c_arg());
    }

    /// The path identifier, where it has one, and address and length in one number: address * 64 + length.
    #[inline(always)]
    fn ipv4(&mut self, path_id: Option<u32>, address: u32, length: u8) {
        if let Some(path_id) = path_id {
            self.push(path_id);
        }
        self.push(u64::from(address) << 6 | u64::from(length));
    }

    /// The path identifier, where it has one, the length, the address.
    #[inline(always)]
    fn ipv6(&mut self, path_id: Option<u32>, address: Ipv6Addr, length: u8) {
        if let Some(path_id) = path_id {
            self.push(path_id);
        }
        self.push(length);
        self.push(Address(address.into()));
    }

    #[inline(always)]
    fn list(self) -> Term<'a> {
        list_of(self.env, &self.terms)
    }
}

fn addresses<'a>(env: Env<'a>, global: Ipv6Addr, link_local: Option<Ipv6Addr>) -> Term<'a> {
    let global = Address(global.into());
    match link_local {
        Some(link_local) => (global, Address(link_local.into())).encode(env),
        None => global.encode(env),
    }
}
