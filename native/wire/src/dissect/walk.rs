//! How a tree is made: a reader that writes down what it takes.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::{Display, Write};
use std::net::Ipv4Addr;

use super::field::{Field, UNREAD};
use crate::bgp::AddressFamily;
use crate::error::{DecodeError, ErrorKind, Result};
use crate::raw::Raw;
use crate::reader::Reader;

type Name = Cow<'static, str>;

/// A walk over the octets of one field, of whose parts it makes fields.
pub(super) struct Walk<'a, 'w> {
    reader: Reader<'a>,
    fields: Vec<Field>,
    /// Fields that may still be made, of the whole tree.
    left: &'w Cell<usize>,
}

impl<'a, 'w> Walk<'a, 'w> {
    pub fn new(reader: Reader<'a>, left: &'w Cell<usize>) -> Self {
        Walk { reader, fields: Vec::new(), left }
    }

    /// What is ahead; reading from it takes nothing.
    pub fn reader(&self) -> Reader<'a> {
        self.reader
    }

    pub fn offset(&self) -> u64 {
        self.reader.offset()
    }

    pub fn is_empty(&self) -> bool {
        self.reader.is_empty()
    }

    /// Whether the tree has no room for more: whoever repeats something stops then.
    pub fn is_full(&self) -> bool {
        self.left.get() == 0
    }

    fn push(&mut self, field: Field) {
        self.left.set(self.left.get().saturating_sub(1));
        self.fields.push(field);
    }

    /// Takes what `read` takes, as a field that says what `text` makes of it.
    pub fn field<T>(
        &mut self,
        name: impl Into<Name>,
        read: impl FnOnce(&mut Reader<'a>) -> Result<T>,
        text: impl FnOnce(&T) -> String,
    ) -> Result<T> {
        let start = self.reader;
        // A reading that fails takes nothing: what it began with is still to be shown.
        let mut reader = start;
        let value = read(&mut reader)?;
        self.reader = reader;
        let length = start.len() - reader.len();
        let text = text(&value);
        self.push(Field {
            name: name.into(),
            offset: start.offset(),
            length,
            text,
            reference: "",
            errors: Vec::new(),
            fields: Vec::new(),
        });
        Ok(value)
    }

    /// A field that is what it is printed as.
    pub fn value<T: Display>(
        &mut self,
        name: impl Into<Name>,
        read: impl FnOnce(&mut Reader<'a>) -> Result<T>,
    ) -> Result<T> {
        self.field(name, read, ToString::to_string)
    }

    pub fn u8(&mut self, name: impl Into<Name>) -> Result<u8> {
        self.value(name, Reader::u8)
    }

    pub fn u16(&mut self, name: impl Into<Name>) -> Result<u16> {
        self.value(name, Reader::u16)
    }

    pub fn u32(&mut self, name: impl Into<Name>) -> Result<u32> {
        self.value(name, Reader::u32)
    }

    pub fn ipv4(&mut self, name: impl Into<Name>) -> Result<Ipv4Addr> {
        self.value(name, Reader::ipv4)
    }

    /// A code with its name, where it has one.
    pub fn code<T: Display + Copy>(
        &mut self,
        name: impl Into<Name>,
        read: impl FnOnce(&mut Reader<'a>) -> Result<T>,
        named: impl FnOnce(T) -> Option<&'static str>,
    ) -> Result<T> {
        self.field(name, read, |code| match named(*code) {
            Some(named) => format!("{code} ({named})"),
            None => code.to_string(),
        })
    }

    /// AFI and SAFI.
    pub fn family(&mut self) -> Result<AddressFamily> {
        let family = self.reader().family();
        self.u16("afi")?;
        self.field("safi", Reader::u8, |safi| match &family {
            Ok(family) => format!("{safi} ({family})"),
            Err(_) => safi.to_string(),
        })?;
        family
    }

    /// Flags, with the names of those that are set, from the highest bit on.
    pub fn flags(&mut self, name: impl Into<Name>, names: &[(u8, &'static str)]) -> Result<u8> {
        self.field(name, Reader::u8, |flags| {
            let mut text = format!("{flags:#04x}");
            for (_, name) in names.iter().filter(|(bit, _)| flags & bit != 0) {
                let _ = write!(text, " {name}");
            }
            text
        })
    }

    /// Octets without a reading.
    pub fn octets(&mut self, name: impl Into<Name>, count: usize) -> Result<()> {
        self.field(name, |reader| reader.take(count), |octets| Raw::from(*octets).to_string()).map(drop)
    }

    /// All that is left, where there is something, as a field that says `text`.
    pub fn rest(&mut self, name: impl Into<Name>, text: impl Into<String>) {
        if !self.is_empty() {
            let text = text.into();
            let _ = self.field(name, |reader| Ok(reader.take_rest()), |_| text);
        }
    }

    pub fn unread(&mut self, why: String) {
        self.rest(UNREAD, why);
    }

    /// A field of `length` octets, with the parts that `inside` makes of them; what that gives is what the field says. Where
    /// fewer octets are left, it is what they are read as.
    pub fn part(
        &mut self,
        name: impl Into<Name>,
        reference: &'static str,
        length: usize,
        inside: impl FnOnce(&mut Walk<'a, 'w>) -> Result<String>,
    ) -> Result<()> {
        let at = self.reader;
        let have = length.min(at.len());
        let mut walk = Walk::new(self.reader.sub(have)?, self.left);
        let read = inside(&mut walk);
        let text = read.clone().unwrap_or_default();
        let fields = walk.end(read.map(drop));
        if have > 0 {
            let name = name.into();
            self.push(Field {
                name,
                offset: at.offset(),
                length: have,
                text,
                reference,
                errors: Vec::new(),
                fields,
            });
        }
        if have < length {
            return Err(at.error(ErrorKind::Truncated { need: length, have }));
        }
        Ok(())
    }

    /// A field that ends where `inside` ends. What cannot be read on is left to who is around it.
    pub fn group(
        &mut self,
        name: impl Into<Name>,
        reference: &'static str,
        inside: impl FnOnce(&mut Walk<'a, 'w>) -> Result<String>,
    ) -> Result<()> {
        let at = self.reader;
        let mut walk = Walk::new(at, self.left);
        let read = inside(&mut walk);
        let text = read.clone().unwrap_or_default();
        let Walk { reader, fields, .. } = walk;
        self.reader = reader;
        let length = at.len() - reader.len();
        if length > 0 {
            let name = name.into();
            self.push(Field {
                name,
                offset: at.offset(),
                length,
                text,
                reference,
                errors: Vec::new(),
                fields,
            });
        }
        read.map(drop)
    }

    /// The same again to the end.
    pub fn repeat(&mut self, mut one: impl FnMut(&mut Self, usize) -> Result<()>) -> Result<()> {
        let mut index = 0;
        while !self.is_empty() && !self.is_full() {
            one(self, index)?;
            index += 1;
        }
        Ok(())
    }

    /// The fields; what is left of the octets is one more.
    pub fn end(mut self, read: Result<()>) -> Vec<Field> {
        let why = match read {
            Err(error) => error.reason(),
            Ok(()) if self.is_full() => "not shown in parts: the tree has too many fields".to_owned(),
            Ok(()) => format!("{} octets after the end", self.reader.len()),
        };
        self.unread(why);
        self.fields
    }

    /// Writes an error to the innermost field that has its octet, of the last one that was made.
    pub fn mark(&mut self, error: &DecodeError) {
        let Some(last) = self.fields.last_mut() else { return };
        mark(last, error);
    }
}

fn mark(field: &mut Field, error: &DecodeError) {
    let has =
        |part: &Field| part.offset <= error.offset() && error.offset() < part.offset + part.length as u64;
    match field.fields.iter().position(has) {
        Some(index) => field.fields.get_mut(index).map_or((), |part| mark(part, error)),
        None => field.errors.push(error.to_string()),
    }
}
