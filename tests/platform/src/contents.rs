//! What there is: keys, instances, and the clusters behind the proxy paths.

use serde_json::{Value, json};

/// What a stand-in holds.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// Keys that are accepted.
    pub keys: Vec<KeySpec>,
    /// Virtual cluster instances.
    pub instances: Vec<InstanceSpec>,
    /// Connected host clusters.
    pub clusters: Vec<ClusterSpec>,
}

/// An access key.
#[derive(Clone, Debug)]
pub struct KeySpec {
    /// The secret.
    pub key: String,
    /// Its user.
    pub user: String,
    /// What it is limited to; `None` has all rights of its user.
    pub scope: Option<Scope>,
}

impl KeySpec {
    /// A key with all rights of its user.
    pub fn new(key: &str, user: &str) -> Self {
        Self {
            key: key.to_owned(),
            user: user.to_owned(),
            scope: None,
        }
    }
}

/// What a key is limited to.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Projects whose instances it may see.
    pub projects: Vec<String>,
    /// Host clusters that it may reach.
    pub clusters: Vec<String>,
}

impl Scope {
    pub(crate) fn json(&self) -> Value {
        let projects = self
            .projects
            .iter()
            .map(|project| json!({"project": project}));
        let clusters = self
            .clusters
            .iter()
            .map(|cluster| json!({"cluster": cluster}));
        json!({
            "projects": projects.collect::<Value>(),
            "clusters": clusters.collect::<Value>(),
        })
    }
}

/// A virtual cluster instance.
#[derive(Clone, Debug)]
pub struct InstanceSpec {
    /// Its project.
    pub project: String,
    /// Its name.
    pub name: String,
    /// `spec.displayName`.
    pub display_name: String,
    /// `spec.clusterRef.cluster`; empty for none.
    pub cluster: String,
    /// `spec.clusterRef.namespace`.
    pub namespace: String,
    /// `spec.clusterRef.virtualCluster`: the Helm release.
    pub release: String,
    /// `status.phase`.
    pub phase: String,
    /// `status.serviceUID`.
    pub service_uid: String,
    /// `status.virtualCluster.helmRelease.values`; empty as for external instances.
    pub values: String,
    /// `spec.external`.
    pub external: bool,
    /// `spec.standalone`.
    pub standalone: bool,
    /// The tenant behind `/kubernetes/project/…/virtualcluster/…`.
    pub tenant: Option<TenantSpec>,
}

impl InstanceSpec {
    /// A ready instance in the host cluster `aks`, whose Helm release is called like it.
    pub fn new(project: &str, name: &str, namespace: &str) -> Self {
        Self {
            project: project.to_owned(),
            name: name.to_owned(),
            display_name: String::new(),
            cluster: "aks".to_owned(),
            namespace: namespace.to_owned(),
            release: name.to_owned(),
            phase: "Ready".to_owned(),
            service_uid: String::new(),
            values: String::new(),
            external: false,
            standalone: false,
            tenant: None,
        }
    }

    pub(crate) fn json(&self, prefix: &str) -> Value {
        json!({
            "apiVersion": "management.loft.sh/v1",
            "kind": "VirtualClusterInstance",
            "metadata": {"name": self.name, "namespace": format!("{prefix}{}", self.project)},
            "spec": {
                "displayName": self.display_name,
                "owner": {"user": "admin"},
                "clusterRef": {
                    "cluster": self.cluster,
                    "namespace": self.namespace,
                    "virtualCluster": self.release,
                },
                "external": self.external,
                "standalone": self.standalone,
            },
            "status": {
                "phase": self.phase,
                "serviceUID": self.service_uid,
                "virtualCluster": {"helmRelease": {"values": self.values}},
                "canUse": true,
                "canUpdate": true,
            },
        })
    }
}

/// A tenant cluster behind an instance's path.
#[derive(Clone, Debug)]
pub struct TenantSpec {
    /// Its API server.
    pub upstream: UpstreamSpec,
}

/// A connected host cluster.
#[derive(Clone, Debug)]
pub struct ClusterSpec {
    /// Its name on the Platform.
    pub name: String,
    /// Its API server.
    pub upstream: UpstreamSpec,
}

/// An API server, and the certificate with which the stand-in goes there for everybody.
#[derive(Clone)]
pub struct UpstreamSpec {
    /// URL, without a slash at the end.
    pub server: String,
    /// Certificates in PEM that its own is under.
    pub ca_pem: String,
    /// Client certificate in PEM.
    pub certificate_pem: String,
    /// Its key in PEM.
    pub key_pem: String,
}

impl std::fmt::Debug for UpstreamSpec {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_tuple("UpstreamSpec")
            .field(&self.server)
            .finish()
    }
}
