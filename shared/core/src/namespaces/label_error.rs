//! What Kubernetes says about a text that is no namespace name.

use crate::name::{MAX_BYTES, is_label, is_subdomain};

/// Returns Kubernetes' first complaint about `name` as a namespace, or nothing if it is one.
///
/// Source: Kubernetes `apimachinery/pkg/api/validation/generic.go` and
/// `apimachinery/pkg/util/validation/validation.go`. The two spaces are upstream's.
pub(super) fn namespace_error(name: &str) -> Option<&'static str> {
    if is_label(name) {
        None
    } else if name.len() > MAX_BYTES {
        Some("must be no more than 63 characters")
    } else if is_subdomain(name) {
        Some("must not contain dots")
    } else {
        Some(
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', \
             and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', \
             regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
        )
    }
}

/// Returns Kubernetes' first complaint about `prefix` as the beginning of a namespace's name.
///
/// Kubernetes forgives a dash at the end: it puts one `a` for the last two bytes, so that the byte
/// before the dash is never looked at. vCluster lets an empty prefix pass.
pub(super) fn namespace_prefix_error(prefix: &str) -> Option<&'static str> {
    match prefix.as_bytes() {
        [] => None,
        [head @ .., _, b'-'] => {
            // A prefix cut inside a character is not ASCII, so no label either way.
            let head = str::from_utf8(head).unwrap_or("_");
            namespace_error(&format!("{head}a"))
        }
        _ => namespace_error(prefix),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_come_in_kubernetes_order() {
        let long = "A.".repeat(32);
        for (name, begins) in [
            ("team-a", None),
            ("", Some("a lowercase RFC 1123 label")),
            ("Team", Some("a lowercase RFC 1123 label")),
            ("-a.b", Some("a lowercase RFC 1123 label")),
            ("a.b", Some("must not contain dots")),
            (&long, Some("must be no more than 63 characters")),
        ] {
            let found = namespace_error(name);
            assert_eq!(found.is_some(), begins.is_some(), "{name}");
            assert!(
                found.unwrap_or("").starts_with(begins.unwrap_or("")),
                "{name}"
            );
        }
    }

    #[test]
    fn the_byte_before_a_last_dash_of_a_prefix_is_not_looked_at() {
        for (prefix, accepted) in [
            ("", true),
            ("team-", true),
            ("team_-", true),
            ("a--", true),
            ("-", false),
            ("_team-", false),
            ("team", true),
            ("Team", false),
            ("team.", false),
            ("a.-", true),
            ("a.b-", false),
            ("ü-", false),
        ] {
            assert_eq!(
                namespace_prefix_error(prefix).is_none(),
                accepted,
                "{prefix}"
            );
        }
    }
}
