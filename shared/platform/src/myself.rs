//! As whom a key speaks.
//!
//! Source: loft-sh/api v4, `management/v1/self_types.go`, `storage/v1/accesskey_types.go`.

use serde::Deserialize;
use serde_json::Value;

/// Prefix of project namespaces where the Platform does not tell one.
///
/// Source: vcluster command line, `projectutil.LegacyProjectNamespacePrefix`.
const LEGACY_PREFIX: &str = "loft-p-";

/// As whom a key speaks, and what that key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Myself {
    /// The user or team.
    pub name: Option<String>,
    /// What the namespace of a project begins with.
    pub project_namespace_prefix: String,
    /// Whether the key is limited to less than its user may.
    pub is_scoped: bool,
}

impl Myself {
    /// Returns the namespace of a project on the management API.
    pub fn project_namespace(&self, project: &str) -> String {
        format!("{}{project}", self.project_namespace_prefix)
    }

    /// Returns the project that has a namespace; `None` if it is none of a project.
    pub fn project_of<'n>(&self, namespace: &'n str) -> Option<&'n str> {
        namespace
            .strip_prefix(&self.project_namespace_prefix)
            .filter(|project| !project.is_empty())
    }
}

#[derive(Deserialize)]
pub(crate) struct SelfAnswer {
    status: SelfStatus,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SelfStatus {
    user: Option<Named>,
    team: Option<Named>,
    subject: Option<String>,
    access_key_scope: Option<Value>,
    project_namespace_prefix: Option<String>,
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    name: String,
}

impl From<SelfAnswer> for Myself {
    fn from(answer: SelfAnswer) -> Self {
        let status = answer.status;
        let named = status.user.or(status.team).map(|named| named.name);
        Self {
            name: named.or(status.subject).filter(|name| !name.is_empty()),
            project_namespace_prefix: status
                .project_namespace_prefix
                .unwrap_or_else(|| LEGACY_PREFIX.to_owned()),
            is_scoped: match status.access_key_scope {
                Some(Value::Object(scope)) => !scope.is_empty(),
                Some(_) | None => false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Myself {
        serde_json::from_str::<SelfAnswer>(text).unwrap().into()
    }

    #[test]
    fn the_prefix_is_the_platforms_and_without_one_that_of_old_installations() {
        let known = read(r#"{"status":{"user":{"name":"me"},"projectNamespacePrefix":"p-"}}"#);
        assert_eq!(known.name.as_deref(), Some("me"));
        assert_eq!(known.project_namespace("x"), "p-x");
        assert_eq!(known.project_of("p-x"), Some("x"));
        assert_eq!(
            (known.project_of("p-"), known.project_of("loft-p-x")),
            (None, None)
        );
        assert!(!known.is_scoped);
        let old = read(r#"{"status":{"team":{"name":"us"},"accessKeyScope":{"projects":[{}]}}}"#);
        assert_eq!(old.project_namespace("x"), "loft-p-x");
        assert!(old.is_scoped);
        let empty = read(r#"{"status":{"projectNamespacePrefix":"","subject":"s"}}"#);
        assert_eq!(empty.project_namespace("x"), "x");
        assert_eq!(empty.name.as_deref(), Some("s"));
    }

    #[test]
    fn an_error_is_nobody() {
        let status = r#"{"kind":"Status","status":"Failure","code":401}"#;
        assert!(serde_json::from_str::<SelfAnswer>(status).is_err());
    }
}
