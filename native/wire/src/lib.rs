//! BMP (RFC 7854) and BGP (RFC 4271) as they are on the wire: a decoder, a serialiser for every
//! element, no I/O.
//!
//! * [`session::Decoder`] is fed the bytes of one BMP session in any split, remembers what the
//!   peers' OPENs negotiated, and gives one [`session::Frame`] a message: by reference, as an owned message, or field by
//!   field to a [`bgp::plain::Sink`].
//! * [`bmp::Message`] is a message in owned, typed values, and serialises to JSON.
//! * [`bgp::update::UpdateView`] is an UPDATE by reference, checked from end to end: route groups in wire
//!   order, canonical attributes, RFC 7606 faults. [`bgp::update::Update`] is the same in owned values.
//! * [`dissect::dissect`] shows a message as a tree of fields, each with its octets and the section that defines it.
//!
//! What is not known is kept as [`raw::Raw`] octets: it is never guessed at and never an error.
//! No input panics or allocates more than a few times its own size.
//!
//! Reading is done with a bounds-checked slice ([`reader::Reader`]) and not with a parser combinator
//! library: NetGauze measured 11.3 M routes/s a core with nom and 14.0 M after it had moved to such a reader, and a
//! reader that knows its offset gives exact error positions for nothing.

pub mod bgp;
pub mod bmp;
pub mod dissect;
pub mod error;
mod path_ids;
pub mod proxy;
pub mod raw;
pub mod reader;
pub mod registry;
pub mod session;

pub use error::{DecodeError, ErrorKind, Path};
pub use raw::Raw;
