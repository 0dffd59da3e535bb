//! Cargo, started by a program that cargo may have started itself.

use std::process::Command;

/// What cargo tells a program that it runs about the program's own package.
const OF_PACKAGE: [&str; 2] = ["CARGO_MANIFEST_", "CARGO_PKG_"];

/// Returns cargo as a user's shell would start it.
///
/// Build scripts watch the variables that cargo sets for a program that it runs: with them, a build
/// inside a run makes most of the workspace anew, and so does the next one outside.
pub fn cargo() -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut cargo = Command::new(program);
    for (name, _value) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if OF_PACKAGE.iter().any(|start| text.starts_with(start)) {
            cargo.env_remove(&name);
        }
    }
    cargo
}
