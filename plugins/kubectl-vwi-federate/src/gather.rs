//! What is there in Azure: everything that a plan needs, read at once and each thing once.

use std::collections::HashMap;

use futures_util::future::{join_all, try_join_all};
use vwi_azure::arm::Cluster;
use vwi_azure::{Arm, ArmError, Azure};
use vwi_cli::Failure;
use vwi_core::arm::{Kind, Named, ResourceId, Scope};
use vwi_core::federation::{Found, Refusal};
use vwi_core::roles;
use vwi_core::text::escape;

use crate::args::Assign;
use crate::named;
use crate::refused::group_to_be_made;

/// An answer, or why the records that need it are refused.
pub(crate) type Answer<T> = Result<T, Refusal>;

/// What is asked about one identity.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) id: ResourceId,
    /// Scopes at which it is to have roles.
    pub(crate) scopes: Vec<Scope>,
    /// Whether it may be made.
    pub(crate) create: Creation,
    /// Whether all its assignments have to be seen, because they are to go.
    pub(crate) lists_roles: bool,
}

/// Whether an identity may be made, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Creation {
    /// It has to be there.
    No,
    /// In this region.
    In(String),
    /// In the region of its resource group.
    InRegionOfGroup,
}

/// What is there of one identity, and the region in which it may be made.
#[derive(Clone, Debug)]
pub(crate) struct IdentityAnswer {
    pub(crate) found: Found,
    pub(crate) create_in: Option<String>,
}

/// What Azure said.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// In the order of the questions.
    pub(crate) identities: Vec<Answer<IdentityAnswer>>,
    /// In the order of the clusters that were named.
    pub(crate) clusters: Vec<Answer<Cluster>>,
    /// In the order of the roles.
    pub(crate) definitions: Vec<Answer<String>>,
}

/// Reads all of it, as much at once as the client allows.
///
/// # Errors
///
/// What keeps everything from being read: no login, no connection, no time.
pub(crate) async fn gather(
    azure: &Azure,
    identities: &[Question],
    clusters: &[Named],
    assigns: &[Assign],
) -> Result<Gathered, Failure> {
    let identities = try_join_all(
        identities
            .iter()
            .map(|question| identity(&azure.arm, question)),
    );
    let clusters = find_clusters(azure, clusters);
    let definitions = try_join_all(assigns.iter().map(|assign| definition(&azure.arm, assign)));
    let (identities, clusters, definitions) =
        futures_util::future::try_join3(identities, clusters, definitions).await?;
    Ok(Gathered {
        identities,
        clusters,
        definitions,
    })
}

/// Tells a refusal, which is about one thing, from what is about everything.
fn refusal(error: ArmError) -> Result<Refusal, Failure> {
    let about_all = error.login().is_some()
        || error.is_unreachable()
        || error.gave_up.is_some()
        || error
            .status()
            .is_none_or(|status| status >= 500 || status == 401);
    if about_all {
        return Err(error.into());
    }
    Ok(crate::refused::by_azure(&error))
}

fn answer<T>(result: Result<T, ArmError>) -> Result<Answer<T>, Failure> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(error) => refusal(error).map(Err),
    }
}

async fn identity(arm: &Arm, question: &Question) -> Result<Answer<IdentityAnswer>, Failure> {
    // The roles need the principal, the credentials need nothing but the id.
    let with_roles = async {
        let found = arm.identity(&question.id).await?;
        let mut assignments = Vec::new();
        if let Some(identity) = &found {
            let lists = question.scopes.iter().map(|scope| async move {
                let listed = arm.role_assignments(scope, &identity.principal_id).await;
                match listed {
                    // Whoever may not list may be allowed to write all the same.
                    Err(error) if error.status() == Some(403) && !question.lists_roles => {
                        Ok(Vec::new())
                    }
                    listed => listed,
                }
            });
            assignments = try_join_all(lists).await?.into_iter().flatten().collect();
        }
        Ok::<_, ArmError>((found, assignments))
    };
    let (found, credentials) = tokio::join!(with_roles, arm.credentials(&question.id));
    let (identity, assignments) = match answer(found)? {
        Ok(found) => found,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let credentials = match answer(credentials)? {
        Ok(credentials) => credentials.unwrap_or_default(),
        Err(refusal) => return Ok(Err(refusal)),
    };
    let create_in = match &question.create {
        _ if identity.is_some() => None,
        Creation::No => None,
        Creation::In(location) => Some(location.clone()),
        Creation::InRegionOfGroup => match group_location(arm, &question.id).await? {
            Ok(location) => Some(location),
            Err(refusal) => return Ok(Err(refusal)),
        },
    };
    Ok(Ok(IdentityAnswer {
        found: Found {
            identity,
            credentials,
            assignments,
            ..Found::default()
        },
        create_in,
    }))
}

async fn group_location(arm: &Arm, id: &ResourceId) -> Result<Answer<String>, Failure> {
    let location = arm.group_location(id.subscription(), id.group()).await;
    Ok(answer(location)?.and_then(|location| {
        location.ok_or_else(|| Refusal {
            reason: "ResourceGroupNotFound",
            message: format!("resource group `{}` does not exist", escape(id.group())),
            hint: Some(group_to_be_made(id)),
        })
    }))
}

async fn definition(arm: &Arm, assign: &Assign) -> Result<Answer<String>, Failure> {
    if let Some(id) = roles::definition_id(&assign.role, &assign.scope) {
        return Ok(Ok(id));
    }
    let found = arm.role_definitions(&assign.scope, &assign.role).await;
    let found = match answer(found)? {
        Ok(found) => found,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let refuse = |reason, message, hint: &str| {
        Err(Refusal {
            reason,
            message,
            hint: Some(hint.to_owned()),
        })
    };
    Ok(match found.as_slice() {
        [only] => Ok(only.id.clone()),
        [] => refuse(
            "RoleNotFound",
            format!(
                "no role `{}` can be assigned at `{}`",
                escape(&assign.role),
                assign.scope
            ),
            "`az role definition list --query \"[].roleName\"` lists them",
        ),
        several => {
            let ids: Vec<&str> = several
                .iter()
                .map(|definition| definition.name.as_str())
                .collect();
            refuse(
                "RoleAmbiguous",
                format!(
                    "several roles are called `{}`: {}",
                    escape(&assign.role),
                    ids.join(", ")
                ),
                "name one by its id",
            )
        }
    })
}

async fn find_clusters(azure: &Azure, clusters: &[Named]) -> Result<Vec<Answer<Cluster>>, Failure> {
    // A bare name may be anywhere; all of them share one search.
    let searches = clusters.iter().any(|cluster| cluster.group.is_none());
    let everywhere = async {
        if searches {
            search(&azure.arm).await
        } else {
            Ok(HashMap::new())
        }
    };
    let named = join_all(clusters.iter().map(|cluster| read_cluster(azure, cluster)));
    let (everywhere, named) = tokio::join!(everywhere, named);
    let everywhere = everywhere?;
    let mut answers = Vec::new();
    for (cluster, named) in clusters.iter().zip(named) {
        answers.push(match named {
            Some(answer) => answer?,
            None => only_one(cluster, &everywhere),
        });
    }
    Ok(answers)
}

/// Reads a cluster whose group is known; `None` for a bare name.
async fn read_cluster(azure: &Azure, cluster: &Named) -> Option<Result<Answer<Cluster>, Failure>> {
    cluster.group.as_ref()?;
    let named = Named {
        subscription: cluster
            .subscription
            .clone()
            .or_else(|| azure.subscription.clone()),
        ..cluster.clone()
    };
    let id = match named::id(&named, Kind::Cluster) {
        Ok(id) => id,
        Err(refusal) => return Some(Ok(Err(refusal))),
    };
    let read = azure.arm.cluster(&id).await;
    Some(answer(read).map(|answer| {
        answer.and_then(|found| {
            found.ok_or_else(|| not_found(&format!("AKS cluster `{id}` does not exist")))
        })
    }))
}

/// Lists the clusters of all subscriptions that the login can see, by name in lower case.
async fn search(arm: &Arm) -> Result<HashMap<String, Vec<Cluster>>, Failure> {
    let subscriptions = arm.subscriptions().await?;
    let lists = subscriptions
        .iter()
        .filter(|subscription| subscription.state.is_empty() || subscription.state == "Enabled")
        .map(|subscription| async move {
            match arm.clusters(&subscription.subscription_id).await {
                // A subscription that can be seen need not be one that can be read.
                Err(error) if matches!(error.status(), Some(403 | 404)) => Ok(Vec::new()),
                clusters => clusters,
            }
        });
    let mut found: HashMap<String, Vec<Cluster>> = HashMap::new();
    for cluster in try_join_all(lists).await?.into_iter().flatten() {
        found
            .entry(cluster.id.name().to_lowercase())
            .or_default()
            .push(cluster);
    }
    Ok(found)
}

fn only_one(cluster: &Named, everywhere: &HashMap<String, Vec<Cluster>>) -> Answer<Cluster> {
    let name = escape(&cluster.name);
    let found = everywhere
        .get(&cluster.name.to_lowercase())
        .map_or(&[][..], Vec::as_slice);
    match found {
        [only] => Ok(only.clone()),
        [] => Err(not_found(&format!(
            "no AKS cluster `{name}` is in the subscriptions that the login can see"
        ))),
        several => {
            let ids: Vec<String> = several
                .iter()
                .map(|cluster| format!("`{}`", cluster.id))
                .collect();
            Err(Refusal {
                reason: "ClusterAmbiguous",
                message: format!(
                    "several AKS clusters are called `{name}`: {}",
                    ids.join(", ")
                ),
                hint: Some("name one by its id with `--aks-cluster`".to_owned()),
            })
        }
    }
}

fn not_found(message: &str) -> Refusal {
    Refusal {
        reason: "ClusterNotFound",
        message: message.to_owned(),
        hint: Some("name it by its id with `--aks-cluster`, or give `--issuer`".to_owned()),
    }
}
