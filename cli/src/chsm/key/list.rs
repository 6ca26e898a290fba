//! `key list`.

use clap::Args;
use serde::Serialize;

use crate::chsm::answer::{Answer, Data, Refusal};
use crate::chsm::key::filter::{self, Filter};
use crate::chsm::key::shown::{Shape, Shown, reference_of};
use crate::chsm::role::Role;
use crate::chsm::session::Session;

#[derive(Debug, Args)]
pub(in crate::chsm) struct Options {
    /// Key reference (e.g. key-reference=0xabc) or space separated list of key attributes in the form of
    /// attr.KEY_ATTRIBUTE_NAME=KEY_ATTRIBUTE_VALUE to select matching key(s) to list
    #[arg(long, num_args = 0..)]
    filter: Vec<Filter>,
    /// The total number of items to return. If there are more a next-token is provided, which --starting-token takes
    #[arg(long, default_value_t = 10)]
    max_items: usize,
    /// Where to start: the next-token of a truncated response
    #[arg(long)]
    starting_token: Option<usize>,
    /// Prints all attributes and key information for each matched key. This flag when used by Admins has no effect
    #[arg(short, long)]
    verbose: bool,
}

#[derive(Serialize)]
struct Listing<'a> {
    matched_keys: Vec<Row<'a>>,
    total_key_count: usize,
    returned_key_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Row<'a> {
    Verbose(&'a Shown),
    #[serde(rename_all = "kebab-case")]
    Brief {
        key_reference: String,
        attributes: Label<'a>,
    },
}

#[derive(Serialize)]
struct Label<'a> {
    label: Option<&'a Shape>,
}

impl Options {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        let verbose = self.verbose && session.connection(None)?.user()?.role == Role::CryptoUser;
        let keys = filter::all(session, &self.filter)?;
        let start = self.starting_token.unwrap_or(0);
        if start > keys.len() {
            return Err(Refusal::new("The starting token is not valid"));
        }
        let row = |key| match verbose {
            true => Row::Verbose(key),
            false => Row::Brief {
                key_reference: reference_of(key.key_reference),
                attributes: Label { label: key.attributes.get("label") },
            },
        };
        let matched_keys: Vec<Row<'_>> = keys[start..].iter().take(self.max_items).map(row).collect();
        let (total_key_count, returned_key_count) = (keys.len(), matched_keys.len());
        let end = start + returned_key_count;
        let next_token = (end < total_key_count).then(|| end.to_string());
        Data::of(&Listing { matched_keys, total_key_count, returned_key_count, next_token })
    }
}
