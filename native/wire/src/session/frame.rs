//! A message where it is in the stream, with what it says.

use crate::bmp::{Body, CommonHeader, Message, PeerHeader, RouteMonitoringView};
use crate::error::Result;

/// One message of the session.
#[derive(Debug)]
pub struct Frame<'a, C = Content<'a>> {
    /// Of the frame's first octet, from the session's first octet.
    pub offset: u64,
    /// The whole message, the common header included.
    pub bytes: &'a [u8],
    pub header: CommonHeader,
    /// What it says; an error does not end the session.
    pub content: Result<C>,
}

/// What a frame says. Route Monitoring, which is nearly all of the traffic, is by reference.
#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // lives for one frame, on the stack
pub enum Content<'a> {
    RouteMonitoring(RouteMonitoringView<'a>),
    Other(Body),
}

impl Content<'_> {
    pub(super) fn into_body(self) -> Body {
        match self {
            Content::RouteMonitoring(view) => Body::RouteMonitoring(view.to_owned()),
            Content::Other(body) => body,
        }
    }
}

/// What a frame says where a plain UPDATE goes to a [`Sink`](crate::bgp::plain::Sink).
#[derive(Debug)]
pub enum Taken<'a> {
    /// A Route Monitoring of this peer. All that it says went to the sink: it has no fault and no TLV, and
    /// is no End-of-RIB.
    Plain(&'a PeerHeader),
    /// Any other message.
    Other(Box<Content<'a>>),
}

impl Frame<'_> {
    /// The message in owned values.
    pub fn to_message(&self) -> Result<Message> {
        let body = match &self.content {
            Ok(Content::RouteMonitoring(view)) => Body::RouteMonitoring(view.to_owned()),
            Ok(Content::Other(body)) => body.clone(),
            Err(error) => return Err(error.clone()),
        };
        Ok(self.message(body))
    }

    /// The message in owned values, without a copy of what is owned already.
    pub fn into_message(self) -> Result<Message> {
        let Frame { offset, header, content, .. } = self;
        let body = content?.into_body();
        Ok(Message { offset, length: header.length, version: header.version, body })
    }

    fn message(&self, body: Body) -> Message {
        Message { offset: self.offset, length: self.header.length, version: self.header.version, body }
    }
}
