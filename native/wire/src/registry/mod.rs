//! Every code point of which this project makes lists, each in one place.
//!
//! A table a file, one line a code point. All other lists are made from these: what may be in a plain UPDATE, how NLRI are split,
//! which fields terms, rows and JSON have, and what the pages call things. Elixir reads the tables here, when
//! `lib/serviceradar/bmp/registry.ex` is compiled, by lines: a row is one line, however long.
//!
//! `guides/adding.md` says how to add an attribute or an address family.

/// A list of numbers, each with a constant and a name, and some with words for a reader.
macro_rules! code_points {
    ($(#[$doc:meta])* $module:ident: $number:ty; $($code:literal $constant:ident $name:literal $($words:literal)?;)*) => {
        $(#[$doc])*
        pub mod $module {
            $(pub const $constant: $number = $code;)*

            /// Every one, with its name.
            pub const ALL: &[($number, &str)] = &[$(($code, $name),)*];

            /// The name in JSON and terms.
            pub const fn name(number: $number) -> Option<&'static str> {
                match number {
                    $($code => Some($name),)*
                    _ => None,
                }
            }

            /// What events and pages say, where that is not the name.
            pub const fn words(number: $number) -> Option<&'static str> {
                match number {
                    $($($code => Some($words),)?)*
                    _ => None,
                }
            }
        }
    };
}

pub mod attribute_tlvs;
pub mod attributes;
pub mod bgp;
pub mod bmp;
pub mod capabilities;
pub mod communities;
pub mod families;
pub mod link_state;
pub mod references;
pub mod statistics;
pub mod tunnels;
pub mod version_4;
