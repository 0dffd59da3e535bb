//! A resource as somebody named it, which may be only a part of its id.

use vwi_core::arm::{InvalidId, Kind, Reference, ResourceId};
use vwi_core::federation::Refusal;
use vwi_core::text::escape;

/// A resource as far as it is named; what is missing may still be found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) subscription: Option<String>,
    pub(crate) group: Option<String>,
    pub(crate) name: String,
}

impl Named {
    pub(crate) fn of(reference: Reference) -> Self {
        match reference {
            Reference::Name(name) => Self {
                name,
                ..Self::default()
            },
            Reference::InGroup { group, name } => Self {
                group: Some(group),
                name,
                ..Self::default()
            },
            Reference::Id(id) => Self {
                subscription: Some(id.subscription().to_owned()),
                group: Some(id.group().to_owned()),
                name: id.name().to_owned(),
            },
        }
    }

    /// Returns the id, if all its parts are known.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if a part is missing or can't be one.
    pub(crate) fn id(&self, kind: Kind) -> Result<ResourceId, Refusal> {
        let missing = |what: &str, flag: &str| Refusal {
            reason: "IdentityIncomplete",
            message: format!("no {what} of `{}` is known", escape(&self.name)),
            hint: Some(format!("name it with `{flag}`")),
        };
        let subscription = self
            .subscription
            .as_deref()
            .ok_or_else(|| missing("subscription", "--subscription"))?;
        let group = self
            .group
            .as_deref()
            .ok_or_else(|| missing("resource group", "-g"))?;
        ResourceId::new(kind, subscription, group, &self.name).map_err(|error| invalid(&error))
    }
}

/// Returns why a text is no name or id.
pub(crate) fn invalid(error: &InvalidId) -> Refusal {
    Refusal {
        reason: "InvalidId",
        message: error.to_string(),
        hint: None,
    }
}
