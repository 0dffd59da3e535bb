//! Flags that choose the host cluster.

use std::path::PathBuf;

use clap::Args;
use vwi_kubernetes::HostChoice;

use crate::environment::Environment;

/// How the host cluster is reached
#[derive(Args, Clone, Debug, Default)]
#[expect(
    clippy::doc_markdown,
    reason = "clap prints these comments, backticks included"
)]
#[command(next_help_heading = "Host cluster")]
pub struct HostFlags {
    /// Context of the host cluster (also VWI_HOST_CONTEXT; else the parent in the tenant's context name)
    #[arg(long, value_name = "NAME")]
    pub host_context: Vec<String>,
    /// Kubeconfig file of the host cluster
    #[arg(long, value_name = "FILE")]
    pub host_kubeconfig: Option<PathBuf>,
    /// Run in a pod of the host cluster, as its ServiceAccount
    #[arg(long, conflicts_with_all = ["host_context", "host_kubeconfig"])]
    pub host_in_cluster: bool,
    /// Look at no host, whatever leads to one
    #[arg(long, conflicts_with_all = ["host_context", "host_kubeconfig", "host_in_cluster"])]
    pub no_host: bool,
}

impl HostFlags {
    /// Returns what the flags and `VWI_HOST_CONTEXT` say of the host cluster.
    pub fn choice(&self, environment: &Environment) -> HostChoice {
        HostChoice {
            kubeconfig: self.host_kubeconfig.clone(),
            context: self.host_context.first().cloned(),
            more: self.host_context.iter().skip(1).cloned().collect(),
            environment_context: environment.get("VWI_HOST_CONTEXT").map(str::to_owned),
            in_cluster: self.host_in_cluster,
            none: self.no_host,
        }
    }

    /// Whether a flag names the host, so that failing to reach it is an error.
    pub fn is_typed(&self) -> bool {
        !self.host_context.is_empty() || self.host_kubeconfig.is_some() || self.host_in_cluster
    }
}
