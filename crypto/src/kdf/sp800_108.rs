//! Key derivation with a pseudo-random function (SP 800-108): counter, feedback and double pipeline mode, with the input fields in any order, width and
//! byte order, as PKCS#11 describes them (`CKM_SP800_108_COUNTER_KDF` and its kin, `CK_PRF_DATA_PARAM`). No crate offers that at run time.

use super::{check_length, too_long};
use crate::{
    Error, Result, SecretBytes,
    hash::Output,
    symmetric::{MacContext, MacKey},
};

/// What the iterations are chained by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode<'a> {
    /// By a counter (SP 800-108 §4.1).
    Counter,
    /// By the previous block of output, before the first by an IV, which may be empty (§4.2).
    Feedback {
        /// The IV.
        iv: &'a [u8],
    },
    /// By a second chain over the constant fields (§4.3).
    DoublePipeline,
}

/// How an integer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntegerFormat {
    /// Lowest byte first.
    pub little_endian: bool,
    /// Width in bits, a multiple of 8: up to 32 for counters, up to 64 for lengths.
    pub bits: u32,
}

/// Whose length a length field tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LengthMethod {
    /// Of all keys.
    SumOfKeys,
    /// Of all blocks of output that the keys are cut from.
    SumOfSegments,
}

/// A field of the input; the fields are joined in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field<'a> {
    /// What chains the iterations; needed once. Counter mode needs the format of the counter, the other modes take none.
    Iteration(Option<IntegerFormat>),
    /// A counter beside the iteration variable, at most once; not in counter mode.
    Counter(IntegerFormat),
    /// The length of the output in bits, at most once.
    Length(IntegerFormat, LengthMethod),
    /// Label, context, separator and the like.
    Bytes(&'a [u8]),
}

/// Keys of these `lengths` in bytes. Each starts with a fresh block of output, so that none tells of another.
///
/// # Errors
/// [`Error::Parameter`] for fields that the mode does not allow or that cannot be written so, [`Error::KeySize`] when the counter does not suffice or
/// for more than [`super::MAX_OUTPUT`].
pub fn sp800_108(prf: &MacKey, mode: Mode<'_>, fields: &[Field<'_>], lengths: &[usize]) -> Result<Vec<SecretBytes>> {
    let counter_bits = check(mode, fields)?;
    let size = prf.tag_len();
    let bytes = lengths.iter().fold(0_usize, |sum, length| sum.saturating_add(*length));
    check_length(bytes)?;
    let segments: usize = lengths.iter().map(|length| length.div_ceil(size)).sum();
    if segments as u64 >= 1 << counter_bits {
        return Err(too_long(bytes));
    }
    let mut chain = Chain {
        prf,
        mode,
        fields,
        key_bits: bytes as u64 * 8,
        segment_bits: (segments * size) as u64 * 8,
        counter: 0,
        previous: None,
    };
    lengths
        .iter()
        .map(|length| {
            let mut key = SecretBytes::new(vec![0; *length]);
            for chunk in key.expose_mut().chunks_mut(size) {
                chunk.copy_from_slice(&chain.next()?[..chunk.len()]);
            }
            Ok(key)
        })
        .collect()
}

/// Checks the fields and answers the width of the counter.
fn check(mode: Mode<'_>, fields: &[Field<'_>]) -> Result<u32> {
    let (mut iterations, mut counters, mut lengths) = (0, 0, 0);
    // Where no field shows it, the counter is held to 32 bits all the same (PKCS#11 v3.1).
    let mut counter_bits = 32;
    for field in fields {
        let valid = match (field, mode) {
            (Field::Iteration(Some(format)), Mode::Counter) => {
                (iterations, counter_bits) = (iterations + 1, format.bits);
                format.fits(32)
            }
            (Field::Iteration(None), Mode::Feedback { .. } | Mode::DoublePipeline) => {
                iterations += 1;
                true
            }
            (Field::Iteration(_), _) | (Field::Counter(_), Mode::Counter) => false,
            (Field::Counter(format), _) => {
                (counters, counter_bits) = (counters + 1, format.bits);
                format.fits(32)
            }
            (Field::Length(format, _), _) => {
                lengths += 1;
                format.fits(64)
            }
            (Field::Bytes(_), _) => true,
        };
        if !valid {
            return Err(Error::Parameter { parameter: "input field" });
        }
    }
    if iterations != 1 || counters > 1 || lengths > 1 {
        return Err(Error::Parameter { parameter: "number of input fields" });
    }
    Ok(counter_bits)
}

impl IntegerFormat {
    fn fits(self, most: u32) -> bool {
        (8..=most).contains(&self.bits) && self.bits.is_multiple_of(8)
    }

    /// Adds the integer to the input; a value that does not fit cannot be written.
    fn write(self, value: u64, input: &mut MacContext) -> Result<()> {
        if self.bits < 64 && value >> self.bits != 0 {
            return Err(Error::Parameter { parameter: "width of an integer" });
        }
        // At most 8, as `fits` has checked.
        let width = self.bits as usize / 8;
        if self.little_endian {
            input.update(&value.to_le_bytes()[..width])
        } else {
            input.update(&value.to_be_bytes()[8 - width..])
        }
    }
}

/// A derivation under way.
struct Chain<'a> {
    prf: &'a MacKey,
    mode: Mode<'a>,
    fields: &'a [Field<'a>],
    key_bits: u64,
    segment_bits: u64,
    counter: u64,
    /// The iteration variable of the last block but in counter mode.
    previous: Option<Output>,
}

impl Chain<'_> {
    fn next(&mut self) -> Result<Output> {
        self.counter += 1;
        if self.mode == Mode::DoublePipeline {
            let mut input = self.prf.start()?;
            match &self.previous {
                Some(previous) => input.update(previous)?,
                None => self.write(false, &mut input)?,
            }
            self.previous = Some(input.finish()?);
        }
        let mut input = self.prf.start()?;
        self.write(true, &mut input)?;
        let block = input.finish()?;
        if matches!(self.mode, Mode::Feedback { .. }) {
            self.previous = Some(block.clone());
        }
        Ok(block)
    }

    /// Joins the fields, all of them or only those that stay the same.
    fn write(&self, changing: bool, input: &mut MacContext) -> Result<()> {
        for field in self.fields {
            match *field {
                Field::Bytes(bytes) => input.update(bytes)?,
                Field::Length(format, LengthMethod::SumOfKeys) => format.write(self.key_bits, input)?,
                Field::Length(format, LengthMethod::SumOfSegments) => format.write(self.segment_bits, input)?,
                Field::Iteration(_) | Field::Counter(_) if !changing => {}
                Field::Iteration(Some(format)) | Field::Counter(format) => format.write(self.counter, input)?,
                Field::Iteration(None) => match (&self.previous, self.mode) {
                    (Some(previous), _) => input.update(previous)?,
                    (None, Mode::Feedback { iv }) => input.update(iv)?,
                    (None, _) => {}
                },
            }
        }
        Ok(())
    }
}
