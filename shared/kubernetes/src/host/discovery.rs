//! Which cluster is the host: flags, a variable, the pod, the parent of the tenant's context, or the
//! one that the Platform names.

use secrecy::SecretString;
use vwi_core::translation::context_name::parent_context;

use crate::choice::{ClusterChoice, ConnectSettings, HostChoice, KubeconfigFiles, TlsChoice};
use crate::cluster::{Cluster, ConnectError};
use crate::host::Host;
use crate::kubeconfig::Kubeconfig;

/// How a host was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostOrigin {
    /// `--host-context` or `--host-kubeconfig`.
    Flag,
    /// `VWI_HOST_CONTEXT`.
    Environment,
    /// `--host-in-cluster`.
    InCluster,
    /// The parent in a context name that the vcluster command line made.
    ParentContext,
    /// The host cluster that the Platform names, through the Platform.
    Platform,
}

impl HostOrigin {
    /// Whether the user typed it for this call. A host that was not typed must prove itself.
    pub fn is_typed(&self) -> bool {
        match self {
            Self::Flag | Self::InCluster => true,
            Self::Environment | Self::ParentContext | Self::Platform => false,
        }
    }
}

/// A host that can be connected to.
#[derive(Clone, Debug)]
pub struct HostCandidate {
    origin: HostOrigin,
    choice: Option<ClusterChoice>,
}

impl HostCandidate {
    /// Returns the host in the order of the design: flags, variable, pod, parent context; `None` if
    /// nothing leads to one.
    ///
    /// `tenant` is how the tenant is reached, whose kubeconfig is looked into; its context's name
    /// may be made by the vcluster command line. Flags of identity and TLS (`--as`, `--token`,
    /// `--insecure-skip-tls-verify` and the like) are the tenant's and don't go to the host.
    ///
    /// # Errors
    ///
    /// [`ConnectError`] if the kubeconfig can't be read.
    pub fn find(host: &HostChoice, tenant: &ClusterChoice) -> Result<Option<Self>, ConnectError> {
        if host.none {
            return Ok(None);
        }
        if !host.more.is_empty() {
            return Err(ConnectError::SeveralHosts);
        }
        let files = match &host.kubeconfig {
            Some(path) => KubeconfigFiles::Explicit(path.clone()),
            None => tenant.kubeconfig.clone(),
        };
        let with = |origin, context: Option<String>| Self {
            origin,
            choice: Some(ClusterChoice {
                kubeconfig: files.clone(),
                context,
                ..ClusterChoice::default()
            }),
        };
        if host.context.is_some() || host.kubeconfig.is_some() {
            return Ok(Some(with(HostOrigin::Flag, host.context.clone())));
        }
        if let Some(context) = host
            .environment_context
            .as_ref()
            .filter(|context| !context.is_empty())
        {
            return Ok(Some(with(HostOrigin::Environment, Some(context.clone()))));
        }
        if host.in_cluster {
            return Ok(Some(Self {
                origin: HostOrigin::InCluster,
                choice: None,
            }));
        }
        let kubeconfig = Kubeconfig::load(&files)?;
        let context = tenant
            .context
            .as_deref()
            .or_else(|| kubeconfig.current_context());
        let parent = context
            .and_then(parent_context)
            .filter(|parent| kubeconfig.has_context(parent));
        Ok(parent.map(|parent| with(HostOrigin::ParentContext, Some(parent.to_owned()))))
    }

    /// Returns the host cluster as the Platform reaches it: its `…/kubernetes/cluster/NAME`, with
    /// the Platform's key, and certificates in PEM where the system's roots do not do.
    pub fn through_platform(server: &str, key: SecretString, authority: Option<&[u8]>) -> Self {
        Self {
            origin: HostOrigin::Platform,
            choice: Some(ClusterChoice {
                server: Some(server.to_owned()),
                token: Some(key),
                tls: TlsChoice {
                    certificate_authority_data: authority.map(<[u8]>::to_vec),
                    ..TlsChoice::default()
                },
                ..ClusterChoice::default()
            }),
        }
    }

    /// Returns how it was found.
    pub fn origin(&self) -> &HostOrigin {
        &self.origin
    }

    /// Whether connecting may run a credential plugin.
    pub fn runs_plugin(&self) -> bool {
        self.choice.as_ref().is_some_and(ClusterChoice::runs_plugin)
    }

    /// Connects; nothing is sent yet, and nothing is proven.
    ///
    /// # Errors
    ///
    /// [`ConnectError`]
    pub async fn connect(&self, settings: &ConnectSettings) -> Result<Host, ConnectError> {
        let cluster = match &self.choice {
            Some(choice) => Cluster::connect(choice, settings).await?,
            None => Cluster::connect_in_cluster(settings).await?,
        };
        Ok(Host::new(cluster, self.origin.clone()))
    }
}

#[cfg(test)]
mod tests;
