//! Test bed of kubectl-vwi: real API servers, stand-ins, the sandbox.

mod bed;
mod certificate;
mod client;
mod cluster;
mod controlplane;
mod error;
mod etcd;
mod files;
mod folder;
mod guard;
mod host;
mod kubeconfig;
mod object;
mod port;
mod process;
mod program;
mod protocol;
mod running;
mod sandbox;
mod server;
mod session;
mod tenant;
mod tools;
mod vcluster;
mod wait;
mod webhook;
mod world;

pub use bed::{Bed, client, unique};
pub use client::{Connection, Place};
pub use controlplane::{ControlPlane, say};
pub use error::{BedError, Doing};
pub use guard::guard;
pub use process::{Finished, Program, Running};
pub use program::ProgramOptions;
pub use protocol::*;
pub use rustix::process::Signal;
pub use sandbox::{SandboxOptions, Spoil, sandbox};
pub use tenant::UNSYNCED;
pub use tools::{require_az, require_kubectl};
pub use vcluster::{PRIVATE, VirtualCluster};
pub use wait::{until, until_blocking};
pub use webhook::{WebhookGeneration, WebhookOptions};
pub use world::AzureWorld;

/// Runs a bed, see [`program::run`].
///
/// # Errors
///
/// As there, and when no runtime can be made.
pub fn serve(options: &ProgramOptions, control_plane: ControlPlane) -> Result<(), BedError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = runtime.doing(|| "cannot make a runtime".to_owned())?;
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, program::run(options, control_plane))
}
