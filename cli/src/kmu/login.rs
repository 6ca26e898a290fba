//! `loginHSM -u <user type> -s <user name> {-p <password> | -hpswd}`. The login serves on every node that accepts it. An
//! officer may log in, but has no use of keys (documented).

use hsm_sim::user::LoginType;
use hsm_sim::{HsmError, Password};

use crate::failure::Failure;
use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::kmu::status;
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "loginHSM",
    group: group::CONFIGURATION,
    summary: "Login to the HSM",
    arguments: &[
        Argument::required("u", "user type", "specifies the user's type: CU or CO"),
        Argument::required("s", "user name", "specifies the user's name"),
        Argument::optional("p", "password", "specifies the password"),
        Argument::switch("hpswd", "asks for the password"),
    ],
    run,
};

const FUNCTION: &str = "Cfm3LoginHSM";

pub(super) fn run(session: &mut Session<'_>, arguments: &Given<'_>) -> Result<Outcome, Refusal> {
    let (kind, name) = (arguments.text("u"), arguments.text("s"));
    let password = match (arguments.value("p"), arguments.has("hpswd")) {
        (Some(word), false) => Password::new(word.to_string()),
        (None, true) => {
            let typed = session.terminal.password("Enter password:")?;
            typed.ok_or_else(|| Failure::new("the input ended before a password was given"))?
        }
        (Some(_), true) | (None, false) => return Err(Refusal::Usage),
    };
    let refused = Refusal::indented(FUNCTION, "");
    let kind: LoginType = kind.parse().map_err(|error: HsmError| refused(error.into()))?;
    let nodes = session.keys.login(kind, name, &password).map_err(refused)?;
    session.terminal.print(&status::block("", FUNCTION, &nodes))?;
    Ok(Outcome::when(status::overall(&nodes).is_ok()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kmu::status::answers;

    #[test]
    fn transcript_of_the_seed() {
        let expected = "\
Cfm3LoginHSM returned: 0x00 : HSM Return: SUCCESS

Cluster Error Status
Node id 0 and err state 0x00000000 : HSM Return: SUCCESS
Node id 1 and err state 0x00000000 : HSM Return: SUCCESS
Node id 2 and err state 0x00000000 : HSM Return: SUCCESS
";
        assert_eq!(status::block("", FUNCTION, &answers([Ok(()), Ok(()), Ok(())])), expected);
    }

    #[test]
    fn a_diverged_password() {
        let expected = "\
Cfm3LoginHSM returned: 0xa3 : HSM Error: RET_USER_LOGIN_FAILURE

Cluster Error Status
Node id 0 and err state 0x00000000 : HSM Return: SUCCESS
Node id 1 and err state 0x000000a3 : HSM Error: RET_USER_LOGIN_FAILURE
";
        assert_eq!(status::block("", FUNCTION, &answers([Ok(()), Err(HsmError::LoginFailure)])), expected);
    }
}
