//! Everything that a bed runs.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::Mutex;
use vwi_test_azure::{Options, Server as Azure, Tls, Upstream, UpstreamServer};
use vwi_test_platform::Server as Platform;

use crate::certificate::Authority;
use crate::cluster::Cluster;
use crate::controlplane::ControlPlane;
use crate::error::{BedError, Doing};
use crate::etcd::Etcd;
use crate::host::ISSUER;
use crate::kubelet::{self, Kubelet};
use crate::protocol::{
    AzureDescription, ClusterDescription, Description, ServerDescription, SyncerOrder,
    TenantDescription,
};
use crate::server::Server;
use crate::tenant::{Slot, Tenant};
use crate::vcluster::VirtualCluster;
use crate::webhook::{self, Webhook};
use crate::{files, host, kubeconfig, platform};

/// Name and host namespace of the vCluster that all tests share.
const SHARED: (&str, &str) = ("vcluster-demo", "team-x");

/// A complete bed.
pub(crate) struct Running {
    control_plane: ControlPlane,
    folder: PathBuf,
    authority: Authority,
    azure: Azure,
    platform: Platform,
    webhook: Webhook,
    _kubelet: Kubelet,
    etcd: Etcd,
    host: Cluster,
    tenants: Mutex<Tenants>,
    description: Description,
}

/// The vClusters; the first is the shared one.
struct Tenants {
    list: Vec<Tenant>,
    last_slot: u8,
}

impl Running {
    /// Starts everything, with all files below `folder`.
    pub(crate) async fn start(
        control_plane: ControlPlane,
        folder: PathBuf,
    ) -> Result<Self, BedError> {
        let authority = Authority::new("vwi test bed")?;
        let authority_file = folder.join("ca.pem");
        files::write(&authority_file, &authority.pem())?;
        kubelet::prepare(&folder, &authority)?;
        let tls = stand_in_tls(&authority)?;
        let azure = Azure::start(Options::new(tls.clone()))
            .doing(|| "cannot start the Azure stand-in".to_owned())?;
        let issuer = azure.issuer_url(ISSUER);

        let etcd = Etcd::start(&control_plane, &folder)?;
        let wanted = VirtualCluster::new(SHARED.0, SHARED.1);
        let slot = Slot(1);
        let (host, cluster) = tokio::try_join!(
            host::start(&control_plane, &etcd, &folder, &issuer),
            Tenant::start_cluster(&control_plane, &etcd, &folder, &wanted, slot),
        )?;
        let upstream = UpstreamServer {
            base_url: host.access().server.clone(),
            ca_pem: host.access().authority.clone(),
        };
        azure.issuers().set(ISSUER, Upstream::Server(upstream));
        let client = host.client();
        let webhook = Webhook::start(&authority, client.clone()).await?;
        // Before the first pod of a tenant reaches the host.
        webhook::register(client, &authority, webhook.port()).await?;
        let kubelet = Kubelet::start(&authority, client.clone(), &folder).await?;
        let service = Tenant::reserve(client, &wanted, slot).await?;
        let service_uid = service.metadata.uid.clone().unwrap_or_default();
        let tenant = Tenant::install(client, &authority, wanted, &service, cluster, slot).await?;
        let seen = (&tenant.wanted, &tenant.cluster, service_uid.as_str());
        let (platform, platform_description) = platform::start(tls, &folder, &host, seen)?;

        let host_description = describe_host(&folder, &host)?;
        let tenant_description = describe_tenant(&folder, &host, &tenant)?;
        let mut servers = describe_servers([etcd.server()].into_iter().chain(host.servers()));
        servers.extend(tenant_description.servers.iter().cloned());
        let description = Description {
            pid: std::process::id(),
            folder: folder.clone(),
            authority: authority_file,
            issuer,
            azure: AzureDescription {
                url: azure.url().to_owned(),
            },
            platform: platform_description,
            host: host_description,
            tenant: tenant_description,
            servers,
        };
        let tenants = Mutex::new(Tenants {
            list: vec![tenant],
            last_slot: slot.0,
        });
        Ok(Self {
            control_plane,
            folder,
            authority,
            azure,
            platform,
            webhook,
            _kubelet: kubelet,
            etcd,
            host,
            tenants,
            description,
        })
    }

    /// What clients are told.
    pub(crate) fn description(&self) -> &Description {
        &self.description
    }

    /// Starts one more vCluster.
    pub(crate) async fn add_tenant(
        &self,
        wanted: VirtualCluster,
    ) -> Result<TenantDescription, BedError> {
        let (slot, service) = self.take_slot(&wanted).await?;
        self.webhook.set(&wanted.namespace, wanted.webhook.clone());
        let cluster =
            Tenant::start_cluster(&self.control_plane, &self.etcd, &self.folder, &wanted, slot)
                .await?;
        let host = self.host.client();
        let tenant =
            Tenant::install(host, &self.authority, wanted, &service, cluster, slot).await?;
        let description = describe_tenant(&self.folder, &self.host, &tenant)?;
        self.tenants.lock().await.list.push(tenant);
        Ok(description)
    }

    /// Removes a vCluster, which is named by its address.
    pub(crate) async fn remove_tenant(&self, address: Ipv4Addr) -> Result<(), BedError> {
        let mut tenants = self.tenants.lock().await;
        let place = tenants
            .list
            .iter()
            .position(|tenant| tenant.slot.address() == address);
        let Some(tenant) = place.map(|place| tenants.list.remove(place)) else {
            return Ok(());
        };
        drop(tenants);
        tenant.stop(Some(self.host.client())).await
    }

    /// Gives an order to a vCluster's syncer, and tells what that did so far.
    pub(crate) async fn order(
        &self,
        vcluster: &str,
        namespace: &str,
        order: SyncerOrder,
    ) -> Result<Vec<String>, BedError> {
        let tenants = self.tenants.lock().await;
        let is_meant = |tenant: &&Tenant| {
            tenant.wanted.name == vcluster && tenant.wanted.namespace == namespace
        };
        let found = tenants.list.iter().find(is_meant);
        let syncer = found.map(|tenant| Arc::clone(&tenant.syncer));
        drop(tenants);
        let syncer = syncer
            .ok_or_else(|| BedError::new(format!("no vCluster `{vcluster}` in `{namespace}`")))?;
        match order {
            SyncerOrder::Settle => syncer.settled().await,
            SyncerOrder::Pause => syncer.pause().await,
            SyncerOrder::Resume => syncer.resume().await,
            SyncerOrder::Restart => syncer.restart().await,
            SyncerOrder::CleanUp => syncer.clean_up().await,
        }
        Ok(syncer.log())
    }

    /// Ends everything, API servers before their store, and waits until all are gone.
    pub(crate) async fn stop(mut self) {
        let mut tenants = self.tenants.into_inner().list;
        // All are told before the first is waited for: who ends last decides how long it takes.
        for tenant in &mut tenants {
            tenant.cluster.kill();
        }
        self.host.kill();
        for tenant in tenants {
            // The host goes too, so nothing is left on it to remove.
            let _stopped = tenant.stop(None).await;
        }
        self.host.stop().await;
        self.etcd.stop().await;
        // Their own ends wait for requests in flight; the end of the process does not.
        std::mem::forget(self.azure);
        std::mem::forget(self.platform);
    }

    /// Finds addresses for a vCluster: a Service of some test may have one by chance.
    async fn take_slot(
        &self,
        wanted: &VirtualCluster,
    ) -> Result<(Slot, k8s_openapi::api::core::v1::Service), BedError> {
        loop {
            let mut tenants = self.tenants.lock().await;
            let next = tenants.last_slot.checked_add(1);
            let next = next.ok_or_else(|| BedError::new("the bed has had its 255 vClusters"))?;
            tenants.last_slot = next;
            drop(tenants);
            let slot = Slot(next);
            match Tenant::reserve(self.host.client(), wanted, slot).await {
                Err(error) if error.chain().contains("already allocated") => {}
                reserved => return Ok((slot, reserved?)),
            }
        }
    }
}

/// The certificate of the stand-ins, of the bed's authority.
fn stand_in_tls(authority: &Authority) -> Result<Tls, BedError> {
    let names = ["localhost".to_owned()];
    let addresses = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    let identity = authority.server("localhost", &names, &addresses)?;
    Ok(Tls {
        certificate_pem: identity.certificate,
        key_pem: identity.key,
        ca_pem: authority.pem(),
    })
}

fn describe_host(folder: &Path, host: &Cluster) -> Result<ClusterDescription, BedError> {
    let kubeconfig = folder.join("host.yaml");
    files::write(&kubeconfig, &kubeconfig::text(&[host.access()])?)?;
    Ok(describe_cluster(host, kubeconfig))
}

fn describe_tenant(
    folder: &Path,
    host: &Cluster,
    tenant: &Tenant,
) -> Result<TenantDescription, BedError> {
    let access = tenant.cluster.access();
    let alone = folder.join(format!("tenant-{}.yaml", tenant.slot.0));
    files::write(&alone, &kubeconfig::text(&[access])?)?;
    let merged = folder.join(format!("host-and-tenant-{}.yaml", tenant.slot.0));
    files::write(&merged, &kubeconfig::text(&[host.access(), access])?)?;
    Ok(TenantDescription {
        vcluster: tenant.wanted.clone(),
        cluster: describe_cluster(&tenant.cluster, alone),
        kubeconfig: merged,
        service_address: tenant.slot.address(),
        servers: describe_servers(tenant.cluster.servers()),
    })
}

fn describe_cluster(cluster: &Cluster, kubeconfig: PathBuf) -> ClusterDescription {
    let access = cluster.access();
    ClusterDescription {
        server: access.server.clone(),
        context: access.context.clone(),
        kubeconfig,
    }
}

fn describe_servers<'a>(servers: impl IntoIterator<Item = &'a Server>) -> Vec<ServerDescription> {
    let describe = |server: &Server| {
        Some(ServerDescription {
            name: server.name().to_owned(),
            pid: server.pid()?,
        })
    };
    servers.into_iter().filter_map(describe).collect()
}
