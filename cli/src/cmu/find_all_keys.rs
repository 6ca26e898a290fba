//! `findAllKeys <user id> <key hash (0/1)> [<output file>]`: what a user owns or shares on each server. Equal hashes mean
//! equal owners and shares of all keys (documented).

use std::fs;

use hsm_sim::admin::{FoundKeys, Mark, NodeResult};

use crate::cmu::report::{Failure, Report};
use crate::cmu::session::{Refusal, Session, succeeded};
use crate::terminal::Word;
use crate::utility::Outcome;

const REPORT: Report = Report { command: "findAllKeys", failure: Failure::OneLine };

pub(super) fn run(session: &mut Session<'_>, arguments: &[Word]) -> Result<Outcome, Refusal> {
    let (user, hash, file) = match arguments {
        [user, hash] => (user, hash, None),
        [user, hash, file] => (user, hash, Some(file)),
        _ => return Err(Refusal::Usage),
    };
    let user: u32 = user.parse().map_err(|_| Refusal::Usage)?;
    let with_hash = match hash.as_str() {
        "0" => false,
        "1" => true,
        _ => return Err(Refusal::Usage),
    };
    let results = session.admins.each(|admin| admin.find_all_keys(user))?;
    let text = render(&results, with_hash);
    match file {
        Some(file) => fs::write(file.as_str(), text)?,
        None => session.terminal.print(&text)?,
    }
    Ok(Outcome::when(succeeded(&results)))
}

/// The keys of each server (documented; `0::` is followed by the count).
fn render(results: &[NodeResult<FoundKeys>], with_hash: bool) -> String {
    let mut text = String::new();
    for node in results {
        if let Ok(found) = &node.result {
            text += &format!("Keys on server {}({}):\n", node.server, node.ip);
            text += &keys(found, with_hash);
        }
        text += &REPORT.line(node);
    }
    text
}

fn keys(found: &FoundKeys, with_hash: bool) -> String {
    let count = found.handles.len();
    let mut text = format!("Number of keys found {count}\nnumber of keys matched from start index 0::{count}\n");
    if count > 0 {
        let handles: Vec<String> =
            found.handles.iter().map(|(handle, mark)| format!("{handle}{}", sign(*mark))).collect();
        text += &format!("{}\n", handles.join(","));
    }
    if let Some(hash) = found.hash.filter(|_| with_hash) {
        let digits: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        text += &format!("Key Hash:\n{digits}\n\n");
    }
    text
}

/// What a key is to the user (documented); a public key of somebody else has no sign.
fn sign(mark: Mark) -> &'static str {
    match mark {
        Mark::Owned => "(o)",
        Mark::Shared => "(s)",
        Mark::Public => "",
    }
}

#[cfg(test)]
mod tests {
    use hsm_sim::{Handle, HsmError};

    use super::*;
    use crate::cmu::report::samples::answers;

    fn found(handles: &[(u32, Mark)], hash: Option<[u8; 32]>) -> FoundKeys {
        FoundKeys { handles: handles.iter().map(|(handle, mark)| (Handle::new(*handle), *mark)).collect(), hash }
    }

    #[test]
    fn documented_with_hash() {
        let keys =
            || found(&[(8, Mark::Shared), (9, Mark::Shared), (11, Mark::Public), (17, Mark::Shared)], Some([0x5a; 32]));
        let expected = "\
Keys on server 0(10.0.2.9):
Number of keys found 4
number of keys matched from start index 0::4
8(s),9(s),11,17(s)
Key Hash:
5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a

findAllKeys success on server 0(10.0.2.9)
Keys on server 1(10.0.3.11):
Number of keys found 4
number of keys matched from start index 0::4
8(s),9(s),11,17(s)
Key Hash:
5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a

findAllKeys success on server 1(10.0.3.11)
";
        assert_eq!(render(&answers([Ok(keys()), Ok(keys())]), true), expected);
    }

    #[test]
    fn documented_without_hash() {
        let expected = "\
Keys on server 0(10.0.2.9):
Number of keys found 1
number of keys matched from start index 0::1
262162(o)
findAllKeys success on server 0(10.0.2.9)
Keys on server 1(10.0.3.11):
Number of keys found 0
number of keys matched from start index 0::0
findAllKeys success on server 1(10.0.3.11)
findAllKeys failed on server 2(10.0.1.12): HSM Error: User is not logged in
";
        let results = answers([
            Ok(found(&[(262_162, Mark::Owned)], Some([1; 32]))),
            Ok(found(&[], None)),
            Err(HsmError::NotLoggedIn),
        ]);
        assert_eq!(render(&results, false), expected);
    }
}
