//! Azure's side: identities, their credentials and roles, and the AKS cluster.

mod ask;

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, stream};
use vwi_core::arm::Named;
use vwi_core::check::facts::{AzureFacts, ClusterFact, Fact, FactSource, RoleFact, Unseen};
use vwi_core::federation::{Credential, Identity};

use ask::{Found, cluster, cluster_fact, find, look_at, look_further, no_subscription, unseen};

use super::tenant::{TenantSelf, TenantView};
use super::{Access, no_azure};
use crate::wanted::Wanted;

/// Identities and clusters that are looked at together; the client has its own limit.
const AT_ONCE: usize = 20;

type RoleWish = (String, String);

/// What Azure said.
pub(super) struct AzureView {
    /// Why nothing can be asked, or nothing was answered.
    silent: Option<Unseen>,
    identities: BTreeMap<Named, IdentityAnswer>,
    by_client_id: BTreeMap<String, IdentityAnswer>,
    clusters: BTreeMap<Named, Fact<Option<ClusterFact>>>,
    /// All clusters of the subscription, once they have been listed.
    listed: Vec<ClusterFact>,
}

/// What Azure said of one identity.
#[derive(Clone)]
struct IdentityAnswer {
    identity: Fact<Option<Identity>>,
    credentials: Fact<Vec<Credential>>,
    roles: BTreeMap<RoleWish, Fact<Option<String>>>,
}

impl IdentityAnswer {
    fn unseen(unseen: &Unseen) -> Self {
        Self {
            identity: Err(unseen.clone()),
            credentials: Err(unseen.clone()),
            roles: BTreeMap::new(),
        }
    }
}

impl AzureView {
    /// Looks at the identities and clusters that records and flags name.
    pub(super) async fn look(access: &Access<'_>, wanted: &[Wanted]) -> Self {
        let mut view = Self {
            silent: access.azure.as_ref().err().cloned(),
            identities: BTreeMap::new(),
            by_client_id: BTreeMap::new(),
            clusters: BTreeMap::new(),
            listed: Vec::new(),
        };
        let Ok(azure) = &access.azure else {
            return view;
        };
        let mut identities: BTreeMap<&Named, BTreeSet<&RoleWish>> = BTreeMap::new();
        for one in wanted {
            if let Some(named) = &one.identity {
                identities.entry(named).or_default().extend(&one.roles);
            }
        }
        let clusters: BTreeSet<&Named> = wanted
            .iter()
            .filter_map(|one| one.cluster.as_ref())
            .collect();
        let identities = stream::iter(identities)
            .map(|(named, roles)| async move {
                let found = match find(azure, named).await {
                    Ok(Found::Id(id)) => look_at(&azure.arm, &id, &roles).await,
                    Ok(Found::Seen(identity)) => look_further(&azure.arm, *identity, &roles).await,
                    Ok(Found::Nothing) => IdentityAnswer {
                        identity: Ok(None),
                        credentials: Ok(Vec::new()),
                        roles: BTreeMap::new(),
                    },
                    Err(unseen) => IdentityAnswer::unseen(&unseen),
                };
                (named.clone(), found)
            })
            .buffer_unordered(AT_ONCE)
            .collect();
        let clusters = stream::iter(clusters)
            .map(|named| async move { (named.clone(), cluster(azure, named).await) })
            .buffer_unordered(AT_ONCE)
            .collect();
        (view.identities, view.clusters) = tokio::join!(identities, clusters);
        view.fall_silent();
        view
    }

    /// If every answer was that nobody could be asked, nothing came from Azure at all.
    fn fall_silent(&mut self) {
        let failed: Option<Vec<&Unseen>> = self
            .identities
            .values()
            .map(|answer| answer.identity.as_ref().err())
            .chain(self.clusters.values().map(|cluster| cluster.as_ref().err()))
            .collect();
        let first = failed.and_then(|all| all.first().copied().cloned());
        if self.silent.is_none() {
            self.silent = first;
        }
    }

    /// Looks for the identities that only the annotation client-id leads to, in one list of the
    /// subscription's.
    pub(super) async fn look_by_client_id(
        &mut self,
        access: &Access<'_>,
        (itself, tenant): (&TenantSelf, &TenantView),
        wanted: &[Wanted],
    ) {
        let Ok(azure) = &access.azure else {
            return;
        };
        let mut asked: BTreeMap<String, BTreeSet<&RoleWish>> = BTreeMap::new();
        for one in wanted {
            if one.identity.is_none()
                && let Some(client_id) = super::client_id(&tenant.facts_of(itself, one))
            {
                asked
                    .entry(client_id.to_lowercase())
                    .or_default()
                    .extend(&one.roles);
            }
        }
        if asked.is_empty() {
            return;
        }
        let listed = match &azure.subscription {
            Some(subscription) => azure
                .arm
                .identities(subscription, None)
                .await
                .map_err(|error| unseen(&error)),
            None => Err(no_subscription()),
        };
        let identities = match listed {
            Ok(identities) => identities,
            Err(unseen) => {
                let answer = IdentityAnswer::unseen(&unseen);
                let answers = asked.into_keys().map(|key| (key, answer.clone()));
                self.by_client_id = answers.collect();
                self.silent.get_or_insert(unseen);
                return;
            }
        };
        let identities = &identities;
        self.by_client_id = stream::iter(asked)
            .map(|(client_id, roles)| async move {
                let found = identities
                    .iter()
                    .find(|identity| identity.client_id.eq_ignore_ascii_case(&client_id));
                let answer = match found {
                    Some(identity) => look_further(&azure.arm, identity.clone(), &roles).await,
                    None => IdentityAnswer::unseen(&Unseen::new(
                        FactSource::Azure,
                        "no identity of the subscription has the client id of the annotation; \
                         `--identity` names one elsewhere",
                    )),
                };
                (client_id, answer)
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
    }

    /// Returns why nothing at all came from Azure.
    pub(super) fn silent(&self) -> Option<Unseen> {
        self.silent.clone()
    }

    pub(super) fn facts_of(&self, wanted: &Wanted, client_id: Option<&str>) -> AzureFacts {
        let name = wanted
            .identity
            .as_ref()
            .map(|named| named.name.clone())
            .unwrap_or_default();
        let answer = match &wanted.identity {
            Some(named) => self.identities.get(named),
            None => client_id.and_then(|id| self.by_client_id.get(&id.to_lowercase())),
        };
        let unseen = self.silent.clone().unwrap_or_else(|| {
            Unseen::new(
                FactSource::Azure,
                "nothing names an identity: no record, no `--identity`, no annotation client-id",
            )
        });
        let mut facts = no_azure(&unseen, name);
        facts.cluster = match &wanted.cluster {
            Some(named) => self
                .clusters
                .get(named)
                .cloned()
                .unwrap_or_else(|| Err(unseen.clone())),
            None => Err(Unseen::new(
                FactSource::Azure,
                "no AKS cluster is named (`--aks-cluster`)",
            )),
        };
        if let Some(answer) = answer {
            facts.identity.clone_from(&answer.identity);
            facts.credentials.clone_from(&answer.credentials);
            if let Ok(Some(identity)) = &facts.identity {
                identity.id.name().clone_into(&mut facts.identity_name);
            }
        }
        facts.roles = wanted
            .roles
            .iter()
            .map(|wish| RoleFact {
                role: wish.0.clone(),
                scope: wish.1.clone(),
                assignment: answer
                    .and_then(|answer| answer.roles.get(wish).cloned())
                    .unwrap_or_else(|| Err(unseen.clone())),
            })
            .collect();
        facts
    }

    /// Lists the clusters of the subscription.
    pub(super) async fn list_clusters(&mut self, access: &Access<'_>) {
        let Ok(azure) = &access.azure else {
            return;
        };
        let Some(subscription) = &azure.subscription else {
            return;
        };
        // Only a help: without it, fixes have words to fill in.
        let listed = azure.arm.clusters(subscription).await.unwrap_or_default();
        self.listed = listed.into_iter().map(cluster_fact).collect();
    }

    /// Returns the cluster that has this issuer.
    pub(super) fn cluster_of_issuer(&self, issuer: &str) -> Option<ClusterFact> {
        self.listed
            .iter()
            .find(|cluster| cluster.issuer.as_deref() == Some(issuer))
            .cloned()
    }
}
