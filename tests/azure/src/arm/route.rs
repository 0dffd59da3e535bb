//! Which call a path is: segments in any case, nothing between the known ones.

use crate::arm::errors::ArmError;
use crate::arm::scope;
use crate::state::{CLUSTER_TYPE, IDENTITY_TYPE, Place};

/// A call of ARM, without its method.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    Tenants,
    Subscriptions,
    Subscription(String),
    Groups(String),
    Group(String, String),
    /// Of a subscription, or of one of its groups.
    Identities(String, Option<String>),
    Identity(Place),
    Credentials(Place),
    Credential(Place, String),
    /// Of a subscription, or of one of its groups.
    Clusters(String, Option<String>),
    Cluster(Place),
    Bindings(Place),
    Binding(Place, String),
    /// At a scope without a slash at the end, as it was sent.
    Definitions(String),
    Definition(String, String),
    Assignments(String),
    Assignment(String, String),
}

/// Provider that has roles at any scope.
const AUTHORIZATION: &str = "Microsoft.Authorization";

/// Type of federated identity credentials.
pub(crate) const CREDENTIAL_TYPE: &str =
    "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials";

/// Type of identity bindings.
pub(crate) const BINDING_TYPE: &str = "Microsoft.ContainerService/managedClusters/identityBindings";

impl Call {
    /// Reads a path.
    pub(crate) fn of(segments: &[&str]) -> Result<Self, ArmError> {
        if let Some(call) = roles(segments)? {
            return Ok(call);
        }
        let call = match *segments {
            [tenants] if is(tenants, "tenants") => Self::Tenants,
            [first] if is(first, "subscriptions") => Self::Subscriptions,
            [first, subscription, ref rest @ ..] if is(first, "subscriptions") => {
                in_subscription(subscription, rest)?
            }
            _ => return Err(no_path(segments)),
        };
        Ok(call)
    }

    /// Returns the id of the subscription that the call is about.
    pub(crate) fn subscription(&self) -> Option<&str> {
        match self {
            Self::Tenants | Self::Subscriptions => None,
            Self::Subscription(subscription)
            | Self::Groups(subscription)
            | Self::Group(subscription, _)
            | Self::Identities(subscription, _)
            | Self::Clusters(subscription, _) => Some(subscription),
            Self::Identity(place)
            | Self::Credentials(place)
            | Self::Credential(place, _)
            | Self::Cluster(place)
            | Self::Bindings(place)
            | Self::Binding(place, _) => Some(&place.subscription),
            Self::Definitions(scope)
            | Self::Definition(scope, _)
            | Self::Assignments(scope)
            | Self::Assignment(scope, _) => scope::subscription(scope),
        }
    }

    /// Returns the name of the resource group that must exist for the call.
    pub(crate) fn group(&self) -> Option<&str> {
        match self {
            Self::Tenants
            | Self::Subscriptions
            | Self::Subscription(_)
            | Self::Groups(_)
            | Self::Group(..) => None,
            Self::Identities(_, group) | Self::Clusters(_, group) => group.as_deref(),
            Self::Identity(place)
            | Self::Credentials(place)
            | Self::Credential(place, _)
            | Self::Cluster(place)
            | Self::Bindings(place)
            | Self::Binding(place, _) => Some(&place.group),
            Self::Definitions(scope)
            | Self::Definition(scope, _)
            | Self::Assignments(scope)
            | Self::Assignment(scope, _) => scope::group(scope),
        }
    }

    /// Returns the type, as rights and errors name it.
    pub(crate) fn resource_type(&self) -> &'static str {
        match self {
            Self::Tenants => "Microsoft.Resources/tenants",
            Self::Subscriptions | Self::Subscription(_) => "Microsoft.Resources/subscriptions",
            Self::Groups(_) | Self::Group(..) => "Microsoft.Resources/subscriptions/resourceGroups",
            Self::Identities(..) | Self::Identity(_) => IDENTITY_TYPE,
            Self::Credentials(_) | Self::Credential(..) => CREDENTIAL_TYPE,
            Self::Clusters(..) | Self::Cluster(_) => CLUSTER_TYPE,
            Self::Bindings(_) | Self::Binding(..) => BINDING_TYPE,
            Self::Definitions(_) | Self::Definition(..) => {
                "Microsoft.Authorization/roleDefinitions"
            }
            Self::Assignments(_) | Self::Assignment(..) => {
                "Microsoft.Authorization/roleAssignments"
            }
        }
    }

    /// Returns the id over which a right is needed.
    pub(crate) fn scope(&self) -> String {
        let in_group = |subscription: &str, group: Option<&str>| match group {
            Some(group) => format!("/subscriptions/{subscription}/resourceGroups/{group}"),
            None => format!("/subscriptions/{subscription}"),
        };
        let resource = |place: &Place, resource_type: &str| {
            let group = in_group(&place.subscription, Some(&place.group));
            format!("{group}/providers/{resource_type}/{}", place.name)
        };
        match self {
            Self::Tenants | Self::Subscriptions => String::new(),
            Self::Subscription(subscription) | Self::Groups(subscription) => {
                in_group(subscription, None)
            }
            Self::Group(subscription, group) => in_group(subscription, Some(group)),
            Self::Identities(subscription, group) | Self::Clusters(subscription, group) => {
                in_group(subscription, group.as_deref())
            }
            Self::Identity(place) | Self::Credentials(place) => resource(place, IDENTITY_TYPE),
            Self::Credential(place, name) => {
                let identity = resource(place, IDENTITY_TYPE);
                format!("{identity}/federatedIdentityCredentials/{name}")
            }
            Self::Cluster(place) | Self::Bindings(place) => resource(place, CLUSTER_TYPE),
            Self::Binding(place, name) => {
                format!("{}/identityBindings/{name}", resource(place, CLUSTER_TYPE))
            }
            Self::Definitions(scope) | Self::Assignments(scope) => scope.clone(),
            Self::Definition(scope, name) => {
                format!("{scope}/providers/Microsoft.Authorization/roleDefinitions/{name}")
            }
            Self::Assignment(scope, name) => {
                format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}")
            }
        }
    }
}

fn is(segment: &str, word: &str) -> bool {
    segment.eq_ignore_ascii_case(word)
}

/// Reads a path that ends in roles: the scope before them may be anything, other providers and
/// other roles included.
fn roles(segments: &[&str]) -> Result<Option<Call>, ArmError> {
    let (head, tail) = match segments {
        [head @ .., providers, provider, kind] if is(providers, "providers") => {
            (head, (*provider, *kind, None))
        }
        [head @ .., providers, provider, kind, name] if is(providers, "providers") => {
            (head, (*provider, *kind, Some((*name).to_owned())))
        }
        _ => return Ok(None),
    };
    let (provider, kind, name) = tail;
    if !is(provider, AUTHORIZATION) {
        return Ok(None);
    }
    let definitions = is(kind, "roleDefinitions");
    if !definitions && !is(kind, "roleAssignments") {
        return Ok(None);
    }
    let scope = scope::of(head)?;
    Ok(Some(match (definitions, name) {
        (true, None) => Call::Definitions(scope),
        (true, Some(name)) => Call::Definition(scope, name),
        (false, None) => Call::Assignments(scope),
        (false, Some(name)) => Call::Assignment(scope, name),
    }))
}

fn in_subscription(subscription: &str, rest: &[&str]) -> Result<Call, ArmError> {
    let subscription = subscription.to_owned();
    match *rest {
        [] => Ok(Call::Subscription(subscription)),
        [groups] if is(groups, "resourceGroups") => Ok(Call::Groups(subscription)),
        [groups, group] if is(groups, "resourceGroups") => {
            Ok(Call::Group(subscription, group.to_owned()))
        }
        [groups, group, providers, provider, ref rest @ ..]
            if is(groups, "resourceGroups") && is(providers, "providers") =>
        {
            of_provider(&subscription, Some(group), provider, rest)
        }
        [providers, provider, ref rest @ ..] if is(providers, "providers") => {
            of_provider(&subscription, None, provider, rest)
        }
        _ => Err(no_path(rest)),
    }
}

fn of_provider(
    subscription: &str,
    group: Option<&str>,
    provider: &str,
    rest: &[&str],
) -> Result<Call, ArmError> {
    let identities = is(provider, "Microsoft.ManagedIdentity");
    let clusters = is(provider, "Microsoft.ContainerService");
    if !identities && !clusters {
        let message = format!("The resource namespace '{provider}' is invalid.");
        return Err(ArmError::new(404, "InvalidResourceNamespace", message));
    }
    let known = |kind: &str| {
        (identities && is(kind, "userAssignedIdentities"))
            || (clusters && is(kind, "managedClusters"))
    };
    let known_child = |kind: &str| {
        (identities && is(kind, "federatedIdentityCredentials"))
            || (clusters && is(kind, "identityBindings"))
    };
    let place = |name: &str, group: &str| Place {
        subscription: subscription.to_owned(),
        group: group.to_owned(),
        name: name.to_owned(),
    };
    match (group, rest) {
        (group, &[kind]) if known(kind) => {
            let (subscription, group) = (subscription.to_owned(), group.map(str::to_owned));
            Ok(if identities {
                Call::Identities(subscription, group)
            } else {
                Call::Clusters(subscription, group)
            })
        }
        (Some(group), &[kind, name]) if known(kind) => {
            let place = place(name, group);
            Ok(if identities {
                Call::Identity(place)
            } else {
                Call::Cluster(place)
            })
        }
        (Some(group), &[kind, name, child]) if known(kind) && known_child(child) => {
            let place = place(name, group);
            Ok(if identities {
                Call::Credentials(place)
            } else {
                Call::Bindings(place)
            })
        }
        (Some(group), &[kind, name, child, child_name]) if known(kind) && known_child(child) => {
            let place = place(name, group);
            Ok(if identities {
                Call::Credential(place, child_name.to_owned())
            } else {
                Call::Binding(place, child_name.to_owned())
            })
        }
        _ => {
            let kind = rest.first().copied().unwrap_or_default();
            let message = format!(
                "The resource type '{kind}' could not be found in the namespace '{provider}'."
            );
            Err(ArmError::new(404, "InvalidResourceType", message))
        }
    }
}

fn no_path(segments: &[&str]) -> ArmError {
    let message = format!("No resource is at the path '{}'.", segments.join("/"));
    ArmError::new(404, "NotFound", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_in_any_case_and_not_guessed() {
        let cases = [
            ("subscriptions", "subscriptions"),
            ("SUBSCRIPTIONS/s/RESOURCEGROUPS/g", "g"),
            (
                "subscriptions/s/resourcegroups/g/Providers/microsoft.managedidentity/userassignedidentities/i",
                "i",
            ),
            (
                "subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i/federatedIdentityCredentials/f",
                "f",
            ),
            (
                "subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a/providers/Microsoft.Authorization/roleAssignments/n",
                "n",
            ),
            ("providers/Microsoft.Authorization/roleDefinitions", ""),
        ];
        for (path, last) in cases {
            let segments: Vec<&str> = path.split('/').collect();
            let call = Call::of(&segments).unwrap();
            assert!(
                call.scope().ends_with(last) || last == "subscriptions",
                "{call:?}"
            );
        }
        for path in [
            "subscription/s",
            "subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity",
            "subscriptions/s/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i",
            "subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i/x/f",
            "subscriptions/s/resourceGroups/g/x",
            "subscriptions/s/resourceGroups/providers/Microsoft.Authorization/roleAssignments/n",
        ] {
            let segments: Vec<&str> = path.split('/').collect();
            assert!(Call::of(&segments).is_err(), "{path}");
        }
    }
}
