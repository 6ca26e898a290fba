//! The `hsm-sim` program.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    hsm_sim_cli::args::run(std::env::args_os())
}
