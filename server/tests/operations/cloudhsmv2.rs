//! CloudHSM.

use serde_json::{Value, json};

use crate::{CLOUD_HSM, Scene, members};

#[test]
fn clusters_hsms_and_backups() {
    let scene = Scene::new();
    let active = scene.store.cluster().cluster_id().as_str().to_owned();
    let shown = scene.cloud_hsm("DescribeClusters", json!({ "Filters": { "clusterIds": [active] } }));
    let cluster = &shown["Clusters"][0];
    assert_eq!(
        members(cluster),
        [
            "BackupPolicy",
            "BackupRetentionPolicy",
            "Certificates",
            "ClusterId",
            "CreateTimestamp",
            "HsmType",
            "Hsms",
            "Mode",
            "NetworkType",
            "SecurityGroup",
            "State",
            "SubnetMapping",
            "VpcId"
        ]
    );
    assert_eq!(members(&cluster["Certificates"]), ["ClusterCertificate"]);
    let hsm = &cluster["Hsms"][0];
    assert_eq!(
        members(hsm),
        ["AvailabilityZone", "ClusterId", "EniId", "EniIp", "HsmId", "HsmType", "State", "StateMessage", "SubnetId"]
    );
    assert_eq!((&hsm["State"], &hsm["StateMessage"]), (&json!("ACTIVE"), &json!("HSM created.")));
    for filters in [
        json!({ "clusterIds": ["cluster-aaaaaaaaaaa"] }),
        json!({ "clusterIds": ["nonsense"] }),
        json!({ "states": ["SLEEPING"] }),
        json!({ "clusterIds": [active], "states": ["DELETED"] }),
    ] {
        assert_eq!(scene.cloud_hsm("DescribeClusters", json!({ "Filters": filters }))["Clusters"], json!([]));
    }

    let all = scene.cloud_hsm("DescribeBackups", json!({ "Filters": { "clusterIds": [active], "states": ["READY"] } }));
    let backups: Vec<&Value> = all["Backups"].as_array().unwrap().iter().map(|backup| &backup["BackupId"]).collect();
    assert!(backups.len() >= 3, "{all}");
    let backup = &all["Backups"][0];
    assert_eq!(
        members(backup),
        ["BackupArn", "BackupId", "BackupState", "ClusterId", "CreateTimestamp", "HsmType", "Mode", "NeverExpires"]
    );
    let (mut paged, mut token) = (Vec::new(), Value::Null);
    loop {
        let page = scene.cloud_hsm("DescribeBackups", json!({ "MaxResults": 1, "NextToken": token }));
        paged.push(page["Backups"][0]["BackupId"].clone());
        token = page["NextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(paged.iter().collect::<Vec<_>>(), backups, "newest first, each once");
    let oldest = scene.cloud_hsm("DescribeBackups", json!({ "SortAscending": true }));
    assert_eq!(Some(&&oldest["Backups"][0]["BackupId"]), backups.last());
    for (filters, count) in [
        (json!({ "neverExpires": ["true"] }), 0),
        (json!({ "neverExpires": ["false"] }), backups.len()),
        (json!({ "backupIds": [backup["BackupArn"], backups[1]] }), 2),
        (json!({ "sourceBackupIds": [backup["BackupId"]] }), 0),
    ] {
        let found = scene.cloud_hsm("DescribeBackups", json!({ "Filters": filters }));
        assert_eq!(found["Backups"].as_array().map(Vec::len), Some(count), "{filters}");
    }
    assert_eq!(scene.cloud_hsm("DescribeBackups", json!({ "Shared": true }))["Backups"], json!([]));

    let made = scene.cloud_hsm(
        "CreateCluster",
        json!({
            "HsmType": "hsm1.medium",
            "SubnetIds": ["subnet-0aaaaaaa1"],
            "SourceBackupId": backup["BackupArn"],
            "BackupRetentionPolicy": { "Type": "DAYS", "Value": "30" },
            "TagList": [{ "Key": "team", "Value": "keys" }]
        }),
    );
    let clone = &made["Cluster"];
    assert_eq!((&clone["State"], &clone["SourceBackupId"]), (&json!("CREATE_IN_PROGRESS"), &backup["BackupId"]));
    assert_eq!(clone["BackupRetentionPolicy"], json!({ "Type": "DAYS", "Value": "30" }));
    assert_eq!(clone["TagList"], json!([{ "Key": "team", "Value": "keys" }]));
    let id = &clone["ClusterId"];
    let zone = clone["SubnetMapping"].as_object().unwrap().keys().next().unwrap();
    let added = scene.cloud_hsm("CreateHsm", json!({ "ClusterId": id, "AvailabilityZone": zone }));
    let added = &added["Hsm"];
    assert_eq!(members(added), ["AvailabilityZone", "ClusterId", "EniId", "EniIp", "HsmId", "State", "SubnetId"]);
    assert_eq!(added["State"], "CREATE_IN_PROGRESS");
    let removed = scene.cloud_hsm("DeleteHsm", json!({ "ClusterId": id, "EniIp": added["EniIp"] }));
    assert_eq!(removed, json!({ "HsmId": added["HsmId"] }));
    let deleted = scene.cloud_hsm("DeleteCluster", json!({ "ClusterId": id }));
    assert_eq!(
        (&deleted["Cluster"]["State"], &deleted["Cluster"]["StateMessage"]),
        (&json!("DELETE_IN_PROGRESS"), &json!("The cluster is being deleted."))
    );

    let new = scene.cloud_hsm("CreateCluster", json!({ "HsmType": "hsm1.medium", "SubnetIds": ["subnet-0aaaaaaa1"] }));
    assert_eq!(new["Cluster"]["Certificates"], json!({}));
    let first = json!({ "ClusterId": new["Cluster"]["ClusterId"], "AvailabilityZone": zone });
    scene.cloud_hsm("CreateHsm", first.clone());
    for (operation, body, error) in [
        ("CreateHsm", first, "CloudHsmInvalidRequestException"),
        (
            "InitializeCluster",
            json!({ "ClusterId": new["Cluster"]["ClusterId"], "SignedCert": "x", "TrustAnchor": "x" }),
            "CloudHsmInvalidRequestException",
        ),
        ("DeleteCluster", json!({ "ClusterId": active }), "CloudHsmInvalidRequestException"),
        ("DeleteCluster", json!({ "ClusterId": "cluster-aaaaaaaaaaa" }), "CloudHsmResourceNotFoundException"),
        (
            "CreateHsm",
            json!({ "ClusterId": active, "AvailabilityZone": zone, "IpAddress": "999.0.0.1" }),
            "CloudHsmInvalidRequestException",
        ),
        (
            "CreateCluster",
            json!({ "HsmType": "hsm1.medium", "SubnetIds": ["subnet-0aaaaaaa1"], "NetworkType": "DUALSTACK" }),
            "CloudHsmInvalidRequestException",
        ),
        (
            "CreateCluster",
            json!({
                "HsmType": "hsm1.medium",
                "SubnetIds": ["subnet-0aaaaaaa1"],
                "TagList": [{ "Key": "a", "Value": "1" }, { "Key": "a", "Value": "2" }]
            }),
            "CloudHsmTagException",
        ),
        ("DescribeClusters", json!({ "NextToken": "garbage" }), "CloudHsmInvalidRequestException"),
    ] {
        assert_eq!(scene.error(CLOUD_HSM, operation, body.clone()), (error.to_owned(), 400), "{operation} {body}");
    }
}

#[test]
fn strict_patterns_follow_the_settings() {
    let scene = Scene::new();
    let describe = |id: &str| scene.error(CLOUD_HSM, "DeleteCluster", json!({ "ClusterId": id })).0;
    let pattern = || {
        let body = json!({ "ClusterId": "c" }).to_string();
        let message = scene.server.post(&format!("{CLOUD_HSM}.DeleteCluster"), body.as_bytes()).message();
        message.rsplit(' ').next().unwrap().to_owned()
    };
    assert_eq!(pattern(), "cluster-[0-9a-zA-Z]{11,16}");
    assert_eq!(describe("cluster-1a23b4cdefg"), "CloudHsmResourceNotFoundException");
    let world = scene.store.world();
    let settings = hsm_sim::Settings { strict_patterns: true, ..world.settings().unwrap() };
    world.write(|tx| settings.save(tx)).unwrap();
    assert_eq!(pattern(), "cluster-[2-7a-zA-Z]{11,16}", "the pattern in force is told");
    assert_eq!(describe("cluster-1a23b4cdefg"), "CloudHsmInvalidRequestException");
    assert_eq!(describe("cluster-aaaaaaaaaaa"), "CloudHsmResourceNotFoundException");
}

/// The operations on backups, tags and policies: what they answer, member by member, and what they refuse.
#[test]
fn backups_tags_and_policies() {
    let scene = Scene::new();
    let cluster = scene.store.cluster().cluster_id().as_str().to_owned();
    let all = scene.cloud_hsm("DescribeBackups", json!({}));
    let (backup, arn) = (all["Backups"][0]["BackupId"].clone(), all["Backups"][0]["BackupArn"].clone());
    let call = |operation: &str, body: Value| scene.cloud_hsm(operation, body);

    let exempt = call("ModifyBackupAttributes", json!({ "BackupId": backup, "NeverExpires": true }));
    assert_eq!((&exempt["Backup"]["BackupId"], &exempt["Backup"]["NeverExpires"]), (&backup, &json!(true)));
    let kept = call("DescribeBackups", json!({ "Filters": { "neverExpires": ["true"] } }));
    assert_eq!(kept["Backups"].as_array().map(Vec::len), Some(1));

    let deleted = call("DeleteBackup", json!({ "BackupId": backup }));
    assert_eq!(deleted["Backup"]["BackupState"], "PENDING_DELETION");
    let week = deleted["Backup"]["DeleteTimestamp"].as_f64().unwrap();
    let pending = call("DescribeBackups", json!({ "Filters": { "states": ["PENDING_DELETION"] } }));
    assert_eq!(pending["Backups"][0]["DeleteTimestamp"].as_f64(), Some(week));
    let restored = call("RestoreBackup", json!({ "BackupId": backup }));
    assert_eq!(
        (&restored["Backup"]["BackupState"], &restored["Backup"]["DeleteTimestamp"]),
        (&json!("READY"), &Value::Null)
    );

    let copied = call("CopyBackupToRegion", json!({ "BackupId": backup, "DestinationRegion": "eu-west-1" }));
    let destination = &copied["DestinationBackup"];
    assert_eq!(members(destination), ["CreateTimestamp", "SourceBackup", "SourceCluster", "SourceRegion"]);
    assert_eq!(
        (&destination["SourceBackup"], &destination["SourceCluster"], &destination["SourceRegion"]),
        (&backup, &json!(cluster), &json!("us-east-1"))
    );

    for resource in [json!(cluster), backup.clone()] {
        let tag = |key: &str| json!({ "Key": key, "Value": "1" });
        assert_eq!(call("TagResource", json!({ "ResourceId": resource, "TagList": [tag("b"), tag("a")] })), json!({}));
        let first = call("ListTags", json!({ "ResourceId": resource, "MaxResults": 1 }));
        assert_eq!(first["TagList"], json!([tag("a")]));
        let second = call("ListTags", json!({ "ResourceId": resource, "NextToken": first["NextToken"] }));
        assert_eq!((&second["TagList"], &second["NextToken"]), (&json!([tag("b")]), &Value::Null));
        assert_eq!(call("UntagResource", json!({ "ResourceId": resource, "TagKeyList": ["a", "c"] })), json!({}));
        assert_eq!(call("ListTags", json!({ "ResourceId": resource }))["TagList"], json!([tag("b")]));
    }

    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "AWS": "444455556666" }, "Resource": "*",
        "Action": ["cloudhsm:DescribeBackups", "cloudhsm:CreateCluster"],
    }] });
    let policy = policy.to_string();
    let both = json!({ "ResourceArn": arn, "Policy": policy });
    assert_eq!(call("GetResourcePolicy", json!({ "ResourceArn": arn })), json!({}));
    assert_eq!(call("PutResourcePolicy", both.clone()), both);
    assert_eq!(call("GetResourcePolicy", json!({ "ResourceArn": arn })), json!({ "Policy": policy }));
    assert_eq!(call("DeleteResourcePolicy", json!({ "ResourceArn": arn })), both);

    let changed = call(
        "ModifyCluster",
        json!({ "ClusterId": cluster, "HsmType": "hsm2m.medium", "BackupRetentionPolicy": { "Type": "DAYS", "Value": "7" } }),
    );
    let changed = &changed["Cluster"];
    assert_eq!(
        (&changed["HsmType"], &changed["BackupRetentionPolicy"]["Value"]),
        (&json!("hsm2m.medium"), &json!("7"))
    );
    assert!(changed["HsmTypeRollbackExpiration"].as_f64() > changed["CreateTimestamp"].as_f64());

    let unknown = "backup-aaaaaaaaaaa";
    let (missing, invalid) = ("CloudHsmResourceNotFoundException", "CloudHsmInvalidRequestException");
    let foreign = "arn:aws:cloudhsm:us-east-1:444455556666:backup/backup-aaaaaaaaaaa";
    let many: Vec<Value> = (0..50).map(|n| json!({ "Key": format!("n{n}"), "Value": "" })).collect();
    for (operation, body, error) in [
        ("DeleteBackup", json!({ "BackupId": unknown }), missing),
        ("DeleteBackup", json!({ "BackupId": "b" }), invalid),
        ("DeleteBackup", json!({}), invalid),
        ("RestoreBackup", json!({ "BackupId": backup }), invalid),
        ("RestoreBackup", json!({ "BackupId": unknown }), missing),
        ("ModifyBackupAttributes", json!({ "BackupId": backup }), invalid),
        ("ModifyBackupAttributes", json!({ "BackupId": unknown, "NeverExpires": true }), missing),
        ("CopyBackupToRegion", json!({ "BackupId": backup, "DestinationRegion": "us-east-1" }), invalid),
        ("CopyBackupToRegion", json!({ "BackupId": backup, "DestinationRegion": "moon" }), invalid),
        ("CopyBackupToRegion", json!({ "BackupId": unknown, "DestinationRegion": "eu-west-1" }), missing),
        ("ListTags", json!({ "ResourceId": unknown }), missing),
        ("ListTags", json!({ "ResourceId": "hsm-aaaaaaaaaaa" }), invalid),
        ("ListTags", json!({ "ResourceId": cluster, "NextToken": "garbage" }), invalid),
        ("TagResource", json!({ "ResourceId": cluster, "TagList": [] }), invalid),
        ("TagResource", json!({ "ResourceId": cluster, "TagList": many }), "CloudHsmResourceLimitExceededException"),
        (
            "TagResource",
            json!({ "ResourceId": cluster, "TagList": [{ "Key": "aws:x", "Value": "" }] }),
            "CloudHsmTagException",
        ),
        ("UntagResource", json!({ "ResourceId": cluster, "TagKeyList": [""] }), invalid),
        ("PutResourcePolicy", json!({ "ResourceArn": arn, "Policy": "{}" }), invalid),
        ("PutResourcePolicy", json!({ "Policy": policy }), invalid),
        ("PutResourcePolicy", json!({ "ResourceArn": foreign, "Policy": policy }), "CloudHsmAccessDeniedException"),
        ("GetResourcePolicy", json!({ "ResourceArn": "nonsense" }), invalid),
        ("DeleteResourcePolicy", json!({ "ResourceArn": foreign }), "CloudHsmAccessDeniedException"),
        ("ModifyCluster", json!({ "ClusterId": cluster }), invalid),
        ("ModifyCluster", json!({ "ClusterId": cluster, "HsmType": "hsm9.large" }), invalid),
        (
            "ModifyCluster",
            json!({ "ClusterId": cluster, "BackupRetentionPolicy": { "Type": "DAYS", "Value": "6" } }),
            invalid,
        ),
        ("ModifyCluster", json!({ "ClusterId": "cluster-aaaaaaaaaaa", "HsmType": "hsm2m.medium" }), missing),
    ] {
        assert_eq!(scene.error(CLOUD_HSM, operation, body.clone()), (error.to_owned(), 400), "{operation} {body}");
    }
    let events = scene.trail("TagResource");
    assert_eq!(events[0]["eventSource"], "cloudhsm.amazonaws.com");
}
