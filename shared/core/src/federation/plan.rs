//! The plan: ordered actions that bring what is there to what is wanted, and who is refused why.

use std::collections::BTreeSet;

use super::matching::near_misses;
use super::name::{Owner, candidates, is_ours};
use super::observed::{Credential, Found, Identity, Trust};
use super::room::Room;
use super::wanted::{Wanted, WantedCredential, WantedRole};
use crate::arm::{ResourceId, Scope};
use crate::roles;
use crate::text::escape;

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
        let mut planner = Planner {
            wanted,
            found,
            rules,
            refused: Vec::new(),
        };
        let identity = planner.identity();
        plan.refused.extend(planner.refused);
        plan.identities.push(identity);
    }
    plan.refused.sort_by_key(|refused| refused.record);
    plan
}

struct Planner<'a> {
    wanted: &'a Wanted,
    found: &'a Found,
    rules: &'a Rules,
    refused: Vec<RefusedRecord>,
}

impl Planner<'_> {
    fn identity(&mut self) -> IdentityPlan {
        let identity = match (&self.found.identity, &self.wanted.create_in) {
            (Some(identity), _) => IdentityStep::Keep(identity.clone()),
            (None, Some(location)) => IdentityStep::Create {
                location: location.clone(),
            },
            (None, None) => IdentityStep::Missing,
        };
        let mut plan = IdentityPlan {
            id: self.wanted.identity.clone(),
            identity,
            credentials: Vec::new(),
            roles: Vec::new(),
            room: Room {
                used: self.found.credentials.len(),
                ..Room::default()
            },
            notes: Vec::new(),
        };
        if plan.identity == IdentityStep::Missing {
            self.refuse_all(&missing(&self.wanted.identity));
            return plan;
        }
        for role in &self.wanted.roles {
            if let Err(refusal) = &role.definition {
                self.refuse(&role.records, refusal);
            }
        }
        plan.credentials = self.credentials();
        plan.roles = self.roles(&plan.identity);
        plan.room.adds = count(&plan.credentials, Action::Create);
        if !plan.room.fits() {
            self.no_room(&mut plan);
        }
        // Whoever is refused gets nothing, not even what would have been possible.
        self.drop_refused(&mut plan);
        if plan.room.is_tight() && plan.room.adds > 0 {
            plan.notes.push(format!(
                "{}: identity `{}` is nearly full",
                plan.room,
                self.wanted.identity.name()
            ));
        }
        plan
    }

    fn credentials(&mut self) -> Vec<CredentialStep> {
        let mut steps: Vec<CredentialStep> = Vec::new();
        for wanted in &self.wanted.credentials {
            let records = self.not_refused(&wanted.records);
            if records.is_empty() {
                continue;
            }
            let twin = steps.iter().find(|step| {
                step.trust.issuer == wanted.trust.issuer
                    && step.trust.subject == wanted.trust.subject
            });
            if let Some(twin) = twin {
                let refusal = two_audiences(&wanted.trust, &twin.trust.audience);
                self.refuse(&records, &refusal);
                continue;
            }
            match self.credential(wanted, records.clone(), &steps) {
                Ok(step) => steps.push(step),
                Err(refusal) => self.refuse(&records, &refusal),
            }
        }
        steps
    }

    fn credential(
        &self,
        wanted: &WantedCredential,
        records: Vec<usize>,
        steps: &[CredentialStep],
    ) -> Result<CredentialStep, Refusal> {
        let trust = &wanted.trust;
        let owner = self.rules.owner.as_ref();
        let ours = |credential: &Credential| {
            is_ours(&credential.name, &trust.issuer, &trust.subject, owner)
        };
        let step = |action, name: &str, notes| CredentialStep {
            action,
            name: name.to_owned(),
            trust: trust.clone(),
            confirmed: wanted.confirmed,
            notes,
            records,
        };
        let held = self.found.credentials.iter().find(|credential| {
            !credential.is_identity_binding() && credential.trusts_subject(trust)
        });
        match held {
            Some(held) if held.trusts(trust) && ours(held) => {
                Ok(step(Action::Unchanged, &held.name, Vec::new()))
            }
            Some(held) if held.trusts(trust) => Ok(step(Action::Adopt, &held.name, Vec::new())),
            Some(held) if ours(held) => {
                let was = held.audiences.join(", ");
                let note = format!("audience was `{}`", escape(&was));
                Ok(step(Action::Update, &held.name, vec![note]))
            }
            Some(held) => Err(audience_of_others(held, trust)),
            None => {
                let taken = |name: &str| {
                    let found = self.found.credentials.iter().map(|found| &found.name);
                    let planned = steps.iter().map(|step| &step.name);
                    found
                        .chain(planned)
                        .any(|held| held.eq_ignore_ascii_case(name))
                };
                let mut notes: Vec<String> = near_misses(&self.found.credentials, trust)
                    .iter()
                    .map(ToString::to_string)
                    .collect();
                let mut names = candidates(&trust.issuer, &trust.subject, owner);
                let first = names.next().unwrap_or_default();
                let name = if taken(&first) {
                    notes.push(format!(
                        "name `{first}` is held by a credential that trusts something else, which stays"
                    ));
                    names.find(|name| !taken(name)).ok_or_else(no_name)?
                } else {
                    first
                };
                Ok(step(Action::Create, &name, notes))
            }
        }
    }

    fn roles(&self, identity: &IdentityStep) -> Vec<RoleStep> {
        let steps = self.wanted.roles.iter().filter_map(|wanted| {
            let definition_id = wanted.definition.as_ref().ok()?;
            let records = self.not_refused(&wanted.records);
            (!records.is_empty()).then(|| self.role(wanted, definition_id, records, identity))
        });
        steps.collect()
    }

    fn role(
        &self,
        wanted: &WantedRole,
        definition_id: &str,
        records: Vec<usize>,
        identity: &IdentityStep,
    ) -> RoleStep {
        let step = |action, name| RoleStep {
            action,
            role: wanted.role.clone(),
            scope: wanted.scope.clone(),
            definition_id: definition_id.to_owned(),
            name,
            records,
        };
        let IdentityStep::Keep(identity) = identity else {
            return step(Action::Create, None);
        };
        let principal_id = &identity.principal_id;
        let ours = roles::assignment_name(&wanted.scope, principal_id, definition_id);
        let found = roles::find(
            &self.found.assignments,
            &wanted.scope,
            principal_id,
            definition_id,
        );
        match found {
            Some(found) if found.name.eq_ignore_ascii_case(&ours) => {
                step(Action::Unchanged, Some(ours))
            }
            Some(found) => step(Action::Adopt, Some(found.name.clone())),
            None => step(Action::Create, Some(ours)),
        }
    }

    /// All or nothing: whoever wants a change of this identity is refused, and nobody else.
    fn no_room(&mut self, plan: &mut IdentityPlan) {
        let held: Vec<String> = self
            .found
            .credentials
            .iter()
            .map(|credential| format!("`{}`", escape(&credential.name)))
            .collect();
        let refusal = Refusal {
            reason: "NoRoom",
            message: format!(
                "identity `{}` has {}; it holds {}",
                self.wanted.identity.name(),
                plan.room,
                if held.is_empty() {
                    "none yet".to_owned()
                } else {
                    held.join(", ")
                }
            ),
            hint: Some(format!(
                "name another identity for some of the records with `--identity`, or delete a \
                 credential that nobody needs with `az identity federated-credential delete \
                 --identity-name {} -g {} -n NAME`",
                self.wanted.identity.name(),
                self.wanted.identity.group()
            )),
        };
        let credentials = plan
            .credentials
            .iter()
            .map(|step| (step.action, &step.records));
        let roles = plan.roles.iter().map(|step| (step.action, &step.records));
        let changing: Vec<usize> = credentials
            .chain(roles)
            .filter(|(action, _)| action.changes())
            .flat_map(|(_, records)| records.iter().copied())
            .collect();
        self.refuse(&changing, &refusal);
    }

    fn drop_refused(&self, plan: &mut IdentityPlan) {
        let refused = self.refused_records();
        let keep = |records: &mut Vec<usize>| {
            records.retain(|record| !refused.contains(record));
            !records.is_empty()
        };
        plan.credentials.retain_mut(|step| keep(&mut step.records));
        plan.roles.retain_mut(|step| keep(&mut step.records));
        plan.room.adds = count(&plan.credentials, Action::Create);
        let nothing_left = plan.credentials.is_empty() && plan.roles.is_empty();
        if nothing_left && matches!(plan.identity, IdentityStep::Create { .. }) {
            plan.identity = IdentityStep::Missing;
        }
    }

    fn refuse_all(&mut self, refusal: &Refusal) {
        let credentials = self.wanted.credentials.iter().map(|wanted| &wanted.records);
        let roles = self.wanted.roles.iter().map(|wanted| &wanted.records);
        let records: Vec<usize> = credentials.chain(roles).flatten().copied().collect();
        self.refuse(&records, refusal);
    }

    /// Refuses records, each one for the first reason only.
    fn refuse(&mut self, records: &[usize], refusal: &Refusal) {
        let before = self.refused_records();
        let new: BTreeSet<usize> = records.iter().copied().collect();
        for &record in new.difference(&before) {
            self.refused.push(RefusedRecord {
                record,
                identity: Some(self.wanted.identity.clone()),
                refusal: refusal.clone(),
            });
        }
    }

    fn refused_records(&self) -> BTreeSet<usize> {
        self.refused.iter().map(|refused| refused.record).collect()
    }

    fn not_refused(&self, records: &[usize]) -> Vec<usize> {
        let refused = self.refused_records();
        let records = records.iter().copied();
        records.filter(|record| !refused.contains(record)).collect()
    }
}

fn count(steps: &[CredentialStep], action: Action) -> usize {
    steps.iter().filter(|step| step.action == action).count()
}

fn missing(identity: &ResourceId) -> Refusal {
    Refusal {
        reason: "IdentityNotFound",
        message: format!("identity `{identity}` does not exist"),
        hint: Some("make it with `--create-identity`".to_owned()),
    }
}

fn audience_of_others(held: &Credential, wanted: &Trust) -> Refusal {
    Refusal {
        reason: "AudienceDiffers",
        message: format!(
            "credential `{}`, which is not ours, trusts this subject for audience `{}` and not \
             `{}`, and Azure allows one credential for a subject",
            escape(&held.name),
            escape(&held.audiences.join(", ")),
            escape(&wanted.audience)
        ),
        hint: Some("ask its owner to change it, or name its audience with `--audience`".to_owned()),
    }
}

fn two_audiences(wanted: &Trust, other: &str) -> Refusal {
    Refusal {
        reason: "AudienceDiffers",
        message: format!(
            "another record wants this subject for audience `{}` and this one for `{}`, and Azure \
             allows one credential for a subject",
            escape(other),
            escape(&wanted.audience)
        ),
        hint: None,
    }
}

fn no_name() -> Refusal {
    Refusal {
        reason: "NoName",
        message: "all names for this credential are held by others".to_owned(),
        hint: Some("give it other names with `--owner`".to_owned()),
    }
}

#[cfg(test)]
mod tests;
