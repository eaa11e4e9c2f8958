//! A BGP message of any type, in owned values.

use serde::Serialize;

use super::update::Update;
use super::{header, Context, Notification, Open, RouteRefresh, UpdateView};
use crate::error::{At, Result};
use crate::raw::Raw;
use crate::reader::Reader;
use crate::registry::bgp::message;

/// A BGP message of any type.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Message {
    Open(Open),
    Update(Update),
    Notification(Notification),
    Keepalive,
    RouteRefresh(RouteRefresh),
    Unknown { message_type: u8, data: Raw },
}

impl Message {
    /// Reads one whole message, its header included.
    pub fn decode(reader: &mut Reader<'_>, context: Context<'_>) -> Result<Self> {
        let (message_type, mut body) = header::read(reader)?;
        let message = match message_type {
            message::OPEN => Message::Open(Open::decode(&mut body).at("open")?),
            message::UPDATE => Message::Update(UpdateView::decode(body, context).at("update")?.to_owned()),
            message::NOTIFICATION => {
                Message::Notification(Notification::decode(&mut body).at("notification")?)
            }
            message::KEEPALIVE => {
                body.finish().at("keepalive")?;
                Message::Keepalive
            }
            message::ROUTE_REFRESH => {
                Message::RouteRefresh(RouteRefresh::decode(&mut body).at("route_refresh")?)
            }
            message_type => Message::Unknown { message_type, data: body.take_rest().into() },
        };
        Ok(message)
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Message::Open(open) => open.encode(out),
            Message::Update(update) => update.encode(out),
            Message::Notification(notification) => notification.encode(out),
            Message::RouteRefresh(refresh) => refresh.encode(out),
            Message::Keepalive => header::encode(message::KEEPALIVE, out, |_| {}),
            Message::Unknown { message_type, data } => {
                header::encode(*message_type, out, |out| out.extend_from_slice(data));
            }
        }
    }
}
