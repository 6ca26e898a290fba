//! What no safe interface offers, by the C interface of AWS-LC: RSA of any size from 512 to 8192 bits, its raw operations and any pair of
//! hashes; Ed25519 under a context.
//!
//! The one file of the crate with `unsafe` code. Four rules make it sound: a pointer that AWS-LC gives away is owned by [`Key`], [`Number`]
//! or [`Context`] from the very expression that receives it; an output buffer is a slice whose length is checked against the modulus first, or
//! an array of the length that the function writes; every input is a slice or an array that outlives the call and goes with its true length;
//! and only functions are called on a shared [`Key`] that AWS-LC documents as non-mutating (`rsa.h`, `evp.h`: such functions may run
//! concurrently on one object).
#![allow(unsafe_code)]

use std::{
    ffi::c_int,
    fmt,
    ptr::{self, NonNull},
};

use aws_lc_sys as sys;

use crate::{Error, Result, SecretBytes, hash::Hash};

/// How an input is brought to the length of the modulus before the private operation, or undone after the public one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Padding {
    /// PKCS#1 v1.5, block type 1.
    Pkcs1,
    /// None: the input has the length of the modulus.
    None,
}

/// An encryption scheme.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scheme<'a> {
    /// PKCS#1 v1.5, block type 2.
    Pkcs1,
    /// OAEP.
    Oaep { hash: Hash, mgf: Hash, label: &'a [u8] },
}

/// A component of a key.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part {
    Modulus,
    PublicExponent,
    PrivateExponent,
    Prime1,
    Prime2,
    Exponent1,
    Exponent2,
    Coefficient,
}

/// The parts of a private key, big-endian.
pub(crate) struct PrivateParts<'a> {
    pub(crate) n: &'a [u8],
    pub(crate) e: &'a [u8],
    pub(crate) d: &'a [u8],
    pub(crate) p: &'a [u8],
    pub(crate) q: &'a [u8],
    pub(crate) dp: &'a [u8],
    pub(crate) dq: &'a [u8],
    pub(crate) qinv: &'a [u8],
}

/// A public or private RSA key. AWS-LC wipes its numbers when it is freed.
pub(crate) struct Key(NonNull<sys::EVP_PKEY>);

// SAFETY: an EVP_PKEY is reference-counted with atomics and bound to no thread.
unsafe impl Send for Key {}
// SAFETY: only non-mutating functions are called on it (see the module's documentation); what they cache, they guard with the key's own lock.
unsafe impl Sync for Key {}

impl Drop for Key {
    fn drop(&mut self) {
        // SAFETY: this is the one owner of the reference that `Key::own` took over.
        unsafe { sys::EVP_PKEY_free(self.0.as_ptr()) }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

impl Key {
    /// A new key; AWS-LC rounds `bits` down to a multiple of 128 and takes exponents of up to 32 bits.
    pub(crate) fn generate(bits: u32, exponent: &[u8]) -> Result<Self> {
        let failed = || refuse(Error::Primitive { operation: "make an RSA key" });
        let bits = c_int::try_from(bits).map_err(|_| failed())?;
        let exponent = Number::new(exponent)?;
        // SAFETY: `RSA_new` has no arguments; `RsaPointer` owns what it returns.
        let rsa = RsaPointer::own(unsafe { sys::RSA_new() }).ok_or_else(failed)?;
        // SAFETY: `rsa` and `exponent` are live, the callback may be null (rsa.h).
        let made = unsafe { sys::RSA_generate_key_ex(rsa.0.as_ptr(), bits, exponent.0.as_ptr(), ptr::null_mut()) };
        if made != 1 {
            return Err(failed());
        }
        Self::own(&rsa).ok_or_else(failed)
    }

    /// A private key; AWS-LC checks that the parts belong together.
    pub(crate) fn private(parts: &PrivateParts<'_>) -> Result<Self> {
        let [n, e, d] = [Number::new(parts.n)?, Number::new(parts.e)?, Number::new(parts.d)?];
        let [p, q] = [Number::new(parts.p)?, Number::new(parts.q)?];
        let [dp, dq, qinv] = [Number::new(parts.dp)?, Number::new(parts.dq)?, Number::new(parts.qinv)?];
        // SAFETY: all eight numbers are live; the function copies them and returns a new object or null.
        let rsa = RsaPointer::own(unsafe {
            sys::RSA_new_private_key(n.get(), e.get(), d.get(), p.get(), q.get(), dp.get(), dq.get(), qinv.get())
        });
        rsa.as_ref()
            .and_then(Self::own)
            .ok_or_else(|| refuse(Error::KeyMaterial { problem: "the parts of the RSA key do not belong together" }))
    }

    /// A public key.
    pub(crate) fn public(n: &[u8], e: &[u8]) -> Result<Self> {
        let [n, e] = [Number::new(n)?, Number::new(e)?];
        // SAFETY: both numbers are live; the function copies them and returns a new object or null.
        let rsa = RsaPointer::own(unsafe { sys::RSA_new_public_key(n.get(), e.get()) });
        rsa.as_ref()
            .and_then(Self::own)
            .ok_or_else(|| refuse(Error::KeyMaterial { problem: "not an RSA modulus and public exponent" }))
    }

    fn own(rsa: &RsaPointer) -> Option<Self> {
        // SAFETY: `EVP_PKEY_new` has no arguments; `Key` owns what it returns.
        let key = Self(NonNull::new(unsafe { sys::EVP_PKEY_new() })?);
        // SAFETY: both objects are live, and `key` is not shared yet; the function takes its own reference to `rsa`.
        (unsafe { sys::EVP_PKEY_set1_RSA(key.0.as_ptr(), rsa.0.as_ptr()) } == 1).then_some(key)
    }

    /// The key's RSA object, borrowed from it.
    fn rsa(&self) -> *mut sys::RSA {
        // SAFETY: `self.0` is live and holds an RSA key, as `own` has put it there; the pointer is not null and lives as long as `self`.
        unsafe { sys::EVP_PKEY_get0_RSA(self.0.as_ptr()) }
    }

    /// Bytes of the modulus.
    pub(crate) fn size(&self) -> usize {
        // SAFETY: the RSA object is live and has a modulus.
        unsafe { sys::RSA_size(self.rsa()) as usize }
    }

    /// Bits of the modulus.
    pub(crate) fn bits(&self) -> usize {
        // SAFETY: the RSA object is live and has a modulus.
        unsafe { sys::RSA_bits(self.rsa()) as usize }
    }

    /// A component, big-endian without leading zeros; nothing when the key has none, such as a public key a prime.
    pub(crate) fn part(&self, part: Part) -> Option<SecretBytes> {
        let rsa = self.rsa();
        // SAFETY: the RSA object is live; the accessors return null or a number that it owns.
        let number = unsafe {
            match part {
                Part::Modulus => sys::RSA_get0_n(rsa),
                Part::PublicExponent => sys::RSA_get0_e(rsa),
                Part::PrivateExponent => sys::RSA_get0_d(rsa),
                Part::Prime1 => sys::RSA_get0_p(rsa),
                Part::Prime2 => sys::RSA_get0_q(rsa),
                Part::Exponent1 => sys::RSA_get0_dmp1(rsa),
                Part::Exponent2 => sys::RSA_get0_dmq1(rsa),
                Part::Coefficient => sys::RSA_get0_iqmp(rsa),
            }
        };
        if number.is_null() {
            return None;
        }
        // SAFETY: `number` is not null and lives as long as the key; the buffer has the number of bytes that `BN_bn2bin` writes.
        unsafe {
            let mut bytes = SecretBytes::new(vec![0; sys::BN_num_bytes(number) as usize]);
            sys::BN_bn2bin(number, bytes.expose_mut().as_mut_ptr());
            Some(bytes)
        }
    }

    /// The private operation on a padded input; `out` has the size of the modulus. None: the input does not fit, or the key is inconsistent.
    pub(crate) fn sign_raw(&self, padding: Padding, input: &[u8], out: &mut [u8]) -> Option<()> {
        let mut written = 0;
        // SAFETY: the key, the input and the output are live, with their true lengths; AWS-LC refuses an output below the modulus.
        let signed = unsafe {
            sys::RSA_sign_raw(
                self.rsa(),
                &raw mut written,
                out.as_mut_ptr(),
                out.len(),
                input.as_ptr(),
                input.len(),
                padding.into(),
            )
        };
        succeeded(signed == 1 && written == out.len())
    }

    /// The public operation, and the padding undone; `out` has the size of the modulus. The number of bytes that it holds afterwards, or none
    /// when the padding is wrong or the input does not fit.
    pub(crate) fn verify_raw(&self, padding: Padding, input: &[u8], out: &mut [u8]) -> Option<usize> {
        let mut written = 0;
        // SAFETY: the key, the input and the output are live, with their true lengths; AWS-LC refuses an output below the modulus.
        let recovered = unsafe {
            sys::RSA_verify_raw(
                self.rsa(),
                &raw mut written,
                out.as_mut_ptr(),
                out.len(),
                input.as_ptr(),
                input.len(),
                padding.into(),
            )
        };
        succeeded(recovered == 1).map(|()| written)
    }

    /// RSASSA-PSS over a digest of the hash's length; `out` has the size of the modulus.
    pub(crate) fn sign_pss(&self, hash: Hash, mgf: Hash, salt: u16, digest: &[u8], out: &mut [u8]) -> Option<()> {
        let mut written = 0;
        // SAFETY: the key, the digest and the output are live, with their true lengths; the hashes are static.
        let signed = unsafe {
            sys::RSA_sign_pss_mgf1(
                self.rsa(),
                &raw mut written,
                out.as_mut_ptr(),
                out.len(),
                digest.as_ptr(),
                digest.len(),
                method(hash),
                method(mgf),
                c_int::from(salt),
            )
        };
        succeeded(signed == 1 && written == out.len())
    }

    /// Whether `signature` is an RSASSA-PSS signature of the digest.
    pub(crate) fn verify_pss(&self, hash: Hash, mgf: Hash, salt: u16, digest: &[u8], signature: &[u8]) -> bool {
        // SAFETY: the key, the digest and the signature are live, with their true lengths; the hashes are static.
        let valid = unsafe {
            sys::RSA_verify_pss_mgf1(
                self.rsa(),
                digest.as_ptr(),
                digest.len(),
                method(hash),
                method(mgf),
                c_int::from(salt),
                signature.as_ptr(),
                signature.len(),
            )
        };
        succeeded(valid == 1).is_some()
    }

    /// Encrypts; `out` has the size of the modulus.
    pub(crate) fn encrypt(&self, scheme: Scheme<'_>, plaintext: &[u8], out: &mut [u8]) -> Option<()> {
        let context = Context::new(self)?;
        let mut written = out.len();
        // SAFETY: the context is live; `written` starts as the true length of the output, which AWS-LC checks.
        let encrypted = unsafe {
            sys::EVP_PKEY_encrypt_init(context.0.as_ptr()) == 1
                && context.set(scheme)
                && sys::EVP_PKEY_encrypt(
                    context.0.as_ptr(),
                    out.as_mut_ptr(),
                    &raw mut written,
                    plaintext.as_ptr(),
                    plaintext.len(),
                ) == 1
        };
        succeeded(encrypted && written == out.len())
    }

    /// Decrypts; `out` has the size of the modulus. The number of bytes of the plaintext, or none when the padding is wrong.
    pub(crate) fn decrypt(&self, scheme: Scheme<'_>, ciphertext: &[u8], out: &mut [u8]) -> Option<usize> {
        let context = Context::new(self)?;
        let mut written = out.len();
        // SAFETY: the context is live; `written` starts as the true length of the output, which AWS-LC checks.
        let decrypted = unsafe {
            sys::EVP_PKEY_decrypt_init(context.0.as_ptr()) == 1
                && context.set(scheme)
                && sys::EVP_PKEY_decrypt(
                    context.0.as_ptr(),
                    out.as_mut_ptr(),
                    &raw mut written,
                    ciphertext.as_ptr(),
                    ciphertext.len(),
                ) == 1
        };
        succeeded(decrypted).map(|()| written)
    }
}

/// An owned RSA object on its way into a [`Key`].
struct RsaPointer(NonNull<sys::RSA>);

impl RsaPointer {
    fn own(pointer: *mut sys::RSA) -> Option<Self> {
        NonNull::new(pointer).map(Self)
    }
}

impl Drop for RsaPointer {
    fn drop(&mut self) {
        // SAFETY: this is the one owner of the reference.
        unsafe { sys::RSA_free(self.0.as_ptr()) }
    }
}

/// An owned number, wiped when it is dropped.
struct Number(NonNull<sys::BIGNUM>);

impl Number {
    fn new(bytes: &[u8]) -> Result<Self> {
        // SAFETY: the bytes are live with their true length; a null result asks for a new number, which `Number` owns.
        let number = unsafe { sys::BN_bin2bn(bytes.as_ptr(), bytes.len(), ptr::null_mut()) };
        NonNull::new(number).map(Self).ok_or_else(|| refuse(Error::Primitive { operation: "read a number" }))
    }

    fn get(&self) -> *const sys::BIGNUM {
        self.0.as_ptr()
    }
}

impl Drop for Number {
    fn drop(&mut self) {
        // SAFETY: this is the one owner of the number.
        unsafe { sys::BN_clear_free(self.0.as_ptr()) }
    }
}

/// One encryption or decryption.
struct Context(NonNull<sys::EVP_PKEY_CTX>);

impl Context {
    fn new(key: &Key) -> Option<Self> {
        // SAFETY: the key is live, and the context takes its own reference to it; the engine may be null.
        NonNull::new(unsafe { sys::EVP_PKEY_CTX_new(key.0.as_ptr(), ptr::null_mut()) }).map(Self)
    }

    /// Chooses the scheme of an initialised context.
    fn set(&self, scheme: Scheme<'_>) -> bool {
        let context = self.0.as_ptr();
        match scheme {
            // SAFETY: the context is live and used by this thread only.
            Scheme::Pkcs1 => unsafe { sys::EVP_PKEY_CTX_set_rsa_padding(context, sys::RSA_PKCS1_PADDING) == 1 },
            // SAFETY: as above, and the hashes are static.
            Scheme::Oaep { hash, mgf, label } => unsafe {
                sys::EVP_PKEY_CTX_set_rsa_padding(context, sys::RSA_PKCS1_OAEP_PADDING) == 1
                    && sys::EVP_PKEY_CTX_set_rsa_oaep_md(context, method(hash)) == 1
                    && sys::EVP_PKEY_CTX_set_rsa_mgf1_md(context, method(mgf)) == 1
                    && self.set_label(label)
            },
        }
    }

    fn set_label(&self, label: &[u8]) -> bool {
        if label.is_empty() {
            return true;
        }
        // SAFETY: the label is live with its true length; the copy is AWS-LC's own, as `set0` demands, and is freed here when it is not taken over.
        unsafe {
            let copy = sys::OPENSSL_memdup(label.as_ptr().cast(), label.len()).cast::<u8>();
            if copy.is_null() {
                return false;
            }
            let taken = sys::EVP_PKEY_CTX_set0_rsa_oaep_label(self.0.as_ptr(), copy, label.len()) == 1;
            if !taken {
                sys::OPENSSL_free(copy.cast());
            }
            taken
        }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: this is the one owner of the context.
        unsafe { sys::EVP_PKEY_CTX_free(self.0.as_ptr()) }
    }
}

impl From<Padding> for c_int {
    fn from(padding: Padding) -> Self {
        match padding {
            Padding::Pkcs1 => sys::RSA_PKCS1_PADDING,
            Padding::None => sys::RSA_NO_PADDING,
        }
    }
}

/// AWS-LC's description of a hash.
fn method(hash: Hash) -> *const sys::EVP_MD {
    // SAFETY: these functions have no arguments and return pointers to static tables.
    unsafe {
        match hash {
            Hash::Md5 => sys::EVP_md5(),
            Hash::Sha1 => sys::EVP_sha1(),
            Hash::Sha224 => sys::EVP_sha224(),
            Hash::Sha256 => sys::EVP_sha256(),
            Hash::Sha384 => sys::EVP_sha384(),
            Hash::Sha512 => sys::EVP_sha512(),
            Hash::Sha512_224 => sys::EVP_sha512_224(),
            Hash::Sha512_256 => sys::EVP_sha512_256(),
            Hash::Sha3_224 => sys::EVP_sha3_224(),
            Hash::Sha3_256 => sys::EVP_sha3_256(),
            Hash::Sha3_384 => sys::EVP_sha3_384(),
            Hash::Sha3_512 => sys::EVP_sha3_512(),
        }
    }
}

/// Whether a call succeeded. AWS-LC keeps a queue of error codes per thread; it is emptied, so that nobody else's next question to it is answered
/// with our failure.
fn succeeded(success: bool) -> Option<()> {
    if success {
        return Some(());
    }
    // SAFETY: the function has no arguments and touches the calling thread's queue only.
    unsafe { sys::ERR_clear_error() };
    None
}

/// The error of a failed call, after the library's queue is emptied.
fn refuse(error: Error) -> Error {
    let _: Option<()> = succeeded(false);
    error
}

/// Length of an Ed25519 signature in bytes.
const ED25519_SIGNATURE_LEN: usize = 64;

/// The Ed25519ctx signature of a message under a context of 1 to 255 bytes (RFC 8032 §5.1).
pub(crate) fn ed25519ctx_sign(
    seed: &[u8; 32],
    public: &[u8; 32],
    message: &[u8],
    context: &[u8],
) -> Result<[u8; ED25519_SIGNATURE_LEN]> {
    // AWS-LC takes the seed with the public key behind it.
    let private = SecretBytes::new([*seed, *public].concat());
    let mut signature = [0; ED25519_SIGNATURE_LEN];
    // SAFETY: the output has 64 bytes and the key 64; message and context are live with their true lengths.
    let signed = unsafe {
        sys::ED25519ctx_sign(
            signature.as_mut_ptr(),
            message.as_ptr(),
            message.len(),
            private.expose().as_ptr(),
            context.as_ptr(),
            context.len(),
        )
    };
    if signed == 1 { Ok(signature) } else { Err(Error::Primitive { operation: "sign with an Ed25519 key" }) }
}

/// Whether the Ed25519ctx signature of a message under a context is valid.
pub(crate) fn ed25519ctx_verify(
    public: &[u8; 32],
    message: &[u8],
    context: &[u8],
    signature: &[u8; ED25519_SIGNATURE_LEN],
) -> bool {
    // SAFETY: the key has 32 bytes and the signature 64; message and context are live with their true lengths.
    let valid = unsafe {
        sys::ED25519ctx_verify(
            message.as_ptr(),
            message.len(),
            signature.as_ptr(),
            public.as_ptr(),
            context.as_ptr(),
            context.len(),
        )
    };
    valid == 1
}
