//! What is malformed in an UPDATE, and what becomes of it.

use serde::Serialize;

use crate::bgp::attribute::Treatment;
use crate::bgp::AddressFamily;
use crate::error::DecodeError;
use crate::raw::Raw;

/// Something malformed that RFC 7606 says how to live with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    pub treatment: Treatment,
    /// Type code; `None` where the list of attributes itself is malformed.
    pub attribute: Option<u8>,
    /// What is disabled: of [`Treatment::AfiSafiDisable`] only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<AddressFamily>,
    pub error: DecodeError,
    /// The attribute's value as it came.
    pub raw: Raw,
}

impl Fault {
    /// Whether routes of the family that the message announces are withdrawn for it (RFC 7606, section 2).
    pub(super) fn withdraws(&self, family: AddressFamily) -> bool {
        match self.treatment {
            Treatment::Kept | Treatment::AttributeDiscard => false,
            Treatment::AfiSafiDisable => self.family.is_none_or(|disabled| disabled == family),
            Treatment::TreatAsWithdraw | Treatment::SessionReset => true,
        }
    }
}
