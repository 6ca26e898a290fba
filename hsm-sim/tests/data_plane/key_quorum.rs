//! Keys whose users must approve what is done with them.

use std::time::Duration;

use hsm_sim::admin::TokenScope;
use hsm_sim::keys::{Keys, Padding, Terms};
use hsm_sim::object::{Attribute as Shown, AttributeValue};
use hsm_sim::quorum::{Approval, QuorumToken, Service, Subject};
use hsm_sim::token::{
    Application, Attribute, Error, Mechanism, MechanismType, ObjectHandle, Options, Output, SessionId, Template,
    UserType,
};
use hsm_sim::{Handle, Result};

use super::signing::SIGNERS;
use super::*;

/// Crypto users with registered keys; the guarded keys are the first one's and shared with the second.
const USERS: [(&str, &str); 3] = [("kmsuser", "kmsPswd1"), ("alice", "alicePswd1"), ("mallory", "malloryPw1")];

/// Three nodes and two guarded keys of `kmsuser`.
struct Stage {
    cluster: ActiveCluster,
    keys: Keys,
    /// An AES key for everything.
    secret: Handle,
    /// The private key of an RSA pair, for signing.
    signer: Handle,
    /// An AES key for wrapping that needs nobody.
    free: Handle,
}

fn everything(label: &str) -> Template {
    [
        Attribute::Token,
        Attribute::Encrypt,
        Attribute::Decrypt,
        Attribute::Wrap,
        Attribute::Unwrap,
        Attribute::Extractable,
    ]
    .into_iter()
    .fold(Template::new(), |template, attribute| template.flag(attribute, true))
    .bytes(Attribute::Label, label.as_bytes())
}

impl Stage {
    fn new() -> Self {
        let cluster = three();
        for (name, text) in &USERS[1..] {
            create_cu(&cluster, name, text);
        }
        for (number, (name, text)) in USERS.into_iter().enumerate() {
            let mut tool = nobody(&cluster);
            everywhere(tool.login(LoginType::Cu, name, &password(text)).unwrap());
            everywhere(SIGNERS[number].register(&mut tool, LoginType::Cu, name));
        }
        let keys = connected(&cluster, 0);
        let aes = |label: &str, terms: &Terms| {
            let template = everything(label).number(Attribute::ValueLen, 32);
            keys.generate(&Mechanism::new(MechanismType::AesKeyGen), &template, terms).unwrap().handle
        };
        let terms = Terms { shared: vec![4], approvals: 2, ..Terms::default() };
        let (secret, free) = (aes("secret", &terms), aes("free", &Terms::default()));
        let public = Template::new()
            .flag(Attribute::Token, true)
            .flag(Attribute::Verify, true)
            .number(Attribute::ModulusBits, 2048)
            .bytes(Attribute::PublicExponent, &[1, 0, 1]);
        let private =
            Template::new().flag(Attribute::Token, true).flag(Attribute::Sign, true).bytes(Attribute::Label, b"signer");
        let pair = Mechanism::new(MechanismType::RsaX931KeyPairGen);
        let signer = keys.generate_pair(&pair, &public, &private, &terms).unwrap().private;
        Self { cluster, keys, secret, signer, free }
    }

    /// Asks for a token on every node that answers and has it approved by these users.
    fn approved(&self, subject: Subject, approvers: &[usize]) {
        let mut tool = self.keys.quorum().unwrap();
        let made: Vec<QuorumToken> =
            answers(tool.quorum_token(subject, "kmsuser").unwrap()).into_iter().filter_map(|one| one.ok()).collect();
        let signed = file(&made);
        let approvals: Vec<Approval> = approvers.iter().map(|number| approval(*number, &signed)).collect();
        let accepted = answers(tool.approve_tokens(&signed, &approvals).unwrap());
        assert_eq!(accepted.iter().filter(|answer| answer.is_ok()).count(), made.len(), "{accepted:?}");
    }

    fn tokens(&self) -> Vec<usize> {
        answers(self.keys.quorum().unwrap().list_tokens().unwrap())
            .into_iter()
            .map(|tokens| tokens.map_or(0, |tokens| tokens.len()))
            .collect()
    }

    /// The management utility as the owner; its tokens are its own.
    fn shares(&self, share: bool) -> Result<()> {
        first(self.keys.quorum()?.share_key(self.secret, 5, share)?)
    }
}

/// The answer of the first node; all agree.
fn first(results: Vec<NodeResult<()>>) -> Result<()> {
    let answers = answers(results);
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    Ok(answers[0].clone()?)
}

fn connected(cluster: &ActiveCluster, number: usize) -> Keys {
    let keys = Keys::connect(cluster.world(), cluster.cluster_id(), false).unwrap();
    let (name, text) = USERS[number];
    everywhere(keys.login(LoginType::Cu, name, &password(text)).unwrap());
    keys
}

fn file(tokens: &[QuorumToken]) -> Vec<u8> {
    tokens.iter().flat_map(|token| token.bytes.clone()).collect()
}

fn approval(number: usize, signed: &[u8]) -> Approval {
    let signature = SIGNERS[number].sign(signed);
    Approval { login_type: LoginType::Cu, name: USERS[number].0.to_owned(), signature }
}

fn refused<T: std::fmt::Debug>(result: Result<T>) -> HsmError {
    match result {
        Err(hsm_sim::Error::Hsm(error)) => error,
        other => panic!("{other:?}"),
    }
}

type Act = fn(&Stage) -> Result<()>;

/// Every operation of a tool that somebody must approve, and as what.
const OPERATIONS: [(&str, bool, Act); 9] = [
    ("sign", true, |stage| {
        stage.keys.sign(&Mechanism::new(MechanismType::Sha256RsaPkcs), stage.signer, b"text").map(drop)
    }),
    ("wrap with it", false, |stage| {
        let mechanism = stage.keys.key_wrap(Padding::Zeros, &[]);
        stage.keys.wrap(&mechanism, stage.secret, stage.free).map(drop)
    }),
    ("wrap it", false, |stage| {
        let mechanism = stage.keys.key_wrap(Padding::Zeros, &[]);
        stage.keys.wrap(&mechanism, stage.free, stage.secret).map(drop)
    }),
    ("wrap bytes", false, |stage| {
        let mechanism = stage.keys.key_wrap(Padding::None, &[]);
        stage.keys.wrap_bytes(&mechanism, stage.secret, &[7; 16]).map(drop)
    }),
    ("share", false, |stage| stage.shares(true)),
    ("unshare", false, |stage| stage.shares(false)),
    ("label", false, |stage| {
        let value = AttributeValue::Text("other".to_owned());
        first(stage.keys.quorum()?.set_attribute(stage.secret, Shown::Label, &value)?)
    }),
    ("verify", true, |stage| {
        let mac = Mechanism::new(MechanismType::Sha256RsaPkcs);
        match stage.keys.verify(&mac, stage.signer, b"text", &[0; 256]) {
            // A private key verifies nothing, but that is said to those only who may use it.
            Err(hsm_sim::Error::Hsm(HsmError::PolicyViolation)) => {
                stage.keys.sign(&mac, stage.signer, b"text").map(drop)
            }
            other => other.map(drop),
        }
    }),
    ("unwrap", false, |stage| {
        // RFC 3394 under an unknown key: what is wrapped is not valid, which is no matter of approval.
        let mechanism = stage.keys.key_wrap(Padding::None, &[]);
        stage.keys.unwrap_bytes(&mechanism, stage.secret, &[0; 24]).map(drop)
    }),
];

#[test]
fn each_operation_needs_an_approved_token_of_its_own() {
    let stage = Stage::new();
    for (name, uses, act) in OPERATIONS {
        let key = if uses { stage.signer } else { stage.secret };
        let (own, other) = match uses {
            true => (Subject::UseKey(key), Subject::ManageKey(key)),
            false => (Subject::ManageKey(key), Subject::UseKey(key)),
        };
        assert_eq!(refused(act(&stage)), HsmError::KeyNotApproved, "{name}");
        stage.approved(other, &[0, 1]);
        stage.approved(own, &[1]);
        assert_eq!(refused(act(&stage)), HsmError::KeyNotApproved, "{name}: another service, too few");
        stage.approved(own, &[0, 1]);
        assert_eq!(stage.tokens(), [3; 3], "{name}");
        match act(&stage) {
            Ok(()) => assert_eq!(stage.tokens(), [2; 3], "{name}: one operation uses one token of each node"),
            // What fails uses nothing up.
            Err(hsm_sim::Error::Hsm(HsmError::InvalidCiphertext)) if name == "unwrap" => {
                assert_eq!(stage.tokens(), [3; 3]);
            }
            Err(error) => panic!("{name}: {error}"),
        }
        everywhere(stage.keys.quorum().unwrap().delete_tokens(TokenScope::User).unwrap());
        assert_eq!(refused(act(&stage)), HsmError::KeyNotApproved, "{name}: again");
    }
    // Looking at a key and deleting it needs nobody (documented list).
    stage.keys.key_info(stage.secret).unwrap();
    everywhere(stage.keys.find_one(stage.secret).unwrap());
    everywhere(stage.keys.delete(stage.secret).unwrap());
}

#[test]
fn who_asks_and_who_approves() {
    let stage = Stage::new();
    let subject = Subject::UseKey(stage.secret);
    let mut owner = stage.keys.quorum().unwrap();
    let ask = |keys: &Keys, subject: Subject, name: &str| {
        answers(keys.quorum().unwrap().quorum_token(subject, name).unwrap()).swap_remove(0).map(|token| token.id)
    };
    let (alice, mallory) = (connected(&stage.cluster, 1), connected(&stage.cluster, 2));
    for (keys, subject, name, expected) in [
        (&alice, subject, "alice", Ok(1)),
        (&stage.keys, subject, "kmsuser", Ok(2)),
        (&stage.keys, subject, "alice", Err(HsmError::PermissionDenied)),
        (&mallory, subject, "mallory", Err(HsmError::KeyAccessDenied)),
        (&stage.keys, Subject::UseKey(stage.free), "kmsuser", Err(HsmError::QuorumDisabled)),
        (&stage.keys, Subject::ManageKey(Handle::new(999)), "kmsuser", Err(HsmError::InvalidHandle)),
        (&stage.keys, Service::UserManagement.into(), "kmsuser", Err(HsmError::PermissionDenied)),
    ] {
        assert_eq!(ask(keys, subject, name), expected, "{subject:?} {name}");
    }
    let officer_asks = officer(&stage.cluster).quorum_token(subject, "admin").unwrap();
    assert_eq!(answers(officer_asks), vec![Err(HsmError::PermissionDenied); 3]);

    let signed = file(&everywhere(owner.quorum_token(subject, "kmsuser").unwrap()));
    let mut admin = officer(&stage.cluster);
    everywhere(SIGNERS[2].register(&mut admin, LoginType::Co, "admin"));
    let forged = Approval { signature: SIGNERS[1].sign(b"other"), ..approval(1, &signed) };
    let stranger = Approval { name: "nobody".to_owned(), ..approval(1, &signed) };
    let of_officer =
        Approval { login_type: LoginType::Co, name: "admin".to_owned(), signature: SIGNERS[2].sign(&signed) };
    for (approvals, expected) in [
        (vec![approval(2, &signed)], HsmError::NotAnApprover),
        (vec![of_officer], HsmError::NotAnApprover),
        (vec![approval(0, &signed), forged], HsmError::SignatureInvalid),
        (vec![stranger], HsmError::NoSuchUser),
    ] {
        assert_eq!(answers(owner.approve_tokens(&signed, &approvals).unwrap()), vec![Err(expected); 3]);
    }
    // One person twice is one approval.
    everywhere(owner.approve_tokens(&signed, &[approval(1, &signed), approval(1, &signed)]).unwrap());
    let sign = |keys: &Keys| {
        let mechanism = keys.key_wrap(Padding::None, &[]);
        keys.wrap_bytes(&mechanism, stage.secret, &[7; 16]).map(drop)
    };
    assert_eq!(refused(sign(&stage.keys)), HsmError::KeyNotApproved);

    // A crypto user deletes its own tokens only; approved ones belong to the login that asked.
    stage.approved(Subject::ManageKey(stage.secret), &[0, 1]);
    assert_eq!(refused(sign(&alice)), HsmError::KeyNotApproved, "another login");
    let denied = alice.quorum().unwrap().delete_tokens(TokenScope::All).unwrap();
    assert_eq!(answers(denied), vec![Err(HsmError::PermissionDenied); 3]);
    let others = alice.quorum().unwrap().delete_tokens(TokenScope::File(&signed)).unwrap();
    assert_eq!(answers(others), vec![Err(HsmError::NoQuorumToken); 3]);
    everywhere(owner.delete_tokens(TokenScope::File(&signed)).unwrap());
    sign(&stage.keys).unwrap();
    drop(owner);
    sign(&stage.keys).unwrap_err();
    stage.keys.logout().unwrap();
    everywhere(stage.keys.login(LoginType::Cu, USERS[0].0, &password(USERS[0].1)).unwrap());
    assert_eq!(stage.tokens(), [1; 3], "alice's; those of the ended login are gone");
}

/// Approvals are each node's own, expire on the simulated clock and travel nowhere.
#[test]
fn approvals_expire_and_are_each_nodes_own() {
    let stage = Stage::new();
    let text = Mechanism::new(MechanismType::Sha256RsaPkcs);
    let sign = || stage.keys.sign(&text, stage.signer, b"text").map(|(_, nodes)| answers(nodes));
    let fault = down(&stage.cluster, 2);
    stage.approved(Subject::UseKey(stage.signer), &[0, 1]);
    let away = Err(HsmError::NodeUnavailable);
    assert_eq!(stage.tokens(), [1, 1, 0]);
    up(&stage.cluster, &fault);
    assert_eq!(sign().unwrap(), [Ok(()), Ok(()), Err(HsmError::KeyNotApproved)]);
    assert_eq!(refused(sign()), HsmError::KeyNotApproved);

    stage.approved(Subject::UseKey(stage.signer), &[0, 1]);
    let faults = [down(&stage.cluster, 0), down(&stage.cluster, 1)];
    assert_eq!(sign().unwrap(), [away.clone(), away, Ok(())]);
    faults.iter().for_each(|fault| up(&stage.cluster, fault));
    // The nodes that were away have their tokens still, and they are one more operation.
    assert_eq!(stage.tokens(), [1, 1, 0]);
    stage.cluster.world().advance(Duration::from_secs(601), &[]).unwrap();
    assert_eq!(stage.tokens(), [0, 0, 0]);
    assert_eq!(refused(sign()), HsmError::KeyNotApproved);
}

/// What PKCS#11 clients and the services' way do with a guarded key: nothing that its users would have to approve (documented: a token
/// is of no use elsewhere).
#[test]
fn applications_cannot_get_approvals() {
    let stage = Stage::new();
    stage.approved(Subject::UseKey(stage.secret), &[0, 1]);
    let client = kmsuser(&stage.cluster);
    assert_eq!(refused(client.encrypt(stage.secret, b"", b"x")), HsmError::KeyNotApproved);

    let application = Application::open(stage.cluster.world(), Options::default()).unwrap();
    let session = application.open_session(application.slots().unwrap()[0], true).unwrap();
    application.login(session, UserType::User, b"kmsuser:kmsPswd1").unwrap();
    let [secret, signer, free] = ["secret", "signer", "free"].map(|label| labelled(&application, session, label));
    let ecb = Mechanism::new(MechanismType::AesEcb);
    let wrap = Mechanism::new(MechanismType::CloudHsmAesKeyWrapZeroPad);
    let new = Template::new().number(Attribute::Class, 4).number(Attribute::KeyType, 31);
    let label = Template::new().bytes(Attribute::Label, b"x");
    let wrapped = |by, key| application.wrap_key(session, &wrap, by, key, Output::Length).map(drop);
    application.digest_init(session, &Mechanism::new(MechanismType::Sha256)).unwrap();
    for (name, result) in [
        ("sign", application.sign_init(session, &Mechanism::new(MechanismType::Sha256RsaPkcs), signer)),
        ("encrypt", application.encrypt_init(session, &ecb, secret).map(drop)),
        ("decrypt", application.decrypt_init(session, &ecb, secret)),
        ("wrap with it", wrapped(secret, free)),
        ("wrap it", wrapped(free, secret)),
        ("unwrap", application.unwrap_key(session, &wrap, secret, &[0; 24], &new).map(drop)),
        ("digest", application.digest_key(session, secret)),
        ("set", application.set_attributes(session, secret, &label)),
    ] {
        assert!(matches!(result, Err(Error::FunctionFailed(_))), "{name}: {result:?}");
    }
    wrapped(free, free).unwrap();
    application.encrypt_init(session, &ecb, free).unwrap();
    assert!(application.attributes(session, secret, &[Attribute::Label]).unwrap()[0].is_ok());
    application.destroy_object(session, secret).unwrap();
}

/// Only the owner takes a key out, whatever the way (documented).
#[test]
fn a_shared_key_is_used_and_not_taken_out() {
    let stage = Stage::new();
    let template = everything("shared").number(Attribute::ValueLen, 32);
    let terms = Terms { shared: vec![4], ..Terms::default() };
    let made = stage.keys.generate(&Mechanism::new(MechanismType::AesKeyGen), &template, &terms).unwrap().handle;
    let own = everything("own").number(Attribute::ValueLen, 32);
    let alice = connected(&stage.cluster, 1);
    let by = alice.generate(&Mechanism::new(MechanismType::AesKeyGen), &own, &Terms::default()).unwrap().handle;
    let mechanism = alice.key_wrap(Padding::Zeros, &[]);
    assert_eq!(refused(alice.wrap(&mechanism, by, made)), HsmError::KeyAccessDenied);
    alice.wrap(&mechanism, made, by).unwrap();

    let application = Application::open(stage.cluster.world(), Options::default()).unwrap();
    let session = application.open_session(application.slots().unwrap()[0], true).unwrap();
    let wrap = Mechanism::new(MechanismType::CloudHsmAesKeyWrapZeroPad);
    for (pin, by, key, expected) in [
        (b"alice:alicePswd1".as_slice(), "own", "shared", Err(Error::KeyNotWrappable)),
        (b"alice:alicePswd1", "shared", "own", Ok(40)),
        (b"kmsuser:kmsPswd1", "free", "shared", Ok(40)),
    ] {
        application.login(session, UserType::User, pin).unwrap();
        let (by, key) = (labelled(&application, session, by), labelled(&application, session, key));
        assert_eq!(application.wrap_key(session, &wrap, by, key, Output::Length), expected);
        application.logout(session).unwrap();
    }
}

/// The object of this label.
fn labelled(application: &Application, session: SessionId, label: &str) -> ObjectHandle {
    application.find_init(session, &Template::new().bytes(Attribute::Label, label.as_bytes())).unwrap();
    let found = application.find(session, 2).unwrap();
    application.find_final(session).unwrap();
    assert_eq!(found.len(), 1, "{label}");
    found[0]
}
