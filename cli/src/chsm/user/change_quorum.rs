//! `user change-quorum token-sign register`: the key with which who is logged in approves what others do.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::chsm::answer::{Answer, Data, everywhere};
use crate::chsm::data::read_file;
use crate::chsm::login::Named;
use crate::chsm::session::Session;
use crate::chsm::token_file::{self, Tokens};

#[derive(Debug, Subcommand)]
pub(in crate::chsm) enum Command {
    /// Register a public key using token-sign quorum strategy
    #[command(subcommand)]
    TokenSign(TokenSign),
}

#[derive(Debug, Subcommand)]
pub(in crate::chsm) enum TokenSign {
    /// Register a user for quorum authentication with a public key
    Register(Options),
}

#[derive(Debug, Args)]
pub(in crate::chsm) struct Options {
    /// Filepath to public key PEM file
    #[arg(long)]
    public_key: PathBuf,
    /// Filepath with token signed by user private key
    #[arg(long)]
    signed_token: PathBuf,
}

impl Command {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        let Self::TokenSign(TokenSign::Register(options)) = self;
        options.run(session)
    }
}

impl Options {
    fn run(&self, session: &mut Session<'_>) -> Answer {
        let connection = session.connection(None)?;
        let user = connection.user()?.clone();
        let key = read_file(&self.public_key)?;
        let (token, signature) = token_file::parse::<Tokens>(&self.signed_token)?.registration()?;
        let admin = &mut connection.admin;
        let results = admin.register_quorum_key(user.role.login_type(), &user.name, &token, &signature, &key)?;
        everywhere("User change-quorum", &results)?;
        Data::of(&Named::new(&user.name, user.role))
    }
}
