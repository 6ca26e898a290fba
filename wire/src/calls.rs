//! The list of what a token can be asked.

/// The types that the list names, for whoever makes something of it.
pub(crate) mod named {
    pub(crate) use hsm_sim::Handle;
    pub(crate) use hsm_sim::cluster::Personality;
    pub(crate) use hsm_sim::token::{
        Application, Attribute, Derived, Error, Mechanism, MechanismInfo, MechanismType, MessageParameter,
        ObjectHandle, OperationKind, Output, Result, Sealed, SessionId, SessionInfo, SlotId, Template, TokenInfo,
        UserType, Value,
    };
}

/// Hands the list to another macro, in a module that has the types it [`named`]. A row is the method of [`Application`](hsm_sim::token::Application): its name, its arguments (borrowed
/// ones for `'a`), `+ out` if its last argument is an [`Output`](hsm_sim::token::Output) or `+ fill` if it is a slice to be
/// filled, and what it answers.
macro_rules! calls {
    ($then:ident) => {
        $then! {
            slots() -> Vec<SlotId>;
            token_info(slot: SlotId) -> TokenInfo;
            mechanisms(slot: SlotId) -> Vec<MechanismType>;
            mechanism_info(slot: SlotId, mechanism: MechanismType) -> MechanismInfo;
            init_token(slot: SlotId, pin: &'a [u8], label: &'a str) -> ();
            init_pin(session: SessionId, pin: &'a [u8]) -> ();
            set_pin(session: SessionId, old: &'a [u8], new: &'a [u8]) -> ();

            open_session(slot: SlotId, read_write: bool) -> SessionId;
            close_session(session: SessionId) -> ();
            close_all_sessions(slot: SlotId) -> ();
            session_info(session: SessionId) -> SessionInfo;
            login(session: SessionId, user: UserType, pin: &'a [u8]) -> ();
            login_user(session: SessionId, user: UserType, pin: &'a [u8], name: &'a [u8]) -> ();
            logout(session: SessionId) -> ();
            personality(session: SessionId) -> Personality;
            cancel(session: SessionId, kind: OperationKind) -> ();
            cancel_all(session: SessionId, kinds: &'a [OperationKind]) -> ();
            operation_state(session: SessionId) + out -> usize;
            set_operation_state(session: SessionId, saved: &'a [u8]) -> ();

            create_object(session: SessionId, template: &'a Template) -> ObjectHandle;
            copy_object(session: SessionId, object: ObjectHandle, template: &'a Template) -> ObjectHandle;
            destroy_object(session: SessionId, object: ObjectHandle) -> ();
            object_size(session: SessionId, object: ObjectHandle) -> u64;
            attributes(session: SessionId, object: ObjectHandle, attributes: &'a [Attribute]) -> Vec<Result<Value>>;
            cluster_handle(session: SessionId, object: ObjectHandle) -> Option<Handle>;
            set_attributes(session: SessionId, object: ObjectHandle, template: &'a Template) -> ();
            find_init(session: SessionId, template: &'a Template) -> ();
            find(session: SessionId, max: usize) -> Vec<ObjectHandle>;
            find_final(session: SessionId) -> ();

            encrypt_init(session: SessionId, mechanism: &'a Mechanism, key: ObjectHandle) -> Option<[u8; 12]>;
            encrypt(session: SessionId, data: &'a [u8]) + out -> usize;
            encrypt_update(session: SessionId, data: &'a [u8]) + out -> usize;
            encrypt_final(session: SessionId) + out -> usize;
            decrypt_init(session: SessionId, mechanism: &'a Mechanism, key: ObjectHandle) -> ();
            decrypt(session: SessionId, data: &'a [u8]) + out -> usize;
            decrypt_update(session: SessionId, data: &'a [u8]) + out -> usize;
            decrypt_final(session: SessionId) + out -> usize;

            digest_init(session: SessionId, mechanism: &'a Mechanism) -> ();
            digest(session: SessionId, data: &'a [u8]) + out -> usize;
            digest_update(session: SessionId, data: &'a [u8]) -> ();
            digest_key(session: SessionId, key: ObjectHandle) -> ();
            digest_final(session: SessionId) + out -> usize;

            sign_init(session: SessionId, mechanism: &'a Mechanism, key: ObjectHandle) -> ();
            sign(session: SessionId, data: &'a [u8]) + out -> usize;
            sign_update(session: SessionId, data: &'a [u8]) -> ();
            sign_final(session: SessionId) + out -> usize;
            sign_recover_init(session: SessionId, mechanism: &'a Mechanism, key: ObjectHandle) -> ();
            sign_recover(session: SessionId, data: &'a [u8]) + out -> usize;
            verify_init(session: SessionId, mechanism: &'a Mechanism, key: ObjectHandle) -> ();
            verify(session: SessionId, data: &'a [u8], signature: &'a [u8]) -> ();
            verify_update(session: SessionId, data: &'a [u8]) -> ();
            verify_final(session: SessionId, signature: &'a [u8]) -> ();
            verify_signature_init(session: SessionId, mechanism: &'a Mechanism, key: ObjectHandle, signature: &'a [u8]) -> ();
            verify_signature(session: SessionId, data: &'a [u8]) -> ();
            verify_signature_update(session: SessionId, data: &'a [u8]) -> ();
            verify_signature_final(session: SessionId) -> ();
            verify_recover_init(session: SessionId, mechanism: &'a Mechanism, key: ObjectHandle) -> ();
            verify_recover(session: SessionId, signature: &'a [u8]) + out -> usize;

            message_encrypt_init(session: SessionId, mechanism: MechanismType, key: ObjectHandle) -> ();
            encrypt_message(session: SessionId, parameter: &'a MessageParameter, aad: &'a [u8], data: &'a [u8]) + out -> Sealed;
            encrypt_message_begin(session: SessionId, parameter: &'a MessageParameter, aad: &'a [u8]) -> Option<Vec<u8>>;
            encrypt_message_next(session: SessionId, data: &'a [u8], last: bool) + out -> Sealed;
            message_encrypt_final(session: SessionId) -> ();
            message_decrypt_init(session: SessionId, mechanism: MechanismType, key: ObjectHandle) -> ();
            decrypt_message(session: SessionId, parameter: &'a MessageParameter, aad: &'a [u8], ciphertext: &'a [u8]) + out -> usize;
            decrypt_message_begin(session: SessionId, parameter: &'a MessageParameter, aad: &'a [u8]) -> ();
            decrypt_message_next(session: SessionId, ciphertext: &'a [u8]) + out -> usize;
            decrypt_message_last(session: SessionId, parameter: &'a MessageParameter, ciphertext: &'a [u8]) + out -> usize;
            message_decrypt_final(session: SessionId) -> ();

            message_sign_init(session: SessionId, mechanism: &'a Mechanism, key: ObjectHandle) -> ();
            sign_message(session: SessionId, data: &'a [u8]) + out -> usize;
            sign_message_begin(session: SessionId) -> ();
            sign_message_next(session: SessionId, data: &'a [u8]) -> ();
            sign_message_last(session: SessionId, data: &'a [u8]) + out -> usize;
            message_sign_final(session: SessionId) -> ();
            message_verify_init(session: SessionId, mechanism: &'a Mechanism, key: ObjectHandle) -> ();
            verify_message(session: SessionId, data: &'a [u8], signature: &'a [u8]) -> ();
            verify_message_begin(session: SessionId) -> ();
            verify_message_next(session: SessionId, data: &'a [u8]) -> ();
            verify_message_last(session: SessionId, data: &'a [u8], signature: &'a [u8]) -> ();
            message_verify_final(session: SessionId) -> ();

            generate_key(session: SessionId, mechanism: &'a Mechanism, template: &'a Template) -> ObjectHandle;
            generate_key_pair(
                session: SessionId,
                mechanism: &'a Mechanism,
                public: &'a Template,
                private: &'a Template
            ) -> (ObjectHandle, ObjectHandle);
            wrap_key(session: SessionId, mechanism: &'a Mechanism, wrapping: ObjectHandle, key: ObjectHandle) + out -> usize;
            unwrap_key(
                session: SessionId,
                mechanism: &'a Mechanism,
                unwrapping: ObjectHandle,
                wrapped: &'a [u8],
                template: &'a Template
            ) -> ObjectHandle;
            encapsulate_key(
                session: SessionId,
                mechanism: &'a Mechanism,
                public: ObjectHandle,
                template: &'a Template
            ) + out -> (usize, Option<ObjectHandle>);
            decapsulate_key(
                session: SessionId,
                mechanism: &'a Mechanism,
                private: ObjectHandle,
                template: &'a Template,
                ciphertext: &'a [u8]
            ) -> ObjectHandle;
            wrap_key_authenticated(
                session: SessionId,
                mechanism: &'a Mechanism,
                wrapping: ObjectHandle,
                key: ObjectHandle,
                aad: &'a [u8]
            ) + out -> usize;
            unwrap_key_authenticated(
                session: SessionId,
                mechanism: &'a Mechanism,
                unwrapping: ObjectHandle,
                wrapped: &'a [u8],
                template: &'a Template,
                aad: &'a [u8]
            ) -> ObjectHandle;
            derive_key(session: SessionId, mechanism: &'a Mechanism, base: ObjectHandle, template: &'a Template) -> Derived;

            random(session: SessionId) + fill -> ();
            seed_random(session: SessionId, seed: &'a [u8]) -> ();
        }
    };
}

pub(crate) use calls;

macro_rules! names {
    ($($name:ident $arguments:tt $(+ $way:ident)? -> $answer:ty;)*) => {
        &[$(stringify!($name)),*]
    };
}

const NAMES: &[&str] = calls!(names);

/// The calls that are not named after their functions.
const FUNCTIONS: [(&str, Option<&str>); 21] = [
    ("slots", Some("C_GetSlotList")),
    ("token_info", Some("C_GetTokenInfo")),
    ("mechanisms", Some("C_GetMechanismList")),
    ("mechanism_info", Some("C_GetMechanismInfo")),
    ("init_pin", Some("C_InitPIN")),
    ("set_pin", Some("C_SetPIN")),
    ("session_info", Some("C_GetSessionInfo")),
    ("cancel_all", Some("C_SessionCancel")),
    ("operation_state", Some("C_GetOperationState")),
    ("set_operation_state", Some("C_SetOperationState")),
    ("object_size", Some("C_GetObjectSize")),
    ("attributes", Some("C_GetAttributeValue")),
    ("set_attributes", Some("C_SetAttributeValue")),
    ("find_init", Some("C_FindObjectsInit")),
    ("find", Some("C_FindObjects")),
    ("find_final", Some("C_FindObjectsFinal")),
    ("random", Some("C_GenerateRandom")),
    // Parts of several functions.
    ("personality", None),
    ("cancel", None),
    ("cluster_handle", None),
    ("decrypt_message_last", None),
];

/// The function of the standard that a call is for; none for a part of several.
pub(crate) fn function_of(call: &str) -> Option<String> {
    if let Some((_, function)) = FUNCTIONS.iter().find(|(name, _)| *name == call) {
        return function.map(str::to_owned);
    }
    let words = call.split('_').map(|word| {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        first.to_ascii_uppercase() + rest
    });
    Some(format!("C_{}", words.collect::<String>()))
}

/// The functions of the standard that can be told to fail.
pub fn functions() -> Vec<String> {
    NAMES.iter().filter_map(|call| function_of(call)).collect()
}

macro_rules! fingerprint {
    ($($name:ident($($argument:ident: $kind:ty),*) $(+ $way:ident)? -> $answer:ty;)*) => {
        fnv1a(concat!(env!("CARGO_PKG_VERSION"), $(stringify!($name($($kind),*) $(+ $way)? -> $answer;)),*))
    };
}

/// A number that changes with the list and with the version, for the two ends to compare.
pub const CALLS: u64 = calls!(fingerprint);

const fn fnv1a(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x100_0000_01b3);
        at += 1;
    }
    hash
}
