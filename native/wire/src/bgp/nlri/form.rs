//! How NLRI are written, beyond what their family says.

/// How the NLRI of one group of routes are written, which the session decides and the octets do not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// Every NLRI starts with a path identifier (RFC 7911).
    pub add_path: bool,
    pub labels: LabelStack,
}

impl Form {
    /// As [`canonical`](super::canonical) writes them.
    pub fn canonical(add_path: bool) -> Self {
        Form { add_path, labels: LabelStack::ToBottom }
    }

    #[must_use]
    pub(crate) fn with_other_path_ids(self) -> Self {
        Form { add_path: !self.add_path, ..self }
    }
}

/// How many labels are ahead of a prefix (RFC 8277, section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelStack {
    /// One, whatever its bottom-of-stack bit says (section 2.2).
    One,
    /// As many as it takes to the bottom of the stack, where both speakers have said that they read several (section 2.3).
    ToBottom,
    /// The same of a withdrawal, where a value that is no label stands for all of them (section 2.4).
    ToBottomOrWithdrawn,
}
