//! Path attributes, from which `ServiceRadar.BMP.Terms` makes `ServiceRadar.BMP.BGP.Attributes`.

use std::net::Ipv4Addr;

use rustler::sys::ErlNifTerm;
use rustler::{Encoder, Env, Term};
use smallvec::SmallVec;
use wire::bgp::attribute::{
    code, Aggregator, AttributeRef, AttributeValue, Community, ExtendedCommunity, LargeCommunity, Origin,
};
use wire::bgp::plain::{Prefixes, Segments, Sink};
use wire::bgp::Action;
use wire::bgp::{self, AsPath, Context, RouteGroup, SegmentType, UpdateView};
use wire::registry::attributes::{self, Attribute, Place};

use super::builder::Builder;
use crate::atoms;
use crate::serialize;
use crate::structs::fill;
use crate::term::{list, list_of, nil, tuple, Address, Bytes};

impl<'a> Builder<'a> {
    /// Takes the attributes of an UPDATE that is not plain.
    pub(super) fn take_attributes(&mut self, update: &UpdateView<'_>) {
        let env = self.env;
        let discarded = Discarded::of(update);
        for attribute in update.attributes() {
            self.taken.flags.push((attribute.code, attribute.flags));
            let is_discarded = discarded.has(&attribute);
            if is_discarded || !self.has_field(&attribute, update) {
                let other = self.attribute_struct(&attribute, context(update));
                self.taken.other.push(other);
            }
            match attribute.code {
                _ if is_discarded => {}
                code::AS_PATH => {
                    let merged = update.merged_as_path();
                    self.fields.as_path = merged.map_or(nil(env), |path| as_path(env, &path));
                }
                code::AGGREGATOR => self.fields.aggregator = aggregator(env, update.merged_aggregator()),
                _ => self.take_attribute(&attribute, context(update)),
            }
        }
    }

    /// Takes an attribute that no other has a part in.
    fn take_attribute(&mut self, attribute: &AttributeRef<'_>, context: Context<'_>) {
        let env = self.env;
        match attribute.code {
            code::ORIGIN => self.fields.origin = attribute.origin().map(|one| origin(env, one)).encode(env),
            code::NEXT_HOP => {
                let address = attribute.addresses().next();
                self.fields.next_hop = address.map(|address| self.address(address)).encode(env);
            }
            code::MULTI_EXIT_DISC => self.fields.multi_exit_disc = attribute.number().encode(env),
            code::LOCAL_PREF => self.fields.local_pref = attribute.number().encode(env),
            code::ATOMIC_AGGREGATE => self.fields.atomic_aggregate = true.encode(env),
            code::AGGREGATOR => {
                if let AttributeValue::Aggregator(own) = attribute.to_owned(context).value {
                    self.fields.aggregator = aggregator(env, Some(own));
                }
            }
            code::COMMUNITIES => {
                self.fields.communities = list(env, attribute.communities(), |one| community(env, one));
            }
            code::ORIGINATOR_ID => {
                let address = attribute.addresses().next();
                self.fields.originator_id = address.map(|address| self.address(address)).encode(env);
            }
            code::CLUSTER_LIST => {
                self.fields.cluster_list =
                    list(env, attribute.addresses(), |id| Address::from(id).encode(env));
            }
            code::EXTENDED_COMMUNITIES => {
                self.fields.extended_communities =
                    list(env, attribute.extended_communities(), |one| self.extended_community(one));
            }
            code::LARGE_COMMUNITIES => {
                self.fields.large_communities =
                    list(env, attribute.large_communities(), |one| large_community(env, one));
            }
            // The groups have MP_REACH_NLRI and MP_UNREACH_NLRI.
            other => {
                if let Some(Attribute { place: Place::Field, name, .. }) = attributes::attribute(other) {
                    let value = serialize::term(self.structs, &attribute.to_owned(context).value);
                    self.taken.fields.push((serialize::name(env, name), value).encode(env));
                }
            }
        }
    }

    /// What was taken, in the order in which `ServiceRadar.BMP.Terms` takes it; `more` is fields of the UPDATE that are rarely there.
    pub(super) fn taken(&mut self, more: Term<'a>) -> Term<'a> {
        let env = self.env;
        let flags = self.flags();
        let Builder { taken, fields, .. } = self;
        if !taken.other.is_empty() {
            let other = list(env, &taken.other, |term| *term);
            taken.fields.push((atoms::other(), other).encode(env));
        }
        let more_attributes = list(env, &taken.fields, |term| *term);
        let groups = list_of(env, &taken.groups);
        fields.tuple(env, [atoms::update().to_term(env), groups, more, more_attributes, flags])
    }

    /// Code and flags of each attribute: many messages have the same.
    fn flags(&mut self) -> Term<'a> {
        let flags = &self.taken.flags;
        let known = self.flags.find(|known| known == flags);
        known.unwrap_or_else(|| {
            let made = list(self.env, flags, |one| one.encode(self.env));
            self.flags.insert(flags.clone(), made)
        })
    }

    /// Many messages have the same.
    fn address(&mut self, address: Ipv4Addr) -> Term<'a> {
        let known = self.addresses.find(|known| *known == address);
        known.unwrap_or_else(|| self.addresses.insert(address, Address::from(address).encode(self.env)))
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
    fn attribute_struct(&self, attribute: &AttributeRef<'_>, context: Context<'_>) -> Term<'a> {
        let value = match attribute.code {
            code::MP_REACH_NLRI | code::MP_UNREACH_NLRI => self.structs.octets(attribute.value),
            _ => match attribute.to_owned(context).value {
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

    pub(super) fn extended_community(&mut self, community: ExtendedCommunity) -> Term<'a> {
        if let Some(known) = self.communities.find(|known| *known == community) {
            return known;
        }
        let made = fill!(self.structs.of(atoms::extended_community_module()),
            octets: Bytes(&community.0),
            name: community.name(),
            text: community.to_string(),
        );
        self.communities.insert(community, made)
    }
}

/// A plain UPDATE, as it is read.
impl<'a, 's> Sink<'s> for Builder<'a> {
    #[inline(always)]
    fn start(&mut self) {
        self.fields = self.no_fields;
        self.taken.clear();
    }

    #[inline(always)]
    fn attribute(&mut self, attribute: &AttributeRef<'s>) -> Option<()> {
        self.taken.flags.push((attribute.code, attribute.flags));
        Some(())
    }

    #[inline(always)]
    fn origin(&mut self, _: u8, value: Origin) {
        self.fields.origin = origin(self.env, value);
    }

    #[inline(always)]
    fn as_path(&mut self, _: u8, path: Segments<'s>) -> Option<()> {
        let env = self.env;
        let mut segments: SmallVec<[ErlNifTerm; 4]> = SmallVec::new();
        path.read(|kind, _, asns| {
            let asns = asns.iter().map(|asn| u32::from_be_bytes(*asn));
            segments.push(segment(env, kind, asns).as_c_arg());
        })?;
        self.fields.as_path = list_of(env, &segments);
        Some(())
    }

    #[inline(always)]
    fn next_hop(&mut self, _: u8, address: &'s [u8; 4]) {
        self.fields.next_hop = self.address((*address).into());
    }

    #[inline(always)]
    fn multi_exit_disc(&mut self, _: u8, value: u32) {
        self.fields.multi_exit_disc = value.encode(self.env);
    }

    #[inline(always)]
    fn local_pref(&mut self, _: u8, value: u32) {
        self.fields.local_pref = value.encode(self.env);
    }

    #[inline(always)]
    fn communities(&mut self, _: u8, octets: &[[u8; 4]]) {
        let env = self.env;
        let communities = octets.iter().map(|one| Community(u32::from_be_bytes(*one)));
        self.fields.communities = list(env, communities, |one| community(env, one));
    }

    fn extended_communities(&mut self, _: u8, octets: &[[u8; 8]]) {
        self.fields.extended_communities =
            list(self.env, octets, |one| self.extended_community(ExtendedCommunity(*one)));
    }

    #[inline(always)]
    fn large_communities(&mut self, _: u8, octets: &[[u8; 12]]) {
        let env = self.env;
        let communities = octets.iter().map(|one| LargeCommunity::from_octets(*one));
        self.fields.large_communities = list(env, communities, |one| large_community(env, one));
    }

    fn other(&mut self, attribute: &AttributeRef<'s>) {
        if !matches!(attributes::place(attribute.code), Place::Own | Place::Field) {
            let other = self.attribute_struct(attribute, Context::default());
            self.taken.other.push(other);
        }
        self.take_attribute(attribute, Context::default());
    }

    #[inline(always)]
    fn withdrawn(&mut self, nlri: Prefixes<'s>) -> Option<()> {
        self.take_prefixes(Action::Withdraw, &[], nlri)
    }

    #[inline(always)]
    fn mp_reach(&mut self, _: u8, next_hop: &'s [u8], nlri: Prefixes<'s>) -> Option<()> {
        self.take_prefixes(Action::Announce, next_hop, nlri)
    }

    #[inline(always)]
    fn mp_unreach(&mut self, _: u8, nlri: Prefixes<'s>) -> Option<()> {
        self.take_prefixes(Action::Withdraw, &[], nlri)
    }

    #[inline(always)]
    fn announced(&mut self, next_hop: &'s [u8; 4], nlri: Prefixes<'s>) -> Option<()> {
        self.take_prefixes(Action::Announce, next_hop, nlri)
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

fn origin(env: Env<'_>, origin: Origin) -> Term<'_> {
    let origin = match origin {
        Origin::Igp => atoms::igp(),
        Origin::Egp => atoms::egp(),
        Origin::Incomplete => atoms::incomplete(),
    };
    origin.to_term(env)
}

fn aggregator(env: Env<'_>, aggregator: Option<Aggregator>) -> Term<'_> {
    aggregator.map(|one| (one.asn, Address::from(one.address))).encode(env)
}

fn community(env: Env<'_>, community: Community) -> Term<'_> {
    tuple(env, [community.0 >> 16, community.0 & 0xffff].map(|part| part.encode(env)))
}

fn large_community(env: Env<'_>, community: LargeCommunity) -> Term<'_> {
    let LargeCommunity { global_administrator, local_data_1, local_data_2 } = community;
    tuple(env, [global_administrator, local_data_1, local_data_2].map(|part| part.encode(env)))
}

fn segment(env: Env<'_>, kind: SegmentType, asns: impl Iterator<Item = u32>) -> Term<'_> {
    let kind = match kind {
        SegmentType::AsSequence => atoms::sequence(),
        SegmentType::AsSet => atoms::set(),
        SegmentType::AsConfedSequence => atoms::confed_sequence(),
        SegmentType::AsConfedSet => atoms::confed_set(),
    };
    tuple(env, [kind.to_term(env), list(env, asns, |asn| asn.encode(env))])
}

fn as_path<'a>(env: Env<'a>, path: &AsPath) -> Term<'a> {
    list(env, &path.segments, |one| segment(env, one.kind, one.asns.iter().copied()))
}
