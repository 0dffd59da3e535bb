//! A vCluster of a test's own beside the shared one: its syncer can be down.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use kube::api::{Api, PostParams};
use serde::de::DeserializeOwned;
use serde_json::json;
use vwi_bed::{TenantDescription, VirtualCluster, unique, until};
use vwi_tests::Scene;
use vwi_tests::scene::ACCOUNT;

/// A vCluster with ServiceAccount [`ACCOUNT`] in the namespace of the scene's name.
pub(crate) struct Second {
    pub(crate) tenant: TenantDescription,
    pub(crate) client: kube::Client,
    /// Of the namespace in the tenant.
    pub(crate) accounts: Api<ServiceAccount>,
    host: Api<ServiceAccount>,
    host_name: String,
}

impl Second {
    pub(crate) async fn new(
        scene: &Scene,
        change: impl FnOnce(VirtualCluster) -> VirtualCluster,
    ) -> Self {
        let wanted = change(VirtualCluster::new(unique("second"), unique("second")));
        let tenant = tokio::task::block_in_place(|| scene.bed.add_tenant(wanted)).unwrap();
        let client = vwi_bed::client(&tenant.cluster).await.unwrap();
        let namespace = scene.namespace.as_str();
        let named = json!({"metadata": {"name": namespace}});
        create::<Namespace>(Api::all(client.clone()), named).await;
        let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), namespace);
        create(accounts.clone(), json!({"metadata": {"name": ACCOUNT}})).await;
        Self {
            host: Api::namespaced(scene.bed.host().await.unwrap(), &tenant.vcluster.namespace),
            host_name: vwi_core::name::host_name(ACCOUNT, namespace, &tenant.vcluster.name),
            tenant,
            client,
            accounts,
        }
    }

    /// Waits for the copy on the host, and returns it.
    pub(crate) async fn is_synced(&self) -> ServiceAccount {
        until("the copy", Duration::from_secs(20), async || {
            Ok(self.host.get_opt(&self.host_name).await.unwrap())
        })
        .await
        .unwrap()
    }
}

/// Makes an object from its JSON.
pub(crate) async fn create<T>(api: Api<T>, object: serde_json::Value)
where
    T: Clone + std::fmt::Debug + DeserializeOwned + serde::Serialize,
{
    let object: T = serde_json::from_value(object).unwrap();
    let _made = api.create(&PostParams::default(), &object).await.unwrap();
}
