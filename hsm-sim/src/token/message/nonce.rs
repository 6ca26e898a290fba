//! The nonces that the token makes for messages.

use crypto::Entropy;

use crate::token::message::NonceGenerator;
use crate::token::{Error, Result};

/// What the nonces of one operation depend on.
#[derive(Debug, Default)]
pub(super) struct Nonces {
    /// How many were counted.
    counter: u64,
    /// The first message's, which all others are made from.
    base: Option<Vec<u8>>,
}

impl Nonces {
    /// The nonce of the next message; none if the caller makes it. The first `fixed_bits` of the caller's remain.
    ///
    /// # Errors
    /// [`Error::MechanismParamInvalid`] when nothing is left to make, [`Error::KeyExhausted`] when every count was used.
    pub(super) fn next(
        &mut self,
        generator: NonceGenerator,
        given: &[u8],
        fixed_bits: u64,
        entropy: &Entropy,
    ) -> Result<Option<Vec<u8>>> {
        if generator == NonceGenerator::Caller {
            return Ok(None);
        }
        let bits = given.len() * 8;
        let fixed =
            usize::try_from(fixed_bits).ok().filter(|fixed| *fixed < bits).ok_or(Error::MechanismParamInvalid)?;
        let mut made = vec![0; given.len()];
        match generator {
            NonceGenerator::Caller | NonceGenerator::Token | NonceGenerator::Random => entropy.fill(&mut made),
            NonceGenerator::Counter => self.count(&mut made, bits - fixed)?,
            NonceGenerator::CounterXor => {
                let base = self.base.get_or_insert_with(|| given.to_vec()).clone();
                if base.len() != given.len() {
                    return Err(Error::MechanismParamInvalid);
                }
                self.count(&mut made, bits - fixed)?;
                made.iter_mut().zip(base).for_each(|(byte, base)| *byte ^= base);
            }
        }
        for (place, (byte, given)) in made.iter_mut().zip(given).enumerate() {
            // The upper bits of this byte that are the caller's.
            let kept = fixed.saturating_sub(place * 8).min(8);
            let mask = 0xff_u8.checked_shr(kept as u32).unwrap_or(0);
            *byte = (*byte & mask) | (given & !mask);
        }
        Ok(Some(made))
    }

    /// Writes the next count to the end.
    fn count(&mut self, nonce: &mut [u8], bits: usize) -> Result<()> {
        if self.counter.checked_shr(bits as u32).is_some_and(|over| over != 0) {
            return Err(Error::KeyExhausted);
        }
        for (byte, count) in nonce.iter_mut().rev().zip(self.counter.to_le_bytes()) {
            *byte = count;
        }
        self.counter = self.counter.checked_add(1).ok_or(Error::KeyExhausted)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(nonces: &mut Nonces, generator: NonceGenerator, given: &[u8], fixed: u64) -> Result<Vec<u8>> {
        nonces.next(generator, given, fixed, &Entropy::system()).map(|made| made.unwrap_or_default())
    }

    #[test]
    fn counters() {
        let given = [0xaa; 4];
        let mut nonces = Nonces::default();
        for expected in [[0xaa, 0xa0, 0, 0], [0xaa, 0xa0, 0, 1], [0xaa, 0xa0, 0, 2]] {
            assert_eq!(made(&mut nonces, NonceGenerator::Counter, &given, 12), Ok(expected.to_vec()));
        }
        let mut nonces = Nonces::default();
        let mut given = [0xaa; 4];
        for last in [0xaa, 0xab, 0xa8] {
            let next = made(&mut nonces, NonceGenerator::CounterXor, &given, 8).unwrap();
            assert_eq!(next, [0xaa, 0xaa, 0xaa, last]);
            // As callers do who hand in again what they got.
            given.copy_from_slice(&next);
        }
        assert_eq!(made(&mut nonces, NonceGenerator::CounterXor, &[1; 5], 8), Err(Error::MechanismParamInvalid));
    }

    #[test]
    fn every_count_is_used_once() {
        let mut nonces = Nonces::default();
        for count in 0..4 {
            assert_eq!(made(&mut nonces, NonceGenerator::Counter, &[0, 0], 14), Ok(vec![0, count]));
        }
        assert_eq!(made(&mut nonces, NonceGenerator::Counter, &[0, 0], 14), Err(Error::KeyExhausted));
    }

    #[test]
    fn random_ones_keep_what_is_fixed() {
        let mut nonces = Nonces::default();
        for generator in [NonceGenerator::Token, NonceGenerator::Random] {
            let one = made(&mut nonces, generator, &[7; 12], 32).unwrap();
            let two = made(&mut nonces, generator, &[7; 12], 32).unwrap();
            assert_eq!((&one[..4], &two[..4]), (&[7; 4][..], &[7; 4][..]));
            assert_ne!(one, two);
            assert_eq!(made(&mut nonces, generator, &[7; 12], 96), Err(Error::MechanismParamInvalid));
        }
        assert_eq!(nonces.next(NonceGenerator::Caller, &[7; 12], 96, &Entropy::system()), Ok(None));
    }
}
