//! Where the rows of a commit come from.

/// Where a row comes from: which of the commit's deltas, and its index there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) deltas: u32,
    pub(super) index: u32,
}

/// What is at an index of such a list.
pub(super) fn at<T>(items: &[T], index: u32) -> Option<&T> {
    items.get(usize::try_from(index).ok()?)
}
