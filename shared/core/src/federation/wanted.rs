//! What is wanted of one identity, gathered over all records of a run.

use std::collections::HashMap;

use super::observed::Trust;
use super::plan::Refusal;
use crate::arm::{ResourceId, Scope};

/// What is wanted of one identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The identity.
    pub identity: ResourceId,
    /// Region in which it may be made; none: it has to be there.
    pub create_in: Option<String>,
    /// Credentials, each trust once.
    pub credentials: Vec<WantedCredential>,
    /// Roles, each pair of role and scope once.
    pub roles: Vec<WantedRole>,
    /// Positions in `credentials`.
    positions: HashMap<Trust, usize>,
}

/// One credential that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedCredential {
    /// What it is to trust.
    pub trust: Trust,
    /// Whether the host or ARM confirms the issuer.
    pub confirmed: bool,
    /// Positions of the records that want it.
    pub records: Vec<usize>,
}

/// One role assignment that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedRole {
    /// The role as the user named it.
    pub role: String,
    /// Where it is to hold.
    pub scope: Scope,
    /// Id of the role definition, or why there is none.
    pub definition: Result<String, Refusal>,
    /// Positions of the records that want it.
    pub records: Vec<usize>,
}

impl Wanted {
    /// Wants nothing of an identity yet.
    pub fn new(identity: ResourceId, create_in: Option<String>) -> Self {
        Self {
            identity,
            create_in,
            credentials: Vec::new(),
            roles: Vec::new(),
            positions: HashMap::new(),
        }
    }

    /// Adds a record's credential; records with one trust share it.
    pub fn add_credential(&mut self, record: usize, trust: Trust, confirmed: bool) {
        let position = self.positions.get(&trust).copied();
        if let Some(known) = position.and_then(|position| self.credentials.get_mut(position)) {
            known.records.push(record);
            known.confirmed &= confirmed;
            return;
        }
        self.positions.insert(trust.clone(), self.credentials.len());
        self.credentials.push(WantedCredential {
            trust,
            confirmed,
            records: vec![record],
        });
    }

    /// Returns it once everything is added, without what only adding needs.
    #[must_use]
    pub fn settled(mut self) -> Self {
        self.positions = HashMap::new();
        self
    }

    /// Adds a record's role; records with one role at one scope share it.
    pub fn add_role(&mut self, record: usize, role: &str, scope: &Scope) {
        match self
            .roles
            .iter_mut()
            .find(|wanted| wanted.role == role && wanted.scope == *scope)
        {
            Some(wanted) => wanted.records.push(record),
            None => self.roles.push(WantedRole {
                role: role.to_owned(),
                scope: scope.clone(),
                definition: Err(Refusal {
                    reason: "RoleNotFound",
                    message: format!("role `{}` was not looked up", crate::text::escape(role)),
                    hint: None,
                }),
                records: vec![record],
            }),
        }
    }
}
