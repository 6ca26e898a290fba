//! What a program pays before its first operation: `C_Initialize` and the first search of a token that holds many keys, beside other
//! tokens. Medians over starts of all tokens in turn; the files are in the system's cache.
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
const ROUNDS: usize = 15;

fn main() {
    let given: Vec<usize> =
        std::env::args().skip(1).map(|text| text.parse().expect("arguments are numbers of keys")).collect();
    let sizes = if given.is_empty() { vec![MOST_OF_RIVALS, 100_000] } else { given };
    for keys in sizes {
        let mut modules = vec![("module", Module::own(keys))];
        let rivals = RIVALS.iter().filter(|_| keys <= MOST_OF_RIVALS);
        modules.extend(rivals.filter_map(|rival| Some((rival.name, Module::of(rival, keys)?))));
        let rounds: Vec<Vec<[Duration; 2]>> =
            (0..ROUNDS).map(|_| modules.iter_mut().map(|(_, module)| module.start_again()).collect()).collect();
        for (at, (name, _)) in modules.iter().enumerate() {
            let middle = |part: usize| median(rounds.iter().map(|round| round[at][part].as_secs_f64() * 1e6).collect());
            println!(
                "{name:<10} {keys:>8} keys: C_Initialize {:>10.0} us, the first search {:>10.0} us",
                middle(0),
                middle(1)
            );
        }
    }
}
