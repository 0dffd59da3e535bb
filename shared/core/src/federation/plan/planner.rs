//! Plans one identity.

use std::collections::{HashMap, HashSet};

use super::super::because::Because;
use super::super::observed::Found;
use super::super::room::Room;
use super::super::wanted::Wanted;
use super::super::{MAX_PER_IDENTITY, REGIONS_WITHOUT};
use super::credentials::{Group, Matcher, deletion};
use super::{
    Action, CredentialStep, IdentityPlan, IdentityStep, Refusal, RefusedRecord, Rules, refusals,
    roles,
};
use crate::stream::Selection;
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
        let mut plan = IdentityPlan::new(&self.wanted.identity, identity, self.found);
        if plan.identity == IdentityStep::Missing {
            self.refuse_all(&refusals::missing(&self.wanted.identity));
            return plan;
        }
        for role in &self.wanted.roles {
            match roles::step(role, self.found, &plan.identity) {
                Ok(step) => plan.roles.push(step),
                Err(refusal) => self.refuse(&role.records, &refusal),
            }
        }
        let pruned = self.pruned();
        let mut groups = self.groups();
        let changing: Vec<usize> = groups
            .iter()
            .filter(|group| group.steps.iter().any(|step| step.action.changes()))
            .flat_map(|group| group.records.iter().copied())
            .collect();
        if let Some(location) = self.region_without(&plan.identity) {
            let refusal = refusals::region(&self.wanted.identity, location);
            self.refuse(&changing, &refusal);
        }
        let room = self.room(&pruned, &groups);
        if !room.fits() {
            // All or nothing: whoever wants a change of this identity, and nobody else.
            let refusal = refusals::no_room(&self.wanted.identity, room, self.found);
            self.refuse(&changing, &refusal);
        }
        // Whoever is refused gets nothing, not even what would have been possible.
        groups.retain_mut(|group| self.keep_open(&mut group.records));
        plan.roles
            .retain_mut(|step| self.keep_open(&mut step.records));
        plan.room = self.room(&pruned, &groups);
        plan.credentials = in_order(pruned, groups, plan.room);
        let nothing_left = plan.credentials.is_empty() && plan.roles.is_empty();
        if nothing_left && matches!(plan.identity, IdentityStep::Create { .. }) {
            plan.identity = IdentityStep::Missing;
        }
        if plan.room.is_tight() && plan.room.adds > 0 {
            plan.notes.push(format!(
                "{}: identity `{}` is nearly full",
                plan.room,
                self.wanted.identity.name()
            ));
        }
        plan
    }

    /// Returns the steps that delete what the input of its owner lacks.
    fn pruned(&self) -> Vec<CredentialStep> {
        let Some(removed) = &self.rules.removed else {
            return Vec::new();
        };
        // How far the input reaches is for a person to judge: an owner may have more than one scope.
        let notes: Vec<String> = match &removed.input.selection {
            Some(Selection::All { scope, .. }) => {
                vec![format!("the input is all of {}", escape(scope))]
            }
            Some(Selection::Narrowed { .. }) | None => Vec::new(),
        };
        let held = self.found.credentials.iter();
        held.filter(|held| removed.takes(held))
            .map(|held| CredentialStep {
                notes: notes.clone(),
                ..deletion(held, Because::Removed, Vec::new())
            })
            .collect()
    }

    fn groups(&mut self) -> Vec<Group> {
        let mut matcher = Matcher::new(self.found, self.rules);
        let mut groups = Vec::new();
        // Audiences by issuer and subject, of which Azure allows one credential.
        let mut pairs: HashMap<(&str, &str), &str> = HashMap::new();
        let wanted = self.wanted;
        for wanted in &wanted.credentials {
            let mut records = wanted.records.clone();
            if !self.keep_open(&mut records) {
                continue;
            }
            let trust = &wanted.trust;
            let pair = (trust.issuer.as_str(), trust.subject.as_str());
            let planned = match pairs.get(&pair) {
                Some(audience) => Err(refusals::two_audiences(trust, audience)),
                None => matcher.group(wanted, records.clone()),
            };
            match planned {
                Ok(group) => {
                    pairs.insert(pair, &trust.audience);
                    groups.push(group);
                }
                Err(refusal) => self.refuse(&records, &refusal),
            }
        }
        groups
    }

    fn room(&self, pruned: &[CredentialStep], groups: &[Group]) -> Room {
        let count = |wanted: Action| {
            let steps = groups.iter().flat_map(|group| &group.steps).chain(pruned);
            steps.filter(|step| step.action == wanted).count()
        };
        Room {
            used: self.found.credentials.len(),
            adds: count(Action::Create),
            frees: count(Action::Delete),
        }
    }

    /// Returns the region, if it is known to have no credentials. An identity that has some shows
    /// that its region has learnt it.
    fn region_without<'b>(&self, identity: &'b IdentityStep) -> Option<&'b str> {
        let location = match identity {
            IdentityStep::Create { location } => location,
            IdentityStep::Keep(identity) => &identity.location,
            IdentityStep::Delete(_) | IdentityStep::Missing => return None,
        };
        let short = location.replace(' ', "").to_lowercase();
        let is_without = REGIONS_WITHOUT.contains(&short.as_str());
        (is_without && self.found.credentials.is_empty()).then_some(location)
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

    /// Keeps the records that are not refused, and says whether there are any.
    fn keep_open(&self, records: &mut Vec<usize>) -> bool {
        records.retain(|record| !self.refused_records.contains(record));
        !records.is_empty()
    }
}

/// Puts the steps in the order in which they never need more room than there is: what frees, what
/// replaces, what takes. A replacement makes the new one first while there is room for both.
fn in_order(pruned: Vec<CredentialStep>, groups: Vec<Group>, room: Room) -> Vec<CredentialStep> {
    let tight = room.used.saturating_sub(pruned.len()) >= MAX_PER_IDENTITY;
    let mut steps = pruned;
    let (replacing, others): (Vec<Group>, Vec<Group>) =
        groups.into_iter().partition(Group::replaces);
    for mut group in replacing.into_iter().chain(others) {
        if tight {
            group.free_first();
        }
        let start = steps.len();
        let Group { records, steps: of } = group;
        steps.extend(of.into_iter().map(|step| CredentialStep {
            after: step.after.map(|after| after + start),
            records: records.clone(),
            ..step
        }));
    }
    steps
}
