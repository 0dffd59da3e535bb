//! Whether a role assignment gives a role at a scope: there, or anywhere above it.

use crate::arm::Scope;
use crate::roles::{Assignment, definition_guid};

/// Returns the assignment that gives this role to this principal at the scope.
pub fn granting<'a>(
    assignments: &'a [Assignment],
    scope: &Scope,
    principal_id: &str,
    role_definition_id: &str,
) -> Option<&'a Assignment> {
    let wanted = scope.folded();
    assignments.iter().find(|assignment| {
        let given = assignment.scope.trim_end_matches('/').to_lowercase();
        let covers = wanted
            .strip_prefix(&given)
            .is_some_and(|below| below.is_empty() || below.starts_with('/'));
        covers
            && assignment.principal_id.eq_ignore_ascii_case(principal_id)
            && definition_guid(&assignment.role_definition_id)
                .eq_ignore_ascii_case(definition_guid(role_definition_id))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBSCRIPTION: &str = "/subscriptions/00000000-0000-4000-8000-000000000001";

    #[test]
    fn a_role_holds_below_where_it_was_given() {
        let scope: Scope = format!("{SUBSCRIPTION}/resourceGroups/RG").parse().unwrap();
        for (given, expected) in [
            (format!("{SUBSCRIPTION}/resourcegroups/rg"), true),
            (SUBSCRIPTION.to_owned(), true),
            ("/".to_owned(), true),
            (format!("{SUBSCRIPTION}/resourceGroups/r"), false),
            (
                format!("{SUBSCRIPTION}/resourceGroups/rg/providers/x/y/z"),
                false,
            ),
        ] {
            let assignment = Assignment {
                id: "a".to_owned(),
                name: "a".to_owned(),
                scope: given.clone(),
                role_definition_id: "/x/roleDefinitions/R".to_owned(),
                principal_id: "P".to_owned(),
                created_on: None,
            };
            let all = [assignment];
            let found = |principal, role| granting(&all, &scope, principal, role).is_some();
            assert_eq!(found("p", "/subscriptions/s/r"), expected, "{given}");
            assert!(!found("other", "r") && !found("p", "other"));
        }
    }
}
