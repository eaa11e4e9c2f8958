//! RIB views: which of a router's tables a route was seen in.

use serde::Serialize;

/// One of the tables that BMP monitors (RFC 7854, RFC 8671, RFC 9069). Views are never mixed: the
/// same prefix of the same peer is another route in another view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum RibView {
    AdjRibInPre = 1,
    AdjRibInPost = 2,
    AdjRibOutPre = 3,
    AdjRibOutPost = 4,
    LocRib = 5,
}

impl RibView {
    pub const ALL: [RibView; 5] = [
        RibView::AdjRibInPre,
        RibView::AdjRibInPost,
        RibView::AdjRibOutPre,
        RibView::AdjRibOutPost,
        RibView::LocRib,
    ];

    /// The name used in JSON, SQL and Elixir.
    pub fn as_str(self) -> &'static str {
        match self {
            RibView::AdjRibInPre => "adj_rib_in_pre",
            RibView::AdjRibInPost => "adj_rib_in_post",
            RibView::AdjRibOutPre => "adj_rib_out_pre",
            RibView::AdjRibOutPost => "adj_rib_out_post",
            RibView::LocRib => "loc_rib",
        }
    }

    /// The view of [`RibView::as_str`]'s name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.as_str() == name)
    }

    /// The view of its number in the batch's Protobuf.
    pub fn from_number(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|view| *view as i32 == number)
    }
}
