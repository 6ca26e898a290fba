//! Cluster state × operation, every cell, in the states that a cluster really goes through.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use super::*;
use crate::backup::BackupState;
use crate::cluster::ClusterState;
use crate::control::{ClusterFilter, Consumers, CopyBackup, HsmSelector, ModifyCluster, Resource, ResourcePolicy};
use crate::error::HsmError;
use crate::transition::{Durations, Transition};
use crate::user::{LoginType, NodeUsers};

/// What each operation answers in each situation:
/// `ok` done, `state` not in this state, `busy` an HSM is there but not activated, `hsms` HSMs are left, `nocsr` nothing to sign
/// yet, `none` the cluster is not there, `nohsm` it has no such HSM, `going` the HSM is being deleted, `nobak` it has no backup,
/// `ready` its backup is not marked for deletion, `list` shown in this state. Tools are answered `ok`, `cut` by HSMs that do not talk to anybody,
/// or not for want of HSMs, `empty`.
const TABLE: &str = "
situation                     CreateHsm InitializeCluster DeleteHsm DeleteCluster Modify:days Modify:type Tag  Untag ListTags Describe Tools
CREATE_IN_PROGRESS            state     state             nohsm     ok            ok          state       ok   ok    ok       list     empty
UNINITIALIZED                 ok        nocsr             nohsm     ok            ok          state       ok   ok    ok       list     empty
UNINITIALIZED/hsm-coming      busy      nocsr             ok        hsms          ok          state       ok   ok    ok       list     cut
UNINITIALIZED/hsm             busy      ok                ok        hsms          ok          state       ok   ok    ok       list     cut
INITIALIZE_IN_PROGRESS        busy      state             ok        hsms          ok          state       ok   ok    ok       list     cut
INITIALIZED                   busy      state             ok        hsms          ok          state       ok   ok    ok       list     ok
INITIALIZED/activated         busy      state             ok        hsms          ok          state       ok   ok    ok       list     ok
ACTIVE                        ok        state             ok        hsms          ok          ok          ok   ok    ok       list     ok
UPDATE_IN_PROGRESS            state     state             ok        hsms          ok          state       ok   ok    ok       list     ok
DEGRADED                      ok        state             ok        hsms          ok          state       ok   ok    ok       list     ok
MODIFY_IN_PROGRESS            state     state             ok        hsms          ok          state       ok   ok    ok       list     ok
ROLLBACK_IN_PROGRESS          state     state             ok        hsms          ok          state       ok   ok    ok       list     ok
ACTIVE/hsm-going              ok        state             going     hsms          ok          ok          ok   ok    ok       list     cut
ACTIVE/no-hsm                 ok        state             nohsm     ok            ok          ok          ok   ok    ok       list     empty
DELETE_IN_PROGRESS            state     state             nohsm     state         state       state       ok   ok    ok       list     empty
DELETED                       none      none              none      none          none        none        none none  none     list     none
";

/// What the operations on a cluster's backup answer in each situation; the state of the cluster does not matter to them.
const BACKUPS: &str = "
situation                     CreateCluster CopyBackup DeleteBackup RestoreBackup ModifyBackup PutPolicy GetPolicy DeletePolicy Describe
CREATE_IN_PROGRESS            nobak         nobak      nobak        nobak         nobak        nobak     nobak     nobak        nobak
UNINITIALIZED                 nobak         nobak      nobak        nobak         nobak        nobak     nobak     nobak        nobak
UNINITIALIZED/hsm-coming      nobak         nobak      nobak        nobak         nobak        nobak     nobak     nobak        nobak
UNINITIALIZED/hsm             nobak         nobak      nobak        nobak         nobak        nobak     nobak     nobak        nobak
INITIALIZE_IN_PROGRESS        nobak         nobak      nobak        nobak         nobak        nobak     nobak     nobak        nobak
INITIALIZED                   nobak         nobak      nobak        nobak         nobak        nobak     nobak     nobak        nobak
INITIALIZED/activated         making        making     making       making        ok           making    ok        ok           list
ACTIVE                        ok            ok         ok           ready         ok           ok        ok        ok           list
UPDATE_IN_PROGRESS            ok            ok         ok           ready         ok           ok        ok        ok           list
DEGRADED                      ok            ok         ok           ready         ok           ok        ok        ok           list
MODIFY_IN_PROGRESS            ok            ok         ok           ready         ok           ok        ok        ok           list
ROLLBACK_IN_PROGRESS          ok            ok         ok           ready         ok           ok        ok        ok           list
ACTIVE/hsm-going              ok            ok         ok           ready         ok           ok        ok        ok           list
ACTIVE/no-hsm                 ok            ok         ok           ready         ok           ok        ok        ok           list
DELETE_IN_PROGRESS            ok            ok         ok           ready         ok           ok        ok        ok           list
DELETED                       ok            ok         ok           ready         ok           ok        ok        ok           list
";

/// A world with one snapshot per situation of one cluster.
struct Life {
    world: World,
    control: Control,
    id: ClusterId,
    signed: String,
    anchor: String,
    now: Option<&'static str>,
}

impl Life {
    fn live() -> Self {
        let (world, control) = empty();
        world.write(|tx| Durations::realistic().save(tx)).unwrap();
        let id = new_cluster(&control).id;
        let mut life = Self { world, control, id, signed: String::new(), anchor: String::new(), now: None };
        life.save("CREATE_IN_PROGRESS");
        life.pass(Transition::CreateCluster);
        life.save("UNINITIALIZED");
        life.control.create_hsm(&life.id, &zone('a'), None).unwrap();
        life.save("UNINITIALIZED-hsm-coming");
        life.pass(Transition::CreateHsm);
        life.save("UNINITIALIZED-hsm");
        CustomerCa::new(&life.world).unwrap().initialize(&life.control, &life.id).unwrap();
        life.save("INITIALIZE_IN_PROGRESS");
        life.pass(Transition::InitializeCluster);
        life.save("INITIALIZED");
        let certificates = life.control.cluster(&life.id).unwrap().cluster.certificates;
        life.signed = certificates.cluster_certificate.unwrap();
        life.anchor = certificates.trust_anchor.unwrap();
        let mut tool = life.world.admin(&life.id).unwrap();
        tool.login(LoginType::Preco, "admin", &NodeUsers::default_password()).unwrap();
        tool.change_password(LoginType::Preco, "admin", &Password::from("password1")).unwrap();
        drop(tool);
        life.save("INITIALIZED-activated");
        life.pass(Transition::Activate);
        life.save("ACTIVE");
        life.grow_old();
        life
    }

    /// From ACTIVE to DELETED.
    fn grow_old(&self) {
        let cluster = || self.id.clone();
        for (situation, kind) in [
            ("UPDATE_IN_PROGRESS", FaultKind::ClusterUpdating { cluster: cluster() }),
            ("DEGRADED", FaultKind::ClusterDegraded { cluster: cluster() }),
        ] {
            fault(&self.world, kind);
            self.save(situation);
            self.world.faults().clear_all().unwrap();
        }
        for (situation, hsm_type) in [("MODIFY_IN_PROGRESS", "hsm2m.medium"), ("ROLLBACK_IN_PROGRESS", "hsm1.medium")] {
            self.control.modify_cluster(&self.id, &of_type(hsm_type)).unwrap();
            self.save(situation);
            self.pass(Transition::ModifyCluster);
        }
        let node = nodes(&self.control, &self.id).remove(0);
        self.control.delete_hsm(&self.id, &HsmSelector::Id(node.id)).unwrap();
        // The backups of adding and removing are done, the removal is not.
        self.pass(Transition::Backup);
        self.save("ACTIVE-hsm-going");
        self.pass(Transition::DeleteHsm);
        self.save("ACTIVE-no-hsm");
        self.control.delete_cluster(&self.id).unwrap();
        self.save("DELETE_IN_PROGRESS");
        self.pass(Transition::DeleteCluster);
        self.save("DELETED");
    }

    fn save(&self, situation: &str) {
        self.world.snapshots().save(situation).unwrap();
    }

    fn pass(&self, transition: Transition) {
        self.world.advance(Durations::realistic().of(transition), &[]).unwrap();
    }

    fn go(&mut self, situation: &'static str) {
        assert!(self.world.snapshots().restore(&situation.replace('/', "-")).unwrap(), "{situation}");
        self.now = Some(situation);
    }

    /// The state that the situation is named after.
    fn state(&self) -> ClusterState {
        let name = self.now.and_then(|situation| situation.split('/').next()).unwrap();
        ClusterState::of_name(name).unwrap()
    }

    fn operate(&self, operation: &str) -> &'static str {
        let (control, id) = (&self.control, &self.id);
        let resource = Resource::Cluster(id.clone());
        match operation {
            "CreateHsm" => word(control.create_hsm(id, &zone('b'), None)),
            "InitializeCluster" => word(control.initialize_cluster(id, &self.signed, &self.anchor)),
            "DeleteHsm" => {
                let first = control.cluster(id).ok().and_then(|view| view.nodes.first().map(|node| node.id.clone()));
                let node = first.unwrap_or_else(|| "hsm-aaaaaaaaaaa".parse().unwrap());
                word(control.delete_hsm(id, &HsmSelector::Id(node)))
            }
            "DeleteCluster" => word(control.delete_cluster(id)),
            "Modify:days" => {
                word(control.modify_cluster(id, &ModifyCluster { retention_days: Some(7), ..ModifyCluster::default() }))
            }
            "Modify:type" => word(control.modify_cluster(id, &of_type("hsm2m.medium"))),
            "Tag" => word(control.tag_resource(&resource, &BTreeMap::from([("a".to_owned(), "b".to_owned())]))),
            "Untag" => word(control.untag_resource(&resource, &["a".to_owned()])),
            "ListTags" => word(control.tags(&resource)),
            "Describe" => {
                let filter = ClusterFilter { states: Some(vec![self.state()]), ..ClusterFilter::default() };
                let shown = control.clusters(&filter).unwrap();
                if shown.iter().any(|view| view.cluster.id == *id) { "list" } else { "missing" }
            }
            "Tools" => match self.world.admin(id).and_then(|tool| tool.list_users()) {
                Err(Error::Hsm(HsmError::NoCluster(_))) => "none",
                Err(error) => panic!("{error}"),
                Ok(answers) => match answers.first().map(|answer| &answer.result) {
                    None => "empty",
                    Some(Ok(_)) => "ok",
                    Some(Err(HsmError::NodeUnavailable)) => "cut",
                    Some(Err(error)) => panic!("an answer that no table has: {error}"),
                },
            },
            other => panic!("no such operation: {other}"),
        }
    }

    fn operate_on_backup(&self, operation: &str) -> &'static str {
        let control = &self.control;
        let first = backups(control, &self.id).first().map(|backup| backup.id.clone());
        let listed = first.is_some();
        let backup = first.unwrap_or_else(|| "backup-aaaaaaaaaaa".parse().unwrap());
        match operation {
            "CreateCluster" => word(control.create_cluster(CreateCluster::new(subnets(control)).restoring(backup))),
            "CopyBackup" => {
                word(control.copy_backup(CopyBackup { backup, region: "eu-west-1".to_owned(), tags: None }))
            }
            "DeleteBackup" => word(control.delete_backup(&backup)),
            "RestoreBackup" => word(control.restore_backup(&backup)),
            "ModifyBackup" => word(control.modify_backup_attributes(&backup, true)),
            "PutPolicy" => {
                let nobody = Consumers::default;
                let policy = ResourcePolicy { text: "{}".to_owned(), describe: nobody(), restore: nobody() };
                word(control.put_resource_policy(&backup, &policy))
            }
            "GetPolicy" => word(control.resource_policy(&backup)),
            "DeletePolicy" => word(control.delete_resource_policy(&backup)),
            "Describe" => {
                if listed {
                    "list"
                } else {
                    "nobak"
                }
            }
            other => panic!("no such operation: {other}"),
        }
    }
}

fn of_type(hsm_type: &str) -> ModifyCluster {
    ModifyCluster { hsm_type: Some(hsm_type.to_owned()), ..ModifyCluster::default() }
}

fn word<T: Debug>(result: Result<T, Error>) -> &'static str {
    let error = match result {
        Ok(_) => return "ok",
        Err(Error::Control(error)) => error,
        Err(error) => panic!("not an answer of the management API: {error}"),
    };
    match error {
        ControlError::ClusterState { .. } => "state",
        ControlError::NotYetActivated(_) => "busy",
        ControlError::HasHsms(_) => "hsms",
        ControlError::NoCsr(_) => "nocsr",
        ControlError::ClusterNotFound(_) => "none",
        ControlError::HsmNotFound { .. } => "nohsm",
        ControlError::HsmBeingDeleted(_) => "going",
        ControlError::BackupNotFound(_) => "nobak",
        ControlError::BackupNotReady(_) | ControlError::BackupState { state: BackupState::CreateInProgress, .. } => {
            "making"
        }
        ControlError::BackupState { state: BackupState::Ready, .. } => "ready",
        other => panic!("an answer that no table has: {other}"),
    }
}

/// Goes through a table; says what is otherwise, all at once.
fn check(table: &'static str, life: &mut Life, operate: impl Fn(&Life, &str) -> &'static str) {
    let mut lines = table.trim().lines();
    let operations: Vec<&str> = lines.next().unwrap().split_whitespace().skip(1).collect();
    let mut wrong = Vec::new();
    let mut states = BTreeSet::new();
    for line in lines {
        let cells: Vec<&'static str> = line.split_whitespace().collect();
        assert_eq!(cells.len(), operations.len() + 1, "{line}");
        for (operation, expected) in operations.iter().zip(&cells[1..]) {
            life.go(cells[0]);
            states.insert(life.state().as_str());
            let found = operate(life, operation);
            if found != *expected {
                wrong.push(format!("{operation} in {}: {found}, not {expected}", cells[0]));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(states.len(), ClusterState::ALL.len(), "every documented state");
}

#[test]
fn every_operation_in_every_state() {
    let mut life = Life::live();
    check(TABLE, &mut life, Life::operate);
    check(BACKUPS, &mut life, Life::operate_on_backup);
}

/// The certificates of each stage (documented).
#[test]
fn certificates_of_each_stage() {
    let mut life = Life::live();
    for (situation, request, certificate) in [
        ("CREATE_IN_PROGRESS", false, false),
        ("UNINITIALIZED", false, false),
        ("UNINITIALIZED/hsm-coming", false, false),
        ("UNINITIALIZED/hsm", true, false),
        ("INITIALIZED", false, true),
        ("ACTIVE", false, true),
        ("ACTIVE/no-hsm", false, true),
    ] {
        life.go(situation);
        let shown = life.control.cluster(&life.id).unwrap().cluster.certificates;
        let of_the_node = [
            &shown.cluster_csr,
            &shown.hsm_certificate,
            &shown.aws_hardware_certificate,
            &shown.manufacturer_hardware_certificate,
        ];
        assert!(of_the_node.iter().all(|member| member.is_some() == request), "{situation}: {shown:?}");
        assert_eq!(shown.cluster_certificate.is_some(), certificate, "{situation}");
    }
}
