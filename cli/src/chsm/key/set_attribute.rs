//! `key set-attribute`: by the owner, and `trusted` by an admin.

use clap::Args;

use crate::chsm::answer::{Answer, Data, Refusal, everywhere};
use crate::chsm::key::attribute::Row;
use crate::chsm::key::filter::One;
use crate::chsm::session::Session;
use crate::chsm::token_file::ApprovalFile;

#[derive(Debug, Args)]
pub(in crate::chsm) struct Options {
    #[command(flatten)]
    filter: One,
    /// Name of attribute to be set
    #[arg(long)]
    name: String,
    /// Attribute value to be set
    #[arg(long)]
    value: String,
    #[command(flatten)]
    approval: ApprovalFile,
}

impl Options {
    pub(super) fn run(&self, session: &mut Session<'_>) -> Answer {
        let wrong = |wrong: crate::chsm::key::attribute::Wrong| Refusal::new(wrong.to_string());
        let row = Row::find(&self.name).map_err(wrong)?;
        let value = row.value(&self.value).map_err(wrong)?;
        let key = self.filter.find(session)?.key_reference;
        let results = match (self.name.as_str(), self.value.as_str()) {
            // A session key becomes one of the cluster (documented).
            ("token", "true") => session.keys()?.persist(key)?,
            _ => {
                let attribute = row.attribute.ok_or_else(|| Refusal::new("The attribute cannot be changed"))?;
                let admin = &mut session.connection(None)?.admin;
                self.approval.hand_in(admin)?;
                admin.set_attribute(key, attribute, &value)?
            }
        };
        everywhere("Key set-attribute", &results)?;
        Data::message("Attribute set successfully")
    }
}
