//! The plan: ordered actions that bring what is there to what is wanted, and who is refused why.

mod credentials;
mod dangling;
mod deletions;
mod planner;
mod refusals;
mod roles;

pub use dangling::{DanglingRules, plan_dangling};
pub use deletions::{Deletion, Reach, Target, plan_deletions};

use super::because::Because;
use super::name::Owner;
use super::observed::{Credential, Found, Identity, Trust};
use super::prune::{Removed, Withheld};
use super::room::Room;
use super::wanted::Wanted;
use super::{IDENTITY_BINDING, MAX_PER_IDENTITY};
use crate::arm::{ResourceId, Scope};

/// What a plan goes by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Whose credentials the run manages.
    pub owner: Option<Owner>,
    /// What becomes of a match under another name.
    pub adoption: Adoption,
    /// An issuer that is trusted no more: ours that trust it are replaced.
    pub replace_issuer: Option<String>,
    /// Which of the owner's credentials are deleted because the input lacks their subjects.
    pub removed: Option<Removed>,
}

/// What becomes of a credential that is as wanted, under a name that is not ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Adoption {
    /// It keeps its name.
    #[default]
    Keep,
    /// It is replaced by one of ours.
    Rename,
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
    /// It is there, not ours, and stays although somebody asks for its deletion.
    Keep,
}

impl Action {
    /// Whether carrying it out sends a write.
    pub fn changes(self) -> bool {
        match self {
            Self::Create | Self::Update | Self::Delete => true,
            Self::Unchanged | Self::Adopt | Self::Keep => false,
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
            Self::Keep => "keep",
        }
    }

    /// Returns the sign before a line of the plan.
    pub fn sign(self) -> char {
        match self {
            Self::Create => '+',
            Self::Update => '~',
            Self::Unchanged | Self::Adopt | Self::Keep => '=',
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
    /// It is there, the suite's own, and deleted when nothing is left on it.
    Delete(Identity),
    /// It is neither there nor to be made.
    Missing,
}

impl IdentityStep {
    /// Returns the identity, if it is there.
    pub fn found(&self) -> Option<&Identity> {
        match self {
            Self::Keep(identity) | Self::Delete(identity) => Some(identity),
            Self::Create { .. } | Self::Missing => None,
        }
    }
}

/// What is to be done with one credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialStep {
    /// What.
    pub action: Action,
    /// Why.
    pub because: Because,
    /// The step of the same identity that has to succeed first, by its position.
    pub after: Option<usize>,
    /// The name that it has or gets.
    pub name: String,
    /// What it trusts; for a deletion, what it has to trust still when it is read once more.
    pub trust: Trust,
    /// Whether the host or ARM confirms the issuer.
    pub confirmed: bool,
    /// What somebody should know, one line each.
    pub notes: Vec<String>,
    /// Positions of the records that want it.
    pub records: Vec<usize>,
}

impl CredentialStep {
    /// Whether it is there to take trust away, also where there is none to take.
    pub fn takes_away(&self) -> bool {
        match self.action {
            Action::Delete | Action::Keep => true,
            Action::Unchanged => self.because == Because::NotThere,
            Action::Create | Action::Update | Action::Adopt => false,
        }
    }

    /// Whether it deletes what another step of the same record replaces.
    pub fn is_of_replaced(&self) -> bool {
        self.action == Action::Delete
            && matches!(self.because, Because::Renamed | Because::OldIssuer)
    }
}

/// What is to be done with one role assignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleStep {
    /// What.
    pub action: Action,
    /// Why.
    pub because: Because,
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
    /// Whether the identity stays although its deletion is asked for: it is not ours.
    pub keeps_identity: bool,
}

impl IdentityPlan {
    /// Starts the plan of an identity with what should be known of it anyway.
    fn new(id: &ResourceId, identity: IdentityStep, found: &Found) -> Self {
        let mut notes = Vec::new();
        let held = || found.credentials.iter();
        if held().any(Credential::is_identity_binding) {
            notes.push(format!(
                "identity bindings of AKS use it too: `{IDENTITY_BINDING}` is AKS's own, takes one \
                 of {MAX_PER_IDENTITY}, and stays as it is"
            ));
        }
        match held().filter(|held| held.is_flexible()).count() {
            0 => {}
            1 => notes.push("1 flexible credential takes room and stays as it is".to_owned()),
            count => notes.push(format!(
                "{count} flexible credentials take room and stay as they are"
            )),
        }
        Self {
            id: id.clone(),
            identity,
            credentials: Vec::new(),
            roles: Vec::new(),
            room: Room {
                used: found.credentials.len(),
                ..Room::default()
            },
            notes,
            keeps_identity: false,
        }
    }
}

/// What is to be done in all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Identity by identity, in the order of their first records.
    pub identities: Vec<IdentityPlan>,
    /// Records that are left alone, in the order of the input.
    pub refused: Vec<RefusedRecord>,
    /// Why what was to be pruned is not.
    pub withheld: Option<Withheld>,
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
    /// Left as they are, although their deletion is asked for: not ours.
    pub keep: usize,
    /// Records that are refused.
    pub refuse: usize,
}

impl Plan {
    /// Counts what the plan holds; an identity counts when it is made or deleted.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts {
            refuse: self.refused.len(),
            ..Counts::default()
        };
        for identity in &self.identities {
            match identity.identity {
                IdentityStep::Create { .. } => counts.create += 1,
                IdentityStep::Delete(_) => counts.delete += 1,
                IdentityStep::Keep(_) | IdentityStep::Missing => {}
            }
            let credentials = identity.credentials.iter().map(|step| step.action);
            for action in credentials.chain(identity.roles.iter().map(|step| step.action)) {
                *match action {
                    Action::Create => &mut counts.create,
                    Action::Update => &mut counts.update,
                    Action::Unchanged => &mut counts.unchanged,
                    Action::Adopt => &mut counts.adopt,
                    Action::Delete => &mut counts.delete,
                    Action::Keep => &mut counts.keep,
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
/// its name, and ours gets another one. If anything stands against pruning, nothing is pruned.
pub fn plan(identities: &[(Wanted, Found)], rules: &Rules) -> Plan {
    let Some(removed) = &rules.removed else {
        return carried_through(identities, rules);
    };
    let pruned = removed
        .allowed()
        .map(|()| carried_through(identities, rules))
        .and_then(|plan| removed.approve(plan));
    pruned.unwrap_or_else(|withheld| {
        let rules = Rules {
            removed: None,
            ..rules.clone()
        };
        Plan {
            withheld: Some(withheld),
            ..carried_through(identities, &rules)
        }
    })
}

/// Plans with what the rules say is removed, and does not ask whether it may be.
fn carried_through(identities: &[(Wanted, Found)], rules: &Rules) -> Plan {
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
