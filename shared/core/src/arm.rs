//! Azure Resource Manager: ids of what the suite names, and how its answers are judged.
//!
//! Ids and names are compared without case, and both `resourceGroups` and `resourcegroups` come
//! back from ARM. An id keeps the spelling that it was given.

mod named;
mod retry;
mod scope;

pub use named::Named;
pub use retry::{Call, Failure, PAUSES, Verdict, judge};
pub use scope::{InvalidScope, Scope};

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use thiserror::Error;

/// Longest name of a resource group, in characters.
///
/// Source: <https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules>.
pub const MAX_GROUP_CHARACTERS: usize = 90;

/// Shortest and longest name of a managed identity, in characters; same source.
pub const IDENTITY_NAME_CHARACTERS: std::ops::RangeInclusive<usize> = 3..=128;

/// What kind of resource an id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// `Microsoft.ManagedIdentity/userAssignedIdentities`.
    Identity,
    /// `Microsoft.ContainerService/managedClusters`.
    Cluster,
}

impl Kind {
    /// Returns the resource provider's namespace and the type, as ARM spells them.
    pub fn provider(self) -> (&'static str, &'static str) {
        match self {
            Self::Identity => ("Microsoft.ManagedIdentity", "userAssignedIdentities"),
            Self::Cluster => ("Microsoft.ContainerService", "managedClusters"),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Identity => "managed identity",
            Self::Cluster => "AKS cluster",
        }
    }

    fn allows(self, name: &str) -> bool {
        let plain = name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        let starts = name
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_alphanumeric());
        let length = name.len();
        plain
            && starts
            && match self {
                Self::Identity => IDENTITY_NAME_CHARACTERS.contains(&length),
                // 1 to 63 characters, same source as above.
                Self::Cluster => (1..=63).contains(&length),
            }
    }
}

/// Why a text is not the id of a resource of the wanted kind, or no part of one.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidId {
    /// The text has not the shape of an id of this kind.
    #[error(
        "`{}` is not the id of a {} (`/subscriptions/…/resourceGroups/…/providers/{}/{}/NAME`)",
        crate::text::escape(text), kind.words(), kind.provider().0, kind.provider().1
    )]
    Shape {
        /// The text as it was given.
        text: String,
        /// What it should have named.
        kind: Kind,
    },
    /// A subscription that is no GUID.
    #[error("`{}` is not the id of a subscription", crate::text::escape(.0))]
    Subscription(String),
    /// A resource group's name that Azure does not allow.
    #[error("`{}` is not the name of a resource group", crate::text::escape(.0))]
    Group(String),
    /// A resource's name that Azure does not allow.
    #[error("`{}` is not the name of a {}", crate::text::escape(name), kind.words())]
    Name {
        /// The text as it was given.
        name: String,
        /// What it should have named.
        kind: Kind,
    },
}

/// The id of a managed identity or an AKS cluster.
///
/// Equal without case, as in ARM.
#[derive(Clone, Debug)]
pub struct ResourceId {
    kind: Kind,
    subscription: String,
    group: String,
    name: String,
}

impl ResourceId {
    /// Puts an id together.
    ///
    /// # Errors
    ///
    /// [`InvalidId`] if a part is one that Azure does not allow; nothing is repaired.
    pub fn new(kind: Kind, subscription: &str, group: &str, name: &str) -> Result<Self, InvalidId> {
        if !is_guid(subscription) {
            return Err(InvalidId::Subscription(subscription.to_owned()));
        }
        if !is_group(group) {
            return Err(InvalidId::Group(group.to_owned()));
        }
        if !kind.allows(name) {
            return Err(InvalidId::Name {
                name: name.to_owned(),
                kind,
            });
        }
        Ok(Self {
            kind,
            subscription: subscription.to_owned(),
            group: group.to_owned(),
            name: name.to_owned(),
        })
    }

    /// Reads an id of this kind; segments that ARM fixes may come in any case.
    ///
    /// # Errors
    ///
    /// [`InvalidId`] if the text is anything else, also if it goes on after the name.
    pub fn parse(kind: Kind, text: &str) -> Result<Self, InvalidId> {
        let shape = || InvalidId::Shape {
            text: text.to_owned(),
            kind,
        };
        let (provider, resource_type) = kind.provider();
        let segments: Vec<&str> = text.split('/').collect();
        let [
            "",
            subscriptions,
            subscription,
            groups,
            group,
            providers,
            namespace,
            of_type,
            name,
        ] = segments.as_slice()
        else {
            return Err(shape());
        };
        let fixed = [
            (*subscriptions, "subscriptions"),
            (*groups, "resourceGroups"),
            (*providers, "providers"),
            (*namespace, provider),
            (*of_type, resource_type),
        ];
        if fixed
            .iter()
            .any(|(found, wanted)| !found.eq_ignore_ascii_case(wanted))
        {
            return Err(shape());
        }
        Self::new(kind, subscription, group, name)
    }

    /// What the id names.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns the subscription's id.
    pub fn subscription(&self) -> &str {
        &self.subscription
    }

    /// Returns the resource group's name.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// Returns the resource's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads the id of a federated identity credential: its identity, and its name; `None` if the
    /// text is none.
    pub fn parse_credential(text: &str) -> Option<(Self, String)> {
        let (rest, name) = text.rsplit_once('/')?;
        let (identity, of_type) = rest.rsplit_once('/')?;
        if !of_type.eq_ignore_ascii_case("federatedIdentityCredentials") || name.is_empty() {
            return None;
        }
        let identity = Self::parse(Kind::Identity, identity).ok()?;
        Some((identity, name.to_owned()))
    }

    /// Returns the id of the federated identity credential `name` on this identity.
    pub fn credential(&self, name: &str) -> String {
        format!("{self}/federatedIdentityCredentials/{name}")
    }

    /// Returns the spelling that ids are compared in.
    pub fn folded(&self) -> String {
        self.to_string().to_lowercase()
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (provider, resource_type) = self.kind.provider();
        write!(
            formatter,
            "/subscriptions/{}/resourceGroups/{}/providers/{provider}/{resource_type}/{}",
            self.subscription, self.group, self.name
        )
    }
}

impl PartialEq for ResourceId {
    fn eq(&self, other: &Self) -> bool {
        self.folded() == other.folded()
    }
}

impl Eq for ResourceId {}

impl Hash for ResourceId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded().hash(state);
    }
}

impl PartialOrd for ResourceId {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ResourceId {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.folded().cmp(&other.folded())
    }
}

/// How a user names a resource: `NAME`, `GROUP/NAME`, or the id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// Its name alone.
    Name(String),
    /// Resource group and name.
    InGroup {
        /// The resource group.
        group: String,
        /// The resource's name.
        name: String,
    },
    /// The whole id.
    Id(ResourceId),
}

impl Reference {
    /// Reads what a user wrote.
    ///
    /// # Errors
    ///
    /// [`InvalidId`] if it is none of the three forms.
    pub fn parse(kind: Kind, text: &str) -> Result<Self, InvalidId> {
        if text.starts_with('/') {
            return ResourceId::parse(kind, text).map(Self::Id);
        }
        let (group, name) = match text.split_once('/') {
            Some((group, name)) => (Some(group), name),
            None => (None, text),
        };
        if group.is_some_and(|group| !is_group(group)) {
            return Err(InvalidId::Group(group.unwrap_or_default().to_owned()));
        }
        if !kind.allows(name) {
            return Err(InvalidId::Name {
                name: name.to_owned(),
                kind,
            });
        }
        Ok(match group {
            Some(group) => Self::InGroup {
                group: group.to_owned(),
                name: name.to_owned(),
            },
            None => Self::Name(name.to_owned()),
        })
    }
}

/// Whether two ids or names of ARM are the same.
pub fn same(one: &str, other: &str) -> bool {
    one.trim_end_matches('/').to_lowercase() == other.trim_end_matches('/').to_lowercase()
}

/// Whether the text is a GUID in its usual form, with dashes.
pub fn is_guid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::from_str(text).is_ok()
}

fn is_group(text: &str) -> bool {
    let allowed = |character: char| {
        character.is_alphanumeric() || matches!(character, '_' | '-' | '.' | '(' | ')')
    };
    (1..=MAX_GROUP_CHARACTERS).contains(&text.chars().count())
        && text.chars().all(allowed)
        && !text.ends_with('.')
}

#[cfg(test)]
mod tests;
