//! Kubernetes adapter of kubectl-vwi: kubeconfig, credentials, tenant and host clusters.
//!
//! It sees and does, and decides nothing: absence is `None`, and an error says what was tried on
//! what. Start with [`Cluster::connect`]; [`Tenant`] and [`Host`] are the questions that the steps
//! ask the two kinds of cluster.

mod access;
mod certificate;
pub mod choice;
pub mod cluster;
pub mod cluster_as;
mod connection;
pub mod error;
pub mod evidence;
pub mod exec;
pub mod host;
pub mod identity;
pub mod kubeconfig;
pub mod object;
mod path;
pub mod pod;
mod request;
#[cfg(test)]
mod scripted;
pub mod tenant;

pub use choice::{ClusterChoice, ConnectSettings, HostChoice, KubeconfigFiles, Proxies, TlsChoice};
pub use cluster::{Cluster, ConnectError};
pub use error::ApiError;
pub use evidence::HostEvidence;
pub use host::Host;
pub use identity::TenantIdentity;
pub use kubeconfig::Kubeconfig;
pub use pod::{OneShot, PodError, Ran};
pub use tenant::Tenant;
