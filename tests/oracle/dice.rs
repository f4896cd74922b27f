//! Chance from a seed, the same on every machine and with every version of every library.

/// A generator (xorshift64*).
pub struct Dice(u64);

impl Dice {
    /// The suite's own seed, or that of `ORACLE_SEED`; each generator has its `stream`.
    pub fn new(stream: u64) -> Self {
        let seed = std::env::var("ORACLE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0x5eed_u64);
        let mut dice =
            Self((seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ stream.wrapping_mul(0xd134_2543_de82_ef95)) | 1);
        for _ in 0..4 {
            dice.next();
        }
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        let high = self.next() >> 33;
        usize::try_from(high).expect("31 bits") % bound
    }

    /// True once in so many times.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

/// How many snippets a generator makes: `usual`, or what `ORACLE_COUNT` says.
pub fn count(usual: usize) -> usize {
    std::env::var("ORACLE_COUNT").ok().and_then(|count| count.parse().ok()).unwrap_or(usual)
}
