//! The tenant's side: ServiceAccounts, workloads and pods.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, stream};
use vwi_core::annotation::USE;
use vwi_core::check::facts::{
    Fact, FactSource, ServiceAccountFact, TenantFacts, Unseen, WorkloadFact,
};
use vwi_core::text::escape;
use vwi_kubernetes::object::{Container, Metadata, Pod, PodSpec, Workload};
use vwi_kubernetes::tenant::Scope;
use vwi_kubernetes::{ApiError, Tenant, TenantIdentity};

use super::Access;
use crate::wanted::Wanted;

/// Most ServiceAccounts that are read one by one; more are read in a list.
const MOST_SINGLE: usize = 16;
/// Most namespaces that are looked into one by one.
const MOST_NAMESPACES: usize = 8;
/// Edits up to which a name counts as near another.
const NEAR: usize = 3;

type Key = (String, String);

/// Which cluster the tenant is.
pub(super) struct TenantSelf {
    /// `Err` if it did not answer at all.
    identity: Fact<TenantIdentity>,
    label: String,
}

impl TenantSelf {
    pub(super) async fn look(access: &Access<'_>) -> Self {
        let tenant = match &access.tenant {
            Ok(tenant) => tenant,
            Err(unseen) => {
                return Self {
                    identity: Err(unseen.clone()),
                    label: String::new(),
                };
            }
        };
        let identity = tenant.identity().await.reached();
        Self {
            identity: identity
                .map_err(|error| Unseen::new(FactSource::Tenant, error.in_one_line())),
            label: tenant.cluster().label(),
        }
    }

    /// Returns why nothing at all came from the tenant.
    pub(super) fn silent(&self) -> Option<Unseen> {
        self.identity.as_ref().err().cloned()
    }

    /// Returns which cluster it is.
    pub(super) fn identity(&self) -> Option<&TenantIdentity> {
        self.identity.as_ref().ok()
    }

    /// Returns how messages name it.
    pub(super) fn label(&self) -> &str {
        &self.label
    }

    /// Says whether a record's ServiceAccount lives in this cluster.
    pub(super) fn is_of(&self, wanted: &Wanted) -> Fact<()> {
        let identity = self.identity.as_ref().map_err(Clone::clone)?;
        let found = identity.status();
        let pairs = [
            ("uid", &wanted.tenant.cluster_uid, &found.cluster_uid),
            (
                "address of Service `default/kubernetes`",
                &wanted.tenant.service_ip,
                &found.service_ip,
            ),
        ];
        for (what, recorded, found) in pairs {
            if let (Some(recorded), Some(found)) = (recorded, found)
                && recorded != found
            {
                return Err(Unseen::new(
                    FactSource::Tenant,
                    format!(
                        "{} is another cluster: its {what} is `{}`, the record says `{}`",
                        self.label,
                        escape(found),
                        escape(recorded)
                    ),
                ));
            }
        }
        Ok(())
    }
}

/// What the tenant said of the ServiceAccounts.
#[derive(Default)]
pub(super) struct TenantView {
    accounts: BTreeMap<Key, Fact<Option<ServiceAccountFact>>>,
    near: BTreeMap<Key, Vec<String>>,
    workloads: BTreeMap<String, Fact<Vec<WorkloadFact>>>,
}

impl TenantView {
    pub(super) async fn look(access: &Access<'_>, itself: &TenantSelf, wanted: &[Wanted]) -> Self {
        let (Ok(tenant), Some(_)) = (&access.tenant, itself.identity()) else {
            return Self::default();
        };
        let keys: BTreeSet<Key> = wanted.iter().map(key).collect();
        let namespaces: BTreeSet<&str> = wanted.iter().map(Wanted::namespace).collect();
        let (accounts, workloads) = tokio::join!(
            accounts(tenant, keys, access.concurrency()),
            workloads(tenant, &namespaces, access.concurrency()),
        );
        let mut view = Self {
            accounts,
            near: BTreeMap::new(),
            workloads,
        };
        view.look_nearby(tenant).await;
        view
    }

    pub(super) fn facts_of(&self, itself: &TenantSelf, wanted: &Wanted) -> TenantFacts {
        if let Err(unseen) = itself.is_of(wanted) {
            return TenantFacts {
                service_account: Err(unseen.clone()),
                near_names: Vec::new(),
                workloads: Err(unseen),
            };
        }
        let unread = || Unseen::new(FactSource::Tenant, "not read");
        let key = key(wanted);
        TenantFacts {
            service_account: self
                .accounts
                .get(&key)
                .cloned()
                .unwrap_or_else(|| Err(unread())),
            near_names: self.near.get(&key).cloned().unwrap_or_default(),
            workloads: match self.workloads.get(wanted.namespace()) {
                Some(Ok(workloads)) => Ok(workloads
                    .iter()
                    .filter(|workload| is_about(workload, wanted.name()))
                    .cloned()
                    .collect()),
                Some(Err(unseen)) => Err(unseen.clone()),
                None => Err(unread()),
            },
        }
    }

    /// Looks for names that are like those that are missing.
    async fn look_nearby(&mut self, tenant: &Tenant) {
        let missing: Vec<Key> = self
            .accounts
            .iter()
            .filter(|(_, account)| matches!(account, Ok(None)))
            .map(|(key, _)| key.clone())
            .take(MOST_SINGLE)
            .collect();
        for key in missing {
            let (namespace, name) = &key;
            let scope = Scope::Namespace(namespace.clone());
            // Only a help: without it, the finding is the same.
            let Ok(found) = tenant.service_accounts(&scope, None, None).await else {
                continue;
            };
            let mut near: Vec<(usize, String)> = found
                .into_iter()
                .map(|account| account.metadata.name)
                .filter(|found| found != "default")
                .map(|found| (strsim::damerau_levenshtein(&found, name), found))
                .filter(|(edits, _)| *edits <= NEAR)
                .collect();
            near.sort();
            let near = near.into_iter().map(|(_, name)| name).take(3).collect();
            self.near.insert(key, near);
        }
    }
}

/// Whether a workload runs as the ServiceAccount, or was perhaps meant to.
fn is_about(workload: &WorkloadFact, name: &str) -> bool {
    workload.service_account == name || workload.service_account == "default"
}

fn key(wanted: &Wanted) -> Key {
    (wanted.namespace().to_owned(), wanted.name().to_owned())
}

pub(super) fn unseen(error: &ApiError) -> Unseen {
    Unseen::new(FactSource::Tenant, error.in_one_line())
}

async fn accounts(
    tenant: &Tenant,
    keys: BTreeSet<Key>,
    concurrency: usize,
) -> BTreeMap<Key, Fact<Option<ServiceAccountFact>>> {
    if keys.len() > MOST_SINGLE
        && let Ok(listed) = tenant.service_accounts(&Scope::All, None, None).await
    {
        let mut listed: BTreeMap<Key, ServiceAccountFact> = listed
            .into_iter()
            .map(|account| {
                let fact = account_fact(account.metadata);
                ((fact.namespace.clone(), fact.name.clone()), fact)
            })
            .collect();
        return keys
            .into_iter()
            .map(|key| {
                let found = listed.remove(&key);
                (key, Ok(found))
            })
            .collect();
    }
    // Whoever may not list may still read single ones.
    stream::iter(keys)
        .map(|key| async {
            let found = tenant.service_account(&key.0, &key.1).await;
            let fact = match found {
                Ok(account) => Ok(account.map(|account| account_fact(account.metadata))),
                Err(error) => Err(unseen(&error)),
            };
            (key, fact)
        })
        .buffer_unordered(concurrency)
        .collect()
        .await
}

pub(super) fn account_fact(metadata: Metadata) -> ServiceAccountFact {
    ServiceAccountFact {
        namespace: metadata.namespace,
        name: metadata.name,
        uid: metadata.uid,
        labels: metadata.labels,
        annotations: metadata.annotations,
    }
}

async fn workloads(
    tenant: &Tenant,
    namespaces: &BTreeSet<&str>,
    concurrency: usize,
) -> BTreeMap<String, Fact<Vec<WorkloadFact>>> {
    let scopes: Vec<Scope> = if namespaces.len() > MOST_NAMESPACES {
        vec![Scope::All]
    } else {
        namespaces
            .iter()
            .map(|namespace| Scope::Namespace((*namespace).to_owned()))
            .collect()
    };
    let looked: Vec<_> = stream::iter(scopes)
        .map(|scope| async {
            let (workloads, pods) =
                tokio::join!(tenant.workloads(&scope), tenant.pods(&scope, None));
            // Half of them would pass for all.
            let fact = match (workloads.unseen.as_slice(), pods) {
                ([], Ok(pods)) => Ok(workload_facts(workloads.seen, pods)),
                ([(_, error), ..], _) => Err(unseen(error)),
                (_, Err(error)) => Err(unseen(&error)),
            };
            (scope, fact)
        })
        .buffer_unordered(concurrency)
        .collect()
        .await;
    let mut facts: BTreeMap<String, Fact<Vec<WorkloadFact>>> = BTreeMap::new();
    for (scope, fact) in looked {
        let covered: Vec<String> = match scope {
            Scope::Namespace(namespace) => vec![namespace],
            Scope::All => namespaces.iter().map(|one| (*one).to_owned()).collect(),
        };
        for namespace in covered {
            let of_it = fact.clone().map(|workloads: Vec<(String, WorkloadFact)>| {
                workloads
                    .into_iter()
                    .filter(|(of, _)| *of == namespace)
                    .map(|(_, workload)| workload)
                    .collect()
            });
            facts.insert(namespace, of_it);
        }
    }
    facts
}

/// Workloads, and the pods that none of them made.
fn workload_facts(workloads: Vec<Workload>, pods: Vec<Pod>) -> Vec<(String, WorkloadFact)> {
    const MAKERS: [&str; 4] = ["ReplicaSet", "StatefulSet", "DaemonSet", "Job"];
    let workloads = workloads.into_iter().map(|workload| {
        let fact = WorkloadFact {
            kind: workload.kind.to_owned(),
            label: workload.template_metadata.labels.get(USE).cloned(),
            own_label: workload.metadata.labels.get(USE).cloned(),
            name: workload.metadata.name,
            service_account: workload.template.service_account().to_owned(),
            sets_client_id: sets_client_id(&workload.template),
        };
        (workload.metadata.namespace, fact)
    });
    let pods = pods.into_iter().filter(|pod| {
        let owners = &pod.metadata.owner_references;
        !owners
            .iter()
            .any(|owner| MAKERS.contains(&owner.kind.as_str()))
            && !is_over(pod)
    });
    let pods = pods.map(|pod| {
        let fact = WorkloadFact {
            kind: "Pod".to_owned(),
            label: pod.metadata.labels.get(USE).cloned(),
            own_label: None,
            name: pod.metadata.name,
            service_account: pod.spec.service_account().to_owned(),
            sets_client_id: sets_client_id(&pod.spec),
        };
        (pod.metadata.namespace, fact)
    });
    workloads.chain(pods).collect()
}

/// Whether a pod has run to its end, so that nothing of it needs a token any more.
pub(super) fn is_over(pod: &Pod) -> bool {
    pod.metadata.deletion_timestamp.is_some()
        || matches!(pod.status.phase.as_str(), "Succeeded" | "Failed")
}

fn sets_client_id(spec: &PodSpec) -> bool {
    let sets = |container: &Container| {
        container
            .env
            .iter()
            .any(|variable| variable.name == "AZURE_CLIENT_ID")
    };
    !spec.containers.is_empty() && spec.containers.iter().all(sets)
}
