//! `hsm-sim token import`: what a file holds becomes objects, all or none.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use crypto::keyfile::{self, Content, Entry};
use hsm_sim::cluster::Personality;
use hsm_sim::object::{Class, KeyType};
use hsm_sim::token::{Attribute, Template};
use hsm_sim::{Password, SecretBytes};

use crate::failure::Failure;
use crate::secret::{self, Source};
use crate::token::describe::{Object, bytes};
use crate::token::key;
use crate::token::place::{Login, Place, Session};
use crate::token::select::{self, Hexadecimal};
use crate::token::usage::{self, Guard};

/// Larger files hold something else.
const MOST_BYTES: u64 = 4 << 20;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The file: PEM, or DER of PKCS#8, PKCS#1, SEC1, SubjectPublicKeyInfo, X.509 or PKCS#12; '-' for the standard input
    file: PathBuf,
    /// The label; the default is the name in the file, the certificate's common name, or the file's name
    #[arg(long)]
    label: Option<String>,
    /// The id, which ties keys and certificates together; the default is the digest of the public key
    #[arg(long, value_name = "HEX")]
    id: Option<Hexadecimal>,
    /// The file's bytes are a secret key of this type
    #[arg(long, value_name = "TYPE")]
    secret: Option<SecretType>,
    /// The secret key is written in hexadecimal digits
    #[arg(long, requires = "secret")]
    hex: bool,
    #[command(flatten)]
    guard: Guard,
    /// The password of an encrypted file
    #[arg(long, value_name = "PASSWORD", value_parser = secret::parse)]
    password: Option<Password>,
    /// A file with that password in its first line; else the variable HSM_SIM_FILE_PASSWORD, else a prompt
    #[arg(long, value_name = "FILE", conflicts_with = "password")]
    password_file: Option<PathBuf>,
    #[command(flatten)]
    login: Login,
}

/// Types of secret keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SecretType {
    Aes,
    Generic,
    Des3,
    #[value(name = "chacha20")]
    ChaCha20,
    HmacSha1,
    HmacSha256,
    HmacSha384,
    HmacSha512,
}

impl SecretType {
    const fn key_type(self) -> KeyType {
        match self {
            Self::Aes => KeyType::Aes,
            Self::Generic => KeyType::Generic,
            Self::Des3 => KeyType::TripleDes,
            Self::ChaCha20 => KeyType::ChaCha20,
            Self::HmacSha1 => KeyType::Sha1Hmac,
            Self::HmacSha256 => KeyType::Sha256Hmac,
            Self::HmacSha384 => KeyType::Sha384Hmac,
            Self::HmacSha512 => KeyType::Sha512Hmac,
        }
    }
}

pub(super) fn run(place: &Place, options: &Options) -> Result<(), Failure> {
    let file = read(&options.file)?;
    // What is wrong with the file is told before anybody is asked for a PIN.
    let entries = match options.secret {
        Some(_) => Vec::new(),
        None => open(&file, options)?,
    };
    let session = place.session(&options.login)?;
    let templates = match options.secret {
        Some(secret) => vec![secret_key(&file, secret.key_type(), options)?],
        None => templates(&session, entries, options)?,
    };
    let mut made = Vec::with_capacity(templates.len());
    for template in &templates {
        match session.token.way.create_object(session.id, template) {
            Ok(handle) => made.push(handle),
            Err(error) => {
                for handle in made {
                    session.token.way.destroy_object(session.id, handle)?;
                }
                return Err(Failure::new(format!("nothing was imported: {}", Failure::from(error))));
            }
        }
    }
    let mut out = io::stdout();
    for handle in made {
        writeln!(out, "imported {}", Object::read(&session, handle)?)?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<SecretBytes, Failure> {
    let failed = |error: io::Error| Failure::new(format!("{}: {error}", path.display()));
    // Room for all of it at once: a buffer that moves leaves copies behind.
    let mut contents = Vec::with_capacity(usize::try_from(MOST_BYTES).unwrap_or_default() + 1);
    let read = if path == Path::new("-") {
        io::stdin().lock().take(MOST_BYTES + 1).read_to_end(&mut contents)
    } else {
        File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut contents))
    };
    let contents = SecretBytes::new(contents);
    match read {
        Ok(length) if length as u64 > MOST_BYTES => {
            Err(Failure::new(format!("{}: larger than {MOST_BYTES} bytes", path.display())))
        }
        Ok(_) => Ok(contents),
        Err(error) => Err(failed(error)),
    }
}

/// What the file holds; its password is asked for only if it needs one.
fn open(file: &SecretBytes, options: &Options) -> Result<Vec<Entry>, Failure> {
    let source = Source {
        value: options.password.as_ref(),
        file: options.password_file.as_deref(),
        variable: "HSM_SIM_FILE_PASSWORD",
        prompt: "password of the file",
    };
    let given = source.find()?;
    let told = |error: crypto::Error| Failure::new(format!("{}: {error}", options.file.display()));
    match keyfile::read(file.expose(), given.as_ref()) {
        Err(crypto::Error::FilePasswordNeeded) => match source.find_or_ask()? {
            Some(password) => keyfile::read(file.expose(), Some(&password)).map_err(told),
            None => Err(told(crypto::Error::FilePasswordNeeded)),
        },
        result => result.map_err(told),
    }
}

fn secret_key(file: &SecretBytes, key_type: KeyType, options: &Options) -> Result<Template, Failure> {
    let value = if options.hex {
        let digits = std::str::from_utf8(file.expose()).map_err(|_| "it is not text".to_owned());
        let value = digits.and_then(str::parse::<Hexadecimal>);
        value.map_err(|error| Failure::new(format!("{}: {error}", options.file.display())))?.0
    } else {
        file.clone()
    };
    let label = options.label.clone().or_else(|| file_name(&options.file)).unwrap_or_default();
    let id = options.id.as_ref().map_or(&[][..], |id| id.0.expose());
    let template = key::key(Class::Secret, key_type, &label, id).bytes(Attribute::Value, value.expose());
    Ok(options.guard.secret(options.guard.guarded(template), key_type))
}

/// The objects for what a file holds. A private key brings its public key along.
fn templates(session: &Session, entries: Vec<Entry>, options: &Options) -> Result<Vec<Template>, Failure> {
    let entries = storable(session, entries)?;
    let digests = entries.iter().map(|entry| digest(&entry.content)).collect::<Result<Vec<_>, _>>()?;
    // Whom --label and --id are about: the first private key, else the first of what there is; and all that belongs to it.
    let first = entries.iter().position(|entry| matches!(entry.content, Content::PrivateKey(_))).unwrap_or(0);
    let mut templates = Vec::with_capacity(entries.len() + 1);
    for (entry, digest) in entries.iter().zip(&digests) {
        let is_meant = *digest == digests[first];
        let id = match &options.id {
            Some(id) if is_meant => id.0.expose().to_vec(),
            _ => id_in_token(session, &entry.content)?.unwrap_or_else(|| digest.to_vec()),
        };
        let named = options.label.clone().filter(|_| is_meant);
        let in_file =
            entries.iter().zip(&digests).filter(|(_, other)| *other == digest).find_map(|(other, _)| name(other));
        let label = named.or(in_file).or_else(|| file_name(&options.file)).unwrap_or_default();
        match &entry.content {
            Content::PrivateKey(private) => {
                let usual = usage::usual(private);
                let template = options.guard.guarded(key::private(private, &label, &id));
                templates.push(options.guard.private(template, usual));
                let template = key::public(&private.public_key()?, &label, &id)?;
                templates.push(options.guard.public(template, usual));
            }
            // Beside its private key it is there already.
            Content::PublicKey(_) if has_private(&entries, &digests, digest) => {}
            Content::PublicKey(public) => templates.push(key::public(public, &label, &id)?),
            Content::Certificate(certificate) => templates.push(key::certificate(certificate, &label, &id)),
        }
    }
    Ok(templates)
}

fn has_private(entries: &[Entry], digests: &[[u8; 20]], digest: &[u8; 20]) -> bool {
    let mut both = entries.iter().zip(digests);
    both.any(|(entry, other)| other == digest && matches!(entry.content, Content::PrivateKey(_)))
}

/// A cloudhsm token holds keys only (documented); certificates beside a key are left out there, and that is said.
fn storable(session: &Session, mut entries: Vec<Entry>) -> Result<Vec<Entry>, Failure> {
    if session.personality == Personality::Generic {
        return Ok(entries);
    }
    let before = entries.len();
    entries.retain(|entry| !matches!(entry.content, Content::Certificate(_)));
    let left_out = before - entries.len();
    if entries.is_empty() {
        return Err(Failure::new("a cloudhsm token holds no certificates"));
    }
    if left_out > 0 {
        eprintln!("hsm-sim: {left_out} certificates were left out: a cloudhsm token holds none");
    }
    Ok(entries)
}

fn digest(content: &Content) -> Result<[u8; 20], Failure> {
    Ok(match content {
        Content::PrivateKey(key) => key.public_key()?.identifier()?,
        Content::PublicKey(key) => key.identifier()?,
        Content::Certificate(certificate) => certificate.key_identifier()?,
    })
}

/// The id of the key in the token that a certificate or public key belongs to.
fn id_in_token(session: &Session, content: &Content) -> Result<Option<Vec<u8>>, Failure> {
    let spki = match content {
        Content::PrivateKey(_) => return Ok(None),
        Content::PublicKey(key) => key.to_spki()?,
        Content::Certificate(certificate) => certificate.public_key.clone(),
    };
    if session.personality == Personality::CloudHsm {
        // Keys there have no attribute to find them by.
        return Ok(None);
    }
    for class in [Class::Private, Class::Public] {
        let wanted =
            Template::new().number(Attribute::Class, class.number().into()).bytes(Attribute::PublicKeyInfo, &spki);
        if let Some(handle) = select::find(session, &wanted)?.first() {
            let [id] = session.attributes(*handle, [Attribute::Id])?;
            return Ok(Some(bytes(id.as_ref()).to_vec()).filter(|id| !id.is_empty()));
        }
    }
    Ok(None)
}

fn name(entry: &Entry) -> Option<String> {
    let common_name = match &entry.content {
        Content::Certificate(certificate) => certificate.common_name.clone(),
        Content::PrivateKey(_) | Content::PublicKey(_) => None,
    };
    entry.name.clone().or(common_name).filter(|name| !name.is_empty())
}

fn file_name(path: &Path) -> Option<String> {
    if path == Path::new("-") { None } else { Some(path.file_stem()?.to_string_lossy().into_owned()) }
}
