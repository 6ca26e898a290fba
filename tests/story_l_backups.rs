//! What can be done with backups, by the real CLI: tags, retention, deletion and its undoing, copies to other Regions, sharing with other accounts.

use serde_json::{Value, json};

use crate::support::{Aws, Client, Sim, text};

const NOT_FOUND: &str = "CloudHsmResourceNotFoundException";

#[track_caller]
fn ids(listed: &Value) -> Vec<String> {
    let backups = listed["Backups"].as_array().unwrap_or_else(|| panic!("no Backups in {listed}"));
    backups.iter().map(|backup| text(backup, &["BackupId"])).collect()
}

fn describe(aws: &Aws<'_>, more: &[&str]) -> Value {
    aws.json(&[&["cloudhsmv2", "describe-backups"], more].concat())
}

#[test]
fn pages_filters_and_tags() {
    let sim = Sim::for_client(Client::V1);
    let aws = sim.aws(Client::V1);
    let all = ids(&describe(&aws, &[]));
    assert!(all.len() >= 4, "{all:?}");
    // Page by page the CLI gets each once, newest first.
    assert_eq!(ids(&describe(&aws, &["--page-size", "1"])), all);
    let oldest_first: Vec<String> = all.iter().rev().cloned().collect();
    assert_eq!(ids(&describe(&aws, &["--sort-ascending"])), oldest_first);
    assert_eq!(ids(&describe(&aws, &["--filters", &format!("backupIds={}", all[0])])), all[..1]);
    let ready = format!("clusterIds={},states=READY,PENDING_DELETION", sim.cluster());
    assert_eq!(ids(&describe(&aws, &["--filters", &ready])), all);
    aws.fails(&["cloudhsmv2", "describe-backups", "--filters", "colour=red"], "CloudHsmInvalidRequestException");

    for resource in [sim.cluster(), &all[0]] {
        let tags = ["Key=team,Value=keys", "Key=stage,Value=test", "Key=empty,Value="];
        aws.quiet(&[&["cloudhsmv2", "tag-resource", "--resource-id", resource, "--tag-list"], &tags[..]].concat());
        let untag = ["cloudhsmv2", "untag-resource", "--resource-id", resource, "--tag-key-list", "stage"];
        aws.quiet(&untag);
        let listed = aws.json(&["cloudhsmv2", "list-tags", "--resource-id", resource, "--page-size", "1"]);
        let expected = json!([{ "Key": "empty", "Value": "" }, { "Key": "team", "Value": "keys" }]);
        assert_eq!(listed["TagList"], expected);
    }
    assert_eq!(aws.cluster(sim.cluster())["TagList"].as_array().map(Vec::len), Some(2));
}

#[test]
fn deletion_and_retention() {
    let sim = Sim::for_client(Client::V2);
    let aws = sim.aws(Client::V2);
    let backups = aws.backups(sim.cluster());
    let [kept, deleted] = [0, 1].map(|at| text(&backups[at], &["BackupId"]));
    let on = |operation: &'static str, id: &str| aws.json(&["cloudhsmv2", operation, "--backup-id", id]);
    let marked = on("delete-backup", &deleted)["Backup"].take();
    assert_eq!(marked["BackupState"], "PENDING_DELETION");
    assert!(!marked["DeleteTimestamp"].is_null(), "{marked}");
    sim.clock_advance("6d");
    let again = on("restore-backup", &deleted)["Backup"].take();
    assert_eq!((&again["BackupState"], &again["DeleteTimestamp"]), (&json!("READY"), &Value::Null));
    on("delete-backup", &deleted);
    sim.clock_advance("7d");
    aws.fails(&["cloudhsmv2", "restore-backup", "--backup-id", &deleted], NOT_FOUND);

    let exempt = ["cloudhsmv2", "modify-backup-attributes", "--never-expires", "--backup-id", &kept];
    assert_eq!(aws.json(&exempt)["Backup"]["NeverExpires"], true);
    let shorter = [
        "cloudhsmv2",
        "modify-cluster",
        "--backup-retention-policy",
        "Type=DAYS,Value=7",
        "--cluster-id",
        sim.cluster(),
    ];
    let modified = aws.json(&shorter)["Cluster"].take();
    assert_eq!(modified["BackupRetentionPolicy"], json!({ "Type": "DAYS", "Value": "7" }));
    sim.clock_advance("30d");
    let left = ids(&describe(&aws, &["--filters", "neverExpires=true"]));
    assert_eq!(left, [kept]);
    let others = ids(&describe(&aws, &["--filters", "neverExpires=false"]));
    assert!(!others.is_empty(), "the newest one is spared");
}

#[test]
fn other_regions_and_accounts() {
    let sim = Sim::for_client(Client::V1);
    let aws = sim.aws(Client::V1);
    let backup = &aws.backups(sim.cluster())[0];
    let (id, arn) = (text(backup, &["BackupId"]), text(backup, &["BackupArn"]));
    let copied =
        aws.json(&["cloudhsmv2", "copy-backup-to-region", "--destination-region", "eu-west-1", "--backup-id", &id]);
    assert_eq!(copied["DestinationBackup"]["SourceBackup"], *id);
    assert_eq!(copied["DestinationBackup"]["CreateTimestamp"], backup["CreateTimestamp"]);
    let there = ["--region", "eu-west-1", "--filters", &format!("sourceBackupIds={id}")];
    let copy = describe(&aws, &there)["Backups"][0].take();
    let told = [&copy["SourceRegion"], &copy["SourceCluster"], &copy["BackupState"], &copy["ClusterId"]];
    assert_eq!(told, [&json!("us-east-1"), &json!(sim.cluster()), &json!("READY"), &json!(sim.cluster())]);
    let create = |more: &[&str]| {
        let create = ["cloudhsmv2", "create-cluster", "--hsm-type", "hsm1.medium", "--subnet-ids", "subnet-0bbbbbbb1"];
        [&create[..], more].concat().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let run = |aws: &Aws<'_>, args: &[String]| aws.run(&args.iter().map(String::as_str).collect::<Vec<_>>());
    let source = text(&copy, &["BackupId"]);
    let clone = run(&aws, &create(&["--region", "eu-west-1", "--source-backup-id", &source])).json()["Cluster"].take();
    assert_eq!(clone["SourceBackupId"], *source);

    let friend = aws.with_key("444455556666", "secret");
    let take = create(&["--source-backup-id", &arn]);
    assert_eq!(run(&friend, &take).error_code(), Some("CloudHsmAccessDeniedException"));
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "AWS": "444455556666" }, "Resource": "*",
        "Action": ["cloudhsm:DescribeBackups", "cloudhsm:CreateCluster"],
    }] });
    let policy = policy.to_string();
    let put = aws.json(&["cloudhsmv2", "put-resource-policy", "--resource-arn", &arn, "--policy", &policy]);
    assert_eq!(put, json!({ "ResourceArn": arn, "Policy": policy }));
    assert_eq!(ids(&describe(&friend, &["--shared"])), [id]);
    assert_eq!(ids(&describe(&friend, &[])), [] as [&str; 0]);
    assert_eq!(run(&friend, &take).json()["Cluster"]["State"], "CREATE_IN_PROGRESS");
    let got = aws.json(&["cloudhsmv2", "get-resource-policy", "--resource-arn", &arn]);
    assert_eq!(got, json!({ "Policy": policy }));
    aws.json(&["cloudhsmv2", "delete-resource-policy", "--resource-arn", &arn]);
    assert_eq!(run(&friend, &take).error_code(), Some("CloudHsmAccessDeniedException"));
}
