//! The fields of `ServiceRadar.BMP.BGP.Attributes` that many messages have, held against the registry when this is compiled.

use rustler::{Encoder, Env, Term};
use wire::bgp::attribute::code;
use wire::registry::attributes::{self, Place};

use crate::term::{nil, tuple};

macro_rules! fields {
    ($($code:ident $name:ident $none:ident;)*) => {
        /// The fields of `ServiceRadar.BMP.BGP.Attributes` that many messages have.
        #[derive(Clone, Copy)]
        pub(super) struct Fields<'a> {
            $(pub(super) $name: Term<'a>,)*
        }

        impl<'a> Fields<'a> {
            /// Of a message that has none of them.
            pub(super) fn new(env: Env<'a>) -> Self {
                Fields { $($name: $none(env),)* }
            }

            /// `head` and the fields, as one tuple.
            pub(super) fn tuple(&self, env: Env<'a>, head: [Term<'a>; 5]) -> Term<'a> {
                let [tag, groups, more, more_attributes, flags] = head;
                tuple(env, [tag, groups, more, more_attributes, flags, $(self.$name),*])
            }
        }

        const CODES: &[u8] = &[$(code::$code),*];
    };
}

// In the order of the registry, from which `ServiceRadar.BMP.Terms` takes it, too.
fields! {
    ORIGIN origin nil;
    AS_PATH as_path nil;
    NEXT_HOP next_hop nil;
    MULTI_EXIT_DISC multi_exit_disc nil;
    LOCAL_PREF local_pref nil;
    ATOMIC_AGGREGATE atomic_aggregate no;
    AGGREGATOR aggregator nil;
    COMMUNITIES communities none;
    ORIGINATOR_ID originator_id nil;
    CLUSTER_LIST cluster_list none;
    EXTENDED_COMMUNITIES extended_communities none;
    LARGE_COMMUNITIES large_communities none;
}

#[allow(clippy::indexing_slicing)] // looked at when it is compiled, and then right for good
const _: () = {
    let (mut all, mut own) = (0, 0);
    while all < attributes::ALL.len() {
        if matches!(attributes::ALL[all].place, Place::Own) {
            assert!(attributes::ALL[all].code == CODES[own], "not in the order of the registry");
            own += 1;
        }
        all += 1;
    }
    assert!(own == CODES.len(), "a field that the registry does not have");
};

fn none(env: Env<'_>) -> Term<'_> {
    Term::list_new_empty(env)
}

fn no(env: Env<'_>) -> Term<'_> {
    false.encode(env)
}
