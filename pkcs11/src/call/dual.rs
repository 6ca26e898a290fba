//! Two operations in one pass (PKCS#11 v3.0 §5.17). The cipher goes first: only when its output fits has the data been seen.

use hsm_sim::token::{self, OperationKind, SessionId};

use wire::Way;

use crate::boundary::{Buffer, Bytes};
use crate::call::transform;
use crate::ck::Ulong;
use crate::error::Result;
use crate::module::Module;

/// The operation that sees the plaintext.
type Observer = fn(&Way, SessionId, &[u8]) -> token::Result<()>;

pub(crate) fn digest_encrypt_update(module: &Module, session: Ulong, data: Bytes, out: Buffer<u8>) -> Result<()> {
    encrypting(module, session, data, out, Way::digest_update)
}

pub(crate) fn sign_encrypt_update(module: &Module, session: Ulong, data: Bytes, out: Buffer<u8>) -> Result<()> {
    encrypting(module, session, data, out, Way::sign_update)
}

pub(crate) fn decrypt_digest_update(module: &Module, session: Ulong, data: Bytes, out: Buffer<u8>) -> Result<()> {
    decrypting(module, session, data, out, Way::digest_update)
}

pub(crate) fn decrypt_verify_update(module: &Module, session: Ulong, data: Bytes, out: Buffer<u8>) -> Result<()> {
    decrypting(module, session, data, out, Way::verify_update)
}

fn encrypting(module: &Module, session: Ulong, data: Bytes, mut out: Buffer<u8>, observe: Observer) -> Result<()> {
    let (application, session) = (module.application(), SessionId::new(session));
    let query = out.is_query();
    let step = |data: &[u8], out: token::Output<'_>| {
        observe(application, session, &[])?;
        let len = application.encrypt_update(session, data, out)?;
        if !query {
            observe(application, session, data)?;
        }
        Ok(len)
    };
    transform(module, session, OperationKind::Encrypt, data, &mut out, step).map(|_| ())
}

fn decrypting(module: &Module, session: Ulong, data: Bytes, mut out: Buffer<u8>, observe: Observer) -> Result<()> {
    let (application, session) = (module.application(), SessionId::new(session));
    let step = |data: &[u8], out: token::Output<'_>| {
        observe(application, session, &[])?;
        application.decrypt_update(session, data, out)
    };
    let len = transform(module, session, OperationKind::Decrypt, data, &mut out, step)?;
    Ok(observe(application, session, out.written(len)?)?)
}
