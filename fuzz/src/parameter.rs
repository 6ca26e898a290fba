//! Mechanisms with parameters: of the form that the mechanism takes, with any content, and now and then of another length.

use std::ptr;

use cryptoki_sys::*;
use hsm_sim::token::{MechanismType, ParameterForm};

use crate::input::Input;
use crate::memory::{Memory, Parameter};
use crate::template::template;

/// Rounds of PBKDF2: what is correct and slow is not what is looked for.
const MOST_ITERATIONS: u64 = 64;

/// A mechanism of the module, or of nobody.
pub(crate) fn mechanism(
    input: &mut Input<'_>,
    memory: &mut Memory,
    mechanisms: &[CK_MECHANISM_TYPE],
    objects: &[CK_OBJECT_HANDLE],
) -> *mut CK_MECHANISM {
    if input.rarely(32) {
        return ptr::null_mut();
    }
    let kind = if input.rarely(16) { input.number() } else { input.pick(mechanisms).unwrap_or_default() };
    let parameter = if input.rarely(32) { short(input, memory) } else { fitting(input, memory, kind, objects) };
    memory.mechanism(kind, parameter)
}

/// Fewer bytes than any structure has, or the null pointer with a length.
fn short(input: &mut Input<'_>, memory: &mut Memory) -> Parameter {
    let bytes = input.bytes(7);
    let len = bytes.len() as CK_ULONG;
    if input.rarely(4) {
        Parameter { pointer: ptr::null_mut(), len: input.number() }
    } else {
        Parameter { pointer: memory.bytes(&bytes), len }
    }
}

/// A parameter of the form that the mechanism takes.
pub(crate) fn fitting(
    input: &mut Input<'_>,
    memory: &mut Memory,
    kind: CK_MECHANISM_TYPE,
    objects: &[CK_OBJECT_HANDLE],
) -> Parameter {
    let Some(form) = MechanismType::from_number(kind).map(MechanismType::form) else { return short(input, memory) };
    let mut build = Build { len: input.rarely(24).then(|| input.below(9)), input, memory, objects };
    build.of_form(form)
}

struct Build<'a, 'i> {
    /// The wrong length of the structure: shorter than any is.
    len: Option<usize>,
    input: &'a mut Input<'i>,
    memory: &'a mut Memory,
    objects: &'a [CK_OBJECT_HANDLE],
}

impl Build<'_, '_> {
    fn of_form(&mut self, form: ParameterForm) -> Parameter {
        match form {
            ParameterForm::None => Parameter::NONE,
            ParameterForm::Bytes => {
                let (pointer, len) = self.bytes(64);
                Parameter { pointer, len }
            }
            ParameterForm::Number => {
                let number = self.input.number();
                self.structure(number)
            }
            ParameterForm::Key => {
                let key = self.object();
                self.structure(key)
            }
            ParameterForm::Counter => self.counter(),
            ParameterForm::Gcm | ParameterForm::Gmac => self.gcm(),
            ParameterForm::Ccm => self.ccm(),
            ParameterForm::ChaChaPoly => self.chacha_poly(),
            ParameterForm::Oaep => {
                let oaep = self.oaep();
                self.structure(oaep)
            }
            ParameterForm::Pss => {
                let pss = CK_RSA_PKCS_PSS_PARAMS { hashAlg: self.hash(), mgf: self.mgf(), sLen: self.input.number() };
                self.structure(pss)
            }
            ParameterForm::RsaAesWrap => {
                let oaep = self.oaep();
                let pointer = if self.input.rarely(16) { ptr::null_mut() } else { self.memory.value(oaep) };
                let bits = self.input.pick(&[128, 192, 256, 0, 64, CK_ULONG::MAX]).unwrap_or_default();
                self.structure(CK_RSA_AES_KEY_WRAP_PARAMS { ulAESKeyBits: bits, pOAEPParams: pointer })
            }
            ParameterForm::Eddsa => {
                let (pointer, len) = self.bytes(300);
                let prehash = self.input.byte() & 1;
                self.structure(CK_EDDSA_PARAMS { phFlag: prehash, ulContextDataLen: len, pContextData: pointer })
            }
            ParameterForm::MlDsa => {
                let (hedge, (pointer, len)) = (self.hedge(), self.bytes(300));
                self.structure(CK_SIGN_ADDITIONAL_CONTEXT { hedgeVariant: hedge, pContext: pointer, ulContextLen: len })
            }
            ParameterForm::HashMlDsa => {
                let (hedge, (pointer, len), hash) = (self.hedge(), self.bytes(300), self.hash());
                self.structure(CK_HASH_SIGN_ADDITIONAL_CONTEXT {
                    hedgeVariant: hedge,
                    pContext: pointer,
                    ulContextLen: len,
                    hash,
                })
            }
            ParameterForm::Ecdh => self.ecdh(),
            ParameterForm::StringData => {
                let (pointer, len) = self.bytes(128);
                self.structure(CK_KEY_DERIVATION_STRING_DATA { pData: pointer, ulLen: len })
            }
            ParameterForm::IvAndData => self.iv_and_data(),
            ParameterForm::Hkdf => self.hkdf(),
            ParameterForm::Pbkdf2 => self.pbkdf2(),
            ParameterForm::CounterKdf => self.counter_kdf(),
            ParameterForm::FeedbackKdf => self.feedback_kdf(),
            ParameterForm::Version => {
                let version = CK_VERSION { major: self.input.byte(), minor: self.input.byte() };
                self.structure(version)
            }
            ParameterForm::TlsMaster => {
                let (random_info, version) = (self.randoms(), self.version());
                let params = CK_TLS12_MASTER_KEY_DERIVE_PARAMS {
                    RandomInfo: random_info,
                    pVersion: version,
                    prfHashMechanism: self.hash(),
                };
                self.structure(params)
            }
            ParameterForm::TlsExtendedMaster => {
                let ((hash, hash_len), version) = (self.bytes(64), self.version());
                let params = CK_TLS12_EXTENDED_MASTER_KEY_DERIVE_PARAMS {
                    prfHashMechanism: self.hash(),
                    pSessionHash: hash,
                    ulSessionHashLen: hash_len,
                    pVersion: version,
                };
                self.structure(params)
            }
            ParameterForm::TlsKeys => self.tls_keys(),
            ParameterForm::TlsKdf => {
                let ((label, label_len), (context, context_len)) = (self.bytes(32), self.bytes(32));
                let params = CK_TLS_KDF_PARAMS {
                    prfMechanism: self.hash(),
                    pLabel: label,
                    ulLabelLength: label_len,
                    RandomInfo: self.randoms(),
                    pContextData: context,
                    ulContextDataLength: context_len,
                };
                self.structure(params)
            }
            ParameterForm::TlsMac => {
                let params = CK_TLS_MAC_PARAMS {
                    prfHashMechanism: self.hash(),
                    ulMacLength: if self.input.flag() { 12 } else { self.input.number() },
                    ulServerOrClient: self.input.below(4) as CK_ULONG,
                };
                self.structure(params)
            }
        }
    }

    fn structure<T: 'static>(&mut self, value: T) -> Parameter {
        self.memory.structure(value, self.len)
    }

    /// Bytes and their length; seldom none with a length.
    fn bytes(&mut self, most: usize) -> (*mut CK_BYTE, CK_ULONG) {
        if self.input.rarely(64) {
            return (ptr::null_mut(), self.input.number());
        }
        let bytes = self.input.bytes(most);
        (self.memory.bytes(&bytes), bytes.len() as CK_ULONG)
    }

    fn object(&mut self) -> CK_OBJECT_HANDLE {
        self.input.handle(self.objects)
    }

    fn hash(&mut self) -> CK_MECHANISM_TYPE {
        const HASHES: &[CK_MECHANISM_TYPE] =
            &[CKM_SHA256, CKM_SHA_1, CKM_SHA224, CKM_SHA384, CKM_SHA512, CKM_SHA3_256, CKM_SHA512_256, CKM_MD5];
        if self.input.rarely(16) { self.input.number() } else { self.input.pick(HASHES).unwrap_or_default() }
    }

    fn hedge(&mut self) -> CK_HEDGE_TYPE {
        if self.input.rarely(16) { self.input.number() } else { self.input.below(3) as CK_ULONG }
    }

    fn mgf(&mut self) -> CK_RSA_PKCS_MGF_TYPE {
        if self.input.rarely(16) { self.input.number() } else { 1 + self.input.below(9) as CK_ULONG }
    }

    fn counter(&mut self) -> Parameter {
        let mut block = [0; 16];
        let bytes = self.input.bytes(16);
        block[..bytes.len()].copy_from_slice(&bytes);
        let bits = self.input.pick(&[128, 64, 32, 8, 1, 0, 129, CK_ULONG::MAX]).unwrap_or_default();
        self.structure(CK_AES_CTR_PARAMS { ulCounterBits: bits, cb: block })
    }

    fn gcm(&mut self) -> Parameter {
        let (iv, iv_len) = self.bytes(64);
        let (aad, aad_len) = self.bytes(64);
        let tag = self.input.pick(&[128, 96, 120, 32, 64, 0, 8, 127, 129, CK_ULONG::MAX]).unwrap_or_default();
        self.structure(CK_GCM_PARAMS {
            pIv: iv,
            ulIvLen: iv_len,
            ulIvBits: iv_len.wrapping_mul(8),
            pAAD: aad,
            ulAADLen: aad_len,
            ulTagBits: tag,
        })
    }

    fn ccm(&mut self) -> Parameter {
        let (nonce, nonce_len) = self.bytes(16);
        let (aad, aad_len) = self.bytes(64);
        let length = if self.input.flag() { self.input.below(100) as CK_ULONG } else { self.input.number() };
        let mac = self.input.pick(&[16, 4, 6, 8, 10, 12, 14, 0, 5, 17, CK_ULONG::MAX]).unwrap_or_default();
        self.structure(CK_CCM_PARAMS {
            ulDataLen: length,
            pNonce: nonce,
            ulNonceLen: nonce_len,
            pAAD: aad,
            ulAADLen: aad_len,
            ulMACLen: mac,
        })
    }

    fn chacha_poly(&mut self) -> Parameter {
        let (nonce, nonce_len) = self.bytes(24);
        let (aad, aad_len) = self.bytes(64);
        self.structure(CK_SALSA20_CHACHA20_POLY1305_PARAMS {
            pNonce: nonce,
            ulNonceLen: nonce_len,
            pAAD: aad,
            ulAADLen: aad_len,
        })
    }

    fn oaep(&mut self) -> CK_RSA_PKCS_OAEP_PARAMS {
        let (label, label_len) = self.bytes(64);
        CK_RSA_PKCS_OAEP_PARAMS {
            hashAlg: self.hash(),
            mgf: self.mgf(),
            source: self.input.below(3) as CK_ULONG,
            pSourceData: label.cast(),
            ulSourceDataLen: label_len,
        }
    }

    fn ecdh(&mut self) -> Parameter {
        let (shared, shared_len) = self.bytes(64);
        let (public, public_len) = self.bytes(140);
        let kdf = if self.input.flag() { 1 } else { self.input.below(0x18) as CK_ULONG };
        self.structure(CK_ECDH1_DERIVE_PARAMS {
            kdf,
            ulSharedDataLen: shared_len,
            pSharedData: shared,
            ulPublicDataLen: public_len,
            pPublicData: public,
        })
    }

    fn iv_and_data(&mut self) -> Parameter {
        let (data, length) = self.bytes(96);
        if self.input.flag() {
            self.structure(CK_AES_CBC_ENCRYPT_DATA_PARAMS { iv: [1; 16], pData: data, length })
        } else {
            self.structure(CK_DES_CBC_ENCRYPT_DATA_PARAMS { iv: [1; 8], pData: data, length })
        }
    }

    fn hkdf(&mut self) -> Parameter {
        let (salt, salt_len) = self.bytes(64);
        let (info, info_len) = self.bytes(64);
        let params = CK_HKDF_PARAMS {
            bExtract: self.input.byte() & 1,
            bExpand: self.input.byte() & 1,
            prfHashMechanism: self.hash(),
            ulSaltType: self.input.pick(&[1, 2, 4, 0, 3]).unwrap_or_default(),
            pSalt: salt,
            ulSaltLen: salt_len,
            hSaltKey: self.object(),
            pInfo: info,
            ulInfoLen: info_len,
        };
        self.structure(params)
    }

    fn pbkdf2(&mut self) -> Parameter {
        let (salt, salt_len) = self.bytes(32);
        let (password, password_len) = self.bytes(32);
        let params = CK_PKCS5_PBKD2_PARAMS2 {
            saltSource: self.input.pick(&[1, 0]).unwrap_or_default(),
            pSaltSourceData: salt.cast(),
            ulSaltSourceDataLen: salt_len,
            iterations: self.input.number() % MOST_ITERATIONS,
            prf: self.input.below(10) as CK_ULONG,
            pPrfData: ptr::null_mut(),
            ulPrfDataLen: 0,
            pPassword: password,
            ulPasswordLen: password_len,
        };
        self.structure(params)
    }

    /// Function, number of fields, fields.
    fn kdf_head(&mut self) -> (CK_MECHANISM_TYPE, CK_ULONG, *mut CK_PRF_DATA_PARAM) {
        let count = self.input.below(5);
        let fields: Vec<CK_PRF_DATA_PARAM> = (0..count).map(|_| self.kdf_field()).collect();
        let prf = self.input.pick(&[CKM_SHA256_HMAC, CKM_SHA_1_HMAC, CKM_AES_CMAC, CKM_SHA512_HMAC, CKM_AES_CBC]);
        (prf.unwrap_or_default(), count as CK_ULONG, self.memory.array(&fields))
    }

    /// Further keys: their number and their places.
    fn further(&mut self) -> (CK_ULONG, *mut CK_DERIVED_KEY) {
        let count = if self.input.rarely(4) { self.input.below(3) } else { 0 };
        let keys: Vec<CK_DERIVED_KEY> = (0..count)
            .map(|_| {
                let template = template(self.input, self.memory);
                let place = if self.input.rarely(16) { ptr::null_mut() } else { self.memory.value(0) };
                CK_DERIVED_KEY {
                    pTemplate: self.memory.array(template.list()),
                    ulAttributeCount: template.count(),
                    phKey: place,
                }
            })
            .collect();
        (count as CK_ULONG, self.memory.array(&keys))
    }

    fn counter_kdf(&mut self) -> Parameter {
        let ((prf, count, fields), (further, keys)) = (self.kdf_head(), self.further());
        self.structure(CK_SP800_108_KDF_PARAMS {
            prfType: prf,
            ulNumberOfDataParams: count,
            pDataParams: fields,
            ulAdditionalDerivedKeys: further,
            pAdditionalDerivedKeys: keys,
        })
    }

    fn feedback_kdf(&mut self) -> Parameter {
        let ((prf, count, fields), (further, keys)) = (self.kdf_head(), self.further());
        let (iv, iv_len) = self.bytes(40);
        self.structure(CK_SP800_108_FEEDBACK_KDF_PARAMS {
            prfType: prf,
            ulNumberOfDataParams: count,
            pDataParams: fields,
            ulIVLen: iv_len,
            pIV: iv,
            ulAdditionalDerivedKeys: further,
            pAdditionalDerivedKeys: keys,
        })
    }

    fn randoms(&mut self) -> CK_SSL3_RANDOM_DATA {
        let ((client, client_len), (server, server_len)) = (self.bytes(40), self.bytes(40));
        CK_SSL3_RANDOM_DATA {
            pClientRandom: client,
            ulClientRandomLen: client_len,
            pServerRandom: server,
            ulServerRandomLen: server_len,
        }
    }

    fn version(&mut self) -> *mut CK_VERSION {
        if self.input.flag() { ptr::null_mut() } else { self.memory.value(CK_VERSION { major: 0, minor: 0 }) }
    }

    fn tls_keys(&mut self) -> Parameter {
        let bits = |input: &mut Input<'_>| input.pick(&[0, 128, 256, 160, 512, 1, 7, 12]).unwrap_or_default();
        let iv_bits: CK_ULONG = bits(self.input);
        // Room for the IVs, as the caller promises.
        let room = vec![0; usize::try_from(iv_bits.div_ceil(8)).unwrap_or_default()];
        let (client, server) = (self.memory.bytes(&room), self.memory.bytes(&room));
        let out = CK_SSL3_KEY_MAT_OUT {
            hClientMacSecret: 0,
            hServerMacSecret: 0,
            hClientKey: 0,
            hServerKey: 0,
            pIVClient: client,
            pIVServer: server,
        };
        let out = if self.input.rarely(16) { ptr::null_mut() } else { self.memory.value(out) };
        let number = |input: &mut Input<'_>| if input.rarely(8) { input.number() } else { bits(input) };
        let params = CK_TLS12_KEY_MAT_PARAMS {
            ulMacSizeInBits: number(self.input),
            ulKeySizeInBits: number(self.input),
            ulIVSizeInBits: iv_bits,
            bIsExport: CK_BBOOL::from(self.input.rarely(16)),
            RandomInfo: self.randoms(),
            pReturnedKeyMaterial: out,
            prfHashMechanism: self.hash(),
        };
        self.structure(params)
    }

    fn kdf_field(&mut self) -> CK_PRF_DATA_PARAM {
        let kind = self.input.below(6) as CK_ULONG;
        let width = self.input.pick(&[8, 16, 24, 32, 64, 0, 7, 65, CK_ULONG::MAX]).unwrap_or_default();
        let little = self.input.byte() & 1;
        let (pointer, len) = match self.input.below(4) {
            0 => self.bytes(32),
            1 => (ptr::null_mut(), 0),
            2 => {
                let format = CK_SP800_108_COUNTER_FORMAT { bLittleEndian: little, ulWidthInBits: width };
                (self.memory.value(format).cast(), size_of::<CK_SP800_108_COUNTER_FORMAT>() as CK_ULONG)
            }
            _ => {
                let format = CK_SP800_108_DKM_LENGTH_FORMAT {
                    dkmLengthMethod: self.input.below(4) as CK_ULONG,
                    bLittleEndian: little,
                    ulWidthInBits: width,
                };
                (self.memory.value(format).cast(), size_of::<CK_SP800_108_DKM_LENGTH_FORMAT>() as CK_ULONG)
            }
        };
        CK_PRF_DATA_PARAM { type_: kind, pValue: pointer.cast(), ulValueLen: len }
    }
}
