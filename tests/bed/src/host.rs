//! The host cluster, as AKS would be set up.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use k8s_openapi::api::rbac::v1::ClusterRoleBinding;
use kube::api::PostParams;
use kube::{Api, Client};
use serde_json::json;

use crate::cluster::{Cluster, ClusterOptions, ServingNames};
use crate::controlplane::ControlPlane;
use crate::error::{BedError, Doing};
use crate::etcd::Etcd;

/// Name of the context that leads to the host, and of the AKS cluster.
pub(crate) const HOST_CONTEXT: &str = "aks";

/// Name of the host among the issuers that the Azure stand-in forwards.
pub(crate) const ISSUER: &str = "host";

/// Addresses of the host's Services. Each vCluster takes a /24 of them, see [`crate::tenant`].
const SERVICE_RANGE: &str = "10.96.0.0/16";

/// Starts the host; `issuer` is `iss` of its tokens.
///
/// # Errors
///
/// As for [`Cluster::start`]; and when its discovery document cannot be opened to all.
pub(crate) async fn start(
    control_plane: &ControlPlane,
    etcd: &Etcd,
    folder: &Path,
    issuer: &str,
) -> Result<Cluster, BedError> {
    let names = [
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
        "localhost",
    ];
    let options = ClusterOptions {
        name: "host".to_owned(),
        authority: "ca".to_owned(),
        serving: ServingNames {
            subject: "apiserver".to_owned(),
            names: names.map(str::to_owned).to_vec(),
            addresses: vec![
                IpAddr::V4(Ipv4Addr::LOCALHOST),
                IpAddr::V4(Ipv4Addr::new(10, 96, 0, 1)),
            ],
        },
        service_range: SERVICE_RANGE.to_owned(),
        issuer: issuer.to_owned(),
        keys_url: format!("{issuer}openid/v1/jwks"),
        context: HOST_CONTEXT.to_owned(),
        cluster: HOST_CONTEXT.to_owned(),
        user: "clusterAdmin_rg_aks".to_owned(),
        user_name: "masterclient".to_owned(),
    };
    let cluster = Cluster::start(control_plane, etcd, folder, &options).await?;
    open_discovery(cluster.client()).await?;
    Ok(cluster)
}

/// Lets everybody read the discovery document and the keys, as AKS publishes them.
async fn open_discovery(client: &Client) -> Result<(), BedError> {
    let doing = || "cannot open the host's discovery document to all".to_owned();
    let binding: ClusterRoleBinding = serde_json::from_value(json!({
        "metadata": {"name": "issuer-discovery-for-all"},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "system:service-account-issuer-discovery",
        },
        "subjects": [{
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "Group",
            "name": "system:unauthenticated",
        }],
    }))
    .doing(doing)?;
    let bindings: Api<ClusterRoleBinding> = Api::all(client.clone());
    bindings
        .create(&PostParams::default(), &binding)
        .await
        .doing(doing)?;
    Ok(())
}
