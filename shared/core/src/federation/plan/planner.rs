//! Plans one identity.

use std::collections::{HashMap, HashSet};

use super::super::matching::near_misses;
use super::super::name::{candidates, is_ours};
use super::super::observed::{Credential, Found, Trust};
use super::super::room::Room;
use super::super::wanted::{Wanted, WantedCredential, WantedRole};
use super::{
    Action, CredentialStep, IdentityPlan, IdentityStep, Refusal, RefusedRecord, RoleStep, Rules,
};
use crate::arm::ResourceId;
use crate::roles;
use crate::text::escape;

/// Plans one identity, and says which of its records are refused.
pub(super) fn identity(
    wanted: &Wanted,
    found: &Found,
    rules: &Rules,
) -> (IdentityPlan, Vec<RefusedRecord>) {
    let mut planner = Planner {
        wanted,
        found,
        rules,
        refused: Vec::new(),
        refused_records: HashSet::new(),
    };
    let plan = planner.identity();
    (plan, planner.refused)
}

struct Planner<'a> {
    wanted: &'a Wanted,
    found: &'a Found,
    rules: &'a Rules,
    refused: Vec<RefusedRecord>,
    refused_records: HashSet<usize>,
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
        // Audiences by issuer and subject, of which Azure allows one credential.
        let mut pairs: HashMap<(&str, &str), &str> = HashMap::new();
        let mut names: HashSet<String> = self
            .found
            .credentials
            .iter()
            .map(|found| found.name.to_lowercase())
            .collect();
        let wanted = self.wanted;
        for wanted in &wanted.credentials {
            let records = self.not_refused(&wanted.records);
            if records.is_empty() {
                continue;
            }
            let trust = &wanted.trust;
            if let Some(audience) = pairs.get(&(trust.issuer.as_str(), trust.subject.as_str())) {
                let refusal = two_audiences(trust, audience);
                self.refuse(&records, &refusal);
                continue;
            }
            match self.credential(wanted, records.clone(), &names) {
                Ok(step) => {
                    pairs.insert((&trust.issuer, &trust.subject), &trust.audience);
                    names.insert(step.name.to_lowercase());
                    steps.push(step);
                }
                Err(refusal) => self.refuse(&records, &refusal),
            }
        }
        steps
    }

    fn credential(
        &self,
        wanted: &WantedCredential,
        records: Vec<usize>,
        taken: &HashSet<String>,
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
                let mut notes: Vec<String> = near_misses(&self.found.credentials, trust)
                    .iter()
                    .map(ToString::to_string)
                    .collect();
                let mut names = candidates(&trust.issuer, &trust.subject, owner);
                let first = names.next().unwrap_or_default();
                // Candidates are in lower case, as the set is.
                let name = if taken.contains(&first) {
                    notes.push(format!(
                        "name `{first}` is held by a credential that trusts something else, which stays"
                    ));
                    names
                        .find(|name| !taken.contains(name))
                        .ok_or_else(no_name)?
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
        let keep = |records: &mut Vec<usize>| {
            records.retain(|record| !self.refused_records.contains(record));
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
        for &record in records {
            if self.refused_records.insert(record) {
                self.refused.push(RefusedRecord {
                    record,
                    identity: Some(self.wanted.identity.clone()),
                    refusal: refusal.clone(),
                });
            }
        }
    }

    fn not_refused(&self, records: &[usize]) -> Vec<usize> {
        let records = records.iter().copied();
        records
            .filter(|record| !self.refused_records.contains(record))
            .collect()
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
