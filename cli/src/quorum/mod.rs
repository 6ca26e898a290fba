//! What the older tools, `cloudhsm_mgmt_util` and `key_mgmt_util`, show of quorum tokens and read of approvals.

pub(crate) mod approval_file;

use hsm_sim::Handle;
use hsm_sim::admin::NodeResult;
use hsm_sim::quorum::{ListedToken, QuorumToken};

/// A token (documented).
pub(crate) fn token(token: &QuorumToken) -> String {
    let QuorumToken { id, subject, node, user, .. } = token;
    let key = subject.key().map_or(0, Handle::get);
    format!("Token:\nId:{id}\nService:{}\nNode:{node}\nKey Handle:{key}\nUser:{user}\n", subject.number())
}

/// A token of a listing, which numbers them from 0 (documented).
pub(crate) fn listed(number: usize, listed: &ListedToken) -> String {
    let ListedToken { token, validity, required, approvers } = listed;
    let approved: String =
        approvers.iter().enumerate().map(|(place, name)| format!("Approver-{place}: {name}\n")).collect();
    format!(
        "-------- Token - {number} ----------\n{}Token Validity: {validity} sec\n\
         Required num of approvers : {required}\nCurrent num of approvals : {}\n{approved}",
        self::token(token),
        approvers.len(),
    )
}

/// The tokens that were made, as one file for the approvers; none if none was.
pub(crate) fn file(results: &[NodeResult<QuorumToken>]) -> Option<Vec<u8>> {
    let made: Vec<&[u8]> = results.iter().filter_map(|node| Some(&node.result.as_ref().ok()?.bytes[..])).collect();
    (!made.is_empty()).then(|| made.concat())
}
