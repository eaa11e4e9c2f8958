//! BGPsec_PATH (RFC 8205, section 3).

use super::shaped_attribute;
use crate::bgp::tlv::{
    Shape,
    Shape::{Bytes, Fields, Number},
    Value,
};
use crate::error::{At, ErrorKind, Result};
use crate::reader::Reader;

shaped_attribute! {
    /// The path with its signatures; an UPDATE that has it has no AS_PATH. Newest AS first.
    ///
    /// RFC 8205, section 5.2: any error of syntax withdraws, so too where a signature block has another number of signatures than the
    /// path has segments, or where there are not one or two blocks.
    BgpsecPath, Shape::Custom(path);

    fn rule(&self) -> Result<(), &'static str> {
        let segments = self.0.field("secure_path").map_or(0, |path| path.list().len());
        let blocks = self.0.field("signature_blocks").map_or(&[][..], Value::list);
        if segments == 0 {
            return Err("a secure path of one segment or more");
        }
        if !matches!(blocks.len(), 1 | 2) {
            return Err("one signature block or two");
        }
        let complete = |block: &Value| {
            block.field("signatures").is_some_and(|signatures| signatures.list().len() == segments)
        };
        if blocks.iter().all(complete) {
            Ok(())
        } else {
            Err("signature blocks of one signature a path segment")
        }
    }
}

/// Section 3.1: how often the AS stands in the path, flags (0x80 confederation), AS number.
const SEGMENT: Shape = Fields(&[("p_count", Number(1)), ("flags", Number(1)), ("asn", Number(4))]);

fn path(reader: &mut Reader<'_>, depth: usize) -> Result<Value> {
    let (length, mut segments) = counted(reader).at("secure_path")?;
    let segments = Value::decode_at(Shape::Repeat(&SEGMENT), &mut segments, depth).at("secure_path")?;
    let mut blocks = Vec::new();
    while !reader.is_empty() {
        blocks.push(block(reader, depth).at_index(blocks.len()).at("signature_blocks")?);
    }
    Ok(Value::Fields(vec![
        ("secure_path_length", length),
        ("secure_path", segments),
        ("signature_blocks", Value::List(blocks)),
    ]))
}

/// Section 3.2: algorithm suite, signatures each with the identifier of its key.
fn block(reader: &mut Reader<'_>, depth: usize) -> Result<Value> {
    let (length, mut reader) = counted(reader)?;
    let reader = &mut reader;
    let algorithm = Value::decode_at(Number(1), reader, depth).at("algorithm_suite")?;
    let mut signatures = Vec::new();
    while !reader.is_empty() {
        let key = Value::decode_at(Bytes(20), reader, depth).at("subject_key_identifier")?;
        let length = reader.u16().at("signature_length")?;
        signatures.push(Value::Fields(vec![
            ("subject_key_identifier", key),
            ("signature_length", Value::Number { value: length.into(), octets: 2 }),
            ("signature", Value::Raw(reader.take(length.into()).at("signature")?.into())),
        ]));
    }
    Ok(Value::Fields(vec![
        ("length", length),
        ("algorithm_suite", algorithm),
        ("signatures", Value::List(signatures)),
    ]))
}

/// A length that counts itself, and what it holds.
fn counted<'a>(reader: &mut Reader<'a>) -> Result<(Value, Reader<'a>)> {
    let at = *reader;
    let length = reader.u16().at("length")?;
    let Some(rest) = length.checked_sub(2) else {
        return Err(at.error(ErrorKind::Length { found: length.into(), expected: "2 or more" })).at("length");
    };
    Ok((Value::Number { value: length.into(), octets: 2 }, reader.sub(rest.into()).at("length")?))
}
