//! What each attribute's type says of itself.

use super::Treatment;
use crate::bgp::tlv::Shape;
use crate::bgp::Context;
use crate::error::Result;
use crate::reader::Reader;

/// What the registry says of a path attribute's type.
pub(crate) trait Registered {
    const CODE: u8;
    /// IANA's name in lower case.
    const NAME: &'static str;
    /// [`flags::CLASS`](super::flags::CLASS) bits.
    const CLASS: u8;
    /// When the value is malformed.
    const MALFORMED: Treatment;
}

/// A path attribute's type.
pub(crate) trait PathAttribute: Registered + Sized {
    /// What flags that conflict with the type do (RFC 7606, section 3.c), unless the attribute's own specification says otherwise.
    fn wrong_flags(_flags: u8) -> Treatment {
        Treatment::TreatAsWithdraw
    }

    /// What a malformed value does; [`Registered::MALFORMED`] unless it matters what is wrong with it, or from whom it is.
    fn malformed(_value: Reader<'_>, _context: Context<'_>) -> Treatment {
        Self::MALFORMED
    }

    /// What the attribute's specification asks for beyond what [`PathAttribute::decode`] needs; an error says what the value is not.
    fn rule(&self) -> std::result::Result<(), &'static str> {
        Ok(())
    }

    /// What the value looks like, where a [`Shape`] describes it.
    fn shape() -> Option<Shape> {
        None
    }

    /// Reads the value; everything must be taken.
    fn decode(reader: &mut Reader<'_>, context: Context<'_>) -> Result<Self>;

    /// Writes the value.
    fn encode(&self, out: &mut Vec<u8>);

    /// Checks the value without building anything.
    #[inline]
    fn check(mut reader: Reader<'_>, context: Context<'_>) -> Result<()> {
        Self::decode(&mut reader, context)?;
        reader.finish()
    }
}

/// Makes a type of an attribute whose value a [`Shape`](crate::bgp::tlv::Shape) describes: documentation, name, shape, and
/// what of [`PathAttribute`] it has of its own.
macro_rules! shaped_attribute {
    ($(#[$doc:meta])* $type:ident, $shape:expr $(; $($own:tt)*)?) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize)]
        #[serde(transparent)]
        pub struct $type(pub $crate::bgp::tlv::Value);

        impl $crate::bgp::attribute::path_attribute::PathAttribute for $type {
            fn shape() -> Option<$crate::bgp::tlv::Shape> {
                Some($shape)
            }

            fn decode(
                reader: &mut $crate::reader::Reader<'_>,
                _: $crate::bgp::context::Context<'_>,
            ) -> $crate::error::Result<Self> {
                let at = *reader;
                let value = $type($crate::bgp::tlv::Value::decode($shape, reader)?);
                match $crate::bgp::attribute::path_attribute::PathAttribute::rule(&value) {
                    Ok(()) => Ok(value),
                    Err(expected) => Err(at.error($crate::error::ErrorKind::Form { expected })),
                }
            }

            $($($own)*)?

            fn encode(&self, out: &mut Vec<u8>) {
                self.0.encode(out);
            }
        }
    };
}
pub(crate) use shaped_attribute;
