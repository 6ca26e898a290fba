//! `hsm-sim token export`.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use crypto::keyfile::Certificate;
use hsm_sim::SecretBytes;
use hsm_sim::object::Class;
use hsm_sim::token::Attribute;

use crate::failure::Failure;
use crate::token::describe::{Object, bytes, hexadecimal};
use crate::token::key;
use crate::token::place::{Login, Place, Session};
use crate::token::select::Selection;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    selection: Selection,
    /// The file to write, which must not exist yet; the default is the standard output
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// How to write it
    #[arg(long, value_name = "FORM", default_value = "text")]
    form: Form,
    #[command(flatten)]
    login: Login,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// PEM; hexadecimal digits of a secret key or data
    Text,
    /// DER; the bytes of a secret key or data
    Binary,
}

pub(super) fn run(place: &Place, options: &Options) -> Result<(), Failure> {
    let session = place.session(&options.login)?;
    let object = options.selection.one(&session)?;
    let contents = contents(&session, &object, options.form)?;
    match &options.out {
        None => io::stdout().write_all(contents.expose())?,
        Some(path) => {
            let failed = |error: io::Error| Failure::new(format!("{}: {error}", path.display()));
            let secret = object.is(Class::Private) || object.is(Class::Secret);
            let mode = if secret { 0o600 } else { 0o644 };
            let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
            file.and_then(|mut file| file.write_all(contents.expose())).map_err(failed)?;
        }
    }
    Ok(())
}

fn contents(session: &Session, object: &Object, form: Form) -> Result<SecretBytes, Failure> {
    if object.is(Class::Public) {
        let key = key::read_public(session, object)?;
        return Ok(SecretBytes::new(match form {
            Form::Text => key.to_pem()?.into_bytes(),
            Form::Binary => key.to_spki()?,
        }));
    }
    if object.is(Class::Private) {
        let key = key::read_private(session, object)?;
        return Ok(match form {
            Form::Text => key.to_pem()?,
            Form::Binary => key.to_pkcs8()?,
        });
    }
    let [value] = key::secret_attributes(session, object.handle, [Attribute::Value])?;
    let value = bytes(Some(&value));
    Ok(SecretBytes::new(match form {
        Form::Binary => value.to_vec(),
        Form::Text if object.is(Class::Certificate) => Certificate::from_der(value)?.to_pem()?.into_bytes(),
        Form::Text => format!("{}\n", hexadecimal(value)).into_bytes(),
    }))
}
