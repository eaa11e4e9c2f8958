//! Batches as JSON: the JSON encoding that Protobuf itself defines, so that every Protobuf library reads it back.
//!
//! Names are those of the fields in lowerCamelCase, octets are Base64, 64-bit numbers are text.

use std::sync::LazyLock;

use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, SerializeOptions};
use serde::ser::Error;
use serde::{Serialize, Serializer};

/// An encoded batch that is serialized as JSON.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a>(pub &'a [u8]);

static BATCH: LazyLock<Option<MessageDescriptor>> = LazyLock::new(|| {
    let descriptors = include_bytes!("descriptors.bin");
    DescriptorPool::decode(descriptors.as_slice()).ok()?.get_message_by_name("serviceradar.bmp.v1.Batch")
});

impl Serialize for Batch<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let descriptor = BATCH.clone().ok_or_else(|| S::Error::custom("the descriptors cannot be read"))?;
        let message = DynamicMessage::decode(descriptor, self.0).map_err(S::Error::custom)?;
        message.serialize_with_options(serializer, &SerializeOptions::new())
    }
}
