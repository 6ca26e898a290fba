//! TLS 1.2.

use hsm_sim::token::{Derived, MasterSeed, ObjectHandle, Parameter};

use crate::boundary::{Bytes, Out};
use crate::ck::{
    self, TlsExtendedMasterParams, TlsKdfParams, TlsKeyMatOut, TlsKeyMatParams, TlsMacParams, TlsMasterParams,
    TlsRandoms, Ulong, Version,
};
use crate::convert::mechanism::{INVALID, plain};
use crate::convert::parameter::hash;
use crate::error::Result;

pub(in crate::convert) fn version(bytes: &Bytes) -> Result<Parameter> {
    let given: Version = bytes.parse().ok_or(INVALID)?;
    Ok(Parameter::Version([given.major, given.minor]))
}

fn randoms(given: &TlsRandoms) -> Result<(Vec<u8>, Vec<u8>)> {
    Ok((plain(&given.client)?.to_vec(), plain(&given.server)?.to_vec()))
}

pub(in crate::convert) fn master(bytes: &Bytes) -> Result<Parameter> {
    let given: TlsMasterParams = bytes.parse().ok_or(INVALID)?;
    let (client, server) = randoms(&given.randoms)?;
    let seed = MasterSeed::Randoms { client, server };
    Ok(Parameter::TlsMaster { prf: hash(given.prf)?, seed, tells_version: !given.version.is_null() })
}

pub(in crate::convert) fn extended_master(bytes: &Bytes) -> Result<Parameter> {
    let given: TlsExtendedMasterParams = bytes.parse().ok_or(INVALID)?;
    let seed = MasterSeed::Session(plain(&given.session_hash)?.to_vec());
    Ok(Parameter::TlsMaster { prf: hash(given.prf)?, seed, tells_version: !given.version.is_null() })
}

/// Where handles and IVs go must be known before any key is made; keys for export are long forbidden.
pub(in crate::convert) fn keys(bytes: &Bytes) -> Result<Parameter> {
    let given: TlsKeyMatParams = bytes.parse().ok_or(INVALID)?;
    let out = given.out.current().ok_or(INVALID)?;
    let no_room = given.iv_bits != 0 && (out.client_iv.is_null() || out.server_iv.is_null());
    if given.export != 0 || no_room {
        return Err(INVALID);
    }
    let (client, server) = randoms(&given.randoms)?;
    let TlsKeyMatParams { mac_bits, key_bits, iv_bits, prf, .. } = given;
    Ok(Parameter::TlsKeys { prf: hash(prf)?, client, server, mac_bits, key_bits, iv_bits })
}

pub(in crate::convert) fn kdf(bytes: &Bytes) -> Result<Parameter> {
    let given: TlsKdfParams = bytes.parse().ok_or(INVALID)?;
    let (client, server) = randoms(&given.randoms)?;
    let (label, context) = (plain(&given.label)?.to_vec(), plain(&given.context)?.to_vec());
    Ok(Parameter::TlsKdf { prf: hash(given.prf)?, label, client, server, context })
}

/// `ulServerOrClient` of the server's Finished message, and of the client's.
const SERVER: Ulong = 1;
const CLIENT: Ulong = 2;

pub(in crate::convert) fn mac(bytes: &Bytes) -> Result<Parameter> {
    let given: TlsMacParams = bytes.parse().ok_or(INVALID)?;
    let client = match given.server_or_client {
        SERVER => false,
        CLIENT => true,
        _ => return Err(INVALID),
    };
    Ok(Parameter::TlsMac { prf: hash(given.prf)?, length: given.length, client })
}

pub(in crate::convert) fn tell_version(bytes: &Bytes, [major, minor]: [u8; 2]) -> Result<()> {
    let plain = bytes.parse::<TlsMasterParams>().map(|given| given.version);
    let place: Option<Out<Version>> =
        plain.or_else(|| bytes.parse::<TlsExtendedMasterParams>().map(|given| given.version));
    place.map_or(Ok(()), |mut place| place.write(Version { major, minor }))
}

pub(in crate::convert) fn tell_keys(bytes: &Bytes, derived: &Derived) -> Result<()> {
    let mut given: TlsKeyMatParams = bytes.parse().ok_or(INVALID)?;
    let TlsKeyMatOut { mut client_iv, mut server_iv, .. } = given.out.current().ok_or(INVALID)?;
    if let Some((client, server)) = &derived.ivs {
        client_iv.write_all(client)?;
        server_iv.write_all(server)?;
    }
    let mut keys = [ck::INVALID_HANDLE; 4];
    for (place, key) in keys.iter_mut().zip(&derived.further) {
        *place = key.map_or(ck::INVALID_HANDLE, ObjectHandle::get);
    }
    given.out.write(TlsKeyMatOut { keys, client_iv, server_iv })
}
