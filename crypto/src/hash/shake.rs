//! SHAKE (FIPS 202), of whole messages: what Ed448ph and HashML-DSA digest with.

use ::shake::{ExtendableOutput, Shake128, Shake256, XofReader};

/// An extendable-output function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Shake {
    Shake128,
    Shake256,
}

/// The first `N` bytes of its output.
#[must_use]
pub fn shake<const N: usize>(function: Shake, data: &[u8]) -> [u8; N] {
    let mut output = [0; N];
    match function {
        Shake::Shake128 => read(Shake128::default(), data, &mut output),
        Shake::Shake256 => read(Shake256::default(), data, &mut output),
    }
    output
}

fn read(mut state: impl ExtendableOutput, data: &[u8], output: &mut [u8]) {
    state.update(data);
    state.finalize_xof().read(output);
}
