//! Resources that are named in part: their ids, or why a record is refused.

use vwi_core::arm::{InvalidId, Kind, Named, ResourceId};
use vwi_core::federation::Refusal;
use vwi_core::text::escape;

/// Returns the id, if all its parts are known.
///
/// # Errors
///
/// [`Refusal`] if a part is missing or can't be one.
pub(crate) fn id(named: &Named, kind: Kind) -> Result<ResourceId, Refusal> {
    let missing = |what: &str, flag: &str| Refusal {
        reason: "IdentityIncomplete",
        message: format!("no {what} of `{}` is known", escape(&named.name)),
        hint: Some(format!("name it with `{flag}`")),
    };
    let subscription = named
        .subscription
        .as_deref()
        .ok_or_else(|| missing("subscription", "--subscription"))?;
    let group = named
        .group
        .as_deref()
        .ok_or_else(|| missing("resource group", "-g"))?;
    ResourceId::new(kind, subscription, group, &named.name).map_err(|error| invalid(&error))
}

/// Returns why a text is no name or id.
pub(crate) fn invalid(error: &InvalidId) -> Refusal {
    Refusal {
        reason: "InvalidId",
        message: error.to_string(),
        hint: None,
    }
}
