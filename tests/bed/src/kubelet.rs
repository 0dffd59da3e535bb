//! Stand-in of the kubelet of the host's only node.
//!
//! It takes the pods whose image it knows ([`image`]); every other pod stays as it is, without a
//! node. A pod's command is a shell script, which it runs for real, with the tokens that the pod's
//! volumes ask for, minted by the host's API server. Its API server reads logs from it as from any
//! kubelet, and shows a client certificate.
//!
//! Not imitated: `exec` and the like, probes, init containers, several containers, restarts.

mod container;
pub mod image;
mod logs;
mod status;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use k8s_openapi::api::core::v1::{Node, Pod};
use kube::api::DeleteParams;
use kube::{Api, Client, ResourceExt};
use serde_json::json;
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::JoinHandle;
use vwi_test_syncer::{Seen, watch};

use crate::certificate::Authority;
use crate::error::BedError;
use crate::files;
use crate::https::Https;
use crate::object::create;

pub(crate) use logs::TenantKubelet;

use image::Image;

/// The host's only node.
const NODE: &str = "aks-nodepool1-vwi-vmss000000";

/// Address of every kubelet of the bed.
pub(crate) const ADDRESS: &str = "127.0.0.1";

/// The running kubelet; it ends when this is dropped.
pub(crate) struct Kubelet {
    _server: Https,
    task: JoinHandle<()>,
}

/// What the parts of a kubelet share.
struct Shared {
    host: Client,
    /// Where containers and logs are.
    folder: PathBuf,
    /// What runs, by the pod's uid.
    running: Mutex<HashMap<String, JoinHandle<()>>>,
}

/// Writes what API servers show to kubelets, before the first of them starts.
pub(crate) fn prepare(folder: &Path, authority: &Authority) -> Result<(), BedError> {
    let client = authority.client("kube-apiserver-kubelet-client", "system:masters")?;
    files::write(&folder.join("kubelet-client.pem"), &client.certificate)?;
    files::write(&folder.join("kubelet-client.key"), &client.key)
}

/// Returns the flags by which an API server trusts the bed's kubelets, and they it.
pub(crate) fn api_arguments(folder: &Path) -> [String; 4] {
    let file = |name: &str| folder.join(name).display().to_string();
    [
        format!("--kubelet-certificate-authority={}", file("ca.pem")),
        format!(
            "--kubelet-client-certificate={}",
            file("kubelet-client.pem")
        ),
        format!("--kubelet-client-key={}", file("kubelet-client.key")),
        "--kubelet-preferred-address-types=InternalIP".to_owned(),
    ]
}

/// Returns a Node whose kubelet listens on `port` of this machine.
pub(crate) fn node(name: &str, port: u16) -> serde_json::Value {
    json!({
        "metadata": {
            "name": name,
            "labels": {"kubernetes.io/os": "linux", "kubernetes.io/hostname": name},
        },
        "status": {
            "addresses": [{"type": "InternalIP", "address": ADDRESS}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}],
        },
    })
}

impl Kubelet {
    /// Starts the kubelet of the host's node, with its files below `folder`.
    pub(crate) async fn start(
        authority: &Authority,
        host: Client,
        folder: &Path,
    ) -> Result<Self, BedError> {
        let folder = folder.join("kubelet");
        files::make_folder(&folder)?;
        let shared = Arc::new(Shared {
            host: host.clone(),
            folder,
            running: Mutex::default(),
        });
        let server = logs::serve_host(authority, Arc::clone(&shared)).await?;
        create::<Node>(&Api::all(host), node(NODE, server.port())).await?;
        let task = tokio::spawn(follow(shared));
        Ok(Self {
            _server: server,
            task,
        })
    }
}

impl Drop for Kubelet {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Takes pods, and lets go of them.
async fn follow(shared: Arc<Shared>) {
    let (sender, mut events) = unbounded_channel();
    let pods: Api<Pod> = Api::all(shared.host.clone());
    tokio::spawn(watch(pods, sender, |seen| seen));
    while let Some(seen) = events.recv().await {
        match seen {
            Seen::There(pod) => shared.look(pod).await,
            Seen::Gone(pod) => shared.forget(&pod),
            Seen::Listed => {}
        }
    }
}

impl Shared {
    fn running(&self) -> std::sync::MutexGuard<'_, HashMap<String, JoinHandle<()>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn look(self: &Arc<Self>, pod: Pod) {
        let Some(image) = image_of(&pod) else { return };
        if pod.metadata.deletion_timestamp.is_some() {
            self.forget(&pod);
            let pods = self.pods(&pod);
            // Whoever was faster has done it.
            let _removed = pods
                .delete(&pod.name_any(), &DeleteParams::default().grace_period(0))
                .await;
            return;
        }
        let uid = pod.metadata.uid.clone().unwrap_or_default();
        let mut running = self.running();
        running.entry(uid).or_insert_with(|| {
            let shared = Arc::clone(self);
            tokio::spawn(async move {
                // A pod that is removed meanwhile is nobody's concern any more.
                let _ran = container::run(&shared, &pod, image).await;
            })
        });
    }

    fn forget(&self, pod: &Pod) {
        let uid = pod.metadata.uid.clone().unwrap_or_default();
        if let Some(task) = self.running().remove(&uid) {
            task.abort();
        }
    }

    fn pods(&self, pod: &Pod) -> Api<Pod> {
        Api::namespaced(self.host.clone(), &pod.namespace().unwrap_or_default())
    }

    /// The log of a pod's container. It outlives the pod, for tests that look for what may not be in
    /// it.
    fn log(&self, namespace: &str, pod: &str) -> PathBuf {
        self.folder.join(format!("{namespace}_{pod}.log"))
    }
}

fn image_of(pod: &Pod) -> Option<Image> {
    let container = pod.spec.as_ref()?.containers.first()?;
    image::known(container.image.as_deref()?)
}
