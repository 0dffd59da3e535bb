//! Role definitions, and which actions they allow.

/// A role definition.
#[derive(Clone, Debug)]
pub(crate) struct RoleDefinition {
    /// GUID, the same in every subscription.
    pub(crate) guid: String,
    pub(crate) role_name: String,
    pub(crate) built_in: bool,
    pub(crate) actions: Vec<String>,
    pub(crate) not_actions: Vec<String>,
    pub(crate) data_actions: Vec<String>,
}

/// A built-in role: name, GUID, actions, excluded actions, data actions.
type BuiltIn = (
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

/// Built-in roles, after
/// <https://learn.microsoft.com/azure/role-based-access-control/built-in-roles>; actions that the
/// stand-in has no call for are left out.
const BUILT_IN: &[BuiltIn] = &[
    (
        "Owner",
        "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
        &["*"],
        &[],
        &[],
    ),
    (
        "Contributor",
        "b24988ac-6180-42a0-ab88-20f7382dd24c",
        &["*"],
        &[
            "Microsoft.Authorization/*/Delete",
            "Microsoft.Authorization/*/Write",
            "Microsoft.Authorization/elevateAccess/Action",
        ],
        &[],
    ),
    (
        "Reader",
        "acdd72a7-3385-48ef-bd42-f606fba81ae7",
        &["*/read"],
        &[],
        &[],
    ),
    (
        "User Access Administrator",
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
        &["*/read", "Microsoft.Authorization/*"],
        &[],
        &[],
    ),
    (
        "Role Based Access Control Administrator",
        "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
        &[
            "*/read",
            "Microsoft.Authorization/roleAssignments/write",
            "Microsoft.Authorization/roleAssignments/delete",
        ],
        &[],
        &[],
    ),
    (
        "Managed Identity Contributor",
        "e40ec5ca-96e0-45a2-b4ff-59039f2c2b59",
        &[
            "Microsoft.ManagedIdentity/userAssignedIdentities/read",
            "Microsoft.ManagedIdentity/userAssignedIdentities/write",
            "Microsoft.ManagedIdentity/userAssignedIdentities/delete",
            "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/*",
            "Microsoft.Authorization/*/read",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
        ],
        &[],
        &[],
    ),
    (
        "Managed Identity Operator",
        "f1a07417-d97a-45cb-824c-7a7467783830",
        &[
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/read",
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action",
            "Microsoft.Authorization/*/read",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
        ],
        &[],
        &[],
    ),
    (
        "AcrPull",
        "7f951dda-4ed3-4680-a7ca-43fe172d538d",
        &["Microsoft.ContainerRegistry/registries/pull/read"],
        &[],
        &[],
    ),
    (
        "Key Vault Secrets User",
        "4633458b-17de-408a-b874-0445c86b69e6",
        &[],
        &[],
        &[
            "Microsoft.KeyVault/vaults/secrets/getSecret/action",
            "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
        ],
    ),
    (
        "Storage Blob Data Reader",
        "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
        &[
            "Microsoft.Storage/storageAccounts/blobServices/containers/read",
            "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",
        ],
        &[],
        &["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"],
    ),
];

/// Returns the built-in roles.
pub(crate) fn built_in() -> Vec<RoleDefinition> {
    let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
    BUILT_IN
        .iter()
        .map(
            |&(role_name, guid, actions, not_actions, data_actions)| RoleDefinition {
                guid: guid.to_owned(),
                role_name: role_name.to_owned(),
                built_in: true,
                actions: owned(actions),
                not_actions: owned(not_actions),
                data_actions: owned(data_actions),
            },
        )
        .collect()
}

/// Whether `actions` without `not_actions` hold `action`.
pub(crate) fn allows(actions: &[String], not_actions: &[String], action: &str) -> bool {
    let holds = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, action));
    holds(actions) && !holds(not_actions)
}

/// Whether a pattern with `*` for any text matches the whole action, whatever the case.
fn matches(pattern: &str, action: &str) -> bool {
    let pattern = pattern.to_ascii_lowercase();
    let action = action.to_ascii_lowercase();
    let Some((head, mut rest)) = pattern.split_once('*') else {
        return pattern == action;
    };
    let Some(mut text) = action.strip_prefix(head) else {
        return false;
    };
    // The leftmost fit of each piece leaves the most text for the pieces behind it.
    while let Some((piece, after)) = rest.split_once('*') {
        let Some((_, tail)) = text.split_once(piece) else {
            return false;
        };
        (text, rest) = (tail, after);
    }
    text.ends_with(rest)
}

/// Whether `scope` is `of` or lies below it; both without a slash at the end, the root empty.
pub(crate) fn is_at_or_below(scope: &str, of: &str) -> bool {
    let (scope, of) = (scope.to_ascii_lowercase(), of.to_ascii_lowercase());
    scope
        .strip_prefix(&of)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_matched_with_stars_and_without_case() {
        let read = "Microsoft.ManagedIdentity/userAssignedIdentities/read";
        for (pattern, action, expected) in [
            ("*", read, true),
            ("*/read", read, true),
            ("*/READ", read, true),
            ("*/read", "Microsoft.X/y/write", false),
            ("Microsoft.ManagedIdentity/*/read", read, true),
            (
                "Microsoft.Authorization/*/Write",
                "Microsoft.Authorization/roleAssignments/write",
                true,
            ),
            (
                "Microsoft.ManagedIdentity/*",
                "Microsoft.ManagedIdentity",
                false,
            ),
            (read, read, true),
            (
                read,
                "Microsoft.ManagedIdentity/userAssignedIdentities/readx",
                false,
            ),
            ("a*a", "a", false),
        ] {
            assert_eq!(matches(pattern, action), expected, "{pattern} {action}");
        }
    }

    #[test]
    fn what_is_excluded_is_not_allowed() {
        let contributor = built_in()
            .into_iter()
            .find(|role| role.role_name == "Contributor");
        let role = contributor.unwrap();
        let allowed = |action| allows(&role.actions, &role.not_actions, action);
        assert!(allowed(
            "Microsoft.ManagedIdentity/userAssignedIdentities/write"
        ));
        assert!(!allowed("Microsoft.Authorization/roleAssignments/write"));
    }

    #[test]
    fn a_scope_holds_what_lies_below_it() {
        for (scope, of, expected) in [
            ("/subscriptions/a", "", true),
            (
                "/subscriptions/A/resourceGroups/rg",
                "/subscriptions/a",
                true,
            ),
            (
                "/subscriptions/a/resourcegroups/rg",
                "/subscriptions/a/resourceGroups/RG",
                true,
            ),
            (
                "/subscriptions/a/resourceGroups/rg2",
                "/subscriptions/a/resourceGroups/rg",
                false,
            ),
            (
                "/subscriptions/a",
                "/subscriptions/a/resourceGroups/rg",
                false,
            ),
        ] {
            assert_eq!(is_at_or_below(scope, of), expected, "{scope} {of}");
        }
    }
}
