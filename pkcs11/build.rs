//! Linking of the module.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Unloading would leave behind the handlers of forks and of ending threads.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
}
