//! Steps that several procedures share: what the troubleshooting page does with the two utilities.

use super::{Sim, Transcript};

impl Sim {
    /// The first line of every script of a crypto officer on the ready cluster.
    pub(crate) fn co_login(&self) -> String {
        format!("loginHSM CO {} {}\n", self.ready("co_user"), self.ready("co_password"))
    }

    /// cloudhsm_mgmt_util as the crypto officer: logs in, runs `commands`, logs out.
    #[track_caller]
    pub(crate) fn as_co(&self, commands: &str) -> Transcript {
        self.as_co_on(self.cluster(), commands)
    }

    #[track_caller]
    pub(crate) fn as_co_on(&self, cluster: &str, commands: &str) -> Transcript {
        self.cmu_on(cluster, &format!("{}{commands}\nlogoutHSM\nquit\n", self.co_login()))
    }

    /// The crypto officer gives kmsuser a known password on all nodes.
    #[track_caller]
    pub(crate) fn set_kmsuser_password(&self, password: &str) {
        self.set_kmsuser_password_on(self.cluster(), password);
    }

    #[track_caller]
    pub(crate) fn set_kmsuser_password_on(&self, cluster: &str, password: &str) {
        self.as_co_on(cluster, &format!("changePswd CU kmsuser {password}\ny"))
            .ok()
            .has("Changing password for kmsuser(CU) on ");
    }

    /// key_mgmt_util as kmsuser: logs in, runs `commands`, logs out.
    #[track_caller]
    pub(crate) fn as_kmsuser(&self, password: &str, commands: &str) -> Transcript {
        self.kmu(&format!("loginHSM -u CU -s kmsuser -p {password}\n{commands}\nlogoutHSM\nexit\n"))
    }

    /// The handle of the key material that bears a label, found as kmsuser.
    #[track_caller]
    pub(crate) fn handle_of(&self, password: &str, label: &str) -> String {
        let found =
            self.as_kmsuser(password, &format!("findKey -l {label}")).ok().has("Total number of keys present 1");
        let mut lines = found.lines().skip_while(|line| !line.starts_with("number of keys matched from start index"));
        lines.nth(1).expect("findKey prints the handles after their number").to_owned()
    }

    /// Deletes key material by its handle, as kmsuser, on all nodes.
    #[track_caller]
    pub(crate) fn delete_material(&self, password: &str, handle: &str) {
        self.as_kmsuser(password, &format!("deleteKey -k {handle}"))
            .ok()
            .has("Cfm3DeleteKey returned: 0x00 : HSM Return: SUCCESS");
    }
}
