//! `getCert`.

use crate::admin::{Admin, NodeResult};
use crate::error::{HsmError, Result};
use crate::realm::Realm;
use crate::user::Operation;

/// The certificates of an HSM and the numbers that commands use for them (documented).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateKind {
    /// 1: the manufacturer's root.
    ManufacturerRoot,
    /// 2: the hardware's, by the manufacturer.
    ManufacturerHardware,
    /// 4: the customer's root.
    CustomerRoot,
    /// 8: the cluster's, by the customer.
    Cluster,
    /// 16: the cluster's, by the hardware.
    ClusterByHardware,
}

impl CertificateKind {
    /// The kind of this number.
    pub const fn of_number(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::ManufacturerRoot),
            2 => Some(Self::ManufacturerHardware),
            4 => Some(Self::CustomerRoot),
            8 => Some(Self::Cluster),
            16 => Some(Self::ClusterByHardware),
            _ => None,
        }
    }
}

impl Admin {
    /// A certificate of every addressed server, PEM; needs no login. Hardware's are known of the cluster's first HSM, and not in
    /// clusters that were made from a backup.
    ///
    /// # Errors
    /// The cluster does not exist, or the store fails. A server answers [`HsmError::NoCertificate`] if it has none of this kind.
    pub fn certificate(&self, kind: CertificateKind) -> Result<Vec<NodeResult<String>>> {
        // Whatever the realm, the roots are the directory's.
        let root = self.world.control(Realm::default()).hardware_roots()?.manufacturer;
        self.ask(|rows, reach| {
            let known = &reach.cluster.certificates;
            let hsm = reach.cluster.hsm_certificates.clone();
            let certificate = match kind {
                CertificateKind::ManufacturerRoot => Some(root),
                CertificateKind::ManufacturerHardware => hsm.map(|hsm| hsm.manufacturer_hardware),
                CertificateKind::CustomerRoot => known.trust_anchor.clone(),
                CertificateKind::Cluster => known.cluster_certificate.clone(),
                CertificateKind::ClusterByHardware => hsm.map(|hsm| hsm.by_hardware),
            };
            self.on_each(rows, &reach, Operation::Info, |_, _, _| {
                Ok(certificate.clone().ok_or(HsmError::NoCertificate))
            })
        })
    }
}
