//! What a tree is made of.

use std::borrow::Cow;

use serde::Serialize;

/// One field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// As in the path of an error where there is one, else what it is.
    pub name: Cow<'static, str>,
    /// Of its first octet, from the first that was given.
    pub offset: u64,
    pub length: usize,
    /// What it says; empty where its parts say it.
    pub text: String,
    /// Where it is defined; empty where that is the field around it.
    pub reference: &'static str,
    /// What the decoder says against it.
    pub errors: Vec<String>,
    /// The parts, in the order of the octets.
    pub fields: Vec<Field>,
}

/// Octets that no reader took; the text says why.
pub const UNREAD: &str = "unread";
