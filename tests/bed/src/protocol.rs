//! What a test and the bed say to each other: one JSON line in, one JSON line out.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::vcluster::VirtualCluster;

/// What a test asks of the bed.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Everything that is known about the bed; answered with [`Description`] once it is ready.
    Describe {},
    /// One more vCluster; answered with [`TenantDescription`]. It goes when the connection closes.
    AddTenant(VirtualCluster),
    /// An order for the syncer of a vCluster; answered with what it did so far, a line each.
    Syncer {
        /// Name of the vCluster.
        vcluster: String,
        /// Its host namespace.
        namespace: String,
        /// What it shall do.
        order: SyncerOrder,
    },
}

/// What a test asks of a vCluster's syncer.
///
/// The shared vCluster's syncer is everybody's: only a vCluster of one's own should be down.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum SyncerOrder {
    /// Look at everything that it knows of.
    Settle,
    /// Be down, as if the vCluster's pod were gone.
    Pause,
    /// Be up again.
    Resume,
    /// Be down and up again.
    Restart,
    /// Free the host names whose owner is gone, which a vCluster does every three minutes.
    CleanUp,
}

/// What the bed answers.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer<T> {
    /// It worked.
    Ok(T),
    /// It did not, with all causes in one line.
    Error(String),
}

/// A bed, as its clients see it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Description {
    /// The process of the bed.
    pub pid: u32,
    /// Its folder, removed when it ends.
    pub folder: PathBuf,
    /// Certificate of the authority that the Azure stand-in's certificate comes from, PEM.
    pub authority: PathBuf,
    /// `iss` of the host's ServiceAccount tokens, trailing slash included.
    pub issuer: String,
    /// The Azure stand-in.
    pub azure: AzureDescription,
    /// The Platform stand-in.
    pub platform: PlatformDescription,
    /// The host cluster.
    pub host: ClusterDescription,
    /// The vCluster that all tests share.
    pub tenant: TenantDescription,
    /// Every server process.
    pub servers: Vec<ServerDescription>,
}

/// The Azure stand-in, as clients see it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct AzureDescription {
    /// Where it answers, without a slash at the end.
    pub url: String,
}

/// The Platform stand-in, as clients see it. Its instance is the vCluster that all tests share; the
/// host cluster is behind it too.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct PlatformDescription {
    /// Where it answers, without a slash at the end.
    pub url: String,
    /// File with the access key of its administrator.
    pub key_file: PathBuf,
    /// The login of the vcluster command line, as that writes it.
    pub login_file: PathBuf,
    /// Kubeconfig file that leads to the shared vCluster through it.
    pub kubeconfig: PathBuf,
    /// Project of the instance.
    pub project: String,
    /// Name of the instance, which is not that of the Helm release.
    pub instance: String,
}

/// A cluster, as clients see it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ClusterDescription {
    /// URL of the API server.
    pub server: String,
    /// Kubeconfig file of the administrator, with this cluster only.
    pub kubeconfig: PathBuf,
    /// Name of its context.
    pub context: String,
}

/// A vCluster, as clients see it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct TenantDescription {
    /// What was asked for.
    pub vcluster: VirtualCluster,
    /// The tenant cluster.
    pub cluster: ClusterDescription,
    /// Kubeconfig file with the contexts of the host and of this tenant, which is the current one.
    pub kubeconfig: PathBuf,
    /// The address that the host Service and the tenant's `default/kubernetes` share.
    pub service_address: Ipv4Addr,
    /// Its server processes.
    pub servers: Vec<ServerDescription>,
}

/// A server process, as clients see it.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct ServerDescription {
    /// What it is.
    pub name: String,
    /// Its process.
    pub pid: u32,
}
