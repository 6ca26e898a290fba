//! `kill -9` at any moment loses nothing that was acknowledged.

use std::{
    collections::BTreeMap,
    hash::{BuildHasher, RandomState},
    path::Path,
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use crate::support::{Http, Options, Sim, until};

/// A random number below `limit`; the randomness is only for when to kill, which no seed could repeat.
fn random(limit: u64) -> u64 {
    RandomState::new().hash_one(0) % limit
}

/// What one writer knows: `None` where a call was under way when the server died.
#[derive(Default)]
struct Ledger {
    /// ARN → whether enabled.
    keys: BTreeMap<String, Option<bool>>,
    /// Alias → the ARN that it points to, or that it is gone.
    aliases: BTreeMap<String, Option<Option<String>>>,
    acknowledged: usize,
    next: usize,
}

impl Ledger {
    /// Mutates until the server stops answering.
    fn write(&mut self, http: &mut Http, writer: usize, store: &str) {
        loop {
            self.next += 1;
            let number = self.next;
            let done = match number % 6 {
                0 => self.create(http, &json!({ "Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": store })),
                1 => self.create(http, &json!({})),
                2 => self.point(http, "CreateAlias", &format!("alias/writer{writer}-{number}")),
                3 => self.switch(http),
                4 => self.repoint(http, writer),
                _ => self.unname(http, writer),
            };
            if done.is_none() {
                return;
            }
        }
    }

    fn acknowledge(&mut self, http: &mut Http, operation: &str, body: &Value) -> Option<Value> {
        let reply = http.try_kms(operation, body).ok()?;
        assert_eq!(reply.status, 200, "{operation} {body}: {}", String::from_utf8_lossy(&reply.body));
        self.acknowledged += 1;
        Some(reply.json())
    }

    fn create(&mut self, http: &mut Http, body: &Value) -> Option<()> {
        let created = self.acknowledge(http, "CreateKey", body)?;
        self.keys.insert(created["KeyMetadata"]["Arn"].as_str().expect("an ARN").to_owned(), Some(true));
        Some(())
    }

    fn point(&mut self, http: &mut Http, operation: &str, alias: &str) -> Option<()> {
        let target = self.keys.keys().next_back()?.clone();
        self.aliases.insert(alias.to_owned(), None);
        self.acknowledge(http, operation, &json!({ "AliasName": alias, "TargetKeyId": target }))?;
        self.aliases.insert(alias.to_owned(), Some(Some(target)));
        Some(())
    }

    fn switch(&mut self, http: &mut Http) -> Option<()> {
        let (arn, enabled) =
            self.keys.iter().next_back().map(|(arn, enabled)| (arn.clone(), enabled.unwrap_or_default()))?;
        self.keys.insert(arn.clone(), None);
        self.acknowledge(http, if enabled { "DisableKey" } else { "EnableKey" }, &json!({ "KeyId": arn }))?;
        self.keys.insert(arn, Some(!enabled));
        Some(())
    }

    /// An alias of this writer that is known to exist.
    fn alias(&self, writer: usize) -> Option<String> {
        let prefix = format!("alias/writer{writer}-");
        self.aliases
            .iter()
            .find(|(name, target)| name.starts_with(&prefix) && matches!(target, Some(Some(_))))
            .map(|(name, _)| name.clone())
    }

    fn repoint(&mut self, http: &mut Http, writer: usize) -> Option<()> {
        match self.alias(writer) {
            Some(alias) => self.point(http, "UpdateAlias", &alias),
            None => Some(()),
        }
    }

    fn unname(&mut self, http: &mut Http, writer: usize) -> Option<()> {
        let Some(alias) = self.alias(writer) else { return Some(()) };
        self.aliases.insert(alias.clone(), None);
        self.acknowledge(http, "DeleteAlias", &json!({ "AliasName": alias }))?;
        self.aliases.insert(alias, Some(None));
        Some(())
    }

    /// Compares the server with what was acknowledged, and learns what became of the calls under way.
    fn check(&mut self, http: &mut Http, round: usize) {
        for (arn, enabled) in &mut self.keys {
            let shown = http.kms("DescribeKey", &json!({ "KeyId": arn })).ok();
            let now = shown["KeyMetadata"]["Enabled"].as_bool().expect("Enabled is a boolean");
            assert!(
                enabled.is_none_or(|enabled| enabled == now),
                "round {round}: {arn} should be enabled: {enabled:?}, found {shown}"
            );
            *enabled = Some(now);
            if now {
                let blob = http.kms("Encrypt", &json!({ "KeyId": arn, "Plaintext": "aGVsbG8=" })).ok();
                let clear = http.kms("Decrypt", &json!({ "CiphertextBlob": blob["CiphertextBlob"] })).ok();
                assert_eq!(clear["Plaintext"], "aGVsbG8=", "round {round}: {arn}");
            }
        }
        for (alias, target) in &mut self.aliases {
            let reply = http.kms("DescribeKey", &json!({ "KeyId": alias }));
            let now =
                (reply.status == 200).then(|| reply.json()["KeyMetadata"]["Arn"].as_str().expect("an ARN").to_owned());
            assert!(
                target.as_ref().is_none_or(|target| *target == now),
                "round {round}: {alias} should point to {target:?}, found {now:?}"
            );
            *target = Some(now);
        }
    }
}

fn start(dir: &Path) -> Sim {
    Sim::start(&Options::dir(dir).connect_delay("50ms"))
}

#[test]
fn acknowledged_mutations_survive_kill_9() {
    const WRITERS: usize = 4;
    const ROUNDS: usize = 10;
    let dir = tempfile::tempdir().expect("a temporary directory can be made");
    let mut ledgers: [Ledger; WRITERS] = std::array::from_fn(|_| Ledger::default());
    for round in 0..ROUNDS {
        let mut sim = start(dir.path());
        let mut http = sim.http();
        connected(&mut http, sim.store());
        ledgers.iter_mut().for_each(|ledger| ledger.check(&mut http, round));
        let (authority, store) = (sim.authority().to_owned(), sim.store().to_owned());
        thread::scope(|scope| {
            for (writer, ledger) in ledgers.iter_mut().enumerate() {
                let (authority, store) = (&authority, &store);
                scope.spawn(move || ledger.write(&mut Http::new(authority), writer, store));
            }
            thread::sleep(Duration::from_millis(10 + random(300)));
            sim.kill();
        });
    }
    let sim = start(dir.path());
    let mut http = sim.http();
    connected(&mut http, sim.store());
    ledgers.iter_mut().for_each(|ledger| ledger.check(&mut http, ROUNDS));
    assert_no_half_made_key(&sim, &mut http);
    let acknowledged: usize = ledgers.iter().map(|ledger| ledger.acknowledged).sum();
    assert!(acknowledged > 100, "only {acknowledged} mutations were acknowledged");
    println!("{acknowledged} mutations acknowledged in {ROUNDS} lives, none missing");
}

/// What KMS shows in the store and what lies in the HSMs are the same: CreateKey is finished or undone after a crash (documented).
fn assert_no_half_made_key(sim: &Sim, http: &mut Http) {
    let mut arns = Vec::new();
    let mut page = json!({ "Limit": 1000 });
    loop {
        let listed = http.kms("ListKeys", &page).ok();
        arns.extend(listed["Keys"].as_array().expect("a list of keys").iter().map(|key| key["KeyArn"].clone()));
        if listed["Truncated"] != true {
            break;
        }
        page = json!({ "Limit": 1000, "Marker": listed["NextMarker"] });
    }
    let in_store = arns
        .iter()
        .filter(|arn| {
            http.kms("DescribeKey", &json!({ "KeyId": arn })).ok()["KeyMetadata"]["CustomKeyStoreId"] == sim.store()
        })
        .count();
    let users = sim.cmu("listUsers\nquit\n").ok();
    let id = users
        .lines()
        .find(|line| line.contains("kmsuser"))
        .and_then(|line| line.split_whitespace().next())
        .expect("kmsuser is listed")
        .to_owned();
    sim.as_co(&format!("findAllKeys {id} 0")).ok().times(3, &format!("Number of keys found {in_store}\n"));
}

#[test]
fn the_password_rotation_survives_kill_9() {
    const ROUNDS: usize = 12;
    let dir = tempfile::tempdir().expect("a temporary directory can be made");
    let mut blob = Value::Null;
    for _ in 0..ROUNDS {
        let mut sim = start(dir.path());
        let mut http = sim.http();
        let store = json!({ "CustomKeyStoreId": sim.store() });
        connected(&mut http, sim.store());
        if blob.is_null() {
            blob = http.kms("Encrypt", &json!({ "KeyId": sim.key(), "Plaintext": "aGVsbG8=" })).ok()["CiphertextBlob"]
                .take();
        }
        assert_eq!(http.kms("Decrypt", &json!({ "CiphertextBlob": blob })).ok()["Plaintext"], "aGVsbG8=");
        http.kms("DisconnectCustomKeyStore", &store).ok();
        until("the key store is DISCONNECTED", || state(&mut http, sim.store()).0 == "DISCONNECTED");
        http.kms("ConnectCustomKeyStore", &store).ok();
        // Connecting takes 50 ms and more, so this hits it before, within and after the rotation.
        thread::sleep(Duration::from_millis(random(120)));
        sim.kill();
    }
    let sim = start(dir.path());
    let mut http = sim.http();
    connected(&mut http, sim.store());
    assert_eq!(http.kms("Decrypt", &json!({ "CiphertextBlob": blob })).ok()["Plaintext"], "aGVsbG8=");
    let strikes = sim.cmu("listUsers\nquit\n").ok().strikes("kmsuser");
    assert_eq!(strikes, [0, 0, 0], "asking the nodes which password is theirs counts no strike (documented)");
}

fn state(http: &mut Http, store: &str) -> (String, Value) {
    let shown =
        http.kms("DescribeCustomKeyStores", &json!({ "CustomKeyStoreId": store })).ok()["CustomKeyStores"][0].take();
    (shown["ConnectionState"].as_str().expect("a state").to_owned(), shown)
}

/// Waits until the store is CONNECTED, connecting it when it is not; it must never fail.
fn connected(http: &mut Http, store: &str) {
    until("the key store is CONNECTED", || {
        let (state, shown) = state(http, store);
        assert_ne!(state, "FAILED", "{shown}");
        if state == "DISCONNECTED" {
            http.kms("ConnectCustomKeyStore", &json!({ "CustomKeyStoreId": store })).ok();
        }
        state == "CONNECTED"
    });
}

/// A kill during the very first start leaves a directory that opens (documented).
#[test]
fn the_first_start_survives_kill_9() {
    for _ in 0..6 {
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        for _ in 0..3 {
            let mut child = std::process::Command::new(crate::support::PROGRAM)
                .args(["up", "--json", "--listen", "127.0.0.1:0", "--dir"])
                .arg(dir.path())
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null())
                .spawn()
                .expect("the program can be started");
            thread::sleep(Duration::from_millis(random(250)));
            child.kill().expect("the child can be killed");
            child.wait().expect("the child can be waited for");
        }
        let sim = start(dir.path());
        let mut http = sim.http();
        connected(&mut http, sim.store());
        http.kms("Encrypt", &json!({ "KeyId": sim.key(), "Plaintext": "aGVsbG8=" })).ok();
        let clusters = http.cloudhsm("DescribeClusters", &json!({})).ok();
        let active = clusters["Clusters"]
            .as_array()
            .expect("a list of clusters")
            .iter()
            .filter(|cluster| cluster["State"] == "ACTIVE")
            .count();
        assert_eq!(active, 1, "one ready environment, not several: {clusters}");
    }
}

/// Prints how long `up` takes; the benches gate it, a shared machine would make an assertion here flaky.
#[test]
fn time_to_ready() {
    let median = |mut times: Vec<Duration>| {
        times.sort();
        times[times.len() / 2]
    };
    let dirs: Vec<_> = (0..5).map(|_| tempfile::tempdir().expect("a temporary directory can be made")).collect();
    let fresh = median(dirs.iter().map(|dir| start(dir.path()).ready_after).collect());
    let existing = median(dirs.iter().map(|dir| start(dir.path()).ready_after).collect());
    println!("ready after {fresh:?} on a fresh directory, {existing:?} on an existing one (medians of 5)");
}
