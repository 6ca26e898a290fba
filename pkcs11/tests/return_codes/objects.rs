//! The objects that the calls need.

use std::ptr;

use cryptoki_sys::*;

use crate::world::{Functions, attribute, call};

/// The handles of what was made. What a personality cannot make is 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Objects {
    aes: Keys,
    secret: Keys,
    rsa_private: Keys,
    rsa_public: Keys,
    kem_public: Keys,
    kem_private: Keys,
    /// An object of the token that shows itself.
    pub(crate) token_object: CK_OBJECT_HANDLE,
}

/// Keys of one kind, and those that are refused in their place.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Keys {
    pub(crate) good: CK_OBJECT_HANDLE,
    /// The same without the attributes for use.
    pub(crate) unpermitted: CK_OBJECT_HANDLE,
    /// Of another type.
    pub(crate) other_type: CK_OBJECT_HANDLE,
    /// Both.
    pub(crate) other_unpermitted: CK_OBJECT_HANDLE,
}

impl Keys {
    fn new([good, unpermitted]: [CK_OBJECT_HANDLE; 2], other: [CK_OBJECT_HANDLE; 2]) -> Self {
        Self { good, unpermitted, other_type: other[0], other_unpermitted: other[1] }
    }
}

/// Which keys a function takes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum KeyKind {
    Aes,
    Secret,
    RsaPrivate,
    RsaPublic,
    KemPublic,
    KemPrivate,
}

impl Objects {
    /// Everything, public, so that it outlives logins.
    pub(crate) fn generic(functions: &'static Functions, session: CK_SESSION_HANDLE) -> Self {
        let maker = Maker { functions, session };
        let aes = [true, false].map(|permitted| maker.key(CKK_AES, permitted));
        let secret = [true, false].map(|permitted| maker.key(CKK_GENERIC_SECRET, permitted));
        let (rsa, plain_rsa) = (maker.rsa(true), maker.rsa(false));
        let (rsa_public, rsa_private) = ([rsa.0, plain_rsa.0], [rsa.1, plain_rsa.1]);
        let (kem, plain_kem) = (maker.kem(true), maker.kem(false));
        Self {
            aes: Keys::new(aes, secret),
            secret: Keys::new(secret, rsa_private),
            rsa_private: Keys::new(rsa_private, aes),
            rsa_public: Keys::new(rsa_public, aes),
            kem_public: Keys::new([kem.0, plain_kem.0], rsa_public),
            kem_private: Keys::new([kem.1, plain_kem.1], rsa_private),
            token_object: maker.data(),
        }
    }

    /// Secret keys of a session, which go with the login: a `cloudhsm` cluster has no public ones.
    pub(crate) fn cloud(functions: &'static Functions, session: CK_SESSION_HANDLE) -> Self {
        let maker = Maker { functions, session };
        let aes = [true, false].map(|permitted| maker.generated(CKM_AES_KEY_GEN, permitted));
        let secret = [true, false].map(|permitted| maker.generated(CKM_GENERIC_SECRET_KEY_GEN, permitted));
        Self {
            aes: Keys::new(aes, secret),
            secret: Keys::new(secret, aes),
            rsa_private: Keys::default(),
            rsa_public: Keys::default(),
            kem_public: Keys::default(),
            kem_private: Keys::default(),
            token_object: aes[0],
        }
    }

    pub(crate) fn keys(&self, kind: KeyKind) -> Keys {
        match kind {
            KeyKind::Aes => self.aes,
            KeyKind::Secret => self.secret,
            KeyKind::RsaPrivate => self.rsa_private,
            KeyKind::RsaPublic => self.rsa_public,
            KeyKind::KemPublic => self.kem_public,
            KeyKind::KemPrivate => self.kem_private,
        }
    }
}

const CIPHER: &[CK_ATTRIBUTE_TYPE] =
    &[CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY, CKA_WRAP, CKA_UNWRAP, CKA_DERIVE];

struct Maker {
    functions: &'static Functions,
    session: CK_SESSION_HANDLE,
}

/// Public, so that they outlive logins.
const NOT_PRIVATE: CK_BBOOL = CK_FALSE;

impl Maker {
    fn create(&self, mut template: Vec<CK_ATTRIBUTE>) -> CK_OBJECT_HANDLE {
        template.push(attribute(CKA_PRIVATE, &NOT_PRIVATE));
        let mut object = 0;
        let (pointer, count) = (template.as_mut_ptr(), template.len() as CK_ULONG);
        assert_eq!(call!(self.functions, C_CreateObject(self.session, pointer, count, &raw mut object)), CKR_OK);
        object
    }

    fn key(&self, key_type: CK_KEY_TYPE, permitted: bool) -> CK_OBJECT_HANDLE {
        let (class, value, permitted) = (CKO_SECRET_KEY, [7_u8; 32], CK_BBOOL::from(permitted));
        let mut template = vec![
            attribute(CKA_CLASS, &class),
            attribute(CKA_KEY_TYPE, &key_type),
            attribute(CKA_VALUE, &value),
            attribute(CKA_EXTRACTABLE, &CK_TRUE),
            attribute(CKA_SENSITIVE, &CK_FALSE),
        ];
        template.extend(CIPHER.iter().map(|usage| attribute(*usage, &permitted)));
        self.create(template)
    }

    fn generated(&self, kind: CK_MECHANISM_TYPE, permitted: bool) -> CK_OBJECT_HANDLE {
        let (len, permitted): (CK_ULONG, _) = (32, CK_BBOOL::from(permitted));
        let mut template = vec![attribute(CKA_VALUE_LEN, &len), attribute(CKA_LABEL, b"a key")];
        template.extend(CIPHER.iter().map(|usage| attribute(*usage, &permitted)));
        let mut mechanism = CK_MECHANISM { mechanism: kind, pParameter: ptr::null_mut(), ulParameterLen: 0 };
        let mut key = 0;
        let (pointer, count) = (template.as_mut_ptr(), template.len() as CK_ULONG);
        let rv = call!(self.functions, C_GenerateKey(self.session, &raw mut mechanism, pointer, count, &raw mut key));
        assert_eq!(rv, CKR_OK, "{kind:#x}");
        key
    }

    /// A public key and its private one.
    fn rsa(&self, permitted: bool) -> (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE) {
        let bits: CK_ULONG = 1024;
        let permitted = CK_BBOOL::from(permitted);
        let public = vec![attribute(CKA_MODULUS_BITS, &bits), attribute(CKA_VERIFY_RECOVER, &permitted)];
        let usages = [CKA_SIGN, CKA_SIGN_RECOVER, CKA_DERIVE];
        let private = usages.map(|usage| attribute(usage, &permitted)).to_vec();
        self.pair(CKM_RSA_PKCS_KEY_PAIR_GEN, public, private)
    }

    /// The same of ML-KEM.
    fn kem(&self, permitted: bool) -> (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE) {
        let set: CK_ULONG = CKP_ML_KEM_512;
        let permitted = CK_BBOOL::from(permitted);
        let public = vec![attribute(CKA_PARAMETER_SET, &set), attribute(CKA_ENCAPSULATE, &permitted)];
        self.pair(CKM_ML_KEM_KEY_PAIR_GEN, public, vec![attribute(CKA_DECAPSULATE, &permitted)])
    }

    fn pair(
        &self,
        kind: CK_MECHANISM_TYPE,
        mut public_template: Vec<CK_ATTRIBUTE>,
        mut private_template: Vec<CK_ATTRIBUTE>,
    ) -> (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE) {
        private_template.push(attribute(CKA_PRIVATE, &NOT_PRIVATE));
        let mut mechanism = CK_MECHANISM { mechanism: kind, pParameter: ptr::null_mut(), ulParameterLen: 0 };
        let (mut public, mut private) = (0, 0);
        let rv = call!(
            self.functions,
            C_GenerateKeyPair(
                self.session,
                &raw mut mechanism,
                public_template.as_mut_ptr(),
                public_template.len() as CK_ULONG,
                private_template.as_mut_ptr(),
                private_template.len() as CK_ULONG,
                &raw mut public,
                &raw mut private,
            )
        );
        assert_eq!(rv, CKR_OK);
        (public, private)
    }

    fn data(&self) -> CK_OBJECT_HANDLE {
        let class = CKO_DATA;
        self.create(vec![
            attribute(CKA_CLASS, &class),
            attribute(CKA_TOKEN, &CK_TRUE),
            attribute(CKA_LABEL, b"an object of the token"),
            attribute(CKA_VALUE, b"value"),
        ])
    }
}
