//! The last few terms that were made, for those that many messages share.

use smallvec::SmallVec;

/// A term for a key; the oldest makes room.
pub struct Cache<K, V, const N: usize> {
    entries: SmallVec<[(K, V); N]>,
    oldest: usize,
}

impl<K, V: Copy, const N: usize> Default for Cache<K, V, N> {
    fn default() -> Self {
        Cache { entries: SmallVec::new(), oldest: 0 }
    }
}

impl<K, V: Copy, const N: usize> Cache<K, V, N> {
    #[inline]
    pub fn find(&self, is: impl Fn(&K) -> bool) -> Option<V> {
        self.entries.iter().find(|(key, _)| is(key)).map(|(_, value)| *value)
    }

    pub fn insert(&mut self, key: K, value: V) -> V {
        if self.entries.len() < N {
            self.entries.push((key, value));
        } else if let Some(entry) = self.entries.get_mut(self.oldest) {
            *entry = (key, value);
            self.oldest = (self.oldest + 1) % N;
        }
        value
    }
}
