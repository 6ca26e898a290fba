//! The table of the audit log's commands: each documented one is noted by something, or it is said why nothing notes it.

use std::collections::BTreeSet;

use hsm_sim::admin::TokenScope;
use hsm_sim::audit::Command;
use hsm_sim::control::HsmSelector;
use hsm_sim::keys::{Keys, Padding, Terms};
use hsm_sim::object::{Attribute as Shown, AttributeValue};
use hsm_sim::quorum::Service;
use hsm_sim::token::{
    Application, Attribute, CounterForm, KdfField, Mechanism, MechanismType, Options, Parameter, Template, UserType,
};

use super::quorum::{approved, guarded, officer_at};
use super::*;

/// OID 1.2.840.10045.3.1.7.
const P256: [u8; 10] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

/// The documented commands that nothing notes, and why.
const NEVER: [(&str, &str); 13] = [
    ("CN_FIPS_RAND", "random bytes are not worth an event each: they would push everything else out of the log"),
    ("CN_CLONE_SOURCE_INIT", "an older list's: an HSM is made of a backup"),
    ("CN_CLONE_SOURCE_STAGE1", "the same"),
    ("CN_CLONE_TARGET_INIT", "the same"),
    ("CN_CLONE_TARGET_STAGE1", "the same"),
    ("CN_CERT_AUTH_VALIDATE_PEER_CERTS", "the same: a clone's"),
    ("CN_CERT_AUTH_SOURCE_KEY_EXCHANGE", "the same"),
    ("CN_CERT_AUTH_TARGET_KEY_EXCHANGE", "the same"),
    ("CN_STORE_KBK_SHARE", "the same"),
    ("CN_SET_NODEID", "the same"),
    ("CN_CLOSE_PARTITION_SESSIONS", "an older list's: the service's own"),
    ("CN_ZEROIZE", "no client may ask for it, and an HSM that zeroised itself answers nothing any more"),
    ("PARTITION_BACKUP_RESTORE_LOG", "observed, of an unknown form"),
];

/// The documented commands, of the newest list and the older one, and the observed end mark.
const DOCUMENTED: [&str; 49] = [
    // Logins.
    "CN_LOGIN",
    "CN_LOGOUT",
    "CN_APP_FINALIZE",
    "CN_CLOSE_SESSION",
    // Users.
    "CN_CREATE_USER",
    "CN_CREATE_CO",
    "CN_CREATE_APPLIANCE_USER",
    "CN_DELETE_USER",
    "CN_CHANGE_PSWD",
    "CN_SET_M_VALUE",
    "CN_APPROVE_TOKEN",
    "CN_DELETE_TOKEN",
    "CN_GET_TOKEN",
    // Keys.
    "CN_GENERATE_KEY",
    "CN_GENERATE_KEY_PAIR",
    "CN_CREATE_OBJECT",
    "CN_MODIFY_OBJECT",
    "CN_DESTROY_OBJECT",
    "CN_TOMBSTONE_OBJECT",
    "CN_SHARE_OBJECT",
    "CN_WRAP_KEY",
    "CN_UNWRAP_KEY",
    "CN_DERIVE_KEY",
    "CN_NIST_AES_WRAP",
    "CN_INSERT_MASKED_OBJECT_USER",
    "CN_EXTRACT_MASKED_OBJECT_USER",
    // Backups and clones.
    "CN_BACKUP_BEGIN",
    "CN_BACKUP_END",
    "CN_RESTORE_BEGIN",
    "CN_RESTORE_END",
    "CN_CLONE_SOURCE_INIT",
    "CN_CLONE_SOURCE_STAGE1",
    "CN_CLONE_TARGET_INIT",
    "CN_CLONE_TARGET_STAGE1",
    // Certificates.
    "CN_CERT_AUTH_STORE_CERT",
    "CN_CERT_AUTH_VALIDATE_PEER_CERTS",
    "CN_CERT_AUTH_SOURCE_KEY_EXCHANGE",
    "CN_CERT_AUTH_TARGET_KEY_EXCHANGE",
    // The HSM itself.
    "CN_INIT_TOKEN",
    "CN_INIT_DONE",
    "CN_GEN_KEY_ENC_KEY",
    "CN_GEN_PSWD_ENC_KEY",
    "CN_CLOSE_PARTITION_SESSIONS",
    "CN_STORE_KBK_SHARE",
    "CN_SET_NODEID",
    "CN_ZEROIZE",
    "CN_FIPS_RAND",
    "END_MARKER_OPCODE",
    "PARTITION_BACKUP_RESTORE_LOG",
];

fn template(token: bool, text: &str) -> Template {
    let uses = [Attribute::Wrap, Attribute::Unwrap, Attribute::Encrypt, Attribute::Derive, Attribute::Extractable];
    let template = Template::new().flag(Attribute::Token, token).bytes(Attribute::Label, text.as_bytes());
    uses.into_iter().fold(template, |template, usage| template.flag(usage, true))
}

fn aes(token: bool, text: &str) -> Template {
    template(token, text).number(Attribute::ValueLen, 32)
}

/// Officers' commands.
fn manage(cluster: &ActiveCluster) {
    let mut tool = officer_at(cluster, 0);
    approved(&mut tool, Service::UserManagement, &[1, 2]);
    everywhere(tool.create_user(Role::Cu, "alice", &password("alicePswd")).unwrap());
    approved(&mut tool, Service::UserManagement, &[1, 2]);
    everywhere(tool.delete_user(LoginType::Cu, "alice").unwrap());
    approved(&mut tool, Service::UserManagement, &[1, 2]);
    everywhere(tool.delete_tokens(TokenScope::All).unwrap());
    everywhere(tool.logout().unwrap());
}

/// A crypto user's commands, through a tool's connection, which ends without a logout.
fn use_keys(cluster: &ActiveCluster) {
    let mut tool = nobody(cluster);
    everywhere(tool.login(LoginType::Cu, "kmsuser", cluster.kmsuser_password().unwrap()).unwrap());
    let keys = Keys::connect(cluster.world(), cluster.cluster_id(), false).unwrap();
    everywhere(keys.login(LoginType::Cu, "kmsuser", cluster.kmsuser_password().unwrap()).unwrap());
    let terms = Terms::default();
    let generate = Mechanism::new(MechanismType::AesKeyGen);
    let key = keys.generate(&generate, &aes(true, "key"), &terms).unwrap().handle;
    let by = keys.generate(&generate, &aes(false, "by"), &terms).unwrap().handle;
    everywhere(tool.set_attribute(key, Shown::Label, &AttributeValue::Text("other".to_owned())).unwrap());
    everywhere(tool.share_key(key, 99, false).unwrap());
    let how = keys.key_wrap(Padding::None, &[]);
    let (wrapped, _) = keys.wrap(&how, by, key).unwrap();
    let unwrapping = template(true, "copy").number(Attribute::Class, 4).number(Attribute::KeyType, 0x1f);
    keys.unwrap(&how, by, &wrapped, &unwrapping, &terms).unwrap();
    keys.delete(by).unwrap();
    everywhere(keys.delete(key).unwrap());
}

/// An application's commands; it closes its session while it is logged in.
fn apply(cluster: &ActiveCluster) {
    let application = Application::open(cluster.world(), Options::default()).unwrap();
    let slot = application.slots().unwrap()[0];
    let session = application.open_session(slot, true).unwrap();
    let pin = [b"kmsuser:", cluster.kmsuser_password().unwrap().expose().as_bytes()].concat();
    application.login(session, UserType::User, &pin).unwrap();
    let public = Template::new().bytes(Attribute::EcParams, &P256).flag(Attribute::Verify, true);
    let private = Template::new().flag(Attribute::Sign, true);
    let kind = Mechanism::new(MechanismType::EcKeyPairGen);
    let (public, _) = application.generate_key_pair(session, &kind, &public, &private).unwrap();
    let value = application.attributes(session, public, &[Attribute::EcPoint]).unwrap().remove(0).unwrap();
    let import = Template::new().number(Attribute::Class, 2).number(Attribute::KeyType, 3).flag(Attribute::Token, true);
    let import = import.bytes(Attribute::EcParams, &P256).with(Attribute::EcPoint, value);
    application.create_object(session, &import).unwrap();
    let base =
        application.generate_key(session, &Mechanism::new(MechanismType::AesKeyGen), &aes(false, "base")).unwrap();
    let counter = KdfField::Iteration(Some(CounterForm { little_endian: false, bits: 32 }));
    let parameter = Parameter::CounterKdf { prf: 0x251, fields: vec![counter], iv: Vec::new(), further: Vec::new() };
    let derive = Mechanism::with(MechanismType::CloudHsmSp800CounterKdf, parameter);
    let derived = aes(false, "derived").number(Attribute::Class, 4).number(Attribute::KeyType, 0x1f);
    application.derive_key(session, &derive, base, &derived).unwrap();
    application.close_session(session).unwrap();
}

#[test]
fn every_documented_command_is_noted_or_it_is_said_why_not() {
    let cluster = guarded();
    manage(&cluster);
    use_keys(&cluster);
    apply(&cluster);
    cluster.control().take_backup(cluster.cluster_id()).unwrap();
    cluster.control().delete_hsm(cluster.cluster_id(), &HsmSelector::Id(node(&cluster, 1))).unwrap();

    let mut noted = BTreeSet::new();
    for node in cluster.world().audited().unwrap() {
        let records = cluster.world().audit_log(&node, 0).unwrap();
        noted.extend(records.iter().map(|(_, record)| record.command().name()));
    }
    let known: BTreeSet<&str> = Command::ALL.iter().map(|command| command.name()).collect();
    let never: BTreeSet<&str> = NEVER.iter().map(|(name, _)| *name).collect();
    let missing: Vec<_> = known.difference(&noted).collect();
    assert!(missing.is_empty(), "known and not noted: {missing:?}");
    for name in DOCUMENTED {
        assert_ne!(noted.contains(name), never.contains(name), "{name}");
    }
    let numbers: BTreeSet<u32> = Command::ALL.iter().map(|command| command.number()).collect();
    assert_eq!(numbers.len(), Command::ALL.len(), "each has its own number");
}
