//! A small random number generator (SplitMix64). The `rand` crates promise no values across their versions; a stream
//! that was generated with a seed must come out the same for ever, or nobody can compare measurements.

/// Where in the stream a number is drawn for; the numbers of one place do not depend on those of another.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A generator for one `place` of the stream that `seed` makes.
    pub fn new(seed: u64, place: [u64; 3]) -> Self {
        let mut random = Self(seed);
        for part in place {
            random.0 = random.next() ^ part;
        }
        random
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 when `end` is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        // the bias is at most end / 2^64
        u64::try_from((u128::from(self.next()) * u128::from(end)) >> 64).unwrap_or_default()
    }

    /// A number from `low` to `high`, both possible.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// True in `percent` of 100 cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of `choices`, as often as its weight says.
    pub fn weighted<T: Copy + Default>(&mut self, choices: &[(T, u64)]) -> T {
        let mut at = self.below(choices.iter().map(|(_, weight)| weight).sum());
        for &(choice, weight) in choices {
            match at.checked_sub(weight) {
                Some(left) => at = left,
                None => return choice,
            }
        }
        T::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_what_they_are() {
        // the reference values of SplitMix64 for seed 1234567
        let mut random = Random(1_234_567);
        assert_eq!([random.next(), random.next()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn draws_stay_in_range() {
        let mut random = Random::new(1, [2, 3, 4]);
        assert!((0..1000).all(|_| random.below(7) < 7));
        assert!((0..1000).all(|_| (3..=5).contains(&random.between(3, 5))));
        assert_eq!(random.below(0), 0);
        assert_eq!(random.weighted(&[(1, 0), (2, 5)]), 2);
    }
}
