//! What makes the terms of one call's messages: what has been taken of a message, and what several messages share.

use std::net::Ipv4Addr;

use rustler::sys::ErlNifTerm;
use rustler::{Env, Term};
use smallvec::SmallVec;
use wire::bgp::attribute::ExtendedCommunity;
use wire::bgp::{Action, AddressFamily};

use super::fields::Fields;
use crate::atoms;
use crate::cache::Cache;
use crate::structs::Structs;

/// Makes the terms of one call's messages; what they share is made once.
pub struct Builder<'a> {
    pub env: Env<'a>,
    pub structs: Structs<'a>,
    pub(super) nlri: Term<'a>,
    pub(super) prefix: Term<'a>,
    pub(super) groups: Cache<(Action, AddressFamily, SmallVec<[u8; 16]>), Term<'a>, 16>,
    pub(super) flags: Cache<SmallVec<[(u8, u8); 10]>, Term<'a>, 16>,
    pub(super) addresses: Cache<Ipv4Addr, Term<'a>, 16>,
    pub(super) communities: Cache<ExtendedCommunity, Term<'a>, 16>,
    /// Of the message that is read.
    pub(super) fields: Fields<'a>,
    pub(super) taken: Taken<'a>,
    pub(super) no_fields: Fields<'a>,
}

/// What there is more or less of in a message.
#[derive(Default)]
pub(super) struct Taken<'a> {
    /// Code and flags of each attribute.
    pub(super) flags: SmallVec<[(u8, u8); 10]>,
    /// Fields of the attributes that are rarely there, with their values.
    pub(super) fields: SmallVec<[Term<'a>; 1]>,
    /// Attributes without a field.
    pub(super) other: SmallVec<[Term<'a>; 2]>,
    /// Of each group three: what it is without its routes, their form, and they themselves.
    pub(super) groups: SmallVec<[ErlNifTerm; 6]>,
    /// Families of a plain message whose path identifiers are inferred.
    pub(super) inferred: SmallVec<[AddressFamily; 1]>,
}

impl Taken<'_> {
    #[inline(always)]
    pub(super) fn clear(&mut self) {
        self.flags.clear();
        self.fields.clear();
        self.other.clear();
        self.groups.clear();
        self.inferred.clear();
    }
}

impl<'a> Builder<'a> {
    pub fn new(structs: Structs<'a>) -> Self {
        Builder {
            env: structs.env,
            structs,
            nlri: structs.of(atoms::nlri_module()),
            prefix: structs.of(atoms::prefix_module()),
            groups: Cache::default(),
            flags: Cache::default(),
            addresses: Cache::default(),
            communities: Cache::default(),
            fields: Fields::new(structs.env),
            taken: Taken::default(),
            no_fields: Fields::new(structs.env),
        }
    }
}
