//! Kubeconfig files, as the command lines of AKS and vCluster write them.

use k8s_openapi::ByteString;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value, json};

use crate::certificate::Identity;
use crate::error::{BedError, Doing};

/// How one user reaches one cluster.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    /// Name of the context.
    pub(crate) context: String,
    /// Name of the cluster's entry.
    pub(crate) cluster: String,
    /// Name of the user's entry.
    pub(crate) user: String,
    /// URL of the API server.
    pub(crate) server: String,
    /// The authority of its certificate, PEM.
    pub(crate) authority: String,
    /// The user's certificate and key.
    pub(crate) identity: Identity,
}

/// The text of a kubeconfig with these contexts, of which the last is the current one.
///
/// # Errors
///
/// None that is known; the writer of YAML could refuse.
pub(crate) fn text(accesses: &[&Access]) -> Result<String, BedError> {
    let document = document(accesses);
    serde_saphyr::to_string(&document).doing(|| "cannot write a kubeconfig as YAML".to_owned())
}

/// A client with this access, which waits at most ten seconds for an answer.
///
/// # Errors
///
/// When the access is no valid kubeconfig.
pub(crate) async fn client(access: &Access) -> Result<Client, BedError> {
    let doing = || format!("cannot make a client of `{}`", access.server);
    let kubeconfig: Kubeconfig = serde_json::from_value(document(&[access])).doing(doing)?;
    let options = KubeConfigOptions::default();
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .doing(doing)?;
    // The bed is on this machine; a proxy of the environment is for the world outside.
    config.proxy_url = None;
    Client::try_from(config).doing(doing)
}

fn document(accesses: &[&Access]) -> Value {
    let bytes = |text: &str| ByteString(text.as_bytes().to_vec());
    let clusters = accesses.iter().map(|access| {
        let authority = bytes(&access.authority);
        let cluster = json!({"server": access.server, "certificate-authority-data": authority});
        json!({"name": access.cluster, "cluster": cluster})
    });
    let users = accesses.iter().map(|access| {
        let certificate = bytes(&access.identity.certificate);
        let key = bytes(&access.identity.key);
        let user = json!({"client-certificate-data": certificate, "client-key-data": key});
        json!({"name": access.user, "user": user})
    });
    let contexts = accesses.iter().map(|access| {
        let context = json!({"cluster": access.cluster, "user": access.user});
        json!({"name": access.context, "context": context})
    });
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": clusters.collect::<Value>(),
        "users": users.collect::<Value>(),
        "contexts": contexts.collect::<Value>(),
        "current-context": accesses.last().map(|access| &access.context),
    })
}
