//! A ready cluster in one line, by the real ceremony: create it, sign its request as the customer's CA, initialize it, activate it
//! as its first officer, add the other nodes and the users.

use crypto::RsaKeyPair;
use crypto::keyfile::PrivateKey;
use crypto::x509::{self, Field, Issue, Subject, Validity};

use crate::cluster::Personality;
use crate::control::{Control, CreateCluster};
use crate::error::{ControlError, Error, HsmError, Result};
use crate::id::{ClusterId, SubnetId};
use crate::node::reach::NodeResult;
use crate::realm::{AvailabilityZone, Realm};
use crate::transition;
use crate::user::{LoginType, NodeUsers, Role};
use crate::world::World;
use crate::{Password, SecretBytes};

/// The first officer's name (documented).
pub const ADMIN: &str = "admin";
/// The name of the user that a key store logs in with (seed 000).
pub const KMSUSER: &str = "kmsuser";

const DEFAULT_ADMIN_PASSWORD: &str = "adminPswd1";
const DEFAULT_KMSUSER_PASSWORD: &str = "kmsPswd1";
const CA_LIFETIME_SECONDS: i64 = 3_652 * 24 * 3_600;
const CA_KEY_BITS: u32 = 2048;

/// What to build. Made by [`ActiveCluster::builder`].
#[derive(Debug, Clone)]
pub struct Builder {
    nodes: usize,
    admin_password: Password,
    kmsuser: Option<Password>,
    subnets: Option<Vec<SubnetId>>,
    personality: Personality,
    hsm_type: Option<String>,
}

impl Builder {
    /// How many nodes, spread over the Availability Zones in turn.
    #[must_use]
    pub fn nodes(self, nodes: usize) -> Self {
        Self { nodes, ..self }
    }

    /// The password that the first officer gets.
    #[must_use]
    pub fn admin_password(self, password: &Password) -> Self {
        Self { admin_password: password.clone(), ..self }
    }

    /// Creates the crypto user `kmsuser` with this password.
    #[must_use]
    pub fn kmsuser(self, password: &str) -> Self {
        Self { kmsuser: Some(Password::from(password)), ..self }
    }

    /// The cluster's subnets; by default the realm's own, one per Availability Zone.
    #[must_use]
    pub fn subnets(self, subnets: Vec<SubnetId>) -> Self {
        Self { subnets: Some(subnets), ..self }
    }

    /// What PKCS#11 clients meet; `cloudhsm` unless said otherwise.
    #[must_use]
    pub fn personality(self, personality: Personality) -> Self {
        Self { personality, ..self }
    }

    /// The type of its HSMs; `hsm1.medium` unless said otherwise.
    #[must_use]
    pub fn hsm_type(self, name: &str) -> Self {
        Self { hsm_type: Some(name.to_owned()), ..self }
    }

    /// Builds the cluster, at once even if changes last elsewhere in the world.
    ///
    /// # Errors
    /// A password breaks the rules, a limit is reached, or the store fails.
    pub fn build_in(self, world: &World, realm: &Realm) -> Result<ActiveCluster> {
        let control = world.control(realm.clone());
        let subnets = match self.subnets {
            Some(subnets) => subnets,
            None => control.default_subnets()?.into_iter().map(|subnet| subnet.id).collect(),
        };
        let plain = CreateCluster::new(subnets);
        let hsm_type = self.hsm_type.unwrap_or_else(|| plain.hsm_type.clone());
        let request = CreateCluster { personality: self.personality, hsm_type, ..plain };
        let cluster = control.create_cluster(request)?.cluster;
        let finish = || world.write(|tx| transition::finish_cluster(tx, &cluster.id));
        finish()?;
        let zones: Vec<AvailabilityZone> = cluster.subnets.keys().cloned().collect();
        let mut zone_of_next = zones.iter().cycle().take(self.nodes);
        if let Some(zone) = zone_of_next.next() {
            control.create_hsm(&cluster.id, zone, None)?;
            finish()?;
        }
        let customer = CustomerCa::new(world)?;
        customer.initialize(&control, &cluster.id)?;
        finish()?;
        activate(world, &cluster.id, &self.admin_password, self.kmsuser.as_ref())?;
        finish()?;
        for zone in zone_of_next {
            control.create_hsm(&cluster.id, zone, None)?;
            finish()?;
        }
        Ok(ActiveCluster {
            world: world.clone(),
            realm: realm.clone(),
            id: cluster.id,
            admin_password: self.admin_password,
            kmsuser_password: self.kmsuser,
            customer,
        })
    }
}

/// The customer's certificate authority, which signs cluster certificates.
#[derive(Debug)]
pub struct CustomerCa {
    key: RsaKeyPair,
    certificate: String,
    validity: Validity,
}

impl CustomerCa {
    /// A new authority whose certificate is valid for ten years from the earlier of the world's two clocks.
    ///
    /// # Errors
    /// The store fails.
    pub fn new(world: &World) -> Result<Self> {
        let key = RsaKeyPair::generate(CA_KEY_BITS)?;
        let simulated = world.read(|rows| world.now(rows))?.seconds();
        let not_before = simulated.min(world.wall().now_millis().div_euclid(1000)).max(0);
        let validity = Validity { not_before, not_after: not_before.saturating_add(CA_LIFETIME_SECONDS) };
        let subject = Subject::new().with(Field::Organization, "hsm-sim").with(Field::CommonName, "customer CA");
        let certificate = x509::self_signed_ca(&key, &subject, validity)?;
        Ok(Self { key, certificate, validity })
    }

    /// Its certificate, PEM: what InitializeCluster and key stores call the trust anchor.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// Its private key, PKCS#8 DER.
    ///
    /// # Errors
    /// Memory is exhausted.
    pub fn private_key(&self) -> Result<SecretBytes> {
        Ok(self.key.to_pkcs8()?)
    }

    /// A certificate for a client of HSMs that trust this authority ([`crate::mtls`]) and its private key, both PEM.
    ///
    /// # Errors
    /// Memory is exhausted.
    pub fn certify_client(&self, world: &World) -> Result<(String, SecretBytes)> {
        let key = RsaKeyPair::generate(CA_KEY_BITS)?;
        let request = Issue {
            subject: &Subject::common_name("client"),
            public_key_der: key.public_key_der(),
            ca: false,
            serial: world.entropy().bytes(),
            validity: self.validity,
        };
        let certificate = x509::issue(&self.certificate, &self.key, &request)?;
        Ok((certificate, PrivateKey::from_pkcs8(key.to_pkcs8()?.expose())?.to_pem()?))
    }

    /// Signs the cluster's request and initializes the cluster with it.
    ///
    /// # Errors
    /// The cluster has no request, or does not accept the certificates, or the store fails.
    pub fn initialize(&self, control: &Control, id: &ClusterId) -> Result<()> {
        let certificates = control.cluster(id)?.cluster.certificates;
        let csr = certificates.cluster_csr.ok_or_else(|| ControlError::NoCsr(id.clone()))?;
        let serial = control.world.entropy().bytes();
        let signed = x509::sign_csr(&self.certificate, &self.key, &csr, serial, self.validity)?;
        control.initialize_cluster(id, &signed, &self.certificate)?;
        Ok(())
    }
}

/// What the first officer does: takes over from the default password, which activates the cluster, and creates `kmsuser`.
fn activate(world: &World, id: &ClusterId, password: &Password, kmsuser: Option<&Password>) -> Result<()> {
    let mut tool = world.admin(id)?;
    everywhere(tool.login(LoginType::Preco, ADMIN, &NodeUsers::default_password())?)?;
    everywhere(tool.change_password(LoginType::Preco, ADMIN, password)?)?;
    tool.logout()?;
    if let Some(kmsuser) = kmsuser {
        everywhere(tool.login(LoginType::Co, ADMIN, password)?)?;
        everywhere(tool.create_user(Role::Cu, KMSUSER, kmsuser)?)?;
        tool.logout()?;
    }
    Ok(())
}

/// Success only if every node answered with success.
fn everywhere<T>(answers: Vec<NodeResult<T>>) -> Result<()> {
    if answers.is_empty() {
        return Err(HsmError::NoNode.into());
    }
    answers.into_iter().try_for_each(|answer| answer.result.map(drop).map_err(Error::from))
}

/// An ACTIVE cluster with a crypto officer `admin`.
#[derive(Debug)]
pub struct ActiveCluster {
    world: World,
    realm: Realm,
    id: ClusterId,
    admin_password: Password,
    kmsuser_password: Option<Password>,
    customer: CustomerCa,
}

impl ActiveCluster {
    /// A cluster of three nodes without `kmsuser`, unless told otherwise.
    pub fn builder() -> Builder {
        let admin_password = Password::from(DEFAULT_ADMIN_PASSWORD);
        Builder {
            nodes: 3,
            admin_password,
            kmsuser: None,
            subnets: None,
            personality: Personality::CloudHsm,
            hsm_type: None,
        }
    }

    /// The world that it is in.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The account and Region that it belongs to.
    pub fn realm(&self) -> &Realm {
        &self.realm
    }

    /// Its id.
    pub fn cluster_id(&self) -> &ClusterId {
        &self.id
    }

    /// The management API of its realm.
    pub fn control(&self) -> Control {
        self.world.control(self.realm.clone())
    }

    /// The password of the crypto officer `admin`.
    pub fn admin_password(&self) -> &Password {
        &self.admin_password
    }

    /// The password of the crypto user `kmsuser`, if there is one.
    pub fn kmsuser_password(&self) -> Option<&Password> {
        self.kmsuser_password.as_ref()
    }

    /// The customer's CA certificate, PEM.
    pub fn trust_anchor(&self) -> &str {
        self.customer.certificate()
    }

    /// The customer's CA.
    pub fn customer(&self) -> &CustomerCa {
        &self.customer
    }
}

/// An [`ActiveCluster`] with `kmsuser` in a world of its own, whose clock stands still.
///
/// ```
/// let cluster = hsm_sim::TestCluster::active(3)?;
/// assert_eq!(cluster.control().cluster(cluster.cluster_id())?.active_nodes().count(), 3);
/// # Ok::<(), hsm_sim::Error>(())
/// ```
#[derive(Debug)]
pub struct TestCluster;

impl TestCluster {
    /// A cluster of so many nodes in different Availability Zones, in an ephemeral world in the default account and Region.
    ///
    /// # Errors
    /// There is no room for the temporary directory.
    pub fn active(nodes: usize) -> Result<ActiveCluster> {
        let world = World::ephemeral()?;
        let builder = ActiveCluster::builder().nodes(nodes).kmsuser(DEFAULT_KMSUSER_PASSWORD);
        builder.build_in(&world, &Realm::default())
    }
}
