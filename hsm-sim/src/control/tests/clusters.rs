use std::collections::BTreeMap;

use super::*;
use crate::cluster::{ClusterState, Mode, Personality};
use crate::control::ClusterFilter;

#[test]
fn create_cluster_goes_through_the_documented_states() {
    let (_world, control) = empty();
    let answer = new_cluster(&control);
    assert_eq!(answer.state, ClusterState::CreateInProgress);
    let view = control.cluster(&answer.id).unwrap();
    assert_eq!((view.cluster.state, view.nodes.len()), (ClusterState::Uninitialized, 0));
    assert_eq!(view.cluster.certificates, crate::cluster::Certificates::default());
    assert_eq!((view.cluster.retention_days, view.cluster.mode), (90, Mode::Fips));
    assert_eq!(view.cluster.subnets.keys().cloned().collect::<Vec<_>>(), ['a', 'b', 'c'].map(zone));
}

#[test]
fn create_cluster_refuses() {
    let (_world, control) = empty();
    let known = subnets(&control);
    let base = CreateCluster::new(known.clone());
    let unknown: BackupId = "backup-igklspoyj5v".parse().unwrap();
    let many: Vec<SubnetId> = (0..11).map(|n| format!("subnet-{n:08x}").parse().unwrap()).collect();
    let twice = vec![known[0].clone(), known[0].clone()];
    let unknown_twice = vec![many[0].clone(), many[0].clone()];
    let cases = [
        (CreateCluster { hsm_type: "hsm9.large".into(), ..base.clone() }, ControlError::HsmType("hsm9.large".into())),
        (CreateCluster { mode: Some(Mode::NonFips), ..base.clone() }, ControlError::HsmType("hsm1.medium".into())),
        (CreateCluster { retention_days: Some(6), ..base.clone() }, ControlError::Retention),
        (CreateCluster { retention_days: Some(380), ..base.clone() }, ControlError::Retention),
        (CreateCluster { subnet_ids: vec![], ..base.clone() }, ControlError::SubnetCount),
        (CreateCluster { subnet_ids: many.clone(), ..base.clone() }, ControlError::SubnetCount),
        (CreateCluster { subnet_ids: twice, ..base.clone() }, ControlError::SubnetConflict(known[0].clone())),
        (CreateCluster { subnet_ids: unknown_twice, ..base.clone() }, ControlError::SubnetConflict(many[0].clone())),
        (
            CreateCluster { subnet_ids: many[..4].to_vec(), ..base.clone() },
            ControlError::SubnetConflict(many[3].clone()),
        ),
        (base.restoring(unknown.clone()), ControlError::BackupNotFound(unknown)),
    ];
    for (request, error) in cases {
        assert_eq!(refused(control.create_cluster(request)), error);
    }
    assert_eq!(control.clusters(&ClusterFilter::default()).unwrap(), []);
    // What was refused left nothing behind, not even the subnets that it named.
    assert_eq!(subnets(&control), known);
}

#[test]
fn everything_that_was_asked_for_is_kept() {
    let (_world, control) = empty();
    let tags = BTreeMap::from([("team".to_owned(), "payments".to_owned())]);
    let request = CreateCluster {
        hsm_type: "hsm2m.medium".into(),
        mode: Some(Mode::NonFips),
        retention_days: Some(7),
        tags: tags.clone(),
        personality: Personality::Generic,
        ..CreateCluster::new(subnets(&control)[..1].to_vec())
    };
    let id = control.create_cluster(request).unwrap().cluster.id;
    let cluster = control.cluster(&id).unwrap().cluster;
    assert_eq!((cluster.hsm_type.as_str(), cluster.mode, cluster.retention_days), ("hsm2m.medium", Mode::NonFips, 7));
    assert_eq!((cluster.tags, cluster.personality, cluster.subnets.len()), (tags, Personality::Generic, 1));
}

#[test]
fn unknown_subnets_are_registered_on_first_use_unless_patterns_are_strict() {
    let (world, control) = empty();
    let ids: Vec<SubnetId> =
        ["subnet-49a1bc00", "subnet-6f950334", "subnet-fd54af9b"].map(|id| id.parse().unwrap()).into();
    let cluster = control.create_cluster(CreateCluster::new(ids.clone())).unwrap().cluster;
    let mut mapped: Vec<SubnetId> = cluster.subnets.values().cloned().collect();
    mapped.sort();
    assert_eq!(mapped, ids);
    assert_eq!(control.create_cluster(CreateCluster::new(ids)).unwrap().cluster.subnets, cluster.subnets);
    settings(&world, |settings| settings.strict_patterns = true);
    let other: SubnetId = "subnet-00000000".parse().unwrap();
    let request = CreateCluster::new(vec![other.clone()]);
    assert_eq!(refused(control.create_cluster(request)), ControlError::SubnetNotFound(other));
}

#[test]
fn realms_do_not_see_each_other() {
    let (world, control) = empty();
    let id = new_cluster(&control).id;
    let other = world.control(Realm::new("111122223333", "eu-west-1").unwrap());
    assert_eq!(refused(other.cluster(&id)), ControlError::ClusterNotFound(id.clone()));
    assert_eq!(refused(other.delete_cluster(&id)), ControlError::ClusterNotFound(id));
    assert_eq!(other.clusters(&ClusterFilter::default()).unwrap(), []);
    assert_ne!(subnets(&other), subnets(&control));
}

#[test]
fn clusters_are_listed_by_creation_and_filtered() {
    let (_world, control) = empty();
    let ids: Vec<ClusterId> = (0..5).map(|_| new_cluster(&control).id).collect();
    let list = |filter: ClusterFilter| -> Vec<ClusterId> {
        control.clusters(&filter).unwrap().into_iter().map(|view| view.cluster.id).collect()
    };
    let all = ClusterFilter::default;
    assert_eq!(list(all()), ids);
    let unknown: ClusterId = "cluster-igklspoyj5v".parse().unwrap();
    assert_eq!(
        list(ClusterFilter { ids: Some(vec![ids[3].clone(), ids[1].clone(), unknown]), ..all() }),
        [ids[1].clone(), ids[3].clone()]
    );
    assert_eq!(list(ClusterFilter { ids: Some(vec![]), ..all() }), []);
    assert_eq!(list(ClusterFilter { states: Some(vec![ClusterState::Active]), ..all() }), []);
    assert_eq!(list(ClusterFilter { states: Some(vec![ClusterState::Uninitialized]), ..all() }), ids);
    let vpc = control.cluster(&ids[0]).unwrap().cluster.vpc;
    assert_eq!(list(ClusterFilter { vpc_ids: Some(vec![vpc]), ..all() }), ids);
}

#[test]
fn quotas_are_off_until_they_are_on() {
    let (world, control) = empty();
    for _ in 0..4 {
        new_cluster(&control);
    }
    settings(&world, |settings| settings.quotas = true);
    let error = refused(control.create_cluster(CreateCluster::new(subnets(&control))));
    assert_eq!(error, ControlError::Limit { what: "clusters in an account and Region", limit: 4 });
    settings(&world, |settings| settings.quotas = false);
    new_cluster(&control);
}

#[test]
fn initialize_cluster_checks_state_and_certificates() {
    let (world, control) = empty();
    let id = new_cluster(&control).id;
    let customer = CustomerCa::new(&world).unwrap();
    assert_eq!(refused(customer.initialize(&control, &id)), ControlError::NoCsr(id.clone()));
    let early = control.initialize_cluster(&id, "", customer.certificate());
    assert_eq!(refused(early), ControlError::NoCsr(id.clone()));

    control.create_hsm(&id, &zone('a'), None).unwrap();
    let shown = control.cluster(&id).unwrap().cluster.certificates;
    assert!(shown.cluster_certificate.is_none() && shown.cluster_csr.is_some());
    let garbage = control.initialize_cluster(&id, "garbage", customer.certificate());
    assert!(matches!(refused(garbage), ControlError::Certificate(_)));

    // A certificate for the request of another cluster's first node.
    let other = new_cluster(&control).id;
    control.create_hsm(&other, &zone('a'), None).unwrap();
    customer.initialize(&control, &other).unwrap();
    let foreign = control.cluster(&other).unwrap().cluster.certificates.cluster_certificate.unwrap();
    let error = refused(control.initialize_cluster(&id, &foreign, customer.certificate()));
    assert_eq!(error, ControlError::Certificate(crypto::x509::CertificateProblem::KeyMismatch));

    customer.initialize(&control, &id).unwrap();
    let cluster = control.cluster(&id).unwrap().cluster;
    assert_eq!(cluster.state, ClusterState::Initialized);
    assert_eq!(cluster.certificates.trust_anchor.as_deref(), Some(customer.certificate()));
    assert!(cluster.certificates.cluster_csr.is_none() && cluster.certificates.hsm_certificate.is_none());
    let again = control.initialize_cluster(&id, &foreign, customer.certificate());
    let error = ControlError::ClusterState {
        cluster: id.clone(),
        state: ClusterState::Initialized,
        operation: "InitializeCluster",
        requires: "UNINITIALIZED",
    };
    assert_eq!(refused(again), error);
    assert_eq!(
        error.to_string(),
        format!("Cluster '{id}' is in state INITIALIZED; operation InitializeCluster requires UNINITIALIZED.")
    );
}

#[test]
fn the_first_nodes_certificates_chain_to_the_hardware_roots() {
    let (_world, control) = empty();
    let id = new_cluster(&control).id;
    control.create_hsm(&id, &zone('a'), None).unwrap();
    let shown = control.cluster(&id).unwrap().cluster.certificates;
    let roots = control.hardware_roots().unwrap();
    let (aws, manufacturer) =
        (shown.aws_hardware_certificate.unwrap(), shown.manufacturer_hardware_certificate.unwrap());
    let issued = |certificate: &str, issuer: &str| crypto::x509::issued_by(certificate, issuer).unwrap();
    assert!(issued(&aws, &roots.aws) && issued(&manufacturer, &roots.manufacturer));
    assert!(issued(&shown.hsm_certificate.unwrap(), &aws));
    assert!(!issued(&aws, &roots.manufacturer));
}

#[test]
fn delete_cluster_needs_no_nodes_left_and_shows_deleted_for_an_hour() {
    let (world, control) = empty();
    let id = new_cluster(&control).id;
    let node = control.create_hsm(&id, &zone('a'), None).unwrap();
    assert_eq!(refused(control.delete_cluster(&id)), ControlError::HasHsms(id.clone()));
    control.delete_hsm(&id, &crate::control::HsmSelector::Id(node.id)).unwrap();
    let answer = control.delete_cluster(&id).unwrap().cluster;
    assert_eq!(answer.state, ClusterState::DeleteInProgress);
    assert_eq!(answer.state_message.as_deref(), Some("The cluster is being deleted."));
    assert_eq!(refused(control.delete_cluster(&id)), ControlError::ClusterNotFound(id.clone()));
    assert_eq!(refused(control.cluster(&id)), ControlError::ClusterNotFound(id.clone()));
    let listed = || control.clusters(&ClusterFilter::default()).unwrap();
    assert_eq!(listed()[0].cluster.state, ClusterState::Deleted);
    world.advance(Duration::from_secs(3_599), &[]).unwrap();
    assert_eq!(listed().len(), 1);
    world.advance(Duration::from_secs(1), &[]).unwrap();
    assert_eq!(listed(), []);
}
