//! The connections: tenant and host.

use vwi_cli::host;
use vwi_kubernetes::host::HostOrigin;
use vwi_kubernetes::{Cluster, ClusterChoice, ConnectSettings, Host, HostChoice, Tenant};

use super::Work;
use crate::error::TranslateError;

/// The clusters that are there; nothing has been asked yet.
pub(super) struct Clusters {
    pub(super) tenant: Tenant,
    pub(super) host: Option<Host>,
}

impl Clusters {
    pub(super) async fn connect(
        work: &Work<'_>,
        choice: &ClusterChoice,
        host_choice: &HostChoice,
        settings: &ConnectSettings,
    ) -> Result<Self, TranslateError> {
        let tenant = Cluster::connect_with(&work.kubeconfig, choice, settings)
            .await
            .map_err(TranslateError::Tenant)?;
        let host = host::connect(host_choice, choice, settings, &work.session_talk)
            .await
            .map_err(TranslateError::Host)?;
        Ok(Self {
            tenant: Tenant::new(tenant),
            host,
        })
    }

    pub(super) fn default_namespace(&self) -> &str {
        self.tenant.cluster().default_namespace()
    }

    /// Takes the current context for a host, as it turned out to be one.
    pub(super) fn tenant_as_host(&self) -> Host {
        Host::new(self.tenant.cluster().clone(), HostOrigin::Flag)
    }
}
