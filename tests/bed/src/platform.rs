//! The stand-in of the Platform, with the bed's host and shared vCluster behind it.

use std::path::Path;

use k8s_openapi::ByteString;
use serde_json::json;
use vwi_test_platform::{
    ClusterSpec, Contents, InstanceSpec, KeySpec, Options, Server, TenantSpec, UpstreamSpec,
};
use vwi_test_server::Tls;

use crate::cluster::Cluster;
use crate::error::{BedError, Doing};
use crate::files;
use crate::host::HOST_CONTEXT;
use crate::kubeconfig::Access;
use crate::protocol::PlatformDescription;
use crate::vcluster::VirtualCluster;

/// Project of the instance.
const PROJECT: &str = "my-project";

/// Name of the instance: not that of the Helm release.
const INSTANCE: &str = "demo";

/// What the user interface shows.
const DISPLAY_NAME: &str = "Demo";

/// Starts the stand-in with a certificate as `tls` has it, and writes what leads to it.
///
/// # Errors
///
/// When it cannot be started, or a file cannot be written.
pub(crate) fn start(
    tls: Tls,
    folder: &Path,
    host: &Cluster,
    (wanted, tenant, service_uid): (&VirtualCluster, &Cluster, &str),
) -> Result<(Server, PlatformDescription), BedError> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).doing(|| "cannot make an access key".to_owned())?;
    let key = format!("{:032x}", u128::from_be_bytes(random));
    let instance = InstanceSpec {
        release: wanted.name.clone(),
        display_name: DISPLAY_NAME.to_owned(),
        cluster: HOST_CONTEXT.to_owned(),
        service_uid: service_uid.to_owned(),
        values: wanted.values.clone(),
        external: true,
        tenant: Some(TenantSpec {
            upstream: upstream(tenant.access()),
        }),
        ..InstanceSpec::new(PROJECT, INSTANCE, &wanted.namespace)
    };
    let contents = Contents {
        keys: vec![KeySpec::new(&key, "admin")],
        instances: vec![instance],
        clusters: vec![ClusterSpec {
            name: HOST_CONTEXT.to_owned(),
            upstream: upstream(host.access()),
        }],
    };
    let server = Server::start(Options::new(tls, contents))
        .doing(|| "cannot start the stand-in of the Platform".to_owned())?;
    let description = PlatformDescription {
        url: server.url(),
        key_file: folder.join("platform-key"),
        login_file: folder.join("platform-login.json"),
        kubeconfig: folder.join("platform.yaml"),
        project: PROJECT.to_owned(),
        instance: INSTANCE.to_owned(),
    };
    files::write(&description.key_file, &format!("{key}\n"))?;
    files::write(&description.login_file, &server.login(&key).text())?;
    files::write(&description.kubeconfig, &kubeconfig(&server, &key)?)?;
    Ok((server, description))
}

fn upstream(access: &Access) -> UpstreamSpec {
    UpstreamSpec {
        server: access.server.clone(),
        ca_pem: access.authority.clone(),
        certificate_pem: access.identity.certificate.clone(),
        key_pem: access.identity.key.clone(),
    }
}

/// The kubeconfig that `vcluster platform connect vcluster` writes: the key is in it.
///
/// Source: vcluster command line, `pkg/platform/kubeconfig/kubeconfig.go`.
fn kubeconfig(server: &Server, key: &str) -> Result<String, BedError> {
    let context = format!("vcluster-platform-vcluster_{INSTANCE}_{PROJECT}");
    let url = format!(
        "{}/kubernetes/project/{PROJECT}/virtualcluster/{INSTANCE}",
        server.url()
    );
    let authority = ByteString(server.ca_pem().as_bytes().to_vec());
    let cluster = json!({"server": url, "certificate-authority-data": authority});
    let document = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": context, "cluster": cluster}],
        "users": [{"name": context, "user": {"token": key}}],
        "contexts": [{"name": context, "context": {"cluster": context, "user": context}}],
        "current-context": context,
    });
    serde_saphyr::to_string(&document).doing(|| "cannot write a kubeconfig as YAML".to_owned())
}
