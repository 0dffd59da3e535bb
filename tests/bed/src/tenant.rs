//! A vCluster: a tenant cluster, and what it has on the host.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;

use k8s_openapi::api::core::v1::Service;
use kube::Client;
use vwi_test_syncer::{Config, Scope, Syncer};

use crate::certificate::Authority;
use crate::cluster::{Cluster, ClusterOptions, ServingNames};
use crate::controlplane::ControlPlane;
use crate::error::{BedError, Doing};
use crate::etcd::Etcd;
use crate::host::HOST_CONTEXT;
use crate::kubelet::TenantKubelet;
use crate::vcluster::{self, VirtualCluster};

/// Which part of the host's Service addresses a vCluster has, counted from 1.
///
/// A real vCluster gives its Service `default/kubernetes` the `clusterIP` that its own Service has
/// on the host. An API server gives it the first address of its range, so the range starts there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot(pub(crate) u8);

impl Slot {
    /// The address that both sides share.
    pub(crate) fn address(self) -> Ipv4Addr {
        Ipv4Addr::new(10, 96, self.0, 1)
    }

    /// The tenant's Service addresses.
    fn range(self) -> String {
        format!("10.96.{}.0/24", self.0)
    }

    /// The address of the control plane's pod.
    fn pod_address(self) -> Ipv4Addr {
        Ipv4Addr::new(10, 244, self.0, 2)
    }
}

/// Beginning of the tenant namespaces that the bed's own syncers leave to a test's.
pub const UNSYNCED: &str = "alone-";

/// A running vCluster.
pub(crate) struct Tenant {
    /// What was asked for.
    pub(crate) wanted: VirtualCluster,
    /// The tenant cluster.
    pub(crate) cluster: Cluster,
    /// Where its addresses are.
    pub(crate) slot: Slot,
    /// Between the two clusters; stops with this.
    pub(crate) syncer: Arc<Syncer>,
    _kubelet: TenantKubelet,
}

impl Tenant {
    /// Starts the tenant cluster alone.
    pub(crate) async fn start_cluster(
        control_plane: &ControlPlane,
        etcd: &Etcd,
        folder: &Path,
        wanted: &VirtualCluster,
        slot: Slot,
    ) -> Result<Cluster, BedError> {
        Cluster::start(control_plane, etcd, folder, &options(wanted, slot)).await
    }

    /// Takes the vCluster's host namespace and Service.
    pub(crate) async fn reserve(
        host: &Client,
        wanted: &VirtualCluster,
        slot: Slot,
    ) -> Result<Service, BedError> {
        vcluster::reserve(host, wanted, slot.address(), &slot.range()).await
    }

    /// Makes the rest of its host objects, and starts its syncer.
    pub(crate) async fn install(
        host: &Client,
        authority: &Authority,
        wanted: VirtualCluster,
        service: &Service,
        cluster: Cluster,
        slot: Slot,
    ) -> Result<Self, BedError> {
        let access = cluster.access();
        vcluster::install(host, &wanted, service, access, slot.pod_address()).await?;
        let mut config = syncer_config(&wanted)?;
        let kubelet = TenantKubelet::start(authority, host.clone(), config.clone()).await?;
        config.kubelet_port = Some(kubelet.port());
        let syncer = Syncer::start(host.clone(), cluster.client().clone(), config);
        Ok(Self {
            _kubelet: kubelet,
            wanted,
            cluster,
            slot,
            syncer: Arc::new(syncer),
        })
    }

    /// Ends the tenant cluster; `host` is given where its host namespace shall go too.
    pub(crate) async fn stop(self, host: Option<&Client>) -> Result<(), BedError> {
        // First, so that it does not take the end of the tenant for news.
        drop(self.syncer);
        self.cluster.stop().await;
        match host {
            Some(host) => vcluster::remove(host, &self.wanted).await,
            None => Ok(()),
        }
    }
}

fn syncer_config(wanted: &VirtualCluster) -> Result<Config, BedError> {
    let VirtualCluster {
        name,
        namespace,
        version,
        ..
    } = wanted;
    let values = wanted.parsed()?;
    let mut config = Config::from_values(name, namespace, &values, version)
        .doing(|| format!("cannot start the syncer of `{name}`"))?;
    config.scope = Scope::Except(UNSYNCED.to_owned());
    Ok(config)
}

fn options(wanted: &VirtualCluster, slot: Slot) -> ClusterOptions {
    let VirtualCluster {
        name, namespace, ..
    } = wanted;
    // The names, their order and the subjects are those of a real vCluster's certificate.
    let names = vec![
        "kubernetes.default.svc.cluster.local".to_owned(),
        "kubernetes.default.svc".to_owned(),
        "kubernetes.default".to_owned(),
        "kubernetes".to_owned(),
        "localhost".to_owned(),
        format!("*.{name}.{namespace}.nodes.vcluster.com"),
        "*.nodes.vcluster.com".to_owned(),
        name.clone(),
        format!("{name}.{namespace}"),
    ];
    let addresses = [Ipv4Addr::LOCALHOST, slot.pod_address(), slot.address()];
    // The vcluster command line gives the same name to all three entries of a kubeconfig.
    let context = format!("vcluster_{name}_{namespace}_{HOST_CONTEXT}");
    ClusterOptions {
        name: format!("tenant-{}", slot.0),
        authority: "kubernetes".to_owned(),
        serving: ServingNames {
            subject: "kube-apiserver".to_owned(),
            names,
            addresses: addresses.map(IpAddr::V4).to_vec(),
        },
        service_range: slot.range(),
        issuer: "https://kubernetes.default.svc.cluster.local".to_owned(),
        keys_url: "https://127.0.0.1:6443/openid/v1/jwks".to_owned(),
        cluster: context.clone(),
        user: context.clone(),
        context,
        user_name: "kubernetes-super-admin".to_owned(),
    }
}
