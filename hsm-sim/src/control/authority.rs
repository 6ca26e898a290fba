//! The makers of HSM hardware: two roots per directory that certify the hardware key of each cluster's first node.

use std::thread;

use crypto::RsaKeyPair;
use crypto::x509::{self, Issue, Subject, Validity};
use serde::{Deserialize, Serialize};
use store::Table;

use crate::cluster::{self, Certificates};
use crate::control::Control;
use crate::error::{Error, Result};
use crate::id::NodeId;
use crate::row::{self, Record};
use crate::vault::Sealed;
use crate::world::World;

const KEY: &[u8] = b"roots";
const CONTEXT: &[u8] = b"hardware-root";
const KEY_BITS: u32 = 2048;
/// Certificates last ten years (documented).
const LIFETIME_SECONDS: i64 = 10 * 365 * 24 * 3_600;

/// The certificates that hardware certificates chain to, PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HardwareRoots {
    /// `AWS_CloudHSM_Root-G1`, above AwsHardwareCertificate.
    pub aws: String,
    /// Above ManufacturerHardwareCertificate.
    pub manufacturer: String,
}

impl Control {
    /// The roots of the hardware certificates, for those who verify an HSM's identity as documented.
    ///
    /// # Errors
    /// The store fails.
    pub fn hardware_roots(&self) -> Result<HardwareRoots> {
        let authority = Authority::of(&self.world)?;
        Ok(HardwareRoots { aws: authority.aws.certificate, manufacturer: authority.manufacturer.certificate })
    }
}

/// What the first node of a new cluster makes: the cluster's key, its request for a certificate, and its own certificates.
pub(super) struct Identity {
    /// PKCS#8, sealed.
    pub(super) private_key: Sealed,
    pub(super) certificates: Certificates,
}

impl Identity {
    /// Makes the identity. Takes two RSA keys, so keep it outside transactions.
    pub(super) fn make(world: &World, node: &NodeId) -> Result<Self> {
        let authority = Authority::of(world)?;
        let (key, hardware) = two_keys()?;
        let validity = ten_years(world)?;
        let entropy = world.entropy();
        let identifier = identifier(node);
        let partition = entropy.below(32).to_string();
        let certify = |root: &Root, ca, subject: &Subject, public: &RsaKeyPair| {
            let serial = entropy.bytes();
            let request = Issue { subject, public_key_der: public.public_key_der(), ca, serial, validity };
            Ok::<_, Error>(x509::issue(&root.certificate, &root.key(world)?, &request)?)
        };
        let aws = certify(&authority.aws, true, &Subject::hardware(&identifier), &hardware)?;
        let manufacturer = certify(&authority.manufacturer, true, &Subject::hardware(&identifier), &hardware)?;
        let subject = Subject::cluster(&identifier, &partition);
        let own = Issue {
            subject: &subject,
            public_key_der: key.public_key_der(),
            ca: false,
            serial: entropy.bytes(),
            validity,
        };
        let certificates = Certificates {
            cluster_csr: Some(x509::cluster_csr(&key, &identifier, &partition)?),
            hsm_certificate: Some(x509::issue(&aws, &hardware, &own)?),
            aws_hardware_certificate: Some(aws),
            manufacturer_hardware_certificate: Some(manufacturer),
            ..Certificates::default()
        };
        let private_key = world.vault().seal(entropy, cluster::KEY_CONTEXT, key.to_pkcs8()?.expose());
        Ok(Self { private_key, certificates })
    }
}

/// The HSM identifier in certificates: digits and capital letters (inferred form).
fn identifier(node: &NodeId) -> String {
    node.as_str().trim_start_matches("hsm-").to_uppercase()
}

/// From the earlier of the two clocks, so that it is valid for both (documented).
fn ten_years(world: &World) -> Result<Validity> {
    let simulated = world.read(|rows| world.now(rows))?.seconds();
    let not_before = simulated.min(world.wall().now_millis().div_euclid(1000)).max(0);
    Ok(Validity { not_before, not_after: not_before.saturating_add(LIFETIME_SECONDS) })
}

/// Two keys side by side, for the price of one where there are two processors.
fn two_keys() -> Result<(RsaKeyPair, RsaKeyPair)> {
    thread::scope(|scope| {
        let other = scope.spawn(|| RsaKeyPair::generate(KEY_BITS));
        let first = RsaKeyPair::generate(KEY_BITS)?;
        let second = other.join().map_err(|_| crypto::Error::Primitive { operation: "make an RSA key" })??;
        Ok((first, second))
    })
}

#[derive(Debug, Serialize, Deserialize)]
struct Root {
    key: Sealed,
    certificate: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Authority {
    aws: Root,
    manufacturer: Root,
}

impl Record for Authority {
    const TABLE: Table = row::AUTHORITY;
}

impl Authority {
    /// The roots of the directory, made when first needed.
    fn of(world: &World) -> Result<Self> {
        if let Some(known) = world.read(|rows| row::load(rows, KEY))? {
            return Ok(known);
        }
        let made = Self::make(world)?;
        world.write(|tx| match row::load(tx, KEY)? {
            // Another process was first.
            Some(known) => Ok(known),
            None => {
                row::save(tx, KEY, &made)?;
                Ok(made)
            }
        })
    }

    fn make(world: &World) -> Result<Self> {
        let (aws, manufacturer) = two_keys()?;
        let validity = ten_years(world)?;
        Ok(Self {
            aws: Root::make(world, &aws, &Subject::aws_root(), validity)?,
            manufacturer: Root::make(world, &manufacturer, &Subject::manufacturer_root(), validity)?,
        })
    }
}

impl Root {
    fn make(world: &World, key: &RsaKeyPair, subject: &Subject, validity: Validity) -> Result<Self> {
        let certificate = x509::self_signed_ca(key, subject, validity)?;
        let key = world.vault().seal(world.entropy(), CONTEXT, key.to_pkcs8()?.expose());
        Ok(Self { key, certificate })
    }

    fn key(&self, world: &World) -> Result<RsaKeyPair> {
        let document = world.vault().open_sealed(CONTEXT, &self.key)?;
        Ok(RsaKeyPair::from_pkcs8(document.expose())?)
    }
}
