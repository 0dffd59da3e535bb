//! The connections: tenant and hosts.

use vwi_cli::{host, report};
use vwi_kubernetes::host::HostOrigin;
use vwi_kubernetes::{Cluster, ClusterChoice, ConnectSettings, Host, HostChoice, Tenant};

use super::Work;
use super::platform::View;
use crate::error::TranslateError;

/// The clusters that are there; nothing has been asked yet.
pub(super) struct Clusters {
    /// Absent where no kubeconfig leads to one and the host alone is to answer.
    pub(super) tenant: Option<Tenant>,
    pub(super) hosts: Vec<Host>,
}

impl Clusters {
    pub(super) async fn connect(
        work: &Work<'_>,
        choice: &ClusterChoice,
        host_choice: &HostChoice,
        settings: &ConnectSettings,
    ) -> Result<Self, TranslateError> {
        let names_one = choice.names_cluster() || work.kubeconfig.current_context().is_some();
        let through_platform = work.platform.as_ref().and_then(View::host);
        let through_platform = through_platform.filter(|_| !host_choice.none);
        let has_host = host_choice.is_typed() || through_platform.is_some();
        let tenant = if names_one || !has_host {
            let tenant = Cluster::connect_with(&work.kubeconfig, choice, settings).await;
            Some(Tenant::new(tenant.map_err(TranslateError::Tenant)?))
        } else {
            None
        };
        let mut hosts: Vec<Host> = Vec::new();
        for host_choice in host_choice.each() {
            let host = host::connect(&host_choice, choice, settings, work.talk())
                .await
                .map_err(TranslateError::Host)?;
            let Some(host) = host else {
                continue;
            };
            let server = host.cluster().server();
            if hosts.iter().any(|other| other.cluster().server() == server) {
                continue;
            }
            hosts.push(host);
        }
        if let Some(candidate) = through_platform.filter(|_| hosts.is_empty()) {
            match candidate.connect(settings).await {
                Ok(host) => hosts.push(host),
                Err(error) if tenant.is_none() => return Err(TranslateError::Host(error)),
                Err(error) => host::leave(work.talk(), &report::in_one_line(&error)),
            }
        }
        Ok(Self { tenant, hosts })
    }

    pub(super) fn default_namespace(&self, typed: Option<&str>) -> String {
        let tenant = self.tenant.as_ref();
        let own = tenant.map(|tenant| tenant.cluster().default_namespace());
        typed.or(own).unwrap_or("default").to_owned()
    }
}

/// Takes the current context for a host, as it turned out to be one.
pub(super) fn as_host(tenant: &Tenant) -> Host {
    Host::new(tenant.cluster().clone(), HostOrigin::Flag)
}
