//! Path attributes as `ServiceRadar.BMP.BGP.Attributes`.

use std::net::Ipv4Addr;

use rustler::{Encoder, Env, Term};
use smallvec::SmallVec;
use wire::bgp::attribute::{
    code, AttributeRef, AttributeValue, Community, ExtendedCommunity, LargeCommunity, Origin,
};
use wire::bgp::update::Action;
use wire::bgp::{self, AsPath, Context, RouteGroup, SegmentType, UpdateView};
use wire::registry::attributes::{self, Attribute, Place};

use super::update::Builder;
use crate::atoms;
use crate::serialize;
use crate::structs::{fill, put};
use crate::term::{list, nil, tuple, Address, Bytes};

impl<'a> Builder<'a> {
    pub(super) fn attributes(&mut self, update: &UpdateView<'_>) -> Term<'a> {
        let env = self.env;
        let discarded = Discarded::of(update);
        // They are looked at more than once, and each look takes them off the message.
        let all: SmallVec<[AttributeRef<'_>; 12]> = update.attributes().collect();
        let mut made = self.attributes_head(&all, &discarded);
        let mut other: SmallVec<[Term<'a>; 4]> = SmallVec::new();
        for attribute in all {
            if discarded.has(&attribute) || !self.has_field(&attribute, update) {
                other.push(self.other(&attribute, update));
                if discarded.has(&attribute) {
                    continue;
                }
            }
            let (key, term) = match attribute.code {
                code::AS_PATH if update.two_octet_as() => {
                    (atoms::as_path(), update.merged_as_path().map_or(nil(env), |path| as_path(env, &path)))
                }
                code::AS_PATH => {
                    let path =
                        list(env, attribute.segments(), |one| segment(env, one.kind, one.four_octet_asns()));
                    (atoms::as_path(), path)
                }
                code::MULTI_EXIT_DISC => (atoms::multi_exit_disc(), attribute.number().encode(env)),
                code::ATOMIC_AGGREGATE => (atoms::atomic_aggregate(), true.encode(env)),
                code::AGGREGATOR => {
                    let merged = update.merged_aggregator();
                    let merged = merged.map(|one| (one.asn, Address::from(one.address)));
                    (atoms::aggregator(), merged.encode(env))
                }
                code::COMMUNITIES => {
                    (atoms::communities(), list(env, attribute.communities(), |one| community(env, one)))
                }
                code::ORIGINATOR_ID => (atoms::originator_id(), address(env, &attribute)),
                code::CLUSTER_LIST => {
                    let ids = list(env, attribute.addresses(), |id| Address::from(id).encode(env));
                    (atoms::cluster_list(), ids)
                }
                code::EXTENDED_COMMUNITIES => {
                    let communities =
                        list(env, attribute.extended_communities(), |one| self.extended_community(one));
                    (atoms::extended_communities(), communities)
                }
                code::LARGE_COMMUNITIES => {
                    let communities =
                        list(env, attribute.large_communities(), |one| large_community(env, one));
                    (atoms::large_communities(), communities)
                }
                // The head has ORIGIN, NEXT_HOP and LOCAL_PREF, the groups have MP_REACH_NLRI and MP_UNREACH_NLRI.
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

    /// What comes again and again: codes with their flags, ORIGIN, NEXT_HOP, LOCAL_PREF.
    fn attributes_head(&mut self, all: &[AttributeRef<'_>], discarded: &Discarded) -> Term<'a> {
        let key = Head::of(all).filter(|_| discarded.0.is_none());
        if let Some(known) = key.and_then(|key| self.heads.find(|known| *known == key)) {
            return known;
        }
        let env = self.env;
        let flags = list(env, all, |one| (one.code, one.flags).encode(env));
        let mut head = fill!(self.structs.of(atoms::attributes_module()), flags: flags);
        for attribute in all.iter().filter(|attribute| !discarded.has(attribute)) {
            match attribute.code {
                code::ORIGIN => {
                    head = fill!(head, origin: attribute.origin().map(|origin| match origin {
                        Origin::Igp => atoms::igp(),
                        Origin::Egp => atoms::egp(),
                        Origin::Incomplete => atoms::incomplete(),
                    }));
                }
                code::NEXT_HOP => head = fill!(head, next_hop: address(env, attribute)),
                code::LOCAL_PREF => head = fill!(head, local_pref: attribute.number()),
                _ => {}
            }
        }
        if let Some(key) = key {
            self.heads.insert(key, head);
        }
        head
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

/// What the attributes of many routes have in common.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// Code and flags of each in turn.
    shape: u128,
    count: usize,
    origin: Option<Origin>,
    next_hop: Option<Ipv4Addr>,
    local_pref: Option<u32>,
}

impl Head {
    /// None where there are more attributes than it has room for.
    #[inline]
    fn of(all: &[AttributeRef<'_>]) -> Option<Self> {
        let mut head = Head { shape: 0, count: all.len(), origin: None, next_hop: None, local_pref: None };
        if head.count > size_of::<u128>() / 2 {
            return None;
        }
        for attribute in all {
            head.shape = head.shape << 16 | u128::from(attribute.code) << 8 | u128::from(attribute.flags);
            match attribute.code {
                code::ORIGIN => head.origin = attribute.origin(),
                code::NEXT_HOP => head.next_hop = attribute.addresses().next(),
                code::LOCAL_PREF => head.local_pref = attribute.number(),
                _ => {}
            }
        }
        Some(head)
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

/// Of an attribute that is one address.
fn address<'a>(env: Env<'a>, attribute: &AttributeRef<'_>) -> Term<'a> {
    attribute.addresses().next().map(Address::from).encode(env)
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
