//! Host Namespaces, in the modes where tenant namespaces have their own.
//!
//! Source: vCluster `pkg/controllers/resources/namespaces/{syncer,translate}.go`, commit 487667546.

use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Api;
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::json;
use vwi_core::name::{is_label, marker_label_cluster};
use vwi_core::namespaces::{HostNamespace, NamespaceMode, host_namespace};
use vwi_core::vcluster_labels as keys;

use super::{Engine, creating};
use crate::config::Generation;
use crate::flow::Map;
use crate::metadata::text;

impl Engine {
    /// Whether mappings decide where a namespace goes.
    pub(super) fn maps_namespaces(&self) -> bool {
        matches!(self.config.mode, NamespaceMode::Sync { .. })
    }

    /// Looks at a tenant's Namespace.
    pub(super) async fn namespace(&mut self, tenant_name: &str) -> Result<(), kube::Error> {
        let config = &self.config;
        let place = host_namespace(
            &config.mode,
            &config.vcluster,
            &config.namespace,
            tenant_name,
        );
        let HostNamespace::Mapped { namespace: name } = place else {
            return Ok(());
        };
        if !is_label(&name) {
            self.log.add(format!(
                "namespace {tenant_name} is mapped to {name}, which is no name"
            ));
            return Ok(());
        }
        let tenants: Api<Namespace> = Api::all(self.tenant.clone());
        let hosts: Api<Namespace> = Api::all(self.host.clone());
        let tenant = tenants.get_opt(tenant_name).await?;
        let host = hosts.get_opt(&name).await?;
        let marker = marker_label_cluster(&self.config.namespace, &self.config.vcluster);
        let label =
            |host: &Namespace| text(host.metadata.labels.as_ref(), keys::MANAGED_BY).to_owned();
        let annotation =
            |host: &Namespace, key| text(host.metadata.annotations.as_ref(), key).to_owned();
        match (tenant, host) {
            (Some(tenant), None) => {
                let (labels, annotations) =
                    self.namespace_metadata(&tenant.metadata, &name, &marker);
                let host = Namespace {
                    metadata: ObjectMeta {
                        name: Some(name.clone()),
                        labels: Some(labels),
                        annotations: Some(annotations),
                        ..ObjectMeta::default()
                    },
                    ..Namespace::default()
                };
                hosts.create(&creating(), &host).await?;
                self.written().await;
            }
            (Some(tenant), Some(host)) if label(&host).is_empty() && self.maps_namespaces() => {
                let (labels, mut annotations) =
                    self.namespace_metadata(&tenant.metadata, &name, &marker);
                annotations.insert(keys::OBJECT_IMPORTED.to_owned(), "true".to_owned());
                let patch = json!({"metadata": {"labels": labels, "annotations": annotations}});
                let parameters = PatchParams::default();
                hosts
                    .patch(&name, &parameters, &Patch::Merge(&patch))
                    .await?;
                self.written().await;
            }
            (Some(_), Some(host)) if label(&host) != marker => {
                self.log
                    .add(format!("host namespace {name} belongs to somebody else"));
                return Ok(());
            }
            (None, Some(host))
                if label(&host) == marker
                    && annotation(&host, keys::OBJECT_NAME) == tenant_name
                    && annotation(&host, keys::OBJECT_IMPORTED) != "true" =>
            {
                self.log.add(format!(
                    "delete host {name}, because virtual object was deleted"
                ));
                hosts.delete(&name, &DeleteParams::default()).await?;
                self.written().await;
                return Ok(());
            }
            (None, _) => return Ok(()),
            (Some(_), Some(_)) => {}
        }
        self.ensure_workload_account(&name).await
    }

    fn namespace_metadata(&self, tenant: &ObjectMeta, host: &str, marker: &str) -> (Map, Map) {
        let config = &self.config;
        let mut labels = vec![(keys::MANAGED_BY, marker.to_owned())];
        if self.maps_namespaces() {
            labels.extend([
                (keys::VCLUSTER_NAME, config.vcluster.clone()),
                (keys::VCLUSTER_NAMESPACE, config.namespace.clone()),
            ]);
        }
        let mut annotations = vec![
            (keys::OBJECT_NAME, tenant.name.clone().unwrap_or_default()),
            (keys::OBJECT_UID, tenant.uid.clone().unwrap_or_default()),
        ];
        if config.generation == Generation::Since021 {
            annotations.extend([
                (keys::OBJECT_KIND, keys::KIND_NAMESPACE.to_owned()),
                (keys::OBJECT_HOST_NAME, host.to_owned()),
            ]);
        }
        let map = |pairs: Vec<(&str, String)>| -> Map {
            let pairs = pairs.into_iter();
            pairs.map(|(key, value)| (key.to_owned(), value)).collect()
        };
        let mut all = config.extra_labels.clone();
        all.extend(map(labels));
        (all, map(annotations))
    }

    /// Where ServiceAccounts are not synced, pods of a mapped namespace need one to run as. It is
    /// bare: what the chart puts on the control plane's is not copied.
    async fn ensure_workload_account(&self, namespace: &str) -> Result<(), kube::Error> {
        if self.config.service_account_sync {
            return Ok(());
        }
        let accounts: Api<ServiceAccount> = Api::namespaced(self.host.clone(), namespace);
        let name = &self.config.workload_service_account;
        if accounts.get_opt(name).await?.is_none() {
            let account = ServiceAccount {
                metadata: ObjectMeta {
                    name: Some(name.clone()),
                    ..ObjectMeta::default()
                },
                ..ServiceAccount::default()
            };
            accounts.create(&creating(), &account).await?;
        }
        Ok(())
    }
}
