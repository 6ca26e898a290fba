//! `getToken -n <service> -k <key> -u <user name> -f <file>`: a quorum token of each HSM for what is to be done with a key, all in one file
//! for the approvers to sign. The documentation names the command; its arguments are those of the vendor's tool.

use std::fs;

use hsm_sim::quorum::Subject;

use crate::kmu::argument::{Argument, Given};
use crate::kmu::command::{Command, group};
use crate::kmu::session::{Refusal, Session};
use crate::kmu::status::{self, INDENT};
use crate::quorum;
use crate::utility::Outcome;

pub(super) const COMMAND: Command = Command {
    name: "getToken",
    group: group::QUORUM,
    summary: "Initiate an MxN service and get Token",
    arguments: &[
        Argument::required("n", "service", "specifies what is to be approved: 1 the use of the key, 2 its management"),
        Argument::required("k", "key handle", "specifies the key"),
        Argument::required("u", "user name", "specifies who is logged in"),
        Argument::required("f", "token file", "specifies the file to write the tokens to"),
        Argument::optional("F", "flags", "4 makes room by removing expired tokens, which is done anyway"),
    ],
    run,
};

const FUNCTION: &str = "Cfm3GetToken";

fn run(session: &mut Session<'_>, given: &Given<'_>) -> Result<Outcome, Refusal> {
    let key = given.required("k")?;
    let subject = match given.text("n") {
        "1" => Subject::UseKey(key),
        "2" => Subject::ManageKey(key),
        _ => return Err(Refusal::Usage),
    };
    if !matches!(given.value("F").map(|flags| flags.as_str()), None | Some("4")) {
        return Err(Refusal::Usage);
    }
    let nodes = session.keys.quorum()?.quorum_token(subject, given.text("u")).map_err(Refusal::of(FUNCTION))?;
    let mut text = format!("\n{}", status::returned(INDENT, FUNCTION, status::overall(&nodes)));
    if let Some(tokens) = quorum::file(&nodes) {
        fs::write(given.text("f"), tokens)?;
        let made = nodes.iter().filter_map(|node| node.result.as_ref().ok());
        text += &format!("\n{}", made.map(quorum::token).collect::<String>());
    }
    session.terminal.print(&format!("{text}\n{}", status::cluster(INDENT, &nodes)))?;
    Ok(Outcome::when(status::overall(&nodes).is_ok()))
}
