//! What the Helm chart of vCluster and vCluster itself put on the host.
//!
//! Sources: `chart/templates` of loft-sh/vcluster 0.36.1, and what a real one was seen to write.

use std::net::Ipv4Addr;

use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{Namespace, Secret, Service, ServiceAccount};
use k8s_openapi::api::rbac::v1::{Role, RoleBinding};
use kube::api::{DeleteParams, PostParams};
use kube::{Api, Client, Resource};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::{BedError, Doing};
use crate::kubeconfig::{self, Access};
use crate::object::{create, run_pods};
use crate::webhook::WebhookOptions;

/// A vCluster to be made.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct VirtualCluster {
    /// Name of the Helm release, which host names are made from.
    pub name: String,
    /// Host namespace of its control plane.
    pub namespace: String,
    /// `config.yaml` of its Secret, as vCluster's chart would merge it.
    #[serde(default = "default_values")]
    pub values: String,
    /// Version of the chart and of the image.
    #[serde(default = "default_version")]
    pub version: String,
    /// Replicas of its StatefulSet; 0 is how a paused one looks.
    #[serde(default = "one")]
    pub replicas: i32,
    /// The Azure webhook that its host pods meet.
    #[serde(default)]
    pub webhook: WebhookOptions,
}

impl VirtualCluster {
    /// A vCluster in single-namespace mode that syncs ServiceAccounts, of the newest version.
    pub fn new(name: impl Into<String>, namespace: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            namespace: namespace.into(),
            values: default_values(),
            version: default_version(),
            replicas: one(),
            webhook: WebhookOptions::default(),
        }
    }

    /// The same vCluster with `path` of its values set, such as `sync.toHost.serviceAccounts.enabled`.
    ///
    /// # Errors
    ///
    /// When the values are no YAML mapping, or cannot be written again.
    pub fn with(mut self, path: &str, value: impl Into<Value>) -> Result<Self, BedError> {
        let mut values = self.parsed()?;
        let mut place = &mut values;
        for key in path.split('.') {
            let map = place.as_object_mut();
            let map = map.ok_or_else(|| BedError::new(format!("`{path}` is below no mapping")))?;
            place = map.entry(key).or_insert_with(|| json!({}));
        }
        *place = value.into();
        self.values = serde_saphyr::to_string(&values)
            .doing(|| format!("cannot write the values of `{}`", self.name))?;
        Ok(self)
    }

    /// The values as a document.
    ///
    /// # Errors
    ///
    /// When they are no YAML.
    pub fn parsed(&self) -> Result<Value, BedError> {
        serde_saphyr::from_str(&self.values)
            .doing(|| format!("cannot read the values of `{}`", self.name))
    }

    /// Whether the values switch the sync of ServiceAccounts on.
    ///
    /// # Errors
    ///
    /// When they are no YAML.
    pub fn syncs_service_accounts(&self) -> Result<bool, BedError> {
        let values = self.parsed()?;
        let enabled = values.pointer("/sync/toHost/serviceAccounts/enabled");
        Ok(enabled.and_then(Value::as_bool).unwrap_or(false))
    }

    fn chart_labels(&self) -> Value {
        json!({
            "app": "vcluster",
            "chart": format!("vcluster-{}", self.version),
            "release": self.name,
            "heritage": "Helm",
        })
    }

    fn own_labels(&self) -> Value {
        json!({"app": "vcluster", "vcluster-name": self.name})
    }
}

/// The values of a vCluster that syncs ServiceAccounts; a real Secret has all keys of the chart.
fn default_values() -> String {
    include_str!("vcluster/values.yaml").to_owned()
}

fn default_version() -> String {
    "0.36.1".to_owned()
}

fn one() -> i32 {
    1
}

/// Makes the host namespace, and the Service with the address that both sides share.
///
/// # Errors
///
/// When the API server refuses one, the address being taken included.
pub(crate) async fn reserve(
    host: &Client,
    wanted: &VirtualCluster,
    address: Ipv4Addr,
    range: &str,
) -> Result<Service, BedError> {
    let namespaces: Api<Namespace> = Api::all(host.clone());
    let mut namespace = Namespace::default();
    namespace.metadata.name = Some(wanted.namespace.clone());
    match namespaces.create(&PostParams::default(), &namespace).await {
        Err(kube::Error::Api(status)) if status.is_already_exists() => {}
        made => {
            made.doing(|| format!("cannot make the host namespace `{}`", wanted.namespace))?;
        }
    }
    let service = json!({
        "metadata": {
            "name": wanted.name,
            "labels": {
                "app": "vcluster",
                "chart": format!("vcluster-{}", wanted.version),
                "release": wanted.name,
                "heritage": "Helm",
                "vcluster.loft.sh/service": "true",
            },
            "annotations": {"vcluster.loft.sh/service-cidr": range},
        },
        "spec": {
            "type": "ClusterIP",
            "clusterIP": address,
            "selector": {"app": "vcluster", "release": wanted.name},
            "ports": [
                {"name": "https", "port": 443, "targetPort": 8443},
                {"name": "kubelet", "port": 10250, "targetPort": 8443},
            ],
        },
    });
    create(&at(host, wanted), service).await
}

/// Makes all other host objects of a vCluster, and lets its pod be ready.
///
/// `access` is how the vCluster's own Secret reaches the tenant.
///
/// # Errors
///
/// When the API server refuses one.
pub(crate) async fn install(
    host: &Client,
    wanted: &VirtualCluster,
    service: &Service,
    access: &Access,
    pod_address: Ipv4Addr,
) -> Result<(), BedError> {
    let name = &wanted.name;
    for account in [format!("vc-{name}"), format!("vc-workload-{name}")] {
        let metadata = json!({"name": account, "labels": wanted.chart_labels()});
        create::<ServiceAccount>(&at(host, wanted), json!({"metadata": metadata})).await?;
    }
    create::<Role>(&at(host, wanted), role(wanted)?).await?;
    create::<RoleBinding>(&at(host, wanted), binding(wanted)).await?;
    let config = json!({
        "metadata": {"name": format!("vc-config-{name}"), "labels": wanted.chart_labels()},
        "stringData": {"config.yaml": wanted.values},
    });
    create::<Secret>(&at(host, wanted), config).await?;
    for secret in own_secrets(wanted, service, access)? {
        create::<Secret>(&at(host, wanted), secret).await?;
    }
    create::<StatefulSet>(&at(host, wanted), stateful_set(wanted)).await?;
    if wanted.replicas > 0 {
        let selector = format!("app=vcluster,release={name}");
        run_pods(&at(host, wanted), &selector, &[pod_address]).await?;
    }
    Ok(())
}

/// Removes the host namespace with everything in it; the namespace controller does it in its time.
pub(crate) async fn remove(host: &Client, wanted: &VirtualCluster) -> Result<(), BedError> {
    let namespaces: Api<Namespace> = Api::all(host.clone());
    let removed = namespaces
        .delete(&wanted.namespace, &DeleteParams::default())
        .await;
    removed.doing(|| format!("cannot remove the host namespace `{}`", wanted.namespace))?;
    Ok(())
}

fn role(wanted: &VirtualCluster) -> Result<Value, BedError> {
    let all = json!([
        "create", "delete", "patch", "update", "get", "list", "watch"
    ]);
    let rule = |group: &str, resources: &[&str]| json!({"apiGroups": [group], "resources": resources, "verbs": all});
    let mut rules = vec![
        rule(
            "",
            &[
                "configmaps",
                "secrets",
                "services",
                "pods",
                "persistentvolumeclaims",
            ],
        ),
        rule(
            "",
            &["pods/attach", "pods/portforward", "pods/exec", "endpoints"],
        ),
        rule("discovery.k8s.io", &["endpointslices"]),
        json!({"apiGroups": ["apps"], "resources": ["statefulsets"], "verbs": ["get", "list", "watch"]}),
    ];
    // The chart gives this right only to a vCluster that needs it, which tells the mode from outside.
    if wanted.syncs_service_accounts()? {
        rules.push(rule("", &["serviceaccounts"]));
    }
    let metadata = json!({"name": format!("vc-{}", wanted.name), "labels": wanted.chart_labels()});
    Ok(json!({"metadata": metadata, "rules": rules}))
}

fn binding(wanted: &VirtualCluster) -> Value {
    let name = format!("vc-{}", wanted.name);
    json!({
        "metadata": {"name": name, "labels": wanted.chart_labels()},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": wanted.namespace}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
    })
}

/// The Secrets that vCluster writes itself: the tenant's kubeconfig and the tenant's private keys.
fn own_secrets(
    wanted: &VirtualCluster,
    service: &Service,
    access: &Access,
) -> Result<[Value; 2], BedError> {
    let name = &wanted.name;
    let user = "kubernetes-super-admin";
    // The port is that of the container; whoever uses this goes through a port-forward.
    let inside = Access {
        context: format!("{user}@kubernetes"),
        cluster: "kubernetes".to_owned(),
        user: user.to_owned(),
        server: "https://localhost:8443".to_owned(),
        ..access.clone()
    };
    let owner = json!([{
        "apiVersion": "v1",
        "kind": "Service",
        "name": name,
        "uid": service.metadata.uid,
        "controller": false,
    }]);
    let metadata = |secret: String| json!({"name": secret, "labels": wanted.own_labels(), "ownerReferences": owner});
    let kubeconfig = json!({
        "metadata": metadata(format!("vc-{name}")),
        "stringData": {
            "config": kubeconfig::text(&[&inside])?,
            "certificate-authority": access.authority,
            "client-certificate": access.identity.certificate,
            "client-key": access.identity.key,
            "token": "",
        },
    });
    // Nobody may read these: tests look for the text below in everything that a step writes.
    let certificates = json!({
        "metadata": metadata(format!("{name}-certs")),
        "stringData": {"ca.crt": access.authority, "ca.key": PRIVATE, "sa.key": PRIVATE},
    });
    Ok([kubeconfig, certificates])
}

/// What stands for the tenant's private keys in Secret `VC-certs`; it must never be seen elsewhere.
pub const PRIVATE: &str = "a private key of the tenant that nothing may ever show";

fn stateful_set(wanted: &VirtualCluster) -> Value {
    let name = &wanted.name;
    let image = format!("ghcr.io/loft-sh/vcluster-pro:{}", wanted.version);
    json!({
        "metadata": {"name": name, "labels": wanted.chart_labels()},
        "spec": {
            "replicas": wanted.replicas,
            "serviceName": format!("{name}-headless"),
            "selector": {"matchLabels": {"app": "vcluster", "release": name}},
            "template": {
                "metadata": {"labels": {"app": "vcluster", "release": name}},
                "spec": {
                    "serviceAccountName": format!("vc-{name}"),
                    "containers": [{
                        "name": "syncer",
                        "image": image,
                        "env": [{"name": "VCLUSTER_NAME", "value": name}],
                        "ports": [{"containerPort": 8443, "protocol": "TCP"}],
                        "volumeMounts": [{"name": "vcluster-config", "mountPath": "/var/lib/vcluster"}],
                    }],
                    "volumes": [{
                        "name": "vcluster-config",
                        "secret": {"secretName": format!("vc-config-{name}")},
                    }],
                },
            },
        },
    })
}

/// Objects of the vCluster's host namespace.
fn at<K>(host: &Client, wanted: &VirtualCluster) -> Api<K>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
{
    Api::namespaced(host.clone(), &wanted.namespace)
}
