//! Every harness on its corpus, and on random bytes of a fixed seed.
//!
//! `HSM_SIM_FUZZ_RUNS` says how many random inputs each harness gets.

use std::fs;
use std::path::Path;

use hsm_sim_fuzz::{TARGETS, Target};
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};

/// Random inputs per harness, unless the environment says otherwise.
const RUNS: usize = 100;
/// The longest random input in bytes.
const LONGEST: usize = 600;

fn corpus(target: &Target) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut inputs: Vec<_> = files
        .map(|file| {
            let path = file.unwrap().path();
            (path.display().to_string(), fs::read(&path).unwrap())
        })
        .collect();
    inputs.sort();
    assert!(!inputs.is_empty(), "{} has no corpus", target.name);
    inputs
}

#[test]
fn the_corpus_runs() {
    for target in TARGETS {
        for (name, input) in corpus(target) {
            // Shown when the test fails.
            eprintln!("{name}");
            (target.run)(&input);
        }
    }
}

#[test]
fn random_bytes_run() {
    let runs = std::env::var("HSM_SIM_FUZZ_RUNS").map_or(RUNS, |runs| runs.parse().expect("a number of runs"));
    for target in TARGETS {
        let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        for run in 0..runs {
            let mut input = vec![0; random.next_u32() as usize % LONGEST];
            random.fill_bytes(&mut input);
            // Shown when the test fails.
            eprintln!("{} {run}: {}", target.name, hex(&input));
            (target.run)(&input);
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
