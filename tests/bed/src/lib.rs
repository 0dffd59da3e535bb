//! Test bed of kubectl-vwi: two real clusters, stand-ins for what cannot be had, the sandbox.
//!
//! A test calls [`Bed::connect`]. The first one starts the program `vwi-bed`, all talk to it over a
//! socket, and an open connection is a lease: nothing is left two seconds after the last one has
//! gone, whatever happened to it. The servers in turn end when the bed does, because their standard
//! input is a pipe that only the bed holds.
//!
//! | subject | file |
//! |---|---|
//! | a test's side | `bed`, `client`, `world`; `process`, `tools`, `wait` |
//! | what both sides say | `protocol` |
//! | the program | `program`, `session`, `folder`; what it runs: `running` |
//! | a cluster | `cluster`, on `etcd`, `server`, `port`, `certificate`, `kubeconfig` |
//! | the servers' programs | `controlplane`, built by `go` from `tests/controlplane`; `guard` |
//! | what makes the clusters a host and a tenant | `host`, `tenant`, `vcluster`, `object` |
//! | the Azure webhook, on `https` | `webhook` |
//! | what runs pods | `kubelet` |
//! | the vCluster Platform in front of both | `platform` |
//! | `cargo sandbox` | `sandbox` |
//!
//! The stand-ins of Azure and of the Platform, and vCluster's syncer, are crates of their own.

mod bed;
mod cargo;
mod certificate;
mod client;
mod cluster;
mod controlplane;
mod error;
mod etcd;
mod files;
mod folder;
mod go;
mod guard;
mod host;
mod https;
mod kubeconfig;
mod kubelet;
mod object;
mod platform;
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
pub use cargo::cargo;
pub use client::{Connection, Place};
pub use controlplane::{ControlPlane, say};
pub use error::{BedError, Doing};
pub use guard::guard;
pub use kubelet::image;
pub use process::{Finished, Program, Running};
pub use program::{ProgramOptions, serve};
pub use protocol::*;
pub use rustix::process::Signal;
pub use sandbox::{SandboxOptions, Spoil, sandbox};
pub use tenant::UNSYNCED;
pub use tools::{Tofu, require_az, require_kubectl, require_tofu};
pub use vcluster::{PRIVATE, VirtualCluster};
pub use wait::{until, until_blocking};
pub use webhook::{WebhookGeneration, WebhookOptions};
pub use world::AzureWorld;
