//! What a program pays before its first operation: `C_Initialize` and the first search of a token that holds many keys, beside other
//! tokens. Medians over starts in turn; the files are in the system's cache.
//!
//! `cargo run --profile bench -p hsm-sim-benches --bin start -- 1000 100000`
//!
//! Arguments are numbers of keys. The other tokens hold at most [`MOST_OF_RIVALS`]: they take minutes to make more.
#![allow(clippy::print_stdout, reason = "its report")]

use std::time::Duration;

use hsm_sim_benches::measure::median;
use hsm_sim_benches::module::Module;
use hsm_sim_benches::rival::RIVALS;

const MOST_OF_RIVALS: usize = 1000;
const STARTS: usize = 9;

fn main() {
    let given: Vec<usize> =
        std::env::args().skip(1).map(|text| text.parse().expect("arguments are numbers of keys")).collect();
    let sizes = if given.is_empty() { vec![MOST_OF_RIVALS, 100_000] } else { given };
    for keys in sizes {
        report("module", keys, Module::own(keys));
        for rival in RIVALS.iter().filter(|_| keys <= MOST_OF_RIVALS) {
            if let Some(module) = Module::of(rival, keys) {
                report(rival.name, keys, module);
            }
        }
    }
}

fn report(name: &str, keys: usize, mut module: Module) {
    let starts: Vec<[Duration; 2]> = (0..STARTS).map(|_| module.start_again()).collect();
    let middle = |part: usize| median(starts.iter().map(|start| start[part].as_secs_f64() * 1e6).collect());
    println!("{name:<10} {keys:>8} keys: C_Initialize {:>10.0} us, the first search {:>10.0} us", middle(0), middle(1));
}
