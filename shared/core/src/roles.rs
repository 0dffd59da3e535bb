//! Role assignments: their names, and which one is the wanted one.

use uuid::Uuid;

use crate::arm::{Scope, is_guid, same};

/// A role assignment as Azure has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// ARM id.
    pub id: String,
    /// Its name, a GUID.
    pub name: String,
    /// Where it holds.
    pub scope: String,
    /// Id of the role definition.
    pub role_definition_id: String,
    /// Object id of the principal.
    pub principal_id: String,
    /// When it was made, as ARM writes it (RFC 3339).
    pub created_on: Option<String>,
}

/// A role as Azure has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// ARM id.
    pub id: String,
    /// Its name, a GUID.
    pub name: String,
    /// The name that people use.
    pub role_name: String,
}

/// Namespace of the UUIDs that role assignments are named by: RFC 9562's for URLs.
const NAMESPACE: Uuid = Uuid::NAMESPACE_URL;

/// Returns the name of the assignment of a role to a principal at a scope.
///
/// UUIDv5 over the three in lower case, so that a second run finds the first one's, and a plan can
/// say the name beforehand. The definition is named by its GUID alone: ARM returns ids of the same
/// role under different subscriptions.
pub fn assignment_name(scope: &Scope, principal_id: &str, role_definition_id: &str) -> String {
    let text = format!(
        "{}|{}|{}",
        scope.folded(),
        principal_id.to_lowercase(),
        definition_guid(role_definition_id).to_lowercase()
    );
    Uuid::new_v5(&NAMESPACE, text.as_bytes())
        .hyphenated()
        .to_string()
}

/// Returns the ARM id of an assignment.
pub fn assignment_id(scope: &Scope, name: &str) -> String {
    format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}")
}

/// Returns the GUID at the end of a role definition's id.
pub fn definition_guid(role_definition_id: &str) -> &str {
    role_definition_id
        .rsplit('/')
        .next()
        .unwrap_or(role_definition_id)
}

/// Returns the id of a role definition that a user named by its GUID or id; `None` for a name,
/// which has to be looked up.
pub fn definition_id(role: &str, scope: &Scope) -> Option<String> {
    let guid = definition_guid(role);
    let is_id = role.starts_with('/')
        && role
            .to_lowercase()
            .contains("/providers/microsoft.authorization/roledefinitions/");
    if !is_guid(guid) || !(is_id || guid == role) {
        return None;
    }
    Some(match scope.subscription() {
        Some(subscription) => format!(
            "/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{guid}"
        ),
        None => format!("/providers/Microsoft.Authorization/roleDefinitions/{guid}"),
    })
}

/// Returns the assignment that gives this role to this principal at exactly this scope.
pub fn find<'a>(
    assignments: &'a [Assignment],
    scope: &Scope,
    principal_id: &str,
    role_definition_id: &str,
) -> Option<&'a Assignment> {
    assignments.iter().find(|assignment| {
        same(&assignment.scope, scope.as_str())
            && assignment.principal_id.eq_ignore_ascii_case(principal_id)
            && definition_guid(&assignment.role_definition_id)
                .eq_ignore_ascii_case(definition_guid(role_definition_id))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
    const SUBSCRIPTION: &str = "00000000-0000-4000-8000-000000000001";

    fn scope() -> Scope {
        format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg")
            .parse()
            .unwrap()
    }

    fn reader() -> String {
        format!(
            "/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{READER}"
        )
    }

    #[test]
    fn names_do_not_depend_on_case_and_on_where_the_definition_was_read() {
        let name = assignment_name(&scope(), "P", &reader());
        let shouted: Scope = scope().as_str().to_uppercase().parse().unwrap();
        assert_eq!(
            name,
            assignment_name(&shouted, "p", &reader().to_uppercase())
        );
        assert_eq!(name, assignment_name(&scope(), "p", READER));
        assert_ne!(name, assignment_name(&scope(), "q", READER));
        assert!(is_guid(&name));
    }

    #[test]
    fn roles_are_named_by_name_guid_or_id() {
        assert_eq!(definition_id(READER, &scope()), Some(reader()));
        assert_eq!(definition_id(&reader(), &scope()), Some(reader()));
        assert_eq!(definition_id("Reader", &scope()), None);
        assert_eq!(definition_id("Storage Blob Data Reader", &scope()), None);
        assert_eq!(definition_id(&format!("x/{READER}"), &scope()), None);
    }

    #[test]
    fn an_equal_assignment_is_found_at_its_own_scope_only() {
        let assignment = |scope: &str| Assignment {
            id: format!("{scope}/providers/Microsoft.Authorization/roleAssignments/a"),
            name: "a".to_owned(),
            scope: scope.to_owned(),
            role_definition_id: reader(),
            principal_id: "P".to_owned(),
            created_on: None,
        };
        let above = assignment(&format!("/subscriptions/{SUBSCRIPTION}"));
        let equal = assignment(&scope().as_str().to_uppercase());
        let all = [above, equal.clone()];
        assert_eq!(find(&all, &scope(), "p", READER), Some(&equal));
        assert_eq!(find(&all, &scope(), "other", READER), None);
        assert_eq!(find(&all[..1], &scope(), "p", READER), None);
    }
}
