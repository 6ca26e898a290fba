//! The HSM network port, as clients meet it: good ones, lost ones and hostile ones.

mod hostile;
mod life;
mod mutual_tls;
mod port;
#[path = "../../../tests/support/wait.rs"]
mod wait;
