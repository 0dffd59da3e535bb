//! Scopes: the root, a management group, a subscription, a resource group, or a resource.

use crate::arm::errors::ArmError;
use crate::rights::is_at_or_below;

/// Reads the segments of a scope; returns it with a slash at its start and none at its end.
pub(crate) fn of(segments: &[&str]) -> Result<String, ArmError> {
    let is = |segment: &str, word: &str| segment.eq_ignore_ascii_case(word);
    let valid = match *segments {
        [] => true,
        [providers, provider, kind, _] if is(providers, "providers") => {
            is(provider, "Microsoft.Management") && is(kind, "managementGroups")
        }
        [first, _] => is(first, "subscriptions"),
        [first, _, second, _] => is(first, "subscriptions") && is(second, "resourceGroups"),
        [first, _, second, _, third, _, ref resource @ ..] => {
            let pairs = resource.len() >= 2 && resource.len().is_multiple_of(2);
            let group = is(first, "subscriptions") && is(second, "resourceGroups");
            group && is(third, "providers") && pairs
        }
        _ => false,
    };
    let text: String = segments.iter().flat_map(|part| ["/", part]).collect();
    if !valid {
        let message = format!("The scope '{text}' is not valid.");
        return Err(ArmError::new(400, "InvalidScope", message));
    }
    Ok(text)
}

/// Returns the id of the subscription that a scope lies in.
pub(crate) fn subscription(scope: &str) -> Option<&str> {
    part(scope, 0, "subscriptions")
}

/// Returns the name of the resource group that a scope lies in.
pub(crate) fn group(scope: &str) -> Option<&str> {
    part(scope, 1, "resourceGroups")
}

/// Returns the scope in whose name role definitions are shown at a scope: its subscription.
pub(crate) fn of_definitions(scope: &str) -> String {
    subscription(scope).map_or_else(String::new, |id| format!("/subscriptions/{id}"))
}

/// Whether `scope` is `of`, or above it: the root is above everything, and a management group
/// above every subscription of its tenant.
pub(crate) fn is_at_or_above(scope: &str, of: &str) -> bool {
    is_at_or_below(of, scope) || (is_management_group(scope) && subscription(of).is_some())
}

fn is_management_group(scope: &str) -> bool {
    scope
        .to_ascii_lowercase()
        .starts_with("/providers/microsoft.management/managementgroups/")
}

/// Returns the value of the pair at a position, if its key is this word.
fn part<'a>(scope: &'a str, position: usize, word: &str) -> Option<&'a str> {
    let mut segments = scope.split('/').skip(1 + 2 * position);
    let key = segments.next()?;
    key.eq_ignore_ascii_case(word)
        .then(|| segments.next())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_whole_or_refused() {
        for (path, valid) in [
            ("subscriptions/s", true),
            ("subscriptions/s/resourcegroups/g", true),
            ("subscriptions/s/resourceGroups/g/providers/P/t/n", true),
            ("subscriptions/s/resourceGroups/g/providers/P/t/n/u/m", true),
            ("providers/Microsoft.Management/managementGroups/m", true),
            ("subscriptions/s/resourceGroups/g/providers/P", false),
            ("subscriptions/s/resourceGroups/g/providers/P/t", false),
            ("subscriptions", false),
            ("tenants/t", false),
        ] {
            let segments: Vec<&str> = path.split('/').collect();
            assert_eq!(of(&segments).is_ok(), valid, "{path}");
        }
        assert_eq!(of(&[]).unwrap(), "");
    }

    #[test]
    fn parts_are_found_in_any_case() {
        let scope = "/Subscriptions/s/resourcegroups/g/providers/P/t/n";
        assert_eq!(subscription(scope), Some("s"));
        assert_eq!(group(scope), Some("g"));
        assert_eq!(group("/subscriptions/s"), None);
        assert_eq!(subscription(""), None);
    }
}
