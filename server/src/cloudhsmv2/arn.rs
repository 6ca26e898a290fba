//! ARNs of backups: `arn:aws:cloudhsm:<Region>:<account>:backup/<backup id>` (documented).

use hsm_sim::id::InvalidId;
use hsm_sim::{BackupId, ControlError, Realm};

use crate::ServiceError;

/// A backup, and whose it is when an ARN says so. The id may stand alone where the service takes either (documented).
pub(super) fn backup(text: &str) -> Result<(BackupId, Option<Realm>), InvalidId> {
    let [_, _, _, region, account, resource] = text.split(':').collect::<Vec<_>>()[..] else {
        return Ok((text.parse()?, None));
    };
    let id = resource.strip_prefix("backup/").unwrap_or(resource).parse()?;
    Ok((id, Some(Realm::new(account, region)?)))
}

/// The ARN of a backup.
pub(super) fn of_backup(realm: &Realm, id: &BackupId) -> String {
    let (account, region) = (realm.account(), realm.region());
    let partition = if region.starts_with("us-gov-") { "aws-us-gov" } else { "aws" };
    format!("arn:{partition}:cloudhsm:{region}:{account}:backup/{id}")
}

/// The caller's own backup that a resource policy is about; nothing else can have one (documented).
pub(super) fn own_backup(arn: Option<&str>, caller: &Realm) -> Result<BackupId, ServiceError> {
    let arn = arn.ok_or_else(|| ServiceError::Validation("Specify ResourceArn.".to_owned()))?;
    if !arn.contains(":backup/") {
        return Err(ServiceError::Validation(format!("'{arn}' cannot have a resource policy; only backups can.")));
    }
    match backup(arn)? {
        (id, Some(owner)) if owner == *caller => Ok(id),
        (_, Some(owner)) if owner.account() != caller.account() => {
            Err(ControlError::AccessDenied(arn.to_owned()).into())
        }
        (id, _) => Err(ControlError::BackupNotFound(id).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "backup-igklspoyj5v";

    #[test]
    fn arns_are_read_back() {
        let id: BackupId = ID.parse().unwrap();
        for region in ["us-east-1", "us-gov-west-1"] {
            let realm = Realm::new("444455556666", region).unwrap();
            assert_eq!(backup(&of_backup(&realm, &id)), Ok((id.clone(), Some(realm))));
        }
        assert_eq!(backup(ID), Ok((id, None)));
    }

    #[test]
    fn policies_are_for_backups_of_the_caller() {
        let caller = Realm::default();
        let arn = |account: &str, region: &str, kind: &str| format!("arn:aws:cloudhsm:{region}:{account}:{kind}");
        let backup = format!("backup/{ID}");
        let table = [
            (arn("111122223333", "us-east-1", &backup), None),
            (arn("444455556666", "us-east-1", &backup), Some("CloudHsmAccessDeniedException")),
            (arn("111122223333", "eu-west-1", &backup), Some("CloudHsmResourceNotFoundException")),
            (arn("111122223333", "us-east-1", "cluster/cluster-igklspoyj5v"), Some("CloudHsmInvalidRequestException")),
        ];
        for (arn, expected) in table {
            let answer = own_backup(Some(&arn), &caller);
            let name = answer.err().map(|error| error.wire(crate::protocol::Service::CloudHsm).name);
            assert_eq!(name, expected, "{arn}");
        }
        assert!(own_backup(None, &caller).is_err());
    }
}
