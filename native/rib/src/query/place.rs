//! Where a page ended: its cursor.

use super::error::QueryError;
use crate::deltas::Id;
use crate::nlri::Nlri;
use crate::router::RibKey;
use crate::routes::WireKey;
use crate::text;
use crate::view::RibView;

/// Where a page ended.
pub(super) struct Place {
    pub router: Id,
    pub peer: Id,
    pub rib: RibKey,
    pub key: WireKey,
}

impl Place {
    pub fn text(&self) -> String {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend_from_slice(&self.router);
        bytes.extend_from_slice(&self.peer);
        bytes.push(self.rib.view as u8);
        bytes.extend_from_slice(&self.rib.afi.to_be_bytes());
        bytes.push(self.rib.safi);
        bytes.push(u8::from(self.key.path_id.is_some()));
        bytes.extend_from_slice(&self.key.path_id.unwrap_or(0).to_be_bytes());
        bytes.extend_from_slice(&self.key.nlri);
        text::hex(&bytes)
    }

    pub fn parse(cursor: &str) -> Result<Self, QueryError> {
        let bytes = text::unhex(cursor).ok_or(QueryError::Cursor)?;
        Self::read(&bytes).ok_or(QueryError::Cursor)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (router, rest) = bytes.split_first_chunk()?;
        let (peer, rest) = rest.split_first_chunk()?;
        let (view, rest) = rest.split_first()?;
        let (afi, rest) = rest.split_first_chunk()?;
        let (safi, rest) = rest.split_first()?;
        let (has_path_id, rest) = rest.split_first()?;
        let (path_id, nlri) = rest.split_first_chunk()?;
        Some(Place {
            router: *router,
            peer: *peer,
            rib: RibKey {
                view: RibView::from_number(i32::from(*view))?,
                afi: u16::from_be_bytes(*afi),
                safi: *safi,
            },
            key: WireKey {
                nlri: Nlri::from_slice(nlri),
                path_id: (*has_path_id == 1).then(|| u32::from_be_bytes(*path_id)),
            },
        })
    }
}
