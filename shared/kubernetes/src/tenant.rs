//! What the steps ask a tenant cluster.

use futures_util::future::join_all;

use crate::cluster::Cluster;
use crate::cluster_as::ClusterAs;
use crate::error::ApiError;
use crate::object::{Meta, Service, Workload, WorkloadObject};
use crate::request::Ask;

mod apply;

pub use crate::cluster_as::Scope;
pub use apply::{Annotations, FIELD_MANAGER, is_other_object};

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

    /// Lists the `Deployment`, `StatefulSet`, `DaemonSet`, `CronJob` and `Job` objects in scope, as
    /// far as each kind can be listed.
    ///
    /// A `Job` of a `CronJob` is left out: its template is the `CronJob`'s.
    pub async fn workloads(&self, scope: &Scope) -> Workloads {
        // At once: five answers cost one round trip.
        let lists = WORKLOADS.map(|of| async move { (of.2, self.workloads_of(of, scope).await) });
        let mut workloads = Workloads::default();
        for (kind, listed) in join_all(lists).await {
            match listed {
                Ok(seen) => workloads.seen.extend(seen),
                Err(error) => workloads.unseen.push((kind, error)),
            }
        }
        workloads.seen.retain(|workload| {
            let owners = &workload.metadata.owner_references;
            workload.kind != "Job" || owners.iter().all(|owner| owner.kind != "CronJob")
        });
        workloads
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
}

/// What was seen of the workloads in scope.
#[derive(Debug, Default)]
pub struct Workloads {
    /// Those that were seen.
    pub seen: Vec<Workload>,
    /// Kinds that could not be listed, each with the reason.
    pub unseen: Vec<(&'static str, ApiError)>,
}

/// Group, resource and kind of what has a pod template.
const WORKLOADS: [(&str, &str, &str); 5] = [
    ("apis/apps/v1", "deployments", "Deployment"),
    ("apis/apps/v1", "statefulsets", "StatefulSet"),
    ("apis/apps/v1", "daemonsets", "DaemonSet"),
    ("apis/batch/v1", "cronjobs", "CronJob"),
    ("apis/batch/v1", "jobs", "Job"),
];
