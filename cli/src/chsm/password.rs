//! Passwords: given on the line, or typed unseen (documented prompts).

use hsm_sim::Password;

use crate::chsm::answer::Refusal;
use crate::chsm::session::Session;

impl Session<'_> {
    /// The password of who logs in.
    pub(super) fn password(&mut self, given: Option<&Password>) -> Result<Password, Refusal> {
        match given {
            Some(password) => Ok(password.clone()),
            None => self.typed("Enter password:"),
        }
    }

    /// A password that shall be set; typed ones are typed twice.
    pub(super) fn new_password(&mut self, given: Option<&Password>) -> Result<Password, Refusal> {
        if let Some(password) = given {
            return Ok(password.clone());
        }
        let password = self.typed("Enter password:")?;
        if self.typed("Confirm password:")? == password {
            Ok(password)
        } else {
            Err(Refusal::new("The passwords do not match"))
        }
    }

    fn typed(&mut self, prompt: &str) -> Result<Password, Refusal> {
        self.terminal.password(prompt)?.ok_or_else(|| Refusal::new("No password was given"))
    }
}
