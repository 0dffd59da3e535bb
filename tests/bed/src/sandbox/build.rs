//! Builds what the sandbox needs and says how long it took.

use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::process::Command;

use crate::cargo::cargo;
use crate::controlplane::ControlPlane;
use crate::error::{BedError, Doing};
use crate::files;
use crate::sandbox::say;

/// A build that took less has found everything built.
const NOTHING_TO_DO: Duration = Duration::from_secs(2);

/// Builds the suite's programs and the bed, in the profile that the sandbox was built in.
pub(super) async fn programs(out: &mut dyn Write) -> Result<(), BedError> {
    let folder = files::programs()?;
    let profile = folder
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or("debug");
    // Cargo puts what its profile `dev` makes into `debug`.
    let profile = if profile == "debug" { "dev" } else { profile };
    let started = Instant::now();
    let mut child = Command::from(cargo())
        .args(["build", "--workspace", "--bins", "--profile", profile])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .doing(|| "cannot start `cargo build`".to_owned())?;
    let status = child
        .wait()
        .await
        .doing(|| "cannot wait for `cargo build`".to_owned())?;
    if !status.success() {
        return Err(BedError::new(format!("`cargo build` failed ({status})")));
    }
    let took = started.elapsed();
    if took > NOTHING_TO_DO {
        say(
            out,
            &format!("== built the programs in {} s", took.as_secs()),
        )?;
    }
    Ok(())
}

/// Builds the control plane, which says on standard error what it does.
pub(super) async fn control_plane() -> Result<(), BedError> {
    let assets = std::env::var_os("KUBEBUILDER_ASSETS");
    let built = tokio::task::spawn_blocking(move || {
        ControlPlane::find_or_build(assets, &mut std::io::stderr())
    });
    built
        .await
        .doing(|| "the build of the control plane was cut short".to_owned())??;
    Ok(())
}
