//! Tells BMP from other traffic, and finds a message's beginning in the middle of a stream.
//!
//! BMP has no mark to look for. What is looked for instead is a chain of common headers (RFC 7854, section 4.1): each
//! of a known version, a plausible length and type, and each beginning where the one before it ends.

use wire::bmp::{CommonHeader, HEADER_LENGTH};
use wire::reader::Reader;
use wire::registry::bmp::{message, FIRST_OF_VENDORS};

/// Two OPENs of the greatest length and more; RFC 7854 sets no limit, but only route mirroring needs more.
const MAX_LENGTH: u32 = 1 << 17;
/// So many headers in a row are no chance.
const CHAIN: usize = 3;

/// What the bytes of a stream seen so far look like.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// BMP messages begin at this offset.
    Bmp(usize),
    /// More bytes are needed; so many of these are certainly not the beginning of BMP messages.
    Wait(usize),
    /// Not BMP.
    Other,
}

/// Length of the message whose common header `bytes` begins with, if it can be one.
pub fn header_length(bytes: &[u8]) -> Option<usize> {
    let header = CommonHeader::decode(&mut Reader::new(bytes, 0), MAX_LENGTH).ok()?;
    let plausible = message::name(header.message_type).is_some() || header.message_type >= FIRST_OF_VENDORS;
    plausible.then_some(header.length as usize)
}

/// Whether `bytes`, the first of a connection, are BMP. `last` says that no more will come.
pub fn judge_start(bytes: &[u8], last: bool) -> Verdict {
    match chain(bytes, last) {
        Chain::Broken => Verdict::Other,
        Chain::Short if !last => Verdict::Wait(0),
        Chain::Short if header_length(bytes).is_none() => Verdict::Other,
        Chain::Short | Chain::Long => Verdict::Bmp(0),
    }
}

/// Where in `bytes`, taken from the middle of a connection, messages begin.
pub fn judge_middle(bytes: &[u8], last: bool) -> Verdict {
    for start in 0..bytes.len() {
        match chain(bytes.get(start..).unwrap_or_default(), last) {
            Chain::Long => return Verdict::Bmp(start),
            Chain::Short if !last => return Verdict::Wait(start),
            Chain::Short | Chain::Broken => {}
        }
    }
    if last {
        Verdict::Other
    } else {
        Verdict::Wait(bytes.len())
    }
}

enum Chain {
    /// As many headers as convince, or fewer that end exactly where the stream does.
    Long,
    /// The bytes end first.
    Short,
    Broken,
}

fn chain(bytes: &[u8], last: bool) -> Chain {
    let mut rest = bytes;
    for links in 0..CHAIN {
        if last && links > 0 && rest.is_empty() {
            return Chain::Long;
        }
        match header_length(rest) {
            Some(length) => match rest.get(length..) {
                Some(next) => rest = next,
                None => return Chain::Short,
            },
            None if rest.len() < HEADER_LENGTH => return Chain::Short,
            None => return Chain::Broken,
        }
    }
    Chain::Long
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(length: usize, kind: u8) -> Vec<u8> {
        let mut message = vec![3];
        message.extend(u32::try_from(length).unwrap().to_be_bytes());
        message.push(kind);
        message.resize(length, 0xff);
        message
    }

    #[test]
    fn bmp_from_its_first_byte() {
        let stream = [message(40, 4), message(70, 3), message(90, 0)].concat();
        assert_eq!(judge_start(&stream, false), Verdict::Bmp(0));
        assert_eq!(judge_start(&stream[..60], false), Verdict::Wait(0));
        assert_eq!(judge_start(&stream[..60], true), Verdict::Bmp(0), "a short capture");
        assert_eq!(judge_start(b"GET / HTTP/1.1\r\n", false), Verdict::Other);
        assert_eq!(judge_start(b"\x03\0", true), Verdict::Other, "too little to say");
    }

    #[test]
    fn bmp_from_the_middle() {
        let stream = [&message(70, 0)[30..], &message(50, 0), &message(60, 1), &message(48, 0)].concat();
        assert_eq!(judge_middle(&stream, false), Verdict::Bmp(40));
        assert_eq!(judge_middle(&stream[..100], false), Verdict::Wait(40));
        assert_eq!(judge_middle(&[0xff; 5000], true), Verdict::Other);
        assert_eq!(judge_middle(&[], true), Verdict::Other);
    }
}
