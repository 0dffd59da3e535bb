//! A resource as somebody named it, which may be only a part of its id.

use std::fmt;

use super::{InvalidId, Kind, Reference, ResourceId, same};
use crate::text::escape;

/// A resource as far as it is named; what is missing may still be found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Named {
    /// Its subscription.
    pub subscription: Option<String>,
    /// Its resource group.
    pub group: Option<String>,
    /// Its name.
    pub name: String,
}

impl Named {
    /// Reads a name, `GROUP/NAME`, or an ARM id.
    ///
    /// # Errors
    ///
    /// [`InvalidId`] if it is none of the three.
    pub fn parse(kind: Kind, text: &str) -> Result<Self, InvalidId> {
        Ok(match Reference::parse(kind, text)? {
            Reference::Id(id) => Self::from(&id),
            Reference::InGroup { group, name } => Self {
                group: Some(group),
                name,
                ..Self::default()
            },
            Reference::Name(name) => Self {
                name,
                ..Self::default()
            },
        })
    }

    /// Whether two that are named in part can be the same.
    pub fn agrees(&self, other: &Self) -> bool {
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

impl fmt::Display for Named {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.group {
            Some(group) => write!(formatter, "{}/{}", escape(group), escape(&self.name)),
            None => formatter.write_str(&escape(&self.name)),
        }
    }
}
