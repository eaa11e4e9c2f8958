//! The sets and prefixes of all routes one after the other, which are read in order: a walk through a million prefixes waits for memory at each
//! of them.

use std::sync::Mutex;

use crate::attributes::SetId;

pub(super) struct Postings<N>(pub(super) Mutex<Option<Lists<N>>>);

pub(super) struct Lists<N> {
    pub(super) plain: Vec<(SetId, N)>,
    pub(super) paths: Vec<(SetId, (N, u32))>,
}

impl<N> Default for Postings<N> {
    fn default() -> Self {
        Postings(Mutex::new(None))
    }
}

pub(super) fn wanted_of<K: Copy>(postings: &[(SetId, K)], wanted: &dyn Fn(SetId) -> bool) -> Vec<K> {
    postings.iter().filter(|(set, _)| wanted(*set)).map(|(_, key)| *key).collect()
}

/// Each key once, the smallest first, until `visit` says stop (false). Who wants a page does not wait until all are sorted.
pub(super) fn in_order<K: Copy + Ord>(keys: &mut [K], visit: &mut dyn FnMut(K) -> bool) -> bool {
    let mut rest = keys;
    let mut count = 1024;
    let mut last = None;
    while !rest.is_empty() {
        let many = count.min(rest.len());
        if many < rest.len() {
            rest.select_nth_unstable(many - 1);
        }
        let (next, later) = rest.split_at_mut(many);
        next.sort_unstable();
        for key in next.iter().copied() {
            if last != Some(key) && !visit(key) {
                return false;
            }
            last = Some(key);
        }
        rest = later;
        count *= 4;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_in_order_and_once_and_stop() {
        let mut keys: Vec<u32> = (0..20_000).map(|number: u32| number.wrapping_mul(7919) % 9_000).collect();
        let mut expected = keys.clone();
        expected.sort_unstable();
        expected.dedup();
        let mut found = Vec::new();
        assert!(in_order(&mut keys, &mut |key| {
            found.push(key);
            true
        }));
        assert_eq!(found, expected);
        let mut left = 3;
        assert!(!in_order(&mut keys, &mut |_| {
            left -= 1;
            left > 0
        }));
        assert_eq!(left, 0);
    }
}
