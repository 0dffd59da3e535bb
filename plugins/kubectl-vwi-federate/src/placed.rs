//! Where each record stands in a plan, and what the plan came to.

use std::collections::HashMap;

use vwi_core::federation::{
    Action, CredentialStep, IdentityPlan, IdentityStep, Plan, Refusal, RoleStep,
};
use vwi_core::record::{FederatedCredential, IdentityStatus, ItemResult, RoleAssignmentStatus};
use vwi_core::roles;

use crate::apply::{Applied, Done};

/// A plan, and what became of it if it was carried out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) plan: Plan,
    /// None for a dry run.
    pub(crate) applied: Option<Vec<Applied>>,
}

impl Outcome {
    /// Whether something was not done because the time was over.
    pub(crate) fn timed_out(&self) -> bool {
        let applied = self.applied.iter().flatten();
        let results = applied.flat_map(|applied| {
            let done = applied.credentials.iter().chain(&applied.roles);
            done.map(|done| &done.result).chain(&applied.deleted)
        });
        results
            .filter_map(|result| result.as_ref().err())
            .any(|refusal| refusal.reason == "TimedOut")
    }
}

/// What is to be written into one record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Result {
    pub(crate) identity: Option<IdentityStatus>,
    pub(crate) identity_name: String,
    pub(crate) identity_made: bool,
    /// What became of the identity itself, if `--delete-identity` would have it gone.
    pub(crate) identity_gone: Option<ItemResult>,
    pub(crate) credential: Option<FederatedCredential>,
    pub(crate) roles: Vec<RoleAssignmentStatus>,
    /// Why it failed, the first reason.
    pub(crate) refusal: Option<Refusal>,
    /// Whether this is only a plan.
    pub(crate) is_planned: bool,
    /// Whether trust was taken away, so that nobody should go by the identity.
    pub(crate) is_taken: bool,
}

/// One place of a record: an identity's position in the plan, and the positions of its steps.
#[derive(Clone, Debug, Default)]
struct Place {
    identity: usize,
    credential: Option<usize>,
    /// Deletions of what the credential replaces.
    replaced: Vec<usize>,
    roles: Vec<usize>,
}

/// Where each record stands. What is to be written into one is put together when it is asked for,
/// so that no record's result waits in memory for its turn.
#[derive(Debug)]
pub(crate) struct Places<'a> {
    outcome: &'a Outcome,
    /// By the records' positions; none for a record that is not in the plan.
    by_record: Vec<Option<Place>>,
    refused: HashMap<usize, &'a Refusal>,
}

impl<'a> Places<'a> {
    /// Looks up where so many records stand.
    pub(crate) fn new(outcome: &'a Outcome, records: usize) -> Self {
        let mut places: Vec<Option<Place>> = vec![None; records];
        for (index, identity) in outcome.plan.identities.iter().enumerate() {
            let mut place = |record: usize, put: &dyn Fn(&mut Place)| {
                if let Some(slot) = places.get_mut(record) {
                    put(slot.get_or_insert_with(|| Place {
                        identity: index,
                        ..Place::default()
                    }));
                }
            };
            for (step, credential) in identity.credentials.iter().enumerate() {
                for &record in &credential.records {
                    place(record, &|place| {
                        if credential.is_of_replaced() {
                            place.replaced.push(step);
                        } else {
                            place.credential = Some(step);
                        }
                    });
                }
            }
            for (step, role) in identity.roles.iter().enumerate() {
                for &record in &role.records {
                    place(record, &|place| place.roles.push(step));
                }
            }
        }
        let refused = outcome.plan.refused.iter();
        Self {
            outcome,
            by_record: places,
            refused: refused
                .map(|refused| (refused.record, &refused.refusal))
                .collect(),
        }
    }

    /// Returns what is to be written into a record; none if it is not in the plan.
    pub(crate) fn result(&self, record: usize) -> Option<Result> {
        if let Some(&refusal) = self.refused.get(&record) {
            return Some(Result {
                refusal: Some(refusal.clone()),
                ..Result::default()
            });
        }
        result(self.outcome, self.by_record.get(record)?.as_ref()?)
    }
}

fn result(outcome: &Outcome, place: &Place) -> Option<Result> {
    let plan = outcome.plan.identities.get(place.identity)?;
    let applied = outcome
        .applied
        .as_ref()
        .and_then(|applied| applied.get(place.identity));
    let mut result = Result {
        identity: Some(identity_status(plan, applied)),
        identity_name: plan.id.name().to_owned(),
        identity_made: applied.is_some_and(|applied| applied.made)
            || (applied.is_none() && matches!(plan.identity, IdentityStep::Create { .. })),
        is_planned: applied.is_none(),
        ..Result::default()
    };
    if let Some(index) = place.credential {
        let step = plan.credentials.get(index)?;
        let done = applied.and_then(|applied| applied.credentials.get(index));
        result.is_taken = step.takes_away();
        result.put_credential(plan, step, done);
    }
    for &index in &place.replaced {
        let done = applied.and_then(|applied| applied.credentials.get(index));
        if let Some(Err(refusal)) = done.map(|done| done.result.clone()) {
            result.fail(refusal);
        }
    }
    for &index in &place.roles {
        let step = plan.roles.get(index)?;
        let done = applied.and_then(|applied| applied.roles.get(index));
        result.put_role(step, done);
    }
    result.identity_gone = match (&plan.identity, applied) {
        (IdentityStep::Delete(_), None) => Some(ItemResult::Planned),
        (IdentityStep::Keep(_), _) if plan.keeps_identity => Some(ItemResult::Kept),
        _ => None,
    };
    match applied.and_then(|applied| applied.deleted.clone()) {
        Some(Ok(gone)) => result.identity_gone = Some(gone),
        Some(Err(refusal)) => result.fail(refusal),
        None => {}
    }
    Some(result)
}

fn identity_status(plan: &IdentityPlan, applied: Option<&Applied>) -> IdentityStatus {
    let planned = plan.identity.found();
    let identity = applied
        .and_then(|applied| applied.identity.as_ref())
        .or(planned);
    IdentityStatus {
        id: plan.id.to_string(),
        client_id: identity.map(|identity| identity.client_id.clone()),
        principal_id: identity.map(|identity| identity.principal_id.clone()),
        tenant_id: identity.map(|identity| identity.tenant_id.clone()),
    }
}

impl Result {
    fn put_credential(&mut self, plan: &IdentityPlan, step: &CredentialStep, done: Option<&Done>) {
        let (id, name, result) = match done {
            None => (
                plan.id.credential(&step.name),
                step.name.clone(),
                Ok(planned(step.action)),
            ),
            Some(done) => (done.id.clone(), done.name.clone(), done.result.clone()),
        };
        match result {
            Ok(result) => self.credential = Some(FederatedCredential { id, name, result }),
            Err(refusal) => self.fail(refusal),
        }
    }

    fn put_role(&mut self, step: &RoleStep, done: Option<&Done>) {
        let planned_id = || {
            let name = step.name.as_ref();
            name.map_or_else(String::new, |name| roles::assignment_id(&step.scope, name))
        };
        let (id, result) = match done {
            None => (planned_id(), Ok(planned(step.action))),
            Some(done) => (done.id.clone(), done.result.clone()),
        };
        match result {
            Ok(result) => self.roles.push(RoleAssignmentStatus {
                id,
                role: step.role.clone(),
                scope: step.scope.to_string(),
                result,
            }),
            Err(refusal) => self.fail(refusal),
        }
    }

    fn fail(&mut self, refusal: Refusal) {
        self.refusal.get_or_insert(refusal);
    }

    /// Returns all results, the credential's first.
    pub(crate) fn items(&self) -> impl Iterator<Item = ItemResult> {
        let credential = self.credential.iter().map(|credential| credential.result);
        let roles = self.roles.iter().map(|role| role.result);
        credential.chain(roles).chain(self.identity_gone)
    }
}

/// What a dry run says of a step.
fn planned(action: Action) -> ItemResult {
    match action {
        Action::Create | Action::Update | Action::Delete => ItemResult::Planned,
        Action::Unchanged => ItemResult::Unchanged,
        Action::Adopt => ItemResult::Adopted,
        Action::Keep => ItemResult::Kept,
    }
}
