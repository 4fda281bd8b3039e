//! Random delays, so that not all clients of a provider act at the same moment. They need not be hard to guess, so the
//! caller gives a seed once and the rest is computed from it.

use core::time::Duration;

/// Without a seed there are no delays.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Jitter(u64);

impl Jitter {
    pub(crate) fn new(number: u64) -> Self {
        Self(number)
    }

    /// A random duration between zero and `most`.
    pub(crate) fn up_to(&mut self, most: Duration) -> Duration {
        // Marsaglia's xorshift: it reaches every number except zero, in an order that looks random.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        most.mul_f64((self.0 >> 11) as f64 / (1_u64 << 53) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Xorshift with 13, 7 and 17, from the seed 1.
    #[test]
    fn the_delays_are_those_of_the_known_generator() {
        let mut jitter = Jitter::new(1);
        let delays = [(); 4].map(|()| jitter.up_to(Duration::from_secs(1000)).as_secs());
        assert_eq!(delays, [0, 62, 605, 958]);
        assert_eq!(jitter.0, 17678023832001937445);
    }

    #[test]
    fn without_a_seed_there_is_no_delay() {
        assert_eq!(Jitter::default().up_to(Duration::from_secs(1000)), Duration::ZERO);
    }
}
