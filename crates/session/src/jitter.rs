//! Chance, so that not every client of a provider does the same thing at the same moment. It is nothing that anybody must
//! not guess, so the caller gives a number once and the rest follows from it.

use core::time::Duration;

/// Without a number there is none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Jitter(u64);

impl Jitter {
    pub(crate) fn new(number: u64) -> Self {
        Self(number)
    }

    /// Between nothing and `most`.
    pub(crate) fn up_to(&mut self, most: Duration) -> Duration {
        // Marsaglia's xorshift: of any number but zero it makes all others, in an order that looks like none.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        most.mul_f64((self.0 >> 11) as f64 / (1_u64 << 53) as f64)
    }
}
