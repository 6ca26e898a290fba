//! The caution before a change that is not synchronised, and its question (seed 004).

use crate::cmu::Banner;
use crate::cmu::session::{Refusal, Session};

const RULE: &str = "****************************************************************";
const QUESTION: &str = "Do you want to continue(y/n)?";

/// The caution, with a blank line before and after it.
pub(super) fn render(banner: Banner) -> String {
    let third = match banner {
        Banner::Seed => "cluster. Cav server does NOT synchronize these changes with the",
        Banner::Aws => "cluster. AWS does NOT synchronize these changes automatically with the",
    };
    format!(
        "\n*************************CAUTION********************************\n\
         This is a CRITICAL operation, should be done on all nodes in the\n\
         {third}\n\
         nodes on which this operation is not executed or failed, please\n\
         ensure this operation is executed on all nodes in the cluster.\n\
         {RULE}\n\n"
    )
}

/// Shows the caution and asks until the answer is `y` or `n`; the end of the input is an `n`.
pub(super) fn confirmed(session: &mut Session<'_>) -> Result<bool, Refusal> {
    session.terminal.print(&render(session.manner.banner))?;
    loop {
        match session.terminal.ask(QUESTION)?.as_deref() {
            Some("y") => return Ok(true),
            Some("n") | None => return Ok(false),
            // Documented text.
            Some(_) => session.terminal.print("Invalid option, please type 'y' or 'n'\n\n")?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn word_for_word() {
        let seed = "
*************************CAUTION********************************
This is a CRITICAL operation, should be done on all nodes in the
cluster. Cav server does NOT synchronize these changes with the
nodes on which this operation is not executed or failed, please
ensure this operation is executed on all nodes in the cluster.
****************************************************************

";
        assert_eq!(render(Banner::Seed), seed);
        let newer = seed.replace(
            "Cav server does NOT synchronize these changes with the",
            "AWS does NOT synchronize these changes automatically with the",
        );
        assert_eq!(render(Banner::Aws), newer);
    }
}
