//! One cluster: a real API server and its controllers.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use k8s_openapi::api::core::v1::ServiceAccount;
use kube::{Api, Client};

use crate::certificate::{Authority, TokenKey};
use crate::controlplane::{ControlPlane, ServerKind};
use crate::error::{BedError, Doing};
use crate::etcd::Etcd;
use crate::files;
use crate::kubeconfig::{self, Access};
use crate::kubelet;
use crate::port::Port;
use crate::server::Server;
use crate::wait;

/// How long a cluster may take to come up; some two seconds are usual, and a
/// minute on a machine that is busy with something else.
const READY_WITHIN: Duration = Duration::from_mins(3);

/// What distinguishes one cluster from another.
#[derive(Clone, Debug)]
pub(crate) struct ClusterOptions {
    /// Name of its folder and prefix in etcd, unique in the bed.
    pub(crate) name: String,
    /// Common name of its authority.
    pub(crate) authority: String,
    /// Common name and alternative names of its serving certificate, in their order.
    pub(crate) serving: ServingNames,
    /// Addresses of its Services; the first is that of `default/kubernetes`.
    pub(crate) service_range: String,
    /// `iss` of its tokens, and `issuer` of its discovery document.
    pub(crate) issuer: String,
    /// `jwks_uri` of its discovery document.
    pub(crate) keys_url: String,
    /// Names of the context, the cluster and the user in its administrator's kubeconfig.
    pub(crate) context: String,
    /// Name of the cluster in its administrator's kubeconfig.
    pub(crate) cluster: String,
    /// Name of the administrator in the kubeconfig.
    pub(crate) user: String,
    /// The administrator as the API server sees it.
    pub(crate) user_name: String,
}

/// The names in a serving certificate.
#[derive(Clone, Debug)]
pub(crate) struct ServingNames {
    /// Common name of the subject.
    pub(crate) subject: String,
    /// DNS names.
    pub(crate) names: Vec<String>,
    /// Addresses.
    pub(crate) addresses: Vec<IpAddr>,
}

/// A running cluster.
pub(crate) struct Cluster {
    access: Access,
    client: Client,
    api: Server,
    controllers: Server,
    _port: Port,
}

impl Cluster {
    /// Starts a cluster on `etcd`, with its files below `bed`, and waits until it answers and its
    /// controllers work.
    ///
    /// # Errors
    ///
    /// When a server cannot be started, ends, or is not ready in a minute.
    pub(crate) async fn start(
        control_plane: &ControlPlane,
        etcd: &Etcd,
        bed: &Path,
        options: &ClusterOptions,
    ) -> Result<Self, BedError> {
        let folder = bed.join(&options.name);
        files::make_folder(&folder)?;
        let name = &options.name;
        let key = tokio::task::spawn_blocking(TokenKey::new).await;
        let key = key.doing(|| "the making of an RSA key was cut short".to_owned())??;
        let port = Port::reserve()?;
        let access = certificates(options, &key, &port, &folder)?;

        let mut arguments = api_arguments(options, etcd, &folder, &port);
        arguments.extend(kubelet::api_arguments(bed));
        let mut api = Server::start(
            control_plane,
            ServerKind::ApiServer,
            name,
            &folder,
            &arguments,
        )?;
        let client = kubeconfig::client(&access).await?;
        let what = format!("the API server of {name}");
        wait::until(&what, READY_WITHIN, async || {
            api.must_run()?;
            Ok(is_ready(&client, SERVING).await.then_some(()))
        })
        .await?;

        let arguments = controller_arguments(&folder);
        let kind = ServerKind::ControllerManager;
        let mut controllers = Server::start(control_plane, kind, name, &folder, &arguments)?;
        let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), "default");
        let doing = || format!("cannot read the ServiceAccount `default` of {name}");
        wait::until(
            &format!("the controllers of {name}"),
            READY_WITHIN,
            async || {
                api.must_run()?;
                controllers.must_run()?;
                let found = accounts.get_opt("default").await.doing(doing)?;
                Ok(if is_ready(&client, COMPLETE).await {
                    found
                } else {
                    None
                })
            },
        )
        .await?;
        Ok(Self {
            access,
            client,
            api,
            controllers,
            _port: port,
        })
    }

    /// The administrator's access.
    pub(crate) fn access(&self) -> &Access {
        &self.access
    }

    /// A client of the administrator.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// The processes.
    pub(crate) fn servers(&self) -> [&Server; 2] {
        [&self.api, &self.controllers]
    }

    /// Tells the servers to end.
    pub(crate) fn kill(&mut self) {
        self.controllers.kill();
        self.api.kill();
    }

    /// Ends the servers and waits until they are gone.
    pub(crate) async fn stop(mut self) {
        self.kill();
        self.controllers.stop().await;
        self.api.stop().await;
    }
}

/// Where an API server says that it serves. It goes on to make priority classes, after a pause of a
/// second, which its controllers need not wait for. For everything else they wait ten seconds and
/// then end, which is too short for the roles on a busy machine.
const SERVING: &str =
    "/readyz?exclude=poststarthook%2Fscheduling%2Fbootstrap-system-priority-classes";

/// Where an API server says that it has made everything that it makes at its start.
const COMPLETE: &str = "/readyz";

/// Whether the API server says so; one that does not answer yet is not an error.
async fn is_ready(client: &Client, path: &str) -> bool {
    let request = http::Request::get(path).body(Vec::new());
    match request {
        Ok(request) => client.request_text(request).await.is_ok(),
        Err(_) => false,
    }
}

/// Writes keys and certificates to `folder`, and gives the administrator's access.
fn certificates(
    options: &ClusterOptions,
    key: &TokenKey,
    port: &Port,
    folder: &Path,
) -> Result<Access, BedError> {
    let authority = Authority::new(&options.authority)?;
    let names = &options.serving;
    let serving = authority.server(&names.subject, &names.names, &names.addresses)?;
    let access = Access {
        context: options.context.clone(),
        cluster: options.cluster.clone(),
        user: options.user.clone(),
        server: format!("https://127.0.0.1:{}", port.number()),
        authority: authority.pem(),
        identity: authority.client(&options.user_name, "system:masters")?,
    };
    let controllers = authority.client("system:kube-controller-manager", "system:masters")?;
    let controllers = Access {
        identity: controllers,
        ..access.clone()
    };
    files::write(&folder.join("ca.pem"), &authority.pem())?;
    files::write(&folder.join("serving.pem"), &serving.certificate)?;
    files::write(&folder.join("serving.key"), &serving.key)?;
    files::write(&folder.join("tokens.pub"), &key.public)?;
    files::write(&folder.join("tokens.key"), &key.private)?;
    files::write(
        &folder.join("controllers.yaml"),
        &kubeconfig::text(&[&controllers])?,
    )?;
    Ok(access)
}

fn api_arguments(options: &ClusterOptions, etcd: &Etcd, folder: &Path, port: &Port) -> Vec<String> {
    let file = |name: &str| folder.join(name).display().to_string();
    vec![
        format!("--etcd-servers={}", etcd.url()),
        format!("--etcd-prefix=/{}", options.name),
        "--bind-address=127.0.0.1".to_owned(),
        format!("--secure-port={}", port.number()),
        "--permit-port-sharing".to_owned(),
        // An address of the loopback interface may not stand in an EndpointSlice.
        "--endpoint-reconciler-type=none".to_owned(),
        format!("--service-cluster-ip-range={}", options.service_range),
        format!("--tls-cert-file={}", file("serving.pem")),
        format!("--tls-private-key-file={}", file("serving.key")),
        format!("--client-ca-file={}", file("ca.pem")),
        "--authorization-mode=RBAC".to_owned(),
        "--allow-privileged".to_owned(),
        format!("--service-account-issuer={}", options.issuer),
        format!("--service-account-jwks-uri={}", options.keys_url),
        format!("--service-account-key-file={}", file("tokens.pub")),
        format!("--service-account-signing-key-file={}", file("tokens.key")),
        // Fairness between users takes time and memory that a test has no use for.
        "--enable-priority-and-fairness=false".to_owned(),
        "--profiling=false".to_owned(),
        "--v=0".to_owned(),
    ]
}

fn controller_arguments(folder: &Path) -> Vec<String> {
    let file = |name: &str| folder.join(name).display().to_string();
    vec![
        format!("--kubeconfig={}", file("controllers.yaml")),
        "--leader-elect=false".to_owned(),
        // It serves nothing that a test asks for.
        "--secure-port=0".to_owned(),
        // As in a real cluster, each controller has a ServiceAccount in `kube-system`.
        "--use-service-account-credentials".to_owned(),
        format!("--root-ca-file={}", file("ca.pem")),
        format!("--service-account-private-key-file={}", file("tokens.key")),
        "--kube-api-qps=200".to_owned(),
        "--kube-api-burst=400".to_owned(),
        "--profiling=false".to_owned(),
        "--v=0".to_owned(),
    ]
}
