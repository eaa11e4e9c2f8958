//! A message as a tree of fields for a person to read: each with the octets it is in, what they say, and the section of the
//! specification that defines it.
//!
//! It shows what the decoder read and is no second opinion: how a message is read (path identifiers, width of AS numbers,
//! where an NLRI ends) is the decoder's, and so are the errors that are marked. The fields of a tree lie side by side and
//! leave nothing out: what was not read is a field too, `unread`, with the reason.
//!
//! ```
//! use wire::session::Decoder;
//!
//! let initiation = [3, 0, 0, 0, 13, 4, 0, 2, 0, 3, b'r', b't', b'r'];
//! let [message] = wire::dissect::dissect(&initiation, &mut Decoder::default()).try_into().unwrap();
//! let name = message.fields.last().unwrap();
//! assert_eq!((name.offset, name.length, name.text.as_str()), (6, 7, "rtr"));
//! assert_eq!(name.reference, "RFC 7854, section 4.4");
//! ```

mod attribute;
mod bgp;
mod bmp;
mod field;
mod nlri;
mod walk;

use std::cell::Cell;

pub use self::field::{Field, UNREAD};
use self::walk::Walk;
use crate::bmp::{CommonHeader, PeerHeader};
use crate::error::{DecodeError, ErrorKind, Result};
use crate::reader::Reader;
use crate::registry::bmp::message;
use crate::session::{Content, Decoder};

/// A tree has about so many fields at most: 64 KiB hold a hundred thousand, which nobody looks through. The octets of the
/// others are one field that says so.
const MOST_FIELDS: usize = 4_000;

/// The messages of `bytes`: of BMP, or of BGP where they start with its marker. What `decoder` knows of the peers from what
/// it was fed before counts, and it is fed what is read here.
pub fn dissect(bytes: &[u8], decoder: &mut Decoder) -> Vec<Field> {
    let left = Cell::new(MOST_FIELDS);
    let mut walk = Walk::new(Reader::new(bytes, 0), &left);
    let bgp = bytes.starts_with(&[0xff; 16]);
    while !walk.is_empty() && !walk.is_full() {
        let read = if bgp { bgp::whole(&mut walk) } else { next(&mut walk, bytes, decoder) };
        if read.is_err() {
            break;
        }
    }
    walk.end(Ok(()))
}

/// The value of a path attribute alone, as a fault of RFC 7606 keeps it. AS numbers have four octets.
pub fn dissect_attribute(code: u8, value: &[u8]) -> Vec<Field> {
    let left = Cell::new(MOST_FIELDS);
    let mut walk = Walk::new(Reader::new(value, 0), &left);
    let read = attribute::value(&mut walk, code, crate::bgp::Context::default());
    walk.end(read)
}

/// One BMP message, and what the decoder says of it.
fn next(walk: &mut Walk<'_, '_>, bytes: &[u8], decoder: &mut Decoder) -> Result<()> {
    let start = walk.offset();
    let header = match CommonHeader::decode(&mut walk.reader(), u32::MAX) {
        Ok(header) => header,
        Err(error) => {
            // Where the next message would start is not known.
            walk.unread(error.reason());
            walk.mark(&error);
            return Err(error);
        }
    };
    let name = message::name(header.message_type).unwrap_or("unknown");
    let length = header.length as usize;
    let from = usize::try_from(start).unwrap_or(usize::MAX);
    let whole = from.checked_add(length).and_then(|to| bytes.get(from..to));
    let peer = PeerHeader::of_frame(walk.reader().peek());
    let context = peer.map(|peer| decoder.context(&peer)).unwrap_or_default();

    let mut errors = Vec::new();
    let before = decoder.offset();
    let shift = |error: &DecodeError| error.clone().moved(start.wrapping_sub(before));
    let mut feed = decoder.feed(whole.unwrap_or_default());
    let read = feed.next();
    let body = match &read {
        Some(Ok(frame)) => match &frame.content {
            Ok(Content::RouteMonitoring(view)) => {
                errors.extend(view.update.faults().iter().map(|fault| shift(&fault.error)));
                bmp::part(walk, name, header, length, view.update.context())
            }
            Ok(Content::Other(body)) => {
                errors.extend(body.faults().iter().map(shift));
                bmp::part(walk, name, header, length, context)
            }
            Err(error) => {
                errors.push(shift(error));
                bmp::part(walk, name, header, length, context)
            }
        },
        // It was not fed for it is not whole, or the decoder does not take messages of this length.
        Some(Err(error)) => {
            errors.push(shift(error));
            bmp::part(walk, name, header, length, context)
        }
        None => {
            let kind = ErrorKind::Truncated { need: length, have: walk.reader().len() };
            // The length says that there is more.
            errors.push(DecodeError::new(kind, start + 1).in_field("length").in_field("bmp"));
            bmp::part(walk, name, header, length, context)
        }
    };
    for error in &errors {
        walk.mark(error);
    }
    body
}
