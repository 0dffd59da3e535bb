//! Questions to Azure about one identity or one cluster.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, stream};
use vwi_azure::{Arm, ArmError, Azure};
use vwi_core::arm::{Kind, Named, ResourceId, Scope, same};
use vwi_core::check::facts::{ClusterFact, Fact, FactSource, Unseen};
use vwi_core::check::granted::granting;
use vwi_core::federation::Identity;
use vwi_core::roles;

use super::{AT_ONCE, IdentityAnswer, RoleWish};

pub(super) fn unseen(error: &ArmError) -> Unseen {
    // A login tells about each way that it tried in a line of its own.
    let text = vwi_cli::report::in_one_line(error);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    Unseen::new(FactSource::Azure, lines.join("; "))
}

pub(super) fn no_subscription() -> Unseen {
    Unseen::new(
        FactSource::Azure,
        "nothing names a subscription (`--subscription`, `az account set`)",
    )
}

/// Where an identity is, as far as it was named.
pub(super) enum Found {
    Id(ResourceId),
    Seen(Box<Identity>),
    Nothing,
}

/// A name without its group is looked up in the subscription.
pub(super) async fn find(azure: &Azure, named: &Named) -> Fact<Found> {
    let subscription = named
        .subscription
        .as_ref()
        .or(azure.subscription.as_ref())
        .ok_or_else(no_subscription)?;
    let group = named.group.as_ref().or(azure.group.as_ref());
    if let Some(group) = group {
        let id = ResourceId::new(Kind::Identity, subscription, group, &named.name)
            .map_err(|error| Unseen::new(FactSource::Azure, error.to_string()))?;
        return Ok(Found::Id(id));
    }
    let listed = azure.arm.identities(subscription, None).await;
    let listed = listed.map_err(|error| unseen(&error))?;
    let mut of_name = listed
        .into_iter()
        .filter(|identity| same(identity.id.name(), &named.name));
    match (of_name.next(), of_name.next()) {
        (None, _) => Ok(Found::Nothing),
        (Some(only), None) => Ok(Found::Seen(Box::new(only))),
        (Some(_), Some(_)) => Err(Unseen::new(
            FactSource::Azure,
            "several resource groups have an identity of this name (`-g` names one)",
        )),
    }
}

pub(super) async fn look_at(
    arm: &Arm,
    id: &ResourceId,
    wishes: &BTreeSet<&RoleWish>,
) -> IdentityAnswer {
    let with_roles = async {
        let identity = arm.identity(id).await.map_err(|error| unseen(&error));
        let roles = match &identity {
            Ok(Some(identity)) => roles_of(arm, identity, wishes).await,
            Ok(None) | Err(_) => BTreeMap::new(),
        };
        (identity, roles)
    };
    let ((identity, roles), credentials) = tokio::join!(with_roles, arm.credentials(id));
    IdentityAnswer {
        identity,
        credentials: credentials
            .map(Option::unwrap_or_default)
            .map_err(|error| unseen(&error)),
        roles,
    }
}

pub(super) async fn look_further(
    arm: &Arm,
    identity: Identity,
    wishes: &BTreeSet<&RoleWish>,
) -> IdentityAnswer {
    let (roles, credentials) = tokio::join!(
        roles_of(arm, &identity, wishes),
        arm.credentials(&identity.id),
    );
    IdentityAnswer {
        credentials: credentials
            .map(Option::unwrap_or_default)
            .map_err(|error| unseen(&error)),
        identity: Ok(Some(identity)),
        roles,
    }
}

async fn roles_of(
    arm: &Arm,
    identity: &Identity,
    wishes: &BTreeSet<&RoleWish>,
) -> BTreeMap<RoleWish, Fact<Option<String>>> {
    stream::iter(wishes)
        .map(|wish| async move {
            let (role, scope) = *wish;
            ((*wish).clone(), role_of(arm, identity, role, scope).await)
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await
}

async fn role_of(arm: &Arm, identity: &Identity, role: &str, scope: &str) -> Fact<Option<String>> {
    let scope: Scope = scope
        .parse()
        .map_err(|error| Unseen::new(FactSource::Azure, format!("{error}")))?;
    let definitions = async {
        match roles::definition_id(role, &scope) {
            Some(id) => Ok(vec![id]),
            None => arm
                .role_definitions(&scope, role)
                .await
                .map(|found| found.into_iter().map(|definition| definition.id).collect()),
        }
    };
    let (definitions, assignments) = tokio::join!(
        definitions,
        arm.role_assignments(&scope, &identity.principal_id),
    );
    let definitions: Vec<String> = definitions.map_err(|error| unseen(&error))?;
    let assignments = assignments.map_err(|error| unseen(&error))?;
    if definitions.is_empty() {
        let reason = format!("no role is called `{}`", vwi_core::text::escape(role));
        return Err(Unseen::new(FactSource::Azure, reason));
    }
    Ok(definitions.iter().find_map(|definition| {
        granting(&assignments, &scope, &identity.principal_id, definition)
            .map(|assignment| assignment.id.clone())
    }))
}

pub(super) async fn cluster(azure: &Azure, named: &Named) -> Fact<Option<ClusterFact>> {
    let subscription = named
        .subscription
        .as_ref()
        .or(azure.subscription.as_ref())
        .ok_or_else(no_subscription)?;
    if let Some(group) = &named.group {
        let id = ResourceId::new(Kind::Cluster, subscription, group, &named.name)
            .map_err(|error| Unseen::new(FactSource::Azure, error.to_string()))?;
        let found = azure.arm.cluster(&id).await;
        return found
            .map(|found| found.map(cluster_fact))
            .map_err(|error| unseen(&error));
    }
    let listed = azure.arm.clusters(subscription).await;
    let listed = listed.map_err(|error| unseen(&error))?;
    let mut of_name = listed
        .into_iter()
        .filter(|cluster| same(cluster.id.name(), &named.name));
    match (of_name.next(), of_name.next()) {
        (found, None) => Ok(found.map(cluster_fact)),
        (_, Some(_)) => Err(Unseen::new(
            FactSource::Azure,
            "several resource groups have an AKS cluster of this name (`GROUP/NAME` names one)",
        )),
    }
}

pub(super) fn cluster_fact(cluster: vwi_azure::arm::Cluster) -> ClusterFact {
    ClusterFact {
        id: cluster.id,
        issuer: cluster.issuer,
        workload_identity: cluster.workload_identity,
    }
}
