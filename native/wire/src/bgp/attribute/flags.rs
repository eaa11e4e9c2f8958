//! Attribute flags (RFC 4271, section 4.3).

pub const OPTIONAL: u8 = 0x80;
pub const TRANSITIVE: u8 = 0x40;
pub const PARTIAL: u8 = 0x20;
pub const EXTENDED_LENGTH: u8 = 0x10;

/// The Optional and Transitive bits that an attribute's definition fixes.
pub const CLASS: u8 = OPTIONAL | TRANSITIVE;
pub const WELL_KNOWN: u8 = TRANSITIVE;
pub const OPTIONAL_TRANSITIVE: u8 = OPTIONAL | TRANSITIVE;
pub const OPTIONAL_NON_TRANSITIVE: u8 = OPTIONAL;
/// Of an attribute whose definition is a draft: any class will do.
pub const UNCHECKED: u8 = 0;
