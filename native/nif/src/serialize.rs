//! Terms from the `Serialize` that makes the JSON too, so that the two cannot drift apart, and a type that is new in Rust is there in
//! Elixir by itself.
//!
//! | Rust | Elixir |
//! |---|---|
//! | struct that the caller has a struct for, by its name | that struct |
//! | other struct, map | map with atoms as keys |
//! | enum variant without fields, tag of an enum | atom |
//! | `Option` | the value or nil |
//! | octets (`Raw`) | binary |
//! | text | binary |
//! | address, prefix | `:inet` tuple, `ServiceRadar.BMP.Prefix` |
//! | `AddressFamily` | `{afi, safi}` |
//!
//! This form is not "human readable" to serde: addresses come as octets.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicUsize, Ordering};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use rustler::{Atom, Encoder, Env, Term};
use serde::ser::{self, Serialize};
use smallvec::SmallVec;
use wire::registry::bgp::add_path_mode;

use crate::atoms;
use crate::structs::{fill, prefix, Structs};
use crate::term::{list, nil, Address, Bytes};

/// The term of a value.
pub fn term<'a>(structs: Structs<'a>, value: &(impl Serialize + ?Sized)) -> Term<'a> {
    value.serialize(Terms(structs)).unwrap_or_else(|_| nil(structs.env))
}

/// Whether a field says which variant of an enum it is: of NLRI their `route_type` or `kind`, of other types one by one.
fn is_tag(structure: &str, field: &str) -> bool {
    matches!(
        (structure, field),
        (_, "route_type" | "kind")
            | ("Filter", "type")
            | ("Meaning", "meaning")
            | ("LinkState" | "Capability", "name")
    )
}

/// The most names that may become atoms: far more than the Rust types have. No name comes from the wire; this
/// guards against a mistake.
const MOST_NAMES: usize = 4096;

/// An atom for a name of Rust's that is not static for the compiler.
pub fn name<'a>(env: Env<'a>, text: &str) -> Term<'a> {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    match Atom::existing_from_str(env, text) {
        Ok(atom) => atom.to_term(env),
        _ if MADE.fetch_add(1, Ordering::Relaxed) < MOST_NAMES => {
            Atom::from_str(env, text).map_or_else(|_| text.encode(env), |atom| atom.to_term(env))
        }
        _ => text.encode(env),
    }
}

/// A field that the Elixir struct lacks is added all the same: nothing is lost.
fn with<'a>(template: Term<'a>, key: Term<'a>, value: Term<'a>) -> Term<'a> {
    template.map_put(key, value).unwrap_or(template)
}

#[derive(Clone, Copy)]
struct Terms<'a>(Structs<'a>);

/// A value refused to be serialized. No value of the crate `wire` does.
#[derive(Debug)]
struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

impl std::error::Error for Refused {}

impl ser::Error for Refused {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Refused
    }
}

type Made<'a> = Result<Term<'a>, Refused>;

impl<'a> Terms<'a> {
    fn env(self) -> Env<'a> {
        self.0.env
    }

    fn encode(self, value: impl Encoder) -> Made<'a> {
        Ok(value.encode(self.env()))
    }

    fn seq(self) -> Seq<'a> {
        Seq { terms: self, items: SmallVec::new() }
    }

    fn fields(self, name: &'static str) -> Fields<'a> {
        Fields { terms: self, name, keys: SmallVec::new(), values: SmallVec::new(), key: None }
    }

    /// A value of a named type: a struct, where the caller has one for it.
    fn structure(self, name: &str, made: Term<'a>) -> Term<'a> {
        match self.0.named(name) {
            Some(template) if made.is_map() => {
                let Some(fields) = rustler::types::map::MapIterator::new(made) else { return made };
                fields.fold(template, |template, (key, value)| with(template, key, value))
            }
            _ => made,
        }
    }
}

macro_rules! numbers {
    ($($method:ident($type:ty);)*) => {
        $(fn $method(self, value: $type) -> Made<'a> {
            self.encode(value)
        })*
    };
}

impl<'a> ser::Serializer for Terms<'a> {
    type Ok = Term<'a>;
    type Error = Refused;
    type SerializeSeq = Seq<'a>;
    type SerializeTuple = Seq<'a>;
    type SerializeTupleStruct = Seq<'a>;
    type SerializeTupleVariant = Seq<'a>;
    type SerializeMap = Fields<'a>;
    type SerializeStruct = Fields<'a>;
    type SerializeStructVariant = Fields<'a>;

    numbers! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_str(&str);
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_f32(self, value: f32) -> Made<'a> {
        self.serialize_f64(value.into())
    }

    /// The VM has no infinity and no NaN.
    fn serialize_f64(self, value: f64) -> Made<'a> {
        if value.is_finite() {
            self.encode(value)
        } else {
            self.serialize_none()
        }
    }

    fn serialize_char(self, value: char) -> Made<'a> {
        self.encode(value.to_string())
    }

    fn serialize_bytes(self, value: &[u8]) -> Made<'a> {
        self.encode(Bytes(value))
    }

    fn serialize_none(self) -> Made<'a> {
        Ok(nil(self.env()))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Made<'a> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Made<'a> {
        self.serialize_none()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Made<'a> {
        self.serialize_none()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Made<'a> {
        Ok(name(self.env(), variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Made<'a> {
        Ok(self.structure(name, value.serialize(self)?))
    }

    /// `{variant, value}`, and of an address or an NLRI the value alone, since that shows which variant it
    /// is.
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        enumeration: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Made<'a> {
        let made = value.serialize(self)?;
        match enumeration {
            "IpAddr" | "IpNet" | "NlriValue" => Ok(made),
            _ => self.encode((name(self.env(), variant), made)),
        }
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Seq<'a>, Refused> {
        Ok(self.seq())
    }

    fn serialize_tuple(self, _: usize) -> Result<Seq<'a>, Refused> {
        Ok(self.seq())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Seq<'a>, Refused> {
        Ok(self.seq())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Seq<'a>, Refused> {
        let mut seq = self.seq();
        seq.items.push(name(self.env(), variant));
        Ok(seq)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Fields<'a>, Refused> {
        Ok(self.fields(""))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Fields<'a>, Refused> {
        Ok(self.fields(name))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Fields<'a>, Refused> {
        Ok(Fields { key: Some(name(self.env(), variant)), ..self.fields("") })
    }
}

struct Seq<'a> {
    terms: Terms<'a>,
    items: SmallVec<[Term<'a>; 16]>,
}

impl<'a> Seq<'a> {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.items.push(value.serialize(self.terms)?);
        Ok(())
    }

    /// serde has addresses as tuples of their octets, ipnet has prefixes with the length behind them.
    fn tuple(self) -> Made<'a> {
        let env = self.terms.env();
        let octets: Option<SmallVec<[u8; 17]>> = match self.items.len() {
            5 | 16 | 17 => self.items.iter().map(|item| item.decode().ok()).collect(),
            _ => None,
        };
        let Some(octets) = octets else {
            return Ok(rustler::types::tuple::make_tuple(env, &self.items));
        };
        if let Ok(v6) = <[u8; 16]>::try_from(octets.as_slice()) {
            return self.terms.encode(Address(Ipv6Addr::from(v6).into()));
        }
        let (length, address) = octets.split_last().ok_or(Refused)?;
        let net = match (<[u8; 4]>::try_from(address), <[u8; 16]>::try_from(address)) {
            (Ok(v4), _) => Ipv4Net::new(Ipv4Addr::from(v4), *length).map(IpNet::V4),
            (_, Ok(v6)) => Ipv6Net::new(Ipv6Addr::from(v6), *length).map(IpNet::V6),
            _ => return Err(Refused),
        };
        let net = net.map_err(|_| Refused)?;
        Ok(prefix(self.terms.0.of(atoms::prefix_module()), &net))
    }
}

impl<'a> ser::SerializeSeq for Seq<'a> {
    type Ok = Term<'a>;
    type Error = Refused;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.push(value)
    }

    fn end(self) -> Made<'a> {
        Ok(list(self.terms.env(), self.items, |item| item))
    }
}

impl<'a> ser::SerializeTuple for Seq<'a> {
    type Ok = Term<'a>;
    type Error = Refused;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.push(value)
    }

    fn end(self) -> Made<'a> {
        self.tuple()
    }
}

impl<'a> ser::SerializeTupleStruct for Seq<'a> {
    type Ok = Term<'a>;
    type Error = Refused;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.push(value)
    }

    fn end(self) -> Made<'a> {
        self.tuple()
    }
}

impl<'a> ser::SerializeTupleVariant for Seq<'a> {
    type Ok = Term<'a>;
    type Error = Refused;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.push(value)
    }

    fn end(self) -> Made<'a> {
        Ok(rustler::types::tuple::make_tuple(self.terms.env(), &self.items))
    }
}

struct Fields<'a> {
    terms: Terms<'a>,
    /// Of the struct; empty for a map.
    name: &'static str,
    keys: SmallVec<[Term<'a>; 16]>,
    values: SmallVec<[Term<'a>; 16]>,
    /// The variant of a struct variant; the key of a map's entry that has no value yet.
    key: Option<Term<'a>>,
}

impl<'a> Fields<'a> {
    fn push<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Refused> {
        let env = self.terms.env();
        let mut made = value.serialize(self.terms)?;
        if is_tag(self.name, key) {
            if let Ok(tag) = made.decode::<&str>() {
                made = name(env, tag);
            }
        }
        self.keys.push(name(env, key));
        self.values.push(made);
        Ok(())
    }

    fn map(&self) -> Made<'a> {
        Term::map_from_term_arrays(self.terms.env(), &self.keys, &self.values).map_err(|_| Refused)
    }

    fn structure(self) -> Made<'a> {
        let Structs { env, .. } = self.terms.0;
        match (self.name, self.values.as_slice()) {
            ("AddressFamily", [afi, safi, ..]) => return Ok((*afi, *safi).encode(env)),
            ("DecodeError", [offset, path, reason, suspect]) => {
                let template = self.terms.0.of(atoms::decode_error_module());
                return Ok(fill!(template, offset: *offset, path: *path, reason: *reason, suspect: *suspect));
            }
            // RFC 7911, section 4
            ("AddPathFamily", [family, mode]) => {
                let name = match mode.decode::<u8>() {
                    Ok(add_path_mode::RECEIVE) => atoms::receive().to_term(env),
                    Ok(add_path_mode::SEND) => atoms::send().to_term(env),
                    Ok(add_path_mode::BOTH) => atoms::both().to_term(env),
                    _ => *mode,
                };
                return Ok((*family, name).encode(env));
            }
            ("Capability", _) => return self.capability(),
            _ => {}
        }
        let Some(template) = self.terms.0.named(self.name) else { return self.map() };
        Ok(self.keys.into_iter().zip(self.values).fold(template, |made, (key, value)| with(made, key, value)))
    }
}

impl<'a> Fields<'a> {
    /// An atom where the capability has no value, `{name, value}` where it has one, `{name, map}` where it has more,
    /// `{code, octets}` where it has no name.
    fn capability(mut self) -> Made<'a> {
        let env = self.terms.env();
        match *self.values {
            [name] => Ok(name),
            [name, value] => self.terms.encode((name, value)),
            [name, code, octets] if name == atoms::unknown().to_term(env) => {
                self.terms.encode((code, octets))
            }
            [name, ..] => {
                self.keys.remove(0);
                self.values.remove(0);
                let fields = self.map()?;
                self.terms.encode((name, fields))
            }
            [] => Err(Refused),
        }
    }
}

impl<'a> ser::SerializeStruct for Fields<'a> {
    type Ok = Term<'a>;
    type Error = Refused;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        self.push(key, value)
    }

    fn end(self) -> Made<'a> {
        self.structure()
    }
}

/// `{variant, fields}`
impl<'a> ser::SerializeStructVariant for Fields<'a> {
    type Ok = Term<'a>;
    type Error = Refused;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        self.push(key, value)
    }

    fn end(self) -> Made<'a> {
        let fields = self.map()?;
        self.terms.encode((self.key, fields))
    }
}

impl<'a> ser::SerializeMap for Fields<'a> {
    type Ok = Term<'a>;
    type Error = Refused;

    /// Keys are names of fields, all of them of the wire crate's own tables.
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refused> {
        let key = key.serialize(self.terms)?;
        let text: &str = key.decode().map_err(|_| Refused)?;
        self.key = Some(name(self.terms.env(), text));
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.keys.push(self.key.take().ok_or(Refused)?);
        self.values.push(value.serialize(self.terms)?);
        Ok(())
    }

    fn end(self) -> Made<'a> {
        self.map()
    }
}
