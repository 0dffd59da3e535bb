//! What the steps ask a tenant cluster.

use crate::cluster::Cluster;
use crate::error::ApiError;
use crate::object::{Meta, Pod, Service, ServiceAccount, Workload, WorkloadObject};
use crate::path::path;
use crate::request::{Ask, List};

mod apply;

pub(crate) use apply::apply_annotations;
pub use apply::{Annotations, FIELD_MANAGER, FieldConflict, is_other_object};

/// A tenant cluster.
#[derive(Clone, Debug)]
pub struct Tenant {
    cluster: Cluster,
}

/// Which ServiceAccounts, pods or workloads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Of one namespace.
    Namespace(String),
    /// Of all namespaces.
    All,
}

impl Tenant {
    /// Takes a cluster for a tenant.
    pub fn new(cluster: Cluster) -> Self {
        Self { cluster }
    }

    /// Returns the connection.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Reads a ServiceAccount; `None` if it is not there.
    ///
    /// # Errors
    ///
    /// [`ApiError`]
    pub async fn service_account(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<ServiceAccount>, ApiError> {
        find_service_account(&self.cluster, namespace, name).await
    }

    /// Lists ServiceAccounts, page by page.
    ///
    /// # Errors
    ///
    /// [`ApiError`]
    pub async fn service_accounts(
        &self,
        scope: &Scope,
        label_selector: Option<&str>,
        field_selector: Option<&str>,
    ) -> Result<Vec<ServiceAccount>, ApiError> {
        list_in(
            &self.cluster,
            "api/v1",
            "serviceaccounts",
            "ServiceAccounts",
            scope,
            label_selector,
            field_selector,
        )
        .await
    }

    /// Returns the uid of Namespace `kube-system`, which tells clusters apart.
    ///
    /// # Errors
    ///
    /// [`ApiError`], also if it is not there.
    pub async fn cluster_uid(&self) -> Result<String, ApiError> {
        let ask = Ask::get(
            "Namespace `kube-system`".to_owned(),
            "/api/v1/namespaces/kube-system",
        );
        let namespace: Meta = self.cluster.read(ask).await?;
        Ok(namespace.metadata.uid)
    }

    /// Returns the address of Service `default/kubernetes`, which a vCluster's Service on the host
    /// has too.
    ///
    /// # Errors
    ///
    /// [`ApiError`], also if it is not there.
    pub async fn service_ip(&self) -> Result<Option<String>, ApiError> {
        let ask = Ask::get(
            "Service `default/kubernetes`".to_owned(),
            "/api/v1/namespaces/default/services/kubernetes",
        );
        let service: Service = self.cluster.read(ask).await?;
        Ok(service.spec.cluster_ip)
    }

    /// Lists the pods that run as a ServiceAccount.
    ///
    /// # Errors
    ///
    /// [`ApiError`]
    pub async fn pods_using(
        &self,
        namespace: &str,
        service_account: &str,
    ) -> Result<Vec<Pod>, ApiError> {
        pods_using(&self.cluster, namespace, service_account).await
    }

    /// Lists all pods in scope, page by page.
    ///
    /// # Errors
    ///
    /// [`ApiError`]
    pub async fn pods(
        &self,
        scope: &Scope,
        label_selector: Option<&str>,
    ) -> Result<Vec<Pod>, ApiError> {
        list_in(
            &self.cluster,
            "api/v1",
            "pods",
            "pods",
            scope,
            label_selector,
            None,
        )
        .await
    }

    /// Lists the `Deployment`, `StatefulSet`, `DaemonSet`, `CronJob` and `Job` objects in scope.
    ///
    /// A `Job` of a `CronJob` is left out: its template is the `CronJob`'s.
    ///
    /// # Errors
    ///
    /// [`ApiError`]
    pub async fn workloads(&self, scope: &Scope) -> Result<Vec<Workload>, ApiError> {
        // At once: five answers cost one round trip.
        let [deployments, stateful, daemons, cron_jobs, jobs] =
            WORKLOADS.map(|of| Box::pin(self.workloads_of(of, scope)));
        let lists = tokio::try_join!(deployments, stateful, daemons, cron_jobs, jobs)?;
        let mut all = [lists.0, lists.1, lists.2, lists.3, lists.4].concat();
        all.retain(|workload| {
            let owners = &workload.metadata.owner_references;
            workload.kind != "Job" || owners.iter().all(|owner| owner.kind != "CronJob")
        });
        Ok(all)
    }

    async fn workloads_of(
        &self,
        (group, resource, kind): (&str, &str, &'static str),
        scope: &Scope,
    ) -> Result<Vec<Workload>, ApiError> {
        let label = format!("{kind}s");
        let found: Vec<WorkloadObject> =
            list_in(&self.cluster, group, resource, &label, scope, None, None).await?;
        let workloads = found.into_iter().map(|object| object.into_workload(kind));
        Ok(workloads.collect())
    }

    /// Lists the workloads of a namespace whose pods run as a ServiceAccount.
    ///
    /// # Errors
    ///
    /// [`ApiError`]
    pub async fn workloads_using(
        &self,
        namespace: &str,
        service_account: &str,
    ) -> Result<Vec<Workload>, ApiError> {
        let mut workloads = self
            .workloads(&Scope::Namespace(namespace.to_owned()))
            .await?;
        workloads.retain(|workload| {
            let used = workload.template.service_account_name.as_str();
            let used = if used.is_empty() { "default" } else { used };
            used == service_account
        });
        Ok(workloads)
    }
}

/// Group, resource and kind of what has a pod template.
const WORKLOADS: [(&str, &str, &str); 5] = [
    ("apis/apps/v1", "deployments", "Deployment"),
    ("apis/apps/v1", "statefulsets", "StatefulSet"),
    ("apis/apps/v1", "daemonsets", "DaemonSet"),
    ("apis/batch/v1", "cronjobs", "CronJob"),
    ("apis/batch/v1", "jobs", "Job"),
];

pub(crate) fn service_account_label(namespace: &str, name: &str) -> String {
    format!("ServiceAccount `{namespace}/{name}`")
}

pub(crate) async fn find_service_account(
    cluster: &Cluster,
    namespace: &str,
    name: &str,
) -> Result<Option<ServiceAccount>, ApiError> {
    let url = path(
        "/api/v1/namespaces/{}/serviceaccounts/{}",
        &[namespace, name],
    );
    let ask = Ask::get(service_account_label(namespace, name), &url);
    cluster.find(ask).await
}

pub(crate) async fn pods_using(
    cluster: &Cluster,
    namespace: &str,
    service_account: &str,
) -> Result<Vec<Pod>, ApiError> {
    let url = path("/api/v1/namespaces/{}/pods", &[namespace]);
    let fields = format!("spec.serviceAccountName={service_account}");
    cluster
        .list(List {
            object: format!(
                "pods of {}",
                service_account_label(namespace, service_account)
            ),
            path: &url,
            labels: None,
            fields: Some(&fields),
        })
        .await
}

pub(crate) async fn list_in<T: serde::de::DeserializeOwned>(
    cluster: &Cluster,
    group: &str,
    resource: &str,
    label: &str,
    scope: &Scope,
    labels: Option<&str>,
    fields: Option<&str>,
) -> Result<Vec<T>, ApiError> {
    let (url, object) = match scope {
        Scope::All => (
            format!("/{group}/{resource}"),
            format!("{label} in all namespaces"),
        ),
        Scope::Namespace(namespace) => (
            path(
                &format!("/{group}/namespaces/{{}}/{resource}"),
                &[namespace],
            ),
            format!("{label} in namespace `{namespace}`"),
        ),
    };
    let list = List {
        object,
        path: &url,
        labels,
        fields,
    };
    cluster.list(list).await
}
