//! `api-version`: mandatory, and one that the resource type has.

use vwi_test_server::Request;

use crate::arm::errors::ArmError;
use crate::arm::route::Call;

/// Versions of Microsoft.ManagedIdentity, oldest first; credentials are in all but the first.
const MANAGED_IDENTITY: &[&str] = &[
    "2018-11-30",
    "2023-01-31",
    "2024-11-30",
    "2025-01-31-preview",
    "2025-05-31-preview",
    "2026-04-30",
    "2026-05-31",
];

/// First version that has identity bindings.
const FIRST_WITH_BINDINGS: &str = "2026-04-01";

/// First version whose identities show `isolationScope`.
const FIRST_WITH_ISOLATION_SCOPE: &str = "2024-11-30";

/// Returns the version of a request.
pub(crate) fn of<'a>(request: &'a Request, call: &Call) -> Result<&'a str, ArmError> {
    let version = request.query("api-version").unwrap_or_default();
    if version.is_empty() {
        let message =
            "The api-version query parameter (?api-version=) is required for all requests.";
        return Err(ArmError::new(400, "MissingApiVersionParameter", message));
    }
    let known = match call {
        Call::Identities(..) | Call::Identity(_) => MANAGED_IDENTITY.contains(&version),
        Call::Credentials(_) | Call::Credential(..) => MANAGED_IDENTITY
            .iter()
            .skip(1)
            .any(|&known| known == version),
        Call::Bindings(_) | Call::Binding(..) => is_date(version) && version >= FIRST_WITH_BINDINGS,
        // These providers publish a version every few weeks, and the calls have not changed.
        Call::Tenants
        | Call::Subscriptions
        | Call::Subscription(_)
        | Call::Groups(_)
        | Call::Group(..)
        | Call::Clusters(..)
        | Call::Cluster(_)
        | Call::Definitions(_)
        | Call::Definition(..)
        | Call::Assignments(_)
        | Call::Assignment(..) => is_date(version),
    };
    if known {
        return Ok(version);
    }
    let resource_type = call.resource_type();
    let name = resource_type.split_once('/').map_or("", |(_, name)| name);
    let message = format!(
        "No registered resource provider found for location '' and API version '{version}' for \
         type '{name}'. The supported api-versions are '{}'. The supported locations are ''.",
        MANAGED_IDENTITY.join(", ")
    );
    Err(ArmError::new(400, "NoRegisteredProviderFound", message))
}

/// Whether flexible credentials exist in a version: in the previews only.
pub(crate) fn has_flexible_credentials(version: &str) -> bool {
    version.ends_with("-preview")
}

/// Whether identities show `isolationScope` in a version.
pub(crate) fn has_isolation_scope(version: &str) -> bool {
    version >= FIRST_WITH_ISOLATION_SCOPE
}

/// Whether a version is a date, perhaps of a preview.
fn is_date(version: &str) -> bool {
    let date = version.strip_suffix("-preview").unwrap_or(version);
    date.parse::<jiff::civil::Date>().is_ok() && date.len() == "2024-11-30".len()
}
