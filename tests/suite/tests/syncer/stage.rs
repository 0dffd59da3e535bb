//! A vCluster of a test's own between the clusters of the bed, with a syncer that it can take down.

use std::time::Duration;

use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::{Event, Namespace, Service, ServiceAccount};
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PostParams};
use kube::{Api, Client, Resource};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use vwi_bed::{Bed, UNSYNCED, unique, until};
use vwi_core::name::host_name;
use vwi_test_syncer::{Config, Scope, Syncer};

/// How long a change may take to arrive; it takes some milliseconds.
const SOON: Duration = Duration::from_secs(20);

pub(crate) struct Stage {
    pub(crate) host: Client,
    pub(crate) tenant: Client,
    pub(crate) vcluster: String,
    /// Host namespace of the vCluster.
    pub(crate) hns: String,
    /// What the names of all tenant namespaces of the test begin with.
    pub(crate) prefix: String,
    /// The test's namespace in the tenant.
    pub(crate) namespace: String,
    /// The uid of the vCluster's Service on the host.
    pub(crate) service_uid: String,
    pub(crate) syncer: Syncer,
    _bed: Bed,
}

impl Stage {
    pub(crate) async fn new(name: &str) -> Self {
        Self::with(name, |_, _| {}).await
    }

    /// A stage whose vCluster is set up as `change` has it, which is told the prefix.
    pub(crate) async fn with(name: &str, change: impl FnOnce(&mut Config, &str)) -> Self {
        let bed = Bed::connect().await.unwrap();
        let (host, tenant) = (bed.host().await.unwrap(), bed.tenant().await.unwrap());
        let (vcluster, hns) = (unique("vc"), unique("hns"));
        let prefix = format!("{}-", unique(&format!("{UNSYNCED}{name}")));
        let namespace = format!("{prefix}a");
        for (client, name) in [(&host, &hns), (&tenant, &namespace)] {
            make_namespace(client, name).await;
        }
        let services: Api<Service> = Api::namespaced(host.clone(), &hns);
        let spec = json!({"ports": [{"port": 443}]});
        let service = from(json!({"metadata": {"name": vcluster}, "spec": spec}));
        let service = services
            .create(&PostParams::default(), &service)
            .await
            .unwrap();

        let mut config = Config::new(&vcluster, &hns);
        config.scope = Scope::Only(prefix.clone());
        change(&mut config, &prefix);
        let syncer = Syncer::start(host.clone(), tenant.clone(), config);
        syncer.settled().await;
        Self {
            host,
            tenant,
            vcluster,
            hns,
            prefix,
            namespace,
            service_uid: service.metadata.uid.unwrap(),
            syncer,
            _bed: bed,
        }
    }

    /// What the host calls an object of the test's namespace.
    pub(crate) fn host_name(&self, name: &str) -> String {
        host_name(name, &self.namespace, &self.vcluster)
    }

    pub(crate) fn tenants<K>(&self) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.tenant.clone(), &self.namespace)
    }

    pub(crate) fn hosts<K>(&self) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.host.clone(), &self.hns)
    }

    /// Creates a tenant's ServiceAccount and waits for the host's.
    pub(crate) async fn account(
        &self,
        name: &str,
        value: Value,
    ) -> (ServiceAccount, ServiceAccount) {
        let made = create::<ServiceAccount>(&self.tenants(), name, value).await;
        let host = self.hosts::<ServiceAccount>();
        let copy = there(&host, &self.host_name(name)).await;
        (made, copy)
    }

    /// Waits until all changes so far, on either side, have been looked at.
    ///
    /// A change of the same sort of object on each side passes through after them.
    pub(crate) async fn barrier(&self) {
        let name = unique("barrier");
        self.account(&name, json!({})).await;
        let (tenants, hosts) = (self.tenants(), self.hosts());
        annotate::<ServiceAccount>(&hosts, &self.host_name(&name), json!({"passed": "1"})).await;
        until("the barrier", SOON, async || {
            let account: ServiceAccount = tenants.get(&name).await.unwrap();
            Ok((annotation(&account, "passed") == Some("1")).then_some(()))
        })
        .await
        .unwrap();
        self.syncer.settled().await;
    }

    /// The messages of all `SyncError` events about a tenant object.
    pub(crate) async fn sync_errors(&self, name: &str) -> Vec<String> {
        sync_errors(&self.tenant, &self.namespace, name).await
    }
}

pub(crate) async fn sync_errors(tenant: &Client, namespace: &str, name: &str) -> Vec<String> {
    let events: Api<Event> = Api::namespaced(tenant.clone(), namespace);
    let fields = format!("reason=SyncError,involvedObject.name={name}");
    let list = events
        .list(&ListParams::default().fields(&fields))
        .await
        .unwrap();
    list.items
        .into_iter()
        .filter_map(|event| event.message)
        .collect()
}

pub(crate) async fn make_namespace(client: &Client, name: &str) -> Namespace {
    let namespaces: Api<Namespace> = Api::all(client.clone());
    let wanted = from(json!({"metadata": {"name": name}}));
    namespaces
        .create(&PostParams::default(), &wanted)
        .await
        .unwrap()
}

/// Creates the object `value` under a name.
pub(crate) async fn create<K>(api: &Api<K>, name: &str, mut value: Value) -> K
where
    K: Resource + Clone + DeserializeOwned + Serialize + std::fmt::Debug,
{
    value["metadata"]["name"] = json!(name);
    api.create(&PostParams::default(), &from(value))
        .await
        .unwrap()
}

pub(crate) fn from<K: DeserializeOwned>(value: Value) -> K {
    serde_json::from_value(value).unwrap()
}

/// Waits until an object is there.
pub(crate) async fn there<K>(api: &Api<K>, name: &str) -> K
where
    K: Resource + Clone + DeserializeOwned + std::fmt::Debug,
{
    until(name, SOON, async || Ok(api.get_opt(name).await.unwrap()))
        .await
        .unwrap()
}

/// Waits until an object is gone.
pub(crate) async fn gone<K>(api: &Api<K>, name: &str)
where
    K: Resource + Clone + DeserializeOwned + std::fmt::Debug,
{
    until(&format!("the end of {name}"), SOON, async || {
        Ok(api.get_opt(name).await.unwrap().is_none().then_some(()))
    })
    .await
    .unwrap();
}

/// Waits until something holds.
pub(crate) async fn holds(what: &str, mut ask: impl AsyncFnMut() -> bool) {
    until(what, SOON, async || Ok(ask().await.then_some(())))
        .await
        .unwrap();
}

/// Sets annotations, or removes those that are null.
pub(crate) async fn annotate<K>(api: &Api<K>, name: &str, annotations: Value)
where
    K: Resource + Clone + DeserializeOwned + std::fmt::Debug,
{
    merge(api, name, json!({"metadata": {"annotations": annotations}})).await;
}

pub(crate) async fn merge<K>(api: &Api<K>, name: &str, patch: Value)
where
    K: Resource + Clone + DeserializeOwned + std::fmt::Debug,
{
    let patched = api
        .patch(name, &PatchParams::default(), &Patch::Merge(&patch))
        .await;
    patched.unwrap();
}

pub(crate) async fn delete<K>(api: &Api<K>, name: &str)
where
    K: Resource + Clone + DeserializeOwned + std::fmt::Debug,
{
    api.delete(name, &DeleteParams::default()).await.unwrap();
}

pub(crate) fn annotation<'a, K: Resource>(object: &'a K, key: &str) -> Option<&'a str> {
    let annotations = object.meta().annotations.as_ref()?;
    annotations.get(key).map(String::as_str)
}

pub(crate) fn label<'a, K: Resource>(object: &'a K, key: &str) -> Option<&'a str> {
    let labels = object.meta().labels.as_ref()?;
    labels.get(key).map(String::as_str)
}

/// An object without what an API server alone decides.
pub(crate) fn shape<K: Resource + Serialize>(object: &K) -> Value {
    let mut value = serde_json::to_value(object).unwrap();
    let metadata = value["metadata"].as_object_mut().unwrap();
    for key in [
        "creationTimestamp",
        "managedFields",
        "resourceVersion",
        "uid",
        "generation",
    ] {
        metadata.remove(key);
    }
    value
}
