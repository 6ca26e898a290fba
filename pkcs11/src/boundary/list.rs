//! Every function of PKCS#11 v2.40, v3.0 and v3.2, in the order of the standard's tables.

use std::ffi::{c_char, c_void};

use super::entry::{abi, always, code, functions, generic, ready, run, second, take};
use super::pointer::{Array, Buffer, Bytes, In, Name, Out, Pair, Room, Single};
use crate::call;
use crate::ck::{
    self, Attribute, Info, InitializeArgs, Mechanism, MechanismInfo, Rv, SessionInfo, SlotInfo, TokenInfo, Ulong,
    Version,
};
use crate::trace::{self, Argument};

type Template = Array<Attribute>;

functions! {
    /// `CK_FUNCTION_LIST`.
    FunctionList, functions, Version;

    always C_Initialize = general::initialize(args: In<InitializeArgs>);
    always C_Finalize = general::finalize(reserved: In<u8>);
    ready C_GetInfo = general::get_info(info: Out<Info>);
    always C_GetFunctionList = general::get_function_list(list: Out<&'static FunctionList>);
    ready C_GetSlotList = slot::get_slot_list(present: u8, slots + count: Buffer<Ulong>);
    ready C_GetSlotInfo = slot::get_slot_info(slot: Ulong, info: Out<SlotInfo>);
    ready C_GetTokenInfo = slot::get_token_info(slot: Ulong, info: Out<TokenInfo>);
    ready C_GetMechanismList = slot::get_mechanism_list(slot: Ulong, mechanisms + count: Buffer<Ulong>);
    ready C_GetMechanismInfo = slot::get_mechanism_info(slot: Ulong, mechanism: Ulong, info: Out<MechanismInfo>);
    ready C_InitToken = slot::init_token(slot: Ulong, pin + pin_len: Bytes, label: In<[u8; 32]>);
    generic C_InitPIN = slot::init_pin(session: Ulong, pin + pin_len: Bytes);
    generic C_SetPIN = slot::set_pin(session: Ulong, old + old_len: Bytes, new + new_len: Bytes);
    ready C_OpenSession = session::open_session(slot: Ulong, flags: Ulong, application: In<u8>, notify: In<u8>, session: Out<Ulong>);
    ready C_CloseSession = session::close_session(session: Ulong);
    ready C_CloseAllSessions = session::close_all_sessions(slot: Ulong);
    ready C_GetSessionInfo = session::get_session_info(session: Ulong, info: Out<SessionInfo>);
    generic C_GetOperationState = session::get_operation_state(session: Ulong, state + state_len: Buffer<u8>);
    generic C_SetOperationState = session::set_operation_state(session: Ulong, state + state_len: Bytes, encryption: Ulong, authentication: Ulong);
    ready C_Login = session::login(session: Ulong, user: Ulong, pin + pin_len: Bytes);
    ready C_Logout = session::logout(session: Ulong);
    ready C_CreateObject = object::create_object(session: Ulong, template + count: Template, object: Out<Ulong>);
    generic C_CopyObject = object::copy_object(session: Ulong, object: Ulong, template + count: Template, copy: Out<Ulong>);
    ready C_DestroyObject = object::destroy_object(session: Ulong, object: Ulong);
    generic C_GetObjectSize = object::get_object_size(session: Ulong, object: Ulong, size: Out<Ulong>);
    ready C_GetAttributeValue = object::get_attribute_value(session: Ulong, object: Ulong, template + count: Room<Attribute>);
    ready C_SetAttributeValue = object::set_attribute_value(session: Ulong, object: Ulong, template + count: Template);
    ready C_FindObjectsInit = object::find_objects_init(session: Ulong, template + count: Template);
    ready C_FindObjects = object::find_objects(session: Ulong, objects + max: Room<Ulong>, count: Out<Ulong>);
    ready C_FindObjectsFinal = object::find_objects_final(session: Ulong);
    ready C_EncryptInit = cipher::encrypt_init(session: Ulong, mechanism: In<Mechanism>, key: Ulong);
    ready C_Encrypt = cipher::encrypt(session: Ulong, data + data_len: Bytes, out + out_len: Buffer<u8>);
    ready C_EncryptUpdate = cipher::encrypt_update(session: Ulong, data + data_len: Bytes, out + out_len: Buffer<u8>);
    ready C_EncryptFinal = cipher::encrypt_final(session: Ulong, out + out_len: Buffer<u8>);
    ready C_DecryptInit = cipher::decrypt_init(session: Ulong, mechanism: In<Mechanism>, key: Ulong);
    ready C_Decrypt = cipher::decrypt(session: Ulong, data + data_len: Bytes, out + out_len: Buffer<u8>);
    ready C_DecryptUpdate = cipher::decrypt_update(session: Ulong, data + data_len: Bytes, out + out_len: Buffer<u8>);
    ready C_DecryptFinal = cipher::decrypt_final(session: Ulong, out + out_len: Buffer<u8>);
    ready C_DigestInit = digest::digest_init(session: Ulong, mechanism: In<Mechanism>);
    ready C_Digest = digest::digest(session: Ulong, data + data_len: Bytes, out + out_len: Buffer<u8>);
    ready C_DigestUpdate = digest::digest_update(session: Ulong, data + data_len: Bytes);
    generic C_DigestKey = digest::digest_key(session: Ulong, key: Ulong);
    ready C_DigestFinal = digest::digest_final(session: Ulong, out + out_len: Buffer<u8>);
    ready C_SignInit = sign::sign_init(session: Ulong, mechanism: In<Mechanism>, key: Ulong);
    ready C_Sign = sign::sign(session: Ulong, data + data_len: Bytes, out + out_len: Buffer<u8>);
    ready C_SignUpdate = sign::sign_update(session: Ulong, data + data_len: Bytes);
    ready C_SignFinal = sign::sign_final(session: Ulong, out + out_len: Buffer<u8>);
    generic C_SignRecoverInit = recover::sign_recover_init(session: Ulong, mechanism: In<Mechanism>, key: Ulong);
    generic C_SignRecover = recover::sign_recover(session: Ulong, data + data_len: Bytes, out + out_len: Buffer<u8>);
    ready C_VerifyInit = sign::verify_init(session: Ulong, mechanism: In<Mechanism>, key: Ulong);
    ready C_Verify = sign::verify(session: Ulong, data + data_len: Bytes, signature + signature_len: Bytes);
    ready C_VerifyUpdate = sign::verify_update(session: Ulong, data + data_len: Bytes);
    ready C_VerifyFinal = sign::verify_final(session: Ulong, signature + signature_len: Bytes);
    generic C_VerifyRecoverInit = recover::verify_recover_init(session: Ulong, mechanism: In<Mechanism>, key: Ulong);
    generic C_VerifyRecover = recover::verify_recover(session: Ulong, signature + signature_len: Bytes, out + out_len: Buffer<u8>);
    generic C_DigestEncryptUpdate = dual::digest_encrypt_update(session: Ulong, data + data_len: Bytes, out + out_len: Buffer<u8>);
    generic C_DecryptDigestUpdate = dual::decrypt_digest_update(session: Ulong, data + data_len: Bytes, out + out_len: Buffer<u8>);
    generic C_SignEncryptUpdate = dual::sign_encrypt_update(session: Ulong, data + data_len: Bytes, out + out_len: Buffer<u8>);
    generic C_DecryptVerifyUpdate = dual::decrypt_verify_update(session: Ulong, data + data_len: Bytes, out + out_len: Buffer<u8>);
    ready C_GenerateKey = key::generate_key(session: Ulong, mechanism: In<Mechanism>, template + count: Template, key: Out<Ulong>);
    ready C_GenerateKeyPair = key::generate_key_pair(
        session: Ulong, mechanism: In<Mechanism>, public_template + public_count: Template, private_template + private_count: Template,
        public: Out<Ulong>, private: Out<Ulong>
    );
    ready C_WrapKey = key::wrap_key(session: Ulong, mechanism: In<Mechanism>, wrapping: Ulong, key: Ulong, out + out_len: Buffer<u8>);
    ready C_UnwrapKey = key::unwrap_key(
        session: Ulong, mechanism: In<Mechanism>, unwrapping: Ulong, wrapped + wrapped_len: Bytes, template + count: Template,
        key: Out<Ulong>
    );
    ready C_DeriveKey = key::derive_key(session: Ulong, mechanism: In<Mechanism>, base: Ulong, template + count: Template, key: Out<Ulong>);
    generic C_SeedRandom = random::seed_random(session: Ulong, seed + seed_len: Bytes);
    ready C_GenerateRandom = random::generate_random(session: Ulong, out + out_len: Room<u8>);
    generic C_GetFunctionStatus = session::not_parallel(session: Ulong);
    generic C_CancelFunction = session::not_parallel(session: Ulong);
    ready C_WaitForSlotEvent = slot::wait_for_slot_event(flags: Ulong, slot: Out<Ulong>, reserved: In<u8>);
}

functions! {
    /// What `CK_FUNCTION_LIST_3_0` adds.
    Functions30, functions_30;

    always C_GetInterfaceList = general::get_interface_list(interfaces + count: Buffer<Interface>);
    always C_GetInterface = general::get_interface(name: Name, version: In<Version>, interface: Out<&'static Interface>, flags: Ulong);
    generic C_LoginUser = session::login_user(session: Ulong, user: Ulong, pin + pin_len: Bytes, name + name_len: Bytes);
    generic C_SessionCancel = session::session_cancel(session: Ulong, flags: Ulong);
    generic C_MessageEncryptInit = message::message_encrypt_init(session: Ulong, mechanism: In<Mechanism>, key: Ulong);
    generic C_EncryptMessage = message::encrypt_message(
        session: Ulong, parameter + parameter_len: Bytes, aad + aad_len: Bytes, data + data_len: Bytes, out + out_len: Buffer<u8>
    );
    generic C_EncryptMessageBegin = message::encrypt_message_begin(session: Ulong, parameter + parameter_len: Bytes, aad + aad_len: Bytes);
    generic C_EncryptMessageNext = message::encrypt_message_next(
        session: Ulong, parameter + parameter_len: Bytes, data + data_len: Bytes, out + out_len: Buffer<u8>, flags: Ulong
    );
    generic C_MessageEncryptFinal = message::message_encrypt_final(session: Ulong);
    generic C_MessageDecryptInit = message::message_decrypt_init(session: Ulong, mechanism: In<Mechanism>, key: Ulong);
    generic C_DecryptMessage = message::decrypt_message(
        session: Ulong, parameter + parameter_len: Bytes, aad + aad_len: Bytes, data + data_len: Bytes, out + out_len: Buffer<u8>
    );
    generic C_DecryptMessageBegin = message::decrypt_message_begin(session: Ulong, parameter + parameter_len: Bytes, aad + aad_len: Bytes);
    generic C_DecryptMessageNext = message::decrypt_message_next(
        session: Ulong, parameter + parameter_len: Bytes, data + data_len: Bytes, out + out_len: Buffer<u8>, flags: Ulong
    );
    generic C_MessageDecryptFinal = message::message_decrypt_final(session: Ulong);
    generic C_MessageSignInit = message::message_sign_init(session: Ulong, mechanism: In<Mechanism>, key: Ulong);
    generic C_SignMessage = message::sign_message(
        session: Ulong, parameter + parameter_len: Bytes, data + data_len: Bytes, out + out_len: Buffer<u8>
    );
    generic C_SignMessageBegin = message::sign_message_begin(session: Ulong, parameter + parameter_len: Bytes);
    generic C_SignMessageNext = message::sign_message_next(
        session: Ulong, parameter + parameter_len: Bytes, data + data_len: Bytes, out + out_len: Buffer<u8>
    );
    generic C_MessageSignFinal = message::message_sign_final(session: Ulong);
    generic C_MessageVerifyInit = message::message_verify_init(session: Ulong, mechanism: In<Mechanism>, key: Ulong);
    generic C_VerifyMessage = message::verify_message(
        session: Ulong, parameter + parameter_len: Bytes, data + data_len: Bytes, signature + signature_len: Bytes
    );
    generic C_VerifyMessageBegin = message::verify_message_begin(session: Ulong, parameter + parameter_len: Bytes);
    generic C_VerifyMessageNext = message::verify_message_next(
        session: Ulong, parameter + parameter_len: Bytes, data + data_len: Bytes, signature + signature_len: Bytes
    );
    generic C_MessageVerifyFinal = message::message_verify_final(session: Ulong);
}

functions! {
    /// What `CK_FUNCTION_LIST_3_2` adds.
    Functions32, functions_32;

    generic C_EncapsulateKey = encapsulate::encapsulate_key(
        session: Ulong, mechanism: In<Mechanism>, public: Ulong, template + count: Template, out + out_len: Buffer<u8>, key: Out<Ulong>
    );
    generic C_DecapsulateKey = encapsulate::decapsulate_key(
        session: Ulong, mechanism: In<Mechanism>, private: Ulong, template + count: Template, ciphertext + ciphertext_len: Bytes,
        key: Out<Ulong>
    );
    generic C_VerifySignatureInit = sign::verify_signature_init(
        session: Ulong, mechanism: In<Mechanism>, key: Ulong, signature + signature_len: Bytes
    );
    generic C_VerifySignature = sign::verify_signature(session: Ulong, data + data_len: Bytes);
    generic C_VerifySignatureUpdate = sign::verify_signature_update(session: Ulong, data + data_len: Bytes);
    generic C_VerifySignatureFinal = sign::verify_signature_final(session: Ulong);
    generic C_GetSessionValidationFlags = session::get_session_validation_flags(session: Ulong, kind: Ulong, flags: Out<Ulong>);
    generic C_AsyncComplete = session::not_asynchronous(session: Ulong, function: Name, data: In<u8>);
    generic C_AsyncGetID = session::not_asynchronous(session: Ulong, function: Name, id: In<u8>);
    generic C_AsyncJoin = session::no_join(session: Ulong, function: Name, id: Ulong, data + data_len: Bytes);
    generic C_WrapKeyAuthenticated = encapsulate::wrap_key_authenticated(
        session: Ulong, mechanism: In<Mechanism>, wrapping: Ulong, key: Ulong, aad + aad_len: Bytes, out + out_len: Buffer<u8>
    );
    generic C_UnwrapKeyAuthenticated = encapsulate::unwrap_key_authenticated(
        session: Ulong, mechanism: In<Mechanism>, unwrapping: Ulong, wrapped + wrapped_len: Bytes, template + count: Template,
        aad + aad_len: Bytes, key: Out<Ulong>
    );
}

/// `CK_FUNCTION_LIST_3_2`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct FunctionList32 {
    /// The version, and the functions of 2.40.
    pub first: FunctionList,
    /// Those that 3.0 added.
    pub added: Functions30,
    /// Those that 3.2 added.
    pub newest: Functions32,
}

/// `CK_FUNCTION_LIST_3_0`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct FunctionList30 {
    /// The version, and the functions of 2.40.
    pub first: FunctionList,
    /// Those that 3.0 added.
    pub added: Functions30,
}

/// `CK_INTERFACE`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Interface {
    name: *const c_char,
    list: *const c_void,
    flags: Ulong,
}

// SAFETY: what the pointers lead to is static and never changes.
unsafe impl Sync for Interface {}

/// The version of the table that every client understands.
pub(crate) const VERSION_2_40: Version = Version { major: 2, minor: 40 };
const VERSION_3_0: Version = Version { major: 3, minor: 0 };
/// The version of the newest table.
pub(crate) const VERSION_3_2: Version = Version { major: 3, minor: 2 };

static LIST: FunctionList = functions(VERSION_2_40);
static LIST_30: FunctionList30 = FunctionList30 { first: functions(VERSION_3_0), added: functions_30() };
static LIST_32: FunctionList32 =
    FunctionList32 { first: functions(VERSION_3_2), added: functions_30(), newest: functions_32() };

/// The name of all interfaces.
pub(crate) const INTERFACE_NAME: &std::ffi::CStr = c"PKCS 11";

/// The interfaces with their versions, the newest first.
pub(crate) static INTERFACES: [(Version, Interface); 3] = [
    (VERSION_3_2, interface((&raw const LIST_32).cast())),
    (VERSION_3_0, interface((&raw const LIST_30).cast())),
    (VERSION_2_40, interface((&raw const LIST).cast())),
];

const fn interface(list: *const c_void) -> Interface {
    Interface { name: INTERFACE_NAME.as_ptr(), list, flags: ck::interface::FORK_SAFE }
}

/// The table of version 2.40.
pub(crate) fn function_list() -> &'static FunctionList {
    &LIST
}

/// The exported names. The tables do not go through them: with a module of another maker loaded globally, the names may mean
/// that module's functions.
mod export {
    use super::{Buffer, FunctionList, In, Interface, Name, Out, Pair, Rv, Single, Ulong, Version};

    #[unsafe(no_mangle)]
    #[allow(non_snake_case, reason = "the name is the standard's")]
    unsafe extern "C" fn C_GetFunctionList(list: <Out<&'static FunctionList> as Single>::Abi) -> Rv {
        // SAFETY: the same function.
        unsafe { super::C_GetFunctionList(list) }
    }

    #[unsafe(no_mangle)]
    #[allow(non_snake_case, reason = "the name is the standard's")]
    unsafe extern "C" fn C_GetInterfaceList(
        interfaces: <Buffer<Interface> as Pair>::First,
        count: <Buffer<Interface> as Pair>::Second,
    ) -> Rv {
        // SAFETY: the same function.
        unsafe { super::C_GetInterfaceList(interfaces, count) }
    }

    #[unsafe(no_mangle)]
    #[allow(non_snake_case, reason = "the name is the standard's")]
    unsafe extern "C" fn C_GetInterface(
        name: <Name as Single>::Abi,
        version: <In<Version> as Single>::Abi,
        interface: <Out<&'static Interface> as Single>::Abi,
        flags: Ulong,
    ) -> Rv {
        // SAFETY: the same function.
        unsafe { super::C_GetInterface(name, version, interface, flags) }
    }
}
