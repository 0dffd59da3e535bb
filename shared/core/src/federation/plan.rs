//! The plan: ordered actions that bring what is there to what is wanted, and who is refused why.

mod planner;

use super::name::Owner;
use super::observed::{Found, Identity, Trust};
use super::room::Room;
use super::wanted::Wanted;
use crate::arm::{ResourceId, Scope};

/// What a plan goes by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Whose credentials the run manages.
    pub owner: Option<Owner>,
}

/// What is to be done with one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// It is not there and is made.
    Create,
    /// It is there, ours, and not as wanted.
    Update,
    /// It is there as wanted.
    Unchanged,
    /// It is there as wanted under a name that is not ours, and stays as it is.
    Adopt,
    /// It is there, ours, and not wanted any more.
    Delete,
}

impl Action {
    /// Whether carrying it out sends a write.
    pub fn changes(self) -> bool {
        match self {
            Self::Create | Self::Update | Self::Delete => true,
            Self::Unchanged | Self::Adopt => false,
        }
    }

    /// Returns the word of the plan's JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Unchanged => "unchanged",
            Self::Adopt => "adopt",
            Self::Delete => "delete",
        }
    }

    /// Returns the sign before a line of the plan.
    pub fn sign(self) -> char {
        match self {
            Self::Create => '+',
            Self::Update => '~',
            Self::Unchanged | Self::Adopt => '=',
            Self::Delete => '-',
        }
    }
}

/// Why a record is left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// One word in CamelCase, the reason of the record's condition.
    pub reason: &'static str,
    /// Why, in one line.
    pub message: String,
    /// One thing to do next.
    pub hint: Option<String>,
}

/// A record that the plan refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRecord {
    /// Its position in the input.
    pub record: usize,
    /// The identity that it wants, as far as it is known.
    pub identity: Option<ResourceId>,
    /// Why.
    pub refusal: Refusal,
}

/// What is to be done with an identity itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentityStep {
    /// It is there.
    Keep(Identity),
    /// It is made in this region.
    Create {
        /// The region.
        location: String,
    },
    /// It is neither there nor to be made.
    Missing,
}

/// What is to be done with one credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialStep {
    /// What.
    pub action: Action,
    /// The name that it has or gets.
    pub name: String,
    /// What it trusts.
    pub trust: Trust,
    /// Whether the host or ARM confirms the issuer.
    pub confirmed: bool,
    /// What somebody should know, one line each.
    pub notes: Vec<String>,
    /// Positions of the records that want it.
    pub records: Vec<usize>,
}

/// What is to be done with one role assignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleStep {
    /// What.
    pub action: Action,
    /// The role as the user named it.
    pub role: String,
    /// Where it holds.
    pub scope: Scope,
    /// Id of the role definition.
    pub definition_id: String,
    /// Name of the assignment; none as long as the identity, whose id is part of it, is not made.
    pub name: Option<String>,
    /// Positions of the records that want it.
    pub records: Vec<usize>,
}

/// What is to be done on one identity, in this order: the identity, then credentials and roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityPlan {
    /// The identity.
    pub id: ResourceId,
    /// The identity itself.
    pub identity: IdentityStep,
    /// Its credentials.
    pub credentials: Vec<CredentialStep>,
    /// Its roles.
    pub roles: Vec<RoleStep>,
    /// How full it is.
    pub room: Room,
    /// What somebody should know, one line each.
    pub notes: Vec<String>,
}

/// What is to be done in all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Identity by identity, in the order of their first records.
    pub identities: Vec<IdentityPlan>,
    /// Records that are left alone, in the order of the input.
    pub refused: Vec<RefusedRecord>,
}

/// How many things of each kind a plan has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Made.
    pub create: usize,
    /// Changed.
    pub update: usize,
    /// Left as they are.
    pub unchanged: usize,
    /// Left as they are, under somebody else's name.
    pub adopt: usize,
    /// Deleted.
    pub delete: usize,
    /// Records that are refused.
    pub refuse: usize,
}

impl Plan {
    /// Counts what the plan holds; an identity counts when it is made.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts {
            refuse: self.refused.len(),
            ..Counts::default()
        };
        for identity in &self.identities {
            if matches!(identity.identity, IdentityStep::Create { .. }) {
                counts.create += 1;
            }
            let credentials = identity.credentials.iter().map(|step| step.action);
            for action in credentials.chain(identity.roles.iter().map(|step| step.action)) {
                *match action {
                    Action::Create => &mut counts.create,
                    Action::Update => &mut counts.update,
                    Action::Unchanged => &mut counts.unchanged,
                    Action::Adopt => &mut counts.adopt,
                    Action::Delete => &mut counts.delete,
                } += 1;
            }
        }
        counts
    }

    /// Whether carrying the plan out sends a write.
    pub fn changes(&self) -> bool {
        let counts = self.counts();
        counts.create + counts.update + counts.delete > 0
    }
}

/// Plans how to bring each identity from what is found to what is wanted.
///
/// Nothing that is not the run's own is ever changed: a credential that trusts somebody else keeps
/// its name, and ours gets another one.
pub fn plan(identities: &[(Wanted, Found)], rules: &Rules) -> Plan {
    let mut plan = Plan::default();
    for (wanted, found) in identities {
        let (identity, refused) = planner::identity(wanted, found, rules);
        plan.refused.extend(refused);
        plan.identities.push(identity);
    }
    plan.refused.sort_by_key(|refused| refused.record);
    plan
}

#[cfg(test)]
mod tests;
