//! What is in Azure.

use std::collections::BTreeMap;
use std::fmt;

use super::because::Gone;
use crate::arm::ResourceId;
use crate::roles::Assignment;

/// What a federated identity credential trusts; compared byte for byte, as Entra does.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Trust {
    /// The issuer's URL, verbatim, with the slash that it may end in.
    pub issuer: String,
    /// The token's subject.
    pub subject: String,
    /// The token's audience.
    pub audience: String,
}

impl fmt::Display for Trust {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} of {} for {}",
            crate::text::escape(&self.subject),
            crate::text::escape(&self.issuer),
            crate::text::escape(&self.audience)
        )
    }
}

/// A user-assigned managed identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its id.
    pub id: ResourceId,
    /// Its region, in ARM's short spelling.
    pub location: String,
    /// Application id of its service principal: what workloads present.
    pub client_id: String,
    /// Object id of its service principal: what roles are assigned to.
    pub principal_id: String,
    /// Its Entra tenant.
    pub tenant_id: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// A federated identity credential on an identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Its name.
    pub name: String,
    /// The issuer.
    pub issuer: String,
    /// The subject; absent in flexible credentials, which match by an expression.
    pub subject: Option<String>,
    /// The audiences; ARM allows exactly one.
    pub audiences: Vec<String>,
}

impl Credential {
    /// Whether it trusts exactly this.
    pub fn trusts(&self, trust: &Trust) -> bool {
        self.trusts_subject(trust) && self.audiences == [trust.audience.as_str()]
    }

    /// Returns what it trusts; a flexible one trusts no subject that can be named.
    pub fn trust(&self) -> Trust {
        Trust {
            issuer: self.issuer.clone(),
            subject: self.subject.clone().unwrap_or_default(),
            audience: self.audiences.first().cloned().unwrap_or_default(),
        }
    }

    /// Whether it trusts this subject of this issuer, for whatever audience.
    pub fn trusts_subject(&self, trust: &Trust) -> bool {
        self.issuer == trust.issuer && self.subject.as_deref() == Some(trust.subject.as_str())
    }

    /// Whether it is AKS's own, for identity bindings.
    pub fn is_identity_binding(&self) -> bool {
        self.name.eq_ignore_ascii_case(super::IDENTITY_BINDING)
    }

    /// Whether it matches by an expression in place of a subject.
    pub fn is_flexible(&self) -> bool {
        self.subject.is_none()
    }
}

/// What is there of one identity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The identity; none if there is none of this id.
    pub identity: Option<Identity>,
    /// All its credentials, whoever made them.
    pub credentials: Vec<Credential>,
    /// Role assignments of its principal at the wanted scopes.
    pub assignments: Vec<Assignment>,
    /// Role assignments that have the name which one of ours would get.
    pub named_alike: Vec<Assignment>,
    /// What the host lacks of credentials' subjects, by the credentials' names, as far as it tells.
    pub dangling: BTreeMap<String, Gone>,
}
