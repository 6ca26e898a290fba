//! Whole conversations with a simulated cluster.

use std::fs;

use hsm_sim::fault::{ClientClass, FaultKind, FaultSpec};
use hsm_sim::object::KeyTemplate;
use hsm_sim::{ActiveCluster, Handle, TestCluster};

use super::{converse, single};
use crate::terminal::Terminal;

/// What the utility prints, and whether all went well.
fn talk(cluster: &ActiveCluster, script: &str) -> (String, bool) {
    let mut output = Vec::new();
    let terminal = Terminal::script(script.as_bytes(), &mut output);
    let tally = converse(cluster.world(), cluster.cluster_id(), 1, terminal).unwrap();
    (String::from_utf8(output).unwrap(), tally.is_clean())
}

fn login(cluster: &ActiveCluster) -> String {
    format!("loginHSM -u CU -s kmsuser -p {}\n", cluster.kmsuser_password().unwrap().expose())
}

/// A key of kmsuser's.
fn key(cluster: &ActiveCluster, label: &str) -> Handle {
    let mut client = cluster.world().client(cluster.cluster_id(), ClientClass::Tools).unwrap();
    client.login("kmsuser", cluster.kmsuser_password().unwrap()).unwrap();
    client.generate_key(&KeyTemplate::aes(32, label).id(b"test_01")).unwrap().handle
}

fn status(indent: &str) -> String {
    let nodes = (0..3).map(|node| format!("{indent}Node id {node} and err state 0x00000000 : HSM Return: SUCCESS\n"));
    format!("{indent}Cluster Error Status\n{}", nodes.collect::<String>())
}

#[test]
fn the_seeds_deletion() {
    let cluster = TestCluster::active(3).unwrap();
    let handle = key(&cluster, "arn:aws:kms:us-east-1:111122223333:key/1");
    let script = format!(
        "{}findKey -l arn:aws:kms:us-east-1:111122223333:key/1\ndeleteKey -k {handle}\nfindKey\nlogoutHSM\nexit\n",
        login(&cluster)
    );
    let (margin, indented) = (status(""), status("        "));
    let expected = format!(
        "Cfm3LoginHSM returned: 0x00 : HSM Return: SUCCESS

{margin}
Total number of keys present 1

 number of keys matched from start index 0::0
{handle}

{indented}
        Cfm3FindKey returned: 0x00 : HSM Return: SUCCESS

        Cfm3DeleteKey returned: 0x00 : HSM Return: SUCCESS

{indented}
Total number of keys present 0

{indented}
        Cfm3FindKey returned: 0x00 : HSM Return: SUCCESS
Cfm3LogoutHSM returned: 0x00 : HSM Return: SUCCESS

{margin}"
    );
    assert_eq!(talk(&cluster, &script), (expected, true));
}

#[test]
fn searching_by_everything() {
    let cluster = TestCluster::active(1).unwrap();
    let (first, second) = (key(&cluster, "first"), key(&cluster, "second"));
    let both = format!("{first}, {second}");
    for (arguments, found) in [
        ("", both.as_str()),
        ("-l first", &first.to_string()),
        ("-l 'fir'", ""),
        ("-c 4 -t 31 -id test_01 -sess 0 -u 3", &both),
        ("-c 3", ""),
        ("-t 21", ""),
        ("-sess 1", ""),
        ("-u 3,9", ""),
        ("-kcv 0x000000", ""),
    ] {
        let (text, clean) = talk(&cluster, &format!("{}findKey {arguments}\n", login(&cluster)));
        assert!(clean, "{text}");
        let line = text.lines().skip_while(|line| !line.contains("matched from start index")).nth(1);
        assert_eq!(line.unwrap_or_default(), found, "{arguments}");
    }
}

#[test]
fn what_a_key_is() {
    let cluster = TestCluster::active(1).unwrap();
    let handle = key(&cluster, "aes256");
    let file = cluster.world().directory().join("attributes");
    let name = file.display();
    let script = format!("{0}getKeyInfo -k {handle}\ngetAttribute -o {handle} -a 256 -out '{name}'\n", login(&cluster));
    let (text, clean) = talk(&cluster, &script);
    assert!(clean, "{text}");
    let expected = format!(
        "
        Cfm3GetKey returned: 0x00 : HSM Return: SUCCESS

        Owned by user 3
Attributes dumped into {name} file

        Cfm3GetAttribute returned: 0x00 : HSM Return: SUCCESS
"
    );
    assert!(text.ends_with(&expected), "{text}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "OBJ_ATTR_KEY_TYPE\n0x0000001f\n");

    let script = format!("{}getAttribute -o {handle} -a 512 -out '{name}'\n", login(&cluster));
    let (text, clean) = talk(&cluster, &script);
    assert!(clean && text.contains(" attr cnt 17\n"), "{text}");
    let dump = fs::read_to_string(&file).unwrap();
    assert!(dump.starts_with("OBJ_ATTR_CLASS\n0x04\nOBJ_ATTR_KEY_TYPE\n0x1f\nOBJ_ATTR_TOKEN\n0x01\n"), "{dump}");
    assert!(dump.contains("OBJ_ATTR_LABEL\naes256\nOBJ_ATTR_ID\ntest_01\nOBJ_ATTR_VALUE_LEN\n0x00000020\n"), "{dump}");
}

#[test]
fn users_of_the_cluster() {
    let cluster = TestCluster::active(3).unwrap();
    let expected = "
        Number Of Users found 3

        Index       User ID     User Type       User Name           MofnPubKey    LoginFailureCnt         2FA
        1                1      PCO             admin                     NO               0               NO
        2                2      AU              app_user                  NO               0               NO
        3                3      CU              kmsuser                   NO               0               NO

        Cfm3ListUsers returned: 0x00 : HSM Return: SUCCESS
";
    assert_eq!(talk(&cluster, "listUsers\n"), (expected.to_owned(), true));
}

#[test]
fn refusals() {
    let cluster = TestCluster::active(1).unwrap();
    let invalid = "HSM Error: Invalid object handle is passed to this operation";
    let explained = "
Description
===========
Delete Key

Syntax: deleteKey -h -k <key handle>

Where: -h         displays this information
       -k         specifies the handle of the key
"
    .to_owned();
    let not_logged_in = "returned: 0x94 : HSM Error: User is not logged in\n";
    for (script, answer) in [
        ("bogus\n".to_owned(), "Invalid command, type 'help' for the list of commands\n".to_owned()),
        ("deleteKey\n".to_owned(), format!("\n        Error: <key handle> (-k) is missing.\n{explained}")),
        ("deleteKey -k x\n".to_owned(), explained.clone()),
        ("deleteKey -k 6 -x\n".to_owned(), explained),
        ("findKey 'x\n".to_owned(), "the quote ' is not closed\n".to_owned()),
        ("logoutHSM\n".to_owned(), format!("Cfm3LogoutHSM {not_logged_in}")),
        ("getKeyInfo -k 6\n".to_owned(), format!("\n        Cfm3GetKey {not_logged_in}")),
        (
            "loginHSM -u XX -s kmsuser -p password1\n".to_owned(),
            "Cfm3LoginHSM returned: 0xdb : HSM Error: Invalid User Type.\n".to_owned(),
        ),
        (
            "loginHSM -u CU -s kmsuser -p wrongPassword\n".to_owned(),
            "Cfm3LoginHSM returned: 0xa3 : HSM Error: RET_USER_LOGIN_FAILURE\n\nCluster Error Status\n\
             Node id 0 and err state 0x000000a3 : HSM Error: RET_USER_LOGIN_FAILURE\n"
                .to_owned(),
        ),
        (
            format!("{}deleteKey -k 252126\n", login(&cluster)),
            format!(
                "\n        Cfm3FindKey returned: 0xa8 : {invalid}\n\n        Cluster Error Status\n        \
                 Node id 0 and err state 0x000000a8 : {invalid}\n"
            ),
        ),
        (
            format!("{}getAttribute -o 6 -a 9999 -out x\n", login(&cluster)),
            "\n        Cfm3GetAttribute returned: 0xa9 : HSM Error: Invalid attribute is passed to this operation\n"
                .to_owned(),
        ),
    ] {
        let (text, clean) = talk(&cluster, &script);
        assert!(!clean, "{script}");
        assert!(text.ends_with(&answer), "{script}\n{text}");
    }
}

#[test]
fn a_node_that_is_away_keeps_its_key() {
    let cluster = TestCluster::active(2).unwrap();
    let handle = key(&cluster, "label");
    let node = cluster.control().cluster(cluster.cluster_id()).unwrap().nodes[1].id.clone();
    let kind = FaultKind::NodeDown { cluster: cluster.cluster_id().clone(), node };
    let fault = cluster.world().faults().set(&FaultSpec::new(kind)).unwrap();
    let (text, clean) = talk(&cluster, &format!("{}deleteKey -k {handle}\n", login(&cluster)));
    assert!(!clean);
    let away = "HSM CLUSTER ERROR: Server in cluster is unavailable";
    let expected = format!(
        "
        Cfm3DeleteKey returned: 0x30000085 : {away}

        Cluster Error Status
        Node id 0 and err state 0x00000000 : HSM Return: SUCCESS
        Node id 1 and err state 0x30000085 : {away}
"
    );
    assert!(text.ends_with(&expected), "{text}");
    cluster.world().faults().clear(&fault.id).unwrap();
    let (text, _) = talk(&cluster, &format!("{}findKey -l label\n", login(&cluster)));
    assert!(text.contains("Total number of keys present 1\n"), "{text}");
}

#[test]
fn one_command_on_the_command_line() {
    let cluster = TestCluster::active(1).unwrap();
    let handle = key(&cluster, "label");
    let run = |line: &str| {
        let mut output = Vec::new();
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let terminal = Terminal::script(&b""[..], &mut output);
        let tally = single(cluster.world(), cluster.cluster_id(), 1, terminal, &words).unwrap();
        (String::from_utf8(output).unwrap(), tally.is_clean())
    };
    let (text, clean) = run(&format!("{} findKey -l label", login(&cluster).trim_end()));
    assert!(clean && text.contains(&format!("start index 0::0\n{handle}\n")), "{text}");
    let (text, clean) = run("loginHSM -u CU -s kmsuser -p wrongPassword findKey");
    assert!(!clean && !text.contains("findKey"), "{text}");
    let (text, clean) = run("listUsers");
    assert!(clean, "{text}");
}

#[test]
fn help_for_everything_and_for_one() {
    let cluster = TestCluster::active(1).unwrap();
    let (text, clean) = talk(&cluster, "help\ndeleteKey -h\n");
    assert!(clean && text.contains("   deleteKey              Delete Key\n"), "{text}");
    assert!(text.ends_with("       -k         specifies the handle of the key\n"), "{text}");
}
