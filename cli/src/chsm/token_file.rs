//! Files with what people sign outside the HSMs (documented forms).

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum as _};
use hsm_sim::Handle;
use hsm_sim::admin::{Admin, NodeResult, Signatures};
use hsm_sim::quorum::Approval;
use serde::{Deserialize, Serialize};

use crate::chsm::answer::{Refusal, everywhere};
use crate::chsm::data::{decode, encode, read_file, write_file};
use crate::chsm::key::reference_of;
use crate::chsm::role::Role;
use crate::chsm::session::Session;

/// The form of all of them.
const VERSION: &str = "2.0";

const SIGNED_PATH: &str = "Enter signed token file path (press enter if same as the unsigned token file):";

/// One token per HSM, to be signed for a login with two factors, or one to be signed for a registration.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Tokens {
    version: String,
    tokens: Vec<Token>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Token {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    approval_data: Option<String>,
    unsigned: String,
    signed: String,
}

/// The tokens of all HSMs for one command that several users must approve.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct QuorumToken {
    version: String,
    service: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key_reference: Option<String>,
    approval_data: String,
    token: String,
    signatures: Vec<Signature>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Signature {
    username: String,
    role: String,
    signature: String,
}

/// `--approval`.
#[derive(Debug, Args)]
pub(super) struct ApprovalFile {
    /// Filepath of signed quorum token file to approve operation
    #[arg(long)]
    approval: Option<PathBuf>,
}

impl ApprovalFile {
    /// Hands in what was approved, before the command that needs it.
    pub(super) fn hand_in(&self, admin: &mut Admin) -> Result<(), Refusal> {
        hand_in(self.approval.as_deref(), admin)
    }
}

/// Hands in what was approved in a file, if there is one.
pub(super) fn hand_in(file: Option<&Path>, admin: &mut Admin) -> Result<(), Refusal> {
    let Some(path) = file else { return Ok(()) };
    let file: QuorumToken = parse(path)?;
    let approvals = file.signatures.iter().map(Signature::read).collect::<Result<Vec<_>, _>>()?;
    let signed = decode(&file.approval_data)?;
    let results = admin.approve_tokens(&signed, &approvals)?;
    everywhere("Quorum token approval", &results)?;
    let tokens = admin.list_tokens()?.into_iter().filter_map(|answer| answer.result.ok()).flatten();
    let lacking =
        tokens.filter(|listed| signed.windows(listed.token.bytes.len()).any(|part| part == listed.token.bytes));
    match lacking.map(|listed| (listed.approvers.len(), usize::from(listed.required))).min() {
        // Observed of a key's token.
        Some((given, required)) if given < required => Err(Refusal::new(format!(
            "Too few quorum approvals: currently {given} approvals, but {required} approvals required"
        ))),
        _ => Ok(()),
    }
}

impl Signature {
    fn read(&self) -> Result<Approval, Refusal> {
        let role = Role::from_str(&self.role, false);
        let role = role.map_err(|_| Refusal::new(format!("'{}' is no role; use admin or crypto-user", self.role)))?;
        let signature = decode(&self.signature)?;
        Ok(Approval { login_type: role.login_type(), name: self.username.clone(), signature })
    }
}

impl QuorumToken {
    /// Of what the HSMs gave.
    pub(super) fn new(service: &str, key: Option<Handle>, approval_data: &[u8]) -> Self {
        Self {
            version: VERSION.to_owned(),
            service: service.to_owned(),
            key_reference: key.map(reference_of),
            approval_data: encode(approval_data),
            token: encode(&::crypto::sha256(approval_data)),
            signatures: Vec::new(),
        }
    }
}

impl Tokens {
    /// For the registration of a key.
    pub(super) fn for_registration(data: &[u8]) -> Self {
        let token = Token {
            approval_data: Some(encode(data)),
            unsigned: encode(&::crypto::sha256(data)),
            signed: String::new(),
        };
        Self { version: VERSION.to_owned(), tokens: vec![token] }
    }

    /// The only token's data and signature.
    pub(super) fn registration(&self) -> Result<(Vec<u8>, Vec<u8>), Refusal> {
        match &self.tokens[..] {
            [Token { approval_data: Some(data), signed, .. }] => Ok((decode(data)?, decode(signed)?)),
            _ => Err(Refusal::new("The file holds no registration token")),
        }
    }
}

impl Session<'_> {
    /// Writes what every HSM asks to be signed, waits for the person, and reads the signatures.
    pub(super) fn sign_challenges(&mut self, path: &Path) -> Result<Signatures, Refusal> {
        let challenges = self.connection(None)?.admin.challenge()?;
        let given: Vec<_> = challenges
            .into_iter()
            .filter_map(|NodeResult { node, result, .. }| result.ok().map(|challenge| (node, encode(&challenge))))
            .collect();
        let token =
            |unsigned: &String| Token { approval_data: None, unsigned: unsigned.clone(), signed: String::new() };
        let tokens = given.iter().map(|(_, unsigned)| token(unsigned)).collect();
        write(path, &Tokens { version: VERSION.to_owned(), tokens })?;
        let signed = self.terminal.ask(SIGNED_PATH)?.unwrap_or_default();
        let file: Tokens = parse(if signed.is_empty() { path } else { Path::new(&signed) })?;
        let mut signatures = Signatures::new();
        for (node, unsigned) in given {
            if let Some(token) = file.tokens.iter().find(|token| token.unsigned == unsigned) {
                signatures.insert(node, decode(&token.signed)?);
            }
        }
        Ok(signatures)
    }
}

/// Writes a file of one of these forms.
pub(super) fn write(path: &Path, file: &impl Serialize) -> Result<(), Refusal> {
    let text = serde_json::to_string_pretty(file).map_err(|error| Refusal::new(error.to_string()))?;
    write_file(path, format!("{text}\n").as_bytes())
}

/// Reads a file of one of these forms.
pub(super) fn parse<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T, Refusal> {
    let wrong = |error| Refusal::new(format!("{}: not a token file: {error}", path.display()));
    serde_json::from_slice(&read_file(path)?).map_err(wrong)
}
