//! `getMValue <service>`: how many officers must approve on each server.

use hsm_sim::admin::NodeResult;
use hsm_sim::quorum::Service;

use crate::cmu::command::{exactly, service};
use crate::cmu::report::{Failure, Report};
use crate::cmu::session::{Refusal, Session, succeeded};
use crate::terminal::Word;
use crate::utility::Outcome;

const REPORT: Report = Report { command: "getMValue", failure: Failure::OneLine };

pub(super) fn run(session: &mut Session<'_>, arguments: &[Word]) -> Result<Outcome, Refusal> {
    let [word] = exactly(arguments)?;
    let service = service(word)?;
    let results = session.admins.each(|admin| admin.m_value(service))?;
    session.terminal.print(&render(service, &results))?;
    Ok(Outcome::when(succeeded(&results)))
}

/// Documented.
fn render(service: Service, results: &[NodeResult<u8>]) -> String {
    let line = |node: &NodeResult<u8>| match &node.result {
        Ok(m) => {
            format!("MValue of service {}[{}] on server {} : [{m}]\n", service.number(), service.name(), node.server)
        }
        Err(_) => REPORT.line(node),
    };
    results.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use hsm_sim::HsmError;

    use super::*;
    use crate::cmu::report::samples::answers;

    #[test]
    fn documented_lines() {
        let expected = "\
MValue of service 3[USER_MGMT] on server 0 : [2]
MValue of service 3[USER_MGMT] on server 1 : [1]
getMValue failed on server 2(10.0.1.12): HSM CLUSTER ERROR: Server in cluster is unavailable
";
        let results = answers([Ok(2), Ok(1), Err(HsmError::NodeUnavailable)]);
        assert_eq!(render(Service::UserManagement, &results), expected);
    }
}
