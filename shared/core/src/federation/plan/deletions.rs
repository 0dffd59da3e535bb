//! Plans `--delete`: trust is taken away, so nothing has to be proven, and only what is ours goes.

use std::collections::HashMap;

use super::super::IDENTITY_TAG;
use super::super::because::Because;
use super::super::name::{Owner, candidates, is_ours, owner_of};
use super::super::observed::{Credential, Found, Identity, Trust};
use super::credentials::deletion;
use super::{
    Action, CredentialStep, IdentityPlan, IdentityStep, Plan, Refusal, RefusedRecord, RoleStep,
};
use crate::arm::{ResourceId, Scope, same};
use crate::roles;
use crate::text::escape;

/// What is asked to be deleted of one identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// The identity.
    pub identity: ResourceId,
    /// What is there of it.
    pub found: Found,
    /// Whom it shall trust no more.
    pub targets: Vec<Target>,
}

/// A credential that one record names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Position of the record.
    pub record: usize,
    /// The credential's name, if the record knows its id.
    pub name: Option<String>,
    /// What it trusts; the audience does not count, and no subject is needed beside a name.
    pub trust: Trust,
}

/// How far `--delete` goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Whose credentials are deleted.
    pub owner: Option<Owner>,
    /// Whether others' are deleted too (`--include-foreign`).
    pub foreign: bool,
    /// Whether our role assignments are (`--delete-roles`).
    pub roles: bool,
    /// Whether identities that the suite made are (`--delete-identity`).
    pub identities: bool,
}

/// Plans the deletions.
pub fn plan_deletions(deletions: &[Deletion], reach: &Reach) -> Plan {
    let mut plan = Plan::default();
    for deletion in deletions {
        let identity = Deleter { deletion, reach }.identity();
        match identity {
            Ok(identity) => plan.identities.push(identity),
            Err(refusal) => {
                plan.refused
                    .extend(deletion.targets.iter().map(|target| RefusedRecord {
                        record: target.record,
                        identity: Some(deletion.identity.clone()),
                        refusal: refusal.clone(),
                    }));
            }
        }
    }
    plan.refused.sort_by_key(|refused| refused.record);
    plan
}

struct Deleter<'a> {
    deletion: &'a Deletion,
    reach: &'a Reach,
}

impl Deleter<'_> {
    /// Plans one identity: all of it or nothing.
    fn identity(&self) -> Result<IdentityPlan, Refusal> {
        let found = &self.deletion.found;
        let step = found
            .identity
            .clone()
            .map_or(IdentityStep::Missing, IdentityStep::Keep);
        let mut plan = IdentityPlan::new(&self.deletion.identity, step, found);
        for target in &self.deletion.targets {
            self.add(target, &mut plan.credentials);
        }
        let is_deleted = |held: &Credential| {
            let mut steps = plan.credentials.iter();
            steps.any(|step| step.action == Action::Delete && same(&step.name, &held.name))
        };
        let left: Vec<&Credential> = found
            .credentials
            .iter()
            .filter(|held| !is_deleted(held))
            .collect();
        plan.room.frees = found.credentials.len() - left.len();
        if (self.reach.roles || self.reach.identities) && !left.is_empty() {
            return Err(self.in_use(&left));
        }
        let Some(identity) = &found.identity else {
            return Ok(plan);
        };
        if self.reach.roles {
            plan.roles = self.roles(identity);
        }
        if self.reach.identities {
            if is_tagged(identity) {
                plan.identity = IdentityStep::Delete(identity.clone());
            } else {
                let (key, value) = IDENTITY_TAG;
                plan.keeps_identity = true;
                plan.notes.push(format!(
                    "kept, not ours: the identity has no tag `{key}={value}`"
                ));
            }
        }
        Ok(plan)
    }

    /// Adds what becomes of one record's credential; records with one credential share a step.
    fn add(&self, target: &Target, steps: &mut Vec<CredentialStep>) {
        let step = self.step(target);
        let known = steps.iter_mut().find(|known| same(&known.name, &step.name));
        match known {
            Some(known) => known.records.push(target.record),
            None => steps.push(step),
        }
    }

    fn step(&self, target: &Target) -> CredentialStep {
        let trust = &target.trust;
        let records = vec![target.record];
        let Some(held) = self.held(target) else {
            let owner = self.reach.owner.as_ref();
            let name = target.name.clone().or_else(|| {
                let mut names = candidates(&trust.issuer, &trust.subject, owner);
                names.next()
            });
            return CredentialStep {
                action: Action::Unchanged,
                because: Because::NotThere,
                after: None,
                name: name.unwrap_or_default(),
                trust: trust.clone(),
                confirmed: true,
                notes: Vec::new(),
                records,
            };
        };
        let delete = deletion(held, Because::Asked, records);
        if self.reach.foreign || self.is_ours(held) {
            return delete;
        }
        let owner = owner_of(&held.name).filter(|owner| !owner.is_empty());
        let note = match owner {
            Some(owner) => format!("it is owner `{0}`'s: say `--owner {0}`", escape(owner)),
            None => "`--include-foreign` deletes it all the same".to_owned(),
        };
        CredentialStep {
            action: Action::Keep,
            because: Because::NotOurs,
            notes: vec![note],
            ..delete
        }
    }

    /// Returns the credential of a record: that of its id if it trusts the record's subject still,
    /// else that of issuer and subject.
    fn held(&self, target: &Target) -> Option<&Credential> {
        let trust = &target.trust;
        let candidates = || {
            let held = self.deletion.found.credentials.iter();
            held.filter(|held| !held.is_identity_binding() && !held.is_flexible())
        };
        let by_id = candidates().find(|held| {
            let named = target
                .name
                .as_deref()
                .is_some_and(|name| same(name, &held.name));
            let is_of_record =
                trust.subject.is_empty() || held.subject.as_deref() == Some(&trust.subject);
            named && is_of_record
        });
        by_id.or_else(|| candidates().find(|held| held.trusts_subject(trust)))
    }

    fn is_ours(&self, held: &Credential) -> bool {
        let subject = held.subject.as_deref().unwrap_or_default();
        let owner = self.reach.owner.as_ref();
        is_ours(&held.name, &held.issuer, subject, owner)
    }

    /// Returns the assignments whose names say that they are ours, wherever they hold.
    fn roles(&self, identity: &Identity) -> Vec<RoleStep> {
        let records: Vec<usize> = self
            .deletion
            .targets
            .iter()
            .map(|target| target.record)
            .collect();
        let mut steps: HashMap<String, RoleStep> = HashMap::new();
        for held in &self.deletion.found.assignments {
            let Ok(scope) = held.scope.parse::<Scope>() else {
                continue;
            };
            if !held
                .principal_id
                .eq_ignore_ascii_case(&identity.principal_id)
            {
                continue;
            }
            let ours =
                roles::assignment_name(&scope, &identity.principal_id, &held.role_definition_id);
            if !ours.eq_ignore_ascii_case(&held.name) {
                continue;
            }
            let step = RoleStep {
                action: Action::Delete,
                because: Because::Asked,
                role: roles::definition_guid(&held.role_definition_id).to_owned(),
                scope,
                definition_id: held.role_definition_id.clone(),
                name: Some(held.name.clone()),
                records: records.clone(),
            };
            steps.insert(held.id.to_lowercase(), step);
        }
        let mut steps: Vec<RoleStep> = steps.into_values().collect();
        steps.sort_by(|one, other| {
            (&one.scope.folded(), &one.name).cmp(&(&other.scope.folded(), &other.name))
        });
        steps
    }

    fn in_use(&self, left: &[&Credential]) -> Refusal {
        let names: Vec<String> = left
            .iter()
            .map(|held| format!("`{}`", escape(&held.name)))
            .collect();
        Refusal {
            reason: "IdentityInUse",
            message: format!(
                "identity `{}` would still be trusted through {}, so neither it nor its roles are \
                 deleted, and nothing else either",
                self.deletion.identity.name(),
                names.join(", ")
            ),
            hint: Some("without `--delete-roles` and `--delete-identity`, only the credentials of the records are deleted".to_owned()),
        }
    }
}

fn is_tagged(identity: &Identity) -> bool {
    let (key, value) = IDENTITY_TAG;
    identity.tags.get(key).is_some_and(|found| found == value)
}
