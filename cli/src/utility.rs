//! What the two management utilities share: the directory and the clusters that they work on, and how they end.

use std::collections::BTreeSet;
use std::process::ExitCode;

use clap::Args;
use hsm_sim::cluster::{Cluster, ClusterState};
use hsm_sim::fault::FaultView;
use hsm_sim::{ClusterId, World, row};

use crate::args::DirectoryArgument;
use crate::client_certificate::ClientFiles;
use crate::directory;
use crate::failure::Failure;

/// Where a utility finds its clusters, and as whom it comes.
#[derive(Debug, Args)]
struct Place {
    #[command(flatten)]
    directory: DirectoryArgument,
    #[command(flatten)]
    client: ClientFiles,
}

impl Place {
    fn open(&self) -> Result<World, Failure> {
        self.client.present(directory::open_existing(&self.directory.path()?)?)
    }
}

/// Which cluster a utility talks to.
#[derive(Debug, Args)]
pub struct Target {
    #[command(flatten)]
    place: Place,
    /// The cluster; the default is the oldest ACTIVE one of the directory
    #[arg(long, value_name = "CLUSTER_ID")]
    cluster: Option<ClusterId>,
}

impl Target {
    /// Opens the directory and finds the cluster.
    ///
    /// # Errors
    /// The directory cannot be used, or no cluster was named and none is ACTIVE.
    pub fn open(&self) -> Result<(World, ClusterId), Failure> {
        let world = self.place.open()?;
        let cluster = match &self.cluster {
            Some(cluster) => cluster.clone(),
            None => oldest_active(&world)?,
        };
        Ok((world, cluster))
    }
}

/// Which clusters a utility talks to at once.
#[derive(Debug, Args)]
pub struct Targets {
    #[command(flatten)]
    place: Place,
    /// The cluster; given again, further ones whose servers follow; the default is the oldest ACTIVE one of the directory
    #[arg(long = "cluster", value_name = "CLUSTER_ID")]
    clusters: Vec<ClusterId>,
}

impl Targets {
    /// Opens the directory and finds the clusters; there is at least one.
    ///
    /// # Errors
    /// A cluster was named twice, the directory cannot be used, or none was named and none is ACTIVE.
    pub fn open(&self) -> Result<(World, Vec<ClusterId>), Failure> {
        let mut seen = BTreeSet::new();
        if let Some(twice) = self.clusters.iter().find(|cluster| !seen.insert(*cluster)) {
            return Err(Failure::new(format!("cluster {twice} is named twice")));
        }
        let world = self.place.open()?;
        let clusters = match self.clusters.as_slice() {
            [] => vec![oldest_active(&world)?],
            named => named.to_vec(),
        };
        Ok((world, clusters))
    }
}

/// The ACTIVE cluster that was made first, whatever its account and Region.
///
/// # Errors
/// None is ACTIVE, or the store fails.
pub fn oldest_active(world: &World) -> Result<ClusterId, Failure> {
    let found = oldest(world, ClusterState::Active)?;
    found.ok_or_else(|| Failure::new("the directory has no ACTIVE cluster; name one with --cluster"))
}

/// The same, or else the oldest cluster that waits for its activation.
///
/// # Errors
/// There is neither, or the store fails.
pub fn oldest_usable(world: &World) -> Result<ClusterId, Failure> {
    let found = match oldest(world, ClusterState::Active)? {
        None => oldest(world, ClusterState::Initialized)?,
        found => found,
    };
    found.ok_or_else(|| Failure::new("the directory has no ACTIVE or INITIALIZED cluster; name one with --cluster-id"))
}

fn oldest(world: &World, state: ClusterState) -> Result<Option<ClusterId>, Failure> {
    let (clusters, faults) = world.read(|rows| {
        let faults = FaultView::load(rows, world.now(rows)?)?;
        Ok::<_, hsm_sim::Error>((row::list::<Cluster>(rows, b"")?, faults))
    })?;
    let found = clusters
        .into_iter()
        .map(|(_, cluster)| cluster)
        .filter(|cluster| cluster.state == state && faults.cluster_present(cluster));
    Ok(found.min_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id))).map(|cluster| cluster.id))
}

/// What became of one command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It succeeded on every node that it addressed.
    Done,
    /// It failed somewhere, or was not understood.
    Failed,
    /// It ends the utility.
    Quit,
}

impl Outcome {
    /// The outcome of a command that succeeded everywhere, or did not.
    pub fn when(succeeded: bool) -> Self {
        if succeeded { Self::Done } else { Self::Failed }
    }
}

/// The exit status of a run: success only if every command succeeded on every node that it addressed (documented).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    failed: bool,
}

impl Tally {
    /// Takes one command's outcome into account.
    pub fn add(&mut self, outcome: Outcome) {
        self.failed |= outcome == Outcome::Failed;
    }

    /// Whether every command succeeded so far.
    pub fn is_clean(self) -> bool {
        !self.failed
    }

    /// The status so far.
    pub fn exit_code(self) -> ExitCode {
        if self.failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}

/// The row of a table whose name is `word` or, when only one name does, starts with it.
pub fn by_prefix<'t, T>(table: &'t [T], name: impl Fn(&T) -> &str, word: &str) -> Found<'t, T> {
    if let Some(exact) = table.iter().find(|row| name(row) == word) {
        return Found::One(exact);
    }
    let matching: Vec<&T> = table.iter().filter(|row| name(row).starts_with(word)).collect();
    match matching[..] {
        [] => Found::None,
        [one] => Found::One(one),
        _ => Found::Several(matching),
    }
}

/// What [`by_prefix`] found.
#[derive(Debug, PartialEq, Eq)]
pub enum Found<'t, T> {
    /// No name starts so.
    None,
    /// The one.
    One(&'t T),
    /// Several names start so.
    Several(Vec<&'t T>),
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use clap::Parser;
    use hsm_sim::fault::{FaultKind, FaultSpec};
    use hsm_sim::{ActiveCluster, Realm};

    use super::*;

    #[test]
    fn the_oldest_active_cluster_is_chosen() {
        let world = World::ephemeral().unwrap();
        let none = Failure::new("the directory has no ACTIVE cluster; name one with --cluster");
        assert_eq!(oldest_active(&world), Err(none));
        let realm = |region| Realm::new("111122223333", region).unwrap();
        let build = |region| ActiveCluster::builder().nodes(1).build_in(&world, &realm(region)).unwrap();
        let first = build("us-west-2");
        world.advance(Duration::from_secs(60), &[]).unwrap();
        let second = build("us-east-1");
        assert_eq!(oldest_active(&world).as_ref(), Ok(first.cluster_id()));
        let gone = FaultKind::ClusterDeleted { cluster: first.cluster_id().clone() };
        world.faults().set(&FaultSpec::new(gone)).unwrap();
        assert_eq!(oldest_active(&world).as_ref(), Ok(second.cluster_id()));
    }

    #[test]
    fn clusters_are_named_once() {
        #[derive(Parser)]
        struct Line {
            #[command(flatten)]
            targets: Targets,
        }
        let [one, other] = ["cluster-2345bcdefgh", "cluster-3456cdefghi"];
        let line = Line::try_parse_from(["tool", "--cluster", one, "--cluster", other, "--cluster", one]).unwrap();
        let twice = Failure::new(format!("cluster {one} is named twice"));
        assert_eq!(line.targets.open().err(), Some(twice));
        let line = Line::try_parse_from(["tool", "--cluster", other, "--cluster", one]).unwrap();
        assert_eq!(line.targets.clusters.iter().map(ClusterId::as_str).collect::<Vec<_>>(), [other, one]);
    }

    #[test]
    fn prefixes() {
        let names = ["loginHSM", "logoutHSM", "listUsers", "info", "infoX"];
        let find = |word| by_prefix(&names, |name| name, word);
        assert_eq!(find("logout"), Found::One(&"logoutHSM"));
        assert_eq!(find("info"), Found::One(&"info"));
        assert_eq!(find("log"), Found::Several(vec![&"loginHSM", &"logoutHSM"]));
        assert_eq!(find("quit"), Found::None);
    }

    #[test]
    fn one_failure_decides_the_exit_status() {
        let mut tally = Tally::default();
        tally.add(Outcome::Done);
        assert_eq!(tally, Tally { failed: false });
        tally.add(Outcome::Failed);
        tally.add(Outcome::Quit);
        assert_eq!(tally, Tally { failed: true });
    }
}
