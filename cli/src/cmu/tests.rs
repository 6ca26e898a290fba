//! Whole conversations with a simulated cluster.

use std::fs;
use std::net::Ipv4Addr;
use std::slice::from_ref;

use hsm_sim::client::Query;
use hsm_sim::fault::{ClientClass, FaultKind, FaultSpec};
use hsm_sim::node::Node;
use hsm_sim::object::KeyTemplate;
use hsm_sim::{ActiveCluster, Password, TestCluster};

use super::{Banner, Manner, OnFailure, converse};
use crate::terminal::Terminal;

const IGNORE: Manner = Manner { on_failure: OnFailure::Ignore, banner: Banner::Seed, ca: None };
const ABORT: Manner = Manner { on_failure: OnFailure::Abort, ..IGNORE };

const CAUTION: &str = "
*************************CAUTION********************************
This is a CRITICAL operation, should be done on all nodes in the
cluster. Cav server does NOT synchronize these changes with the
nodes on which this operation is not executed or failed, please
ensure this operation is executed on all nodes in the cluster.
****************************************************************

Do you want to continue(y/n)?";

fn nodes(cluster: &ActiveCluster) -> Vec<Node> {
    cluster.control().cluster(cluster.cluster_id()).unwrap().nodes
}

/// What the utility prints after it has connected, with `{0}` for the address of server 0, and whether all went well.
#[track_caller]
fn talk_as(manner: Manner, cluster: &ActiveCluster, script: &str) -> (String, bool) {
    let mut output = Vec::new();
    let terminal = Terminal::script(script.as_bytes(), &mut output);
    let tally = converse(cluster.world(), from_ref(cluster.cluster_id()), manner, terminal).unwrap();
    let text = after_start(cluster, output);
    (text, tally.is_clean())
}

/// What follows the lines about connecting, with numbers for addresses.
fn after_start(cluster: &ActiveCluster, output: Vec<u8>) -> String {
    let mut text = String::from_utf8(output).unwrap();
    let addresses: Vec<Ipv4Addr> = nodes(cluster).iter().map(|node| node.ip).collect();
    for (server, ip) in addresses.iter().enumerate() {
        text = text.replace(&format!("({ip})"), &format!("({{{server}}})"));
    }
    let start = text.rfind("E2E enabled on server").unwrap();
    let end = text[start..].find('\n').unwrap();
    text[start + end + 1..].to_owned()
}

#[track_caller]
fn talk(cluster: &ActiveCluster, script: &str) -> (String, bool) {
    talk_as(IGNORE, cluster, script)
}

fn officer(cluster: &ActiveCluster) -> String {
    format!("loginHSM CO admin {}\n", cluster.admin_password().expose())
}

const LOGGED_IN: &str =
    "loginHSM success on server 0({0})\nloginHSM success on server 1({1})\nloginHSM success on server 2({2})\n";

fn node_down(cluster: &ActiveCluster, server: usize) {
    let node = nodes(cluster)[server].id.clone();
    let kind = FaultKind::NodeDown { cluster: cluster.cluster_id().clone(), node };
    cluster.world().faults().set(&FaultSpec::new(kind)).unwrap();
}

#[test]
fn the_seeds_password_change() {
    let cluster = TestCluster::active(3).unwrap();
    let script = format!("{}changePswd CU kmsuser tempPassword\ny\nlogoutHSM\nquit\n", officer(&cluster));
    let expected = format!(
        "{LOGGED_IN}{CAUTION}y
Changing password for kmsuser(CU) on 3 nodes
changePswd success on server 0({{0}})
changePswd success on server 1({{1}})
changePswd success on server 2({{2}})
logoutHSM success on server 0({{0}})
logoutHSM success on server 1({{1}})
logoutHSM success on server 2({{2}})

disconnecting from servers, please wait...
"
    );
    assert_eq!(talk(&cluster, &script), (expected, true));
    let mut client = cluster.world().client(cluster.cluster_id(), ClientClass::Tools).unwrap();
    let answers = client.login("kmsuser", &Password::from("tempPassword")).unwrap();
    assert!(answers.iter().all(|node| node.result.is_ok()), "{answers:?}");
}

/// Without the customer CA's certificate, or with another one, until the right one is in its place.
#[test]
fn limited_commands_mode() {
    let cluster = TestCluster::active(2).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("customerCA.crt");
    let manner = Manner { ca: Some(file.clone()), ..IGNORE };
    let play = |script: &str| {
        let mut output = Vec::new();
        let terminal = Terminal::script(script.as_bytes(), &mut output);
        let tally = converse(cluster.world(), from_ref(cluster.cluster_id()), manner.clone(), terminal).unwrap();
        let mut text = String::from_utf8(output).unwrap().replace(&file.display().to_string(), "{ca}");
        for (server, node) in nodes(&cluster).iter().enumerate() {
            text = text.replace(&node.ip.to_string(), &format!("{{{server}}}"));
        }
        let start = text.rfind("port 2225.\n").unwrap();
        (text[start + "port 2225.\n".len()..].to_owned(), tally.is_clean())
    };
    let plain = "Server 0({0}) is in unencrypted mode now...\nServer 1({1}) is in unencrypted mode now...\n";
    let failed = "Failed to create client ssl ctx\nE2E Session failed: E2E setup failed\nEnabling E2E failed\n";
    let limited = |error: &str| format!("{plain}running in limited commands mode\nError: {error}\n{failed}");
    let missing = "{ca},\npartition owner certificate not exist at given path\n".to_owned()
        + &limited("partition owner certificate doesn't exist at given path.");
    assert_eq!(play(""), (missing.clone(), true));

    let refused = "loginHSM is not available in limited commands mode; put the customer CA certificate in its place and \
                   type 'enable_e2e'\n";
    let (text, clean) = play("loginHSM CO admin adminPswd1\nserver 1\nlistUsers\n");
    assert!(
        !clean && text.starts_with(&format!("{missing}{refused}Server is in 'E1' mode...\nUsers on server 1({{1}}):")),
        "{text}"
    );

    fs::write(&file, TestCluster::active(1).unwrap().trust_anchor()).unwrap();
    let other = limited("partition owner certificate does not match the server's.");
    assert_eq!(play("enable_e2e\n"), (format!("{other}{other}"), false));

    fs::write(&file, cluster.trust_anchor()).unwrap();
    let enabled = "E2E enabled on server 0({0})\nE2E enabled on server 1({1})\n";
    assert_eq!(play("enable_e2e\n"), (format!("{enabled}{enabled}"), true));
}

#[test]
fn a_question_needs_y_or_n() {
    let cluster = TestCluster::active(3).unwrap();
    let script = format!("{}changePswd CU kmsuser tempPassword\nyes\nn\n", officer(&cluster));
    let question = "Do you want to continue(y/n)?";
    let expected = format!("{LOGGED_IN}{CAUTION}yes\nInvalid option, please type 'y' or 'n'\n\n{question}n\n");
    assert_eq!(talk(&cluster, &script), (expected, true));
    let script = format!("{}changePswd CU kmsuser tempPassword\n", officer(&cluster));
    assert_eq!(talk(&cluster, &script), (format!("{LOGGED_IN}{CAUTION}\n"), true));
    let (_, clean) = talk(&cluster, "loginHSM CU kmsuser tempPassword\n");
    assert!(!clean, "nobody has said yes");
}

#[test]
fn one_server_diverges_and_is_repaired() {
    let cluster = TestCluster::active(3).unwrap();
    let script = format!("server 1\n{}changePswd CU kmsuser NewPass42\ny\nexit\nlistUsers\n", officer(&cluster));
    let (text, clean) = talk(&cluster, &script);
    assert!(clean, "{text}");
    let expected = format!(
        "Server is in 'E2' mode...
loginHSM success on server 1({{1}})
{CAUTION}y
Changing password for kmsuser(CU) on 1 nodes
changePswd success on server 1({{1}})
Users on server 0({{0}}):
"
    );
    assert!(text.starts_with(&expected), "{text}");
    assert_eq!(text.matches("Number of users found:3\n").count(), 3);

    let expected = "\
loginHSM failed on server 0({0}): HSM Error: RET_USER_LOGIN_FAILURE
loginHSM success on server 1({1})
loginHSM failed on server 2({2}): HSM Error: RET_USER_LOGIN_FAILURE
";
    assert_eq!(talk(&cluster, "loginHSM CU kmsuser NewPass42\n"), (expected.to_owned(), false));
}

#[test]
fn users_come_and_go() {
    let cluster = TestCluster::active(3).unwrap();
    let script =
        format!("{}createUser CU bob 'pass word'\ny\ndeleteUser CU bob\ndeleteUser CU bob\n", officer(&cluster));
    let expected = format!(
        "{LOGGED_IN}{CAUTION}y
Creating User bob(CU) on 3 nodes
createUser success on server 0({{0}})
createUser success on server 1({{1}})
createUser success on server 2({{2}})
Deleting user bob(CU) on 3 nodes
deleteUser success on server 0({{0}})
deleteUser success on server 1({{1}})
deleteUser success on server 2({{2}})
Deleting user bob(CU) on 3 nodes
deleteUser failed: HSM Error: This user doesn't exist
deleteUser failed on server 0({{0}})
deleteUser failed: HSM Error: This user doesn't exist
deleteUser failed on server 1({{1}})
deleteUser failed: HSM Error: This user doesn't exist
deleteUser failed on server 2({{2}})
"
    );
    assert_eq!(talk(&cluster, &script), (expected, false));
}

#[test]
fn a_failure_is_ignored_or_ends_the_command() {
    for (manner, third) in [(IGNORE, "createUser success on server 2({2})\n"), (ABORT, "")] {
        let cluster = TestCluster::active(3).unwrap();
        node_down(&cluster, 1);
        let script = format!("{}createUser CU bob password1\ny\n", officer(&cluster));
        let (text, clean) = talk_as(manner, &cluster, &script);
        assert!(!clean);
        let expected = format!(
            "Creating User bob(CU) on 3 nodes
createUser success on server 0({{0}})
createUser failed: HSM CLUSTER ERROR: Server in cluster is unavailable
creating user on server 1({{1}}) failed
{third}"
        );
        assert!(text.ends_with(&expected), "{text}");
    }
}

#[test]
fn a_person_is_asked_what_to_do() {
    for (answers, clean, after) in [
        ("R\nI\n", false, "{failed}{question}{failed}{question}createUser success on server 2({2})\n"),
        ("x\nA\n", false, "{failed}{question}{question}"),
        ("", false, "{failed}{question}"),
    ] {
        let cluster = TestCluster::active(3).unwrap();
        node_down(&cluster, 1);
        let script = format!("{}createUser CU bob password1\ny\n{answers}", officer(&cluster));
        let mut output = Vec::new();
        let terminal = Terminal::rehearsal(script.as_bytes(), &mut output);
        let tally = converse(cluster.world(), from_ref(cluster.cluster_id()), IGNORE, terminal).unwrap();
        assert_eq!(tally.is_clean(), clean);
        let text = after_start(&cluster, output);
        let failed = "createUser failed: HSM CLUSTER ERROR: Server in cluster is unavailable\n\
                      creating user on server 1({1}) failed\n";
        let after = after.replace("{failed}", failed).replace("{question}", "\nRetry/Ignore/Abort?(R/I/A):");
        let expected =
            format!("Creating User bob(CU) on 3 nodes\ncreateUser success on server 0({{0}})\n{after}aws-cloudhsm>");
        assert!(text.ends_with(&expected), "{text}\n--- expected\n{expected}");
    }
}

#[test]
fn keys_of_a_user() {
    let cluster = TestCluster::active(3).unwrap();
    let mut client = cluster.world().client(cluster.cluster_id(), ClientClass::Tools).unwrap();
    client.login("kmsuser", cluster.kmsuser_password().unwrap()).unwrap();
    let handle = client.generate_key(&KeyTemplate::aes(32, "label").extractable(false)).unwrap().handle;
    assert_eq!(client.find(&Query::label("label")).unwrap().0, [handle]);
    drop(client);

    let file = cluster.world().directory().join("keys.txt");
    let script = format!(
        "{0}server 1\nfindAllKeys 3 0\nfindAllKeys 1 1\nfindAllKeys 3 0 '{1}'\nlogoutHSM\nloginHSM CU kmsuser {2}\n\
         getAttribute {handle} 354\n",
        officer(&cluster),
        file.display(),
        cluster.kmsuser_password().unwrap().expose(),
    );
    let found = format!(
        "Keys on server 1({{1}}):
Number of keys found 1
number of keys matched from start index 0::1
{handle}(o)
findAllKeys success on server 1({{1}})
"
    );
    let expected = format!(
        "{LOGGED_IN}Server is in 'E2' mode...
{found}Keys on server 1({{1}}):
Number of keys found 0
number of keys matched from start index 0::0
findAllKeys success on server 1({{1}})
logoutHSM success on server 1({{1}})
loginHSM success on server 1({{1}})

Attribute Value on server 1({{1}}):
OBJ_ATTR_EXTRACTABLE
0x00000000
"
    );
    assert_eq!(talk(&cluster, &script), (expected, true));
    let written = fs::read_to_string(file).unwrap();
    assert_eq!(written.replace(&nodes(&cluster)[1].ip.to_string(), "{1}"), found);

    let (text, clean) = talk(&cluster, &format!("{}findAllKeys 3 1\n", officer(&cluster)));
    assert!(clean, "{text}");
    let hashes: Vec<&str> = text.lines().filter(|line| line.len() == 64).collect();
    assert_eq!(hashes.len(), 3, "{text}");
    assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{text}");
}

#[test]
fn hidden_passwords_are_read_from_the_next_lines() {
    let cluster = TestCluster::active(3).unwrap();
    let login = format!("loginHSM CO admin -hpswd\n{}\n", cluster.admin_password().expose());
    let (text, clean) = talk(&cluster, &format!("{login}createUser CU bob -hpswd\nSecret123\nSecret123\ny\n"));
    assert!(clean && text.contains("Creating User bob(CU) on 3 nodes"), "{text}");
    let (text, clean) = talk(&cluster, &format!("{login}createUser CU carl -hpswd\nSecret123\nSecret124\n"));
    assert_eq!((text.as_str(), clean), (&*format!("{LOGGED_IN}createUser failed: the passwords differ\n"), false));
}

#[test]
fn what_is_not_understood_counts_as_failed() {
    let cluster = TestCluster::active(1).unwrap();
    for (line, answer) in [
        ("bogus", "Invalid command, type 'help' for the list of commands\n"),
        ("log", "Ambiguous command: it could be loginHSM or logoutHSM\n"),
        ("loginHSM CO admin", "Usage: loginHSM <user type> <user name> <password or -hpswd> [-2fa <file>]\n"),
        ("loginHSM co admin password1", "Usage: loginHSM <user type> <user name> <password or -hpswd> [-2fa <file>]\n"),
        (
            "createUser AU bob password1",
            "Usage: createUser <user type> <user name> <password or -hpswd> [-2fa <file>]\n",
        ),
        ("findAllKeys 3", "Usage: findAllKeys <user id> <key hash (0/1)> [<output file>]\n"),
        ("info 0", "Usage: info server <server number>\n"),
        ("server 4", "server failed: there is no server 4; the utility is connected to 1 from 0 on\n"),
        ("quit now", "Usage: quit\n"),
        (
            "createUser CU bob password1 -2fa authdata",
            "Usage: createUser <user type> <user name> <password or -hpswd> [-2fa <file>]\n",
        ),
        ("getMValue 5", "Usage: getMValue <service>\n"),
        ("setMValue 3 many", "Usage: setMValue <service> <m value>\n"),
        ("getToken 3 admin", "Usage: getToken <service> <user name> <file>\n"),
        ("delToken mine", "Usage: delToken <token id, user or all>\n"),
        ("shareKey 6 3 2", "Usage: shareKey <key handle> <user id> <(share/unshare key?) 1/0>\n"),
        ("setAttribute 6 261 2", "Usage: setAttribute <key handle> <attribute id> [<value>]\n"),
        ("getKeyInfo -k", "Usage: getKeyInfo <key handle> [<file>]\n"),
        ("listAttributes all", "Usage: listAttributes [-h]\n"),
        ("getCert file 3", "Usage: getCert <file name> <certificate type>\n"),
        ("getCert file 4", "getCert failed: enter 'server <server number>' first\n"),
        ("syncKey 6 0", "syncKey failed: enter 'server <server number>' first\n"),
        ("syncUser 3 0", "syncUser failed: enter 'server <server number>' first\n"),
        ("help 'x", "the quote ' is not closed\n"),
        ("getAttribute 6 9999", "getAttribute failed: HSM Error: Invalid attribute is passed to this operation\n"),
        ("findAllKeys 3 0", "findAllKeys failed on server 0({0}): HSM Error: User is not logged in\n"),
    ] {
        assert_eq!(talk(&cluster, &format!("{line}\n\n   \n")), (answer.to_owned(), false), "{line}");
    }
}

#[test]
fn prefixes_and_the_connection() {
    let cluster = TestCluster::active(2).unwrap();
    let script = format!("info server 1\nenable_e2e\n{}inf server 1\nlogout\nexit\n", officer(&cluster));
    let (text, clean) = talk(&cluster, &script);
    assert!(clean, "{text}");
    let node = &nodes(&cluster)[1];
    let row = |login: &str| {
        format!(
            "1       {ip:<24}{ip:<16}2225    Connected       {node:<24}{login}\n",
            ip = node.ip.to_string(),
            node = node.id.as_str()
        )
    };
    assert!(text.contains(&row("Logged in as 'admin(PCO)'")), "{text}");
    assert!(text.ends_with("\ndisconnecting from servers, please wait...\n"), "{text}");
}

#[test]
fn the_end_of_the_input_logs_out() {
    let cluster = TestCluster::active(1).unwrap();
    let password = cluster.kmsuser_password().unwrap().expose().to_owned();
    assert!(talk(&cluster, &format!("loginHSM CU kmsuser {password}\n")).1);
    let (text, clean) = talk(&cluster, &format!("{}changePswd CU kmsuser tempPassword\ny\n", officer(&cluster)));
    assert!(clean, "{text}");
}
