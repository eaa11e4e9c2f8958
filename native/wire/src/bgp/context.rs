//! What the session knows that the octets of a message do not tell.

use super::action::Action;
use super::family::AddressFamily;
use super::family_set::FamilySet;
use super::nlri::form::{Form, LabelStack};
use crate::bmp::version_4::Stateless;

/// How one peer's messages are to be read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// AS_PATH and AGGREGATOR have two-octet AS numbers (RFC 6793).
    pub two_octet_as: bool,
    /// Families whose NLRI start with a path identifier (RFC 7911) as it was negotiated, in the direction of the message.
    pub add_path: FamilySet,
    /// Families that are read the other way than `add_path` says, for something came that reads only that way.
    pub inferred: FamilySet,
    /// Families of which something came that reads in one way only: the way in which they are read now.
    pub settled: FamilySet,
    /// Families whose NLRI may have more than one label (RFC 8277, section 2.1).
    pub multiple_labels: FamilySet,
    /// The neighbour who sent the message is of another AS.
    pub external: bool,
    /// What the message itself says about how it is to be read, before all else (BMP version 4).
    pub stateless: Stateless<'a>,
}

impl Context<'_> {
    /// How the NLRI of the family are read that the message announces or withdraws.
    #[inline(always)]
    pub(crate) fn form(&self, action: Action, family: AddressFamily) -> Form {
        let labels = match action {
            _ if !self.multiple_labels.contains(family) => LabelStack::One,
            Action::Announce => LabelStack::ToBottom,
            Action::Withdraw => LabelStack::ToBottomOrWithdrawn,
        };
        Form { add_path: self.has_path_ids(family), labels }
    }

    #[inline(always)]
    pub fn has_path_ids(&self, family: AddressFamily) -> bool {
        self.said(family).unwrap_or_else(|| self.add_path.contains(family) != self.inferred.contains(family))
    }

    /// What the message itself says about path identifiers of the family.
    #[inline(always)]
    pub(super) fn said(&self, family: AddressFamily) -> Option<bool> {
        if self.stateless.is_empty() {
            None
        } else {
            self.stateless.path_ids(family)
        }
    }

    /// Whether path identifiers of the family are inferred.
    #[inline(always)]
    pub(crate) fn is_inferred(&self, family: AddressFamily) -> bool {
        self.inferred.contains(family) && self.said(family).is_none()
    }

    /// Whether nothing has shown yet in which way the family is to be read.
    pub(crate) fn is_open(&self, family: AddressFamily) -> bool {
        !self.settled.contains(family) && family.layout().is_some() && self.said(family).is_none()
    }
}
