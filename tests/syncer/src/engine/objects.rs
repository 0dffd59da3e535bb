//! ServiceAccounts and pods: made, kept equal, and taken away.
//!
//! Source: vCluster `pkg/syncer/syncer.go` and `pkg/controllers/resources/serviceaccounts/syncer.go`,
//! commit 487667546.

use std::fmt::Debug;

use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::{Namespace, Pod, ServiceAccount};
use kube::api::{DeleteParams, Patch, PatchParams, Preconditions};
use kube::{Api, Resource};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map as JsonMap, Value, json};
use vwi_core::vcluster_labels as keys;

use super::token::tenant_token;
use super::{Engine, Key, Sort, creating};
use crate::config::Config;
use crate::event::sync_error;
use crate::flow::Map;
use crate::metadata::{
    Kind, Place, Snapshot, is_excluded, is_of_another, marker_labels, new_host, synced,
    tenant_place, text, was_synced,
};
use crate::pod::{POD, host_pod, labels_annotation, tenant_service_account};

/// ServiceAccounts, as vCluster calls them.
pub(crate) const SERVICE_ACCOUNT: Kind = Kind {
    object_kind: keys::KIND_SERVICE_ACCOUNT,
    syncer: "serviceaccount",
};

/// A kind of object that has a copy on the host.
pub(crate) trait Synced:
    Resource<DynamicType = (), Scope = NamespaceResourceScope>
    + Clone
    + Debug
    + DeserializeOwned
    + Serialize
    + Send
    + Sync
    + 'static
{
    /// What vCluster calls it.
    const KIND: Kind;
    /// The same for the engine.
    const SORT: Sort;

    /// Puts the host's names of what the object refers to for the tenant's own in `message`.
    fn in_tenants_words(&self, config: &Config, message: &str) -> String;
}

impl Synced for ServiceAccount {
    const KIND: Kind = SERVICE_ACCOUNT;
    const SORT: Sort = Sort::ServiceAccount;

    fn in_tenants_words(&self, config: &Config, message: &str) -> String {
        replace_host_name(config, &Place::of(self.meta()), message)
    }
}

impl Synced for Pod {
    const KIND: Kind = POD;
    const SORT: Sort = Sort::Pod;

    fn in_tenants_words(&self, config: &Config, message: &str) -> String {
        let own = Place::of(self.meta());
        let message = replace_host_name(config, &own, message);
        if !config.service_account_sync {
            return message;
        }
        let name = self
            .spec
            .as_ref()
            .map_or_else(String::new, tenant_service_account);
        let account = Place { name, ..own };
        replace_host_name(config, &account, &message)
    }
}

/// vCluster translates names in errors back, but not the namespace.
fn replace_host_name(config: &Config, tenant: &Place, message: &str) -> String {
    match tenant.on_host(config) {
        Some(host) => message.replace(&host.name, &tenant.name),
        None => message.to_owned(),
    }
}

impl Engine {
    /// Looks at a ServiceAccount.
    pub(super) async fn service_account(&mut self, key: &Key) -> Result<(), kube::Error> {
        let Some((account, place)) = Box::pin(self.object::<ServiceAccount>(key)).await? else {
            return Ok(());
        };
        let mut metadata = new_host(&self.config, SERVICE_ACCOUNT, account.meta(), &place);
        metadata.owner_references = self.owner().await?.map(|owner| vec![owner]);
        let copy = ServiceAccount {
            metadata,
            automount_service_account_token: Some(false),
            ..ServiceAccount::default()
        };
        self.create(key, &account, &copy).await
    }

    /// Looks at a pod.
    pub(super) async fn pod(&mut self, key: &Key) -> Result<(), kube::Error> {
        if self.is_ending(key).await? {
            return Ok(());
        }
        let Some((pod, place)) = Box::pin(self.object::<Pod>(key)).await? else {
            self.flow_back(key).await?;
            return Ok(());
        };
        let namespaces: Api<Namespace> = Api::all(self.tenant.clone());
        let namespace = namespaces.get(&key.place.namespace).await?;
        let labels = namespace.metadata.labels.unwrap_or_default();
        let (mut copy, tokens) = host_pod(&self.config, &pod, &place, &labels);
        for wanted in tokens {
            let token = tenant_token(&self.tenant, &pod, wanted.audience).await?;
            let annotations = copy.metadata.annotations.get_or_insert_default();
            annotations.insert(wanted.annotation, token);
        }
        copy.metadata.owner_references = self.owner().await?.map(|owner| vec![owner]);
        self.create(key, &pod, &copy).await
    }

    /// Brings both sides of an object together; returns the tenant's, and its place on the host,
    /// where the copy is still to be made.
    async fn object<K: Synced>(&mut self, key: &Key) -> Result<Option<(K, Place)>, kube::Error> {
        let tenants: Api<K> = Api::namespaced(self.tenant.clone(), &key.place.namespace);
        let tenant = tenants.get_opt(&key.place.name).await?;
        if tenant
            .as_ref()
            .is_some_and(|tenant| is_excluded(tenant.meta(), K::KIND))
        {
            return Ok(None);
        }
        let Some(place) = key.place.on_host(&self.config) else {
            return Ok(None);
        };
        let hosts: Api<K> = Api::namespaced(self.host.clone(), &place.namespace);
        let host = hosts.get_opt(&place.name).await?;
        // A foreign object at the name: vCluster turns away and tells nobody.
        if host.as_ref().is_some_and(|host| !self.is_ours(host)) {
            return Ok(None);
        }
        match (tenant, host) {
            (Some(tenant), Some(host)) => {
                // With mapped namespaces, host objects may be another vCluster's too.
                let uid_counts = !self.maps_namespaces();
                if uid_counts && is_of_another(K::KIND, host.meta(), tenant.meta()) {
                    self.synced.remove(key);
                    self.delete(&hosts, &host, "host", "virtual object uid is different")
                        .await?;
                } else {
                    self.update(key, &tenants, &tenant, &hosts, &host).await?;
                }
                Ok(None)
            }
            (Some(tenant), None) => {
                if self.synced.remove(key).is_some() {
                    self.delete(&tenants, &tenant, "virtual", "host object was deleted")
                        .await?;
                    return Ok(None);
                }
                let going = tenant.meta().deletion_timestamp.is_some();
                if going || self.is_reserved(key, &place, &tenant).await? {
                    return Ok(None);
                }
                if !self.is_beside_control_plane(&place) {
                    self.namespace(&key.place.namespace).await?;
                }
                Ok(Some((tenant, place)))
            }
            (None, Some(host)) => {
                let known = self.synced.remove(key).is_some();
                if known || was_synced(&self.config, K::KIND, host.meta()) {
                    self.delete(&hosts, &host, "host", "virtual object was deleted")
                        .await?;
                }
                Ok(None)
            }
            (None, None) => {
                self.synced.remove(key);
                Ok(None)
            }
        }
    }

    /// Whether vCluster counts the host object as its own, whichever tenant object it is for.
    ///
    /// A mapped host namespace is the vCluster's as a whole, so that the `default` ServiceAccount
    /// that the host's controller made there is taken over.
    fn is_ours<K: Synced>(&self, host: &K) -> bool {
        let metadata = host.meta();
        let excluded = is_excluded(metadata, K::KIND);
        let foreign = text(metadata.annotations.as_ref(), keys::OBJECT_NAME).is_empty();
        let adopted = foreign && !self.is_beside_control_plane(&Place::of(metadata));
        !excluded && (adopted || tenant_place(&self.config, K::KIND, metadata).is_some())
    }

    /// Whether the host name is still kept for a tenant object that lost it.
    async fn is_reserved<K: Synced>(
        &mut self,
        key: &Key,
        place: &Place,
        tenant: &K,
    ) -> Result<bool, kube::Error> {
        let owner = self.names.get(&(K::SORT, place.clone()));
        let Some(owner) = owner.filter(|owner| self.config.reserve_names && **owner != key.place)
        else {
            return Ok(false);
        };
        self.log.add(format!(
            "there is already another name mapping {owner} -> {place} that conflicts with {} -> \
             {place}",
            key.place
        ));
        self.blocked.insert(key.clone());
        // The words are upstream's; they do not say what happened.
        let message = "Error syncing to host cluster: get object: unable to get: / because of \
                       unknown namespace for the cache";
        sync_error(&self.tenant, K::KIND.syncer, tenant, message).await?;
        Ok(true)
    }

    async fn create<K: Synced>(
        &mut self,
        key: &Key,
        tenant: &K,
        copy: &K,
    ) -> Result<(), kube::Error> {
        let place = Place::of(copy.meta());
        let hosts: Api<K> = Api::namespaced(self.host.clone(), &place.namespace);
        match hosts.create(&creating(), copy).await {
            Ok(host) => {
                let snapshot = Snapshot::of(tenant.meta(), host.meta());
                self.synced.insert(key.clone(), snapshot);
                self.names.insert((K::SORT, place), key.place.clone());
                self.written().await;
                Ok(())
            }
            Err(error) => {
                let said = if let kube::Error::Api(status) = &error {
                    status.message.clone()
                } else {
                    error.to_string()
                };
                let said = tenant.in_tenants_words(&self.config, &said);
                let message = format!("Error syncing to host cluster: create object: {said}");
                sync_error(&self.tenant, K::KIND.syncer, tenant, &message).await?;
                Err(error)
            }
        }
    }

    async fn update<K: Synced>(
        &mut self,
        key: &Key,
        tenants: &Api<K>,
        tenant: &K,
        hosts: &Api<K>,
        host: &K,
    ) -> Result<(), kube::Error> {
        let now = Snapshot::of(tenant.meta(), host.meta());
        let old = self.synced.get(key).cloned();
        let old = old.unwrap_or_else(|| now.clone().after_start());
        let mut new = synced(&self.config, K::KIND, &old, tenant.meta(), host.meta());
        if text(host.meta().annotations.as_ref(), keys::OBJECT_NAME).is_empty() {
            let marks = marker_labels(&self.config, tenant.meta());
            new.labels.host.extend(marks);
        }
        if K::SORT == Sort::Pod {
            new.annotations
                .host
                .extend(labels_annotation(tenant.meta()));
        }

        let for_host = metadata_patch(
            host.meta().resource_version.as_deref(),
            (&now.labels.host, &new.labels.host),
            (&now.annotations.host, &new.annotations.host),
        );
        if let Some(patch) = for_host {
            patch_merge(hosts, &Place::of(host.meta()), &patch).await?;
            self.written().await;
        }
        let for_tenant = metadata_patch(
            tenant.meta().resource_version.as_deref(),
            (&now.labels.tenant, &new.labels.tenant),
            (&now.annotations.tenant, &new.annotations.tenant),
        );
        if let Some(patch) = for_tenant {
            patch_merge(tenants, &key.place, &patch).await?;
        }
        self.synced.insert(key.clone(), new);
        let name = (K::SORT, Place::of(host.meta()));
        self.names.insert(name, key.place.clone());
        Ok(())
    }

    async fn delete<K: Synced>(
        &self,
        api: &Api<K>,
        object: &K,
        side: &str,
        reason: &str,
    ) -> Result<(), kube::Error> {
        let place = Place::of(object.meta());
        self.log
            .add(format!("delete {side} {place}, because {reason}"));
        let parameters = DeleteParams {
            preconditions: Some(Preconditions {
                uid: object.meta().uid.clone(),
                resource_version: None,
            }),
            ..DeleteParams::default()
        };
        match api.delete(&place.name, &parameters).await {
            // Gone already, or a namesake is there now: both come as a change of their own.
            Err(kube::Error::Api(status)) if status.is_not_found() || status.is_conflict() => {}
            Err(error) => return Err(error),
            Ok(_) => {}
        }
        if side == "host" {
            self.written().await;
        }
        Ok(())
    }
}

async fn patch_merge<K: Synced>(
    api: &Api<K>,
    place: &Place,
    patch: &Value,
) -> Result<(), kube::Error> {
    let parameters = PatchParams {
        field_manager: creating().field_manager,
        ..PatchParams::default()
    };
    api.patch(&place.name, &parameters, &Patch::Merge(patch))
        .await?;
    Ok(())
}

/// Returns the patch that leads from the first to the second of each pair, or nothing where there
/// is nothing to do.
fn metadata_patch(
    version: Option<&str>,
    labels: (&Map, &Map),
    annotations: (&Map, &Map),
) -> Option<Value> {
    let (labels, annotations) = (changes(labels), changes(annotations));
    if labels.is_empty() && annotations.is_empty() {
        return None;
    }
    Some(json!({"metadata": {
        "resourceVersion": version,
        "labels": labels,
        "annotations": annotations,
    }}))
}

fn changes((before, after): (&Map, &Map)) -> JsonMap<String, Value> {
    let gone = before.keys().filter(|key| !after.contains_key(*key));
    let gone = gone.map(|key| (key.clone(), Value::Null));
    let set = after
        .iter()
        .filter(|(key, value)| before.get(*key) != Some(*value));
    gone.chain(set.map(|(key, value)| (key.clone(), json!(value))))
        .collect()
}
