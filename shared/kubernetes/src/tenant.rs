//! What the steps ask a tenant cluster.

use crate::cluster::Cluster;
use crate::cluster_as::ClusterAs;
use crate::error::ApiError;
use crate::object::{Meta, Service, Workload, WorkloadObject};
use crate::request::Ask;

mod apply;

pub use crate::cluster_as::Scope;
pub use apply::{Annotations, FIELD_MANAGER, FieldConflict, is_other_object};

/// A tenant cluster.
pub type Tenant = ClusterAs<AsTenant>;

/// The part of a tenant.
#[derive(Clone, Copy, Debug)]
pub struct AsTenant;

impl Tenant {
    /// Takes a cluster for a tenant.
    pub fn new(cluster: Cluster) -> Self {
        Self {
            cluster,
            part: AsTenant,
        }
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
        let found: Vec<WorkloadObject> = self
            .list_in((group, resource), &label, scope, None, None)
            .await?;
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
