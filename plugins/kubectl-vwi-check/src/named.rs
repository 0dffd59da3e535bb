//! Resources of Azure, as far as records and flags name them.

use vwi_core::arm::{InvalidId, Kind, Reference, ResourceId, same};
use vwi_core::record::{AksClusterRef, IdentityRef};
use vwi_core::text::escape;

/// A resource of Azure, as far as it is named.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Named {
    pub(crate) subscription: Option<String>,
    pub(crate) group: Option<String>,
    pub(crate) name: String,
}

impl Named {
    /// Reads a name, `GROUP/NAME`, or an ARM id.
    ///
    /// # Errors
    ///
    /// [`InvalidId`]
    pub(crate) fn parse(kind: Kind, text: &str) -> Result<Self, InvalidId> {
        Ok(match Reference::parse(kind, text)? {
            Reference::Id(id) => Self::from(&id),
            Reference::InGroup { group, name } => Self {
                subscription: None,
                group: Some(group),
                name,
            },
            Reference::Name(name) => Self {
                subscription: None,
                group: None,
                name,
            },
        })
    }

    /// Reads the identity that a record wants.
    ///
    /// # Errors
    ///
    /// [`InvalidId`]
    pub(crate) fn of_identity(wish: &IdentityRef) -> Result<Self, InvalidId> {
        match wish {
            IdentityRef::Short(text) => Self::parse(Kind::Identity, text),
            IdentityRef::Parts {
                subscription_id,
                resource_group,
                name,
                ..
            } => Ok(Self {
                subscription: subscription_id.clone(),
                group: resource_group.clone(),
                name: name.clone(),
            }),
        }
    }

    /// Reads the AKS cluster that a record wants.
    ///
    /// # Errors
    ///
    /// [`InvalidId`]
    pub(crate) fn of_cluster(wish: &AksClusterRef) -> Result<Self, InvalidId> {
        match wish {
            AksClusterRef::Short(text) => Self::parse(Kind::Cluster, text),
            AksClusterRef::Parts {
                subscription_id,
                resource_group,
                name,
            } => Ok(Self {
                subscription: subscription_id.clone(),
                group: resource_group.clone(),
                name: name.clone(),
            }),
        }
    }

    /// Whether two that are named in part can be the same.
    pub(crate) fn agrees(&self, other: &Self) -> bool {
        let agree = |one: Option<&String>, other: Option<&String>| match (one, other) {
            (Some(one), Some(other)) => same(one, other),
            (_, _) => true,
        };
        agree(self.subscription.as_ref(), other.subscription.as_ref())
            && agree(self.group.as_ref(), other.group.as_ref())
            && same(&self.name, &other.name)
    }
}

impl From<&ResourceId> for Named {
    fn from(id: &ResourceId) -> Self {
        Self {
            subscription: Some(id.subscription().to_owned()),
            group: Some(id.group().to_owned()),
            name: id.name().to_owned(),
        }
    }
}

impl std::fmt::Display for Named {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.group {
            Some(group) => write!(formatter, "{}/{}", escape(group), escape(&self.name)),
            None => formatter.write_str(&escape(&self.name)),
        }
    }
}
