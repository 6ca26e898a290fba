//! Black-box tests: the real program, driven from outside by the unmodified AWS CLI (versions 1 and 2), boto3, the three management tools and raw
//! HTTP. Nothing here links against the simulator's own crates.
//!
//! The `story_*` modules are whole procedures of the user guides, each run with both versions of the CLI; the rest look at one property each.

#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "measurements are for the reader of the test's output")]

mod support;

mod approvals;
mod audit;
mod bad_input;
mod bench;
mod durability;
mod errors;
mod faults;
mod first_start;
mod golden;
mod hsm_port;
mod key_states;
mod kmu_with_openssl;
mod nodes;
mod openapi;
mod settings;
mod story_a_life;
mod story_b_recover_material;
mod story_c_wrong_password;
mod story_d_locked_out;
mod story_e_logged_in_elsewhere;
mod story_f_related_clusters;
mod story_g_connection_errors;
mod story_h_divergence;
mod story_i_orphaned_material;
mod story_j_boto3;
mod story_k_control_plane;
mod story_l_backups;
mod story_m_cloudhsm_cli;
mod surroundings;
mod token;
mod tools;
