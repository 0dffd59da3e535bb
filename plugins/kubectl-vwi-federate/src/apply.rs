//! Carries out a plan: one write at a time on an identity, identities side by side.

mod roles;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use futures_util::{StreamExt, stream};
use tokio::time::Instant;
use vwi_azure::{Arm, ArmError};
use vwi_cli::interrupt::Interrupt;
use vwi_core::arm::ResourceId;
use vwi_core::federation::{
    Action, CredentialStep, IDENTITY_TAG, Identity, IdentityPlan, IdentityStep, MAX_PER_IDENTITY,
    Pace, Plan, Refusal,
};
use vwi_core::record::ItemResult;

use crate::refused;

/// What became of one identity.
#[derive(Clone, Debug, Default)]
pub(crate) struct Applied {
    /// The identity, as far as it is there.
    pub(crate) identity: Option<Identity>,
    /// Whether it was made.
    pub(crate) made: bool,
    /// In the order of the plan.
    pub(crate) credentials: Vec<Done>,
    /// In the order of the plan.
    pub(crate) roles: Vec<Done>,
}

/// What became of one step.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    /// ARM id.
    pub(crate) id: String,
    /// Name.
    pub(crate) name: String,
    /// What was done, or why not.
    pub(crate) result: Result<ItemResult, Refusal>,
}

/// How writes are made.
pub(crate) struct Writer<'a> {
    pub(crate) arm: &'a Arm,
    /// The documented pace; none: as fast as Azure answers.
    pub(crate) pace: Option<Mutex<Pace>>,
    pub(crate) start: Instant,
    pub(crate) interrupt: &'a Interrupt,
    /// Requests at once, as far as the client goes.
    pub(crate) concurrency: usize,
    /// Whether role assignments are waited for until Azure shows them.
    pub(crate) waits_for_roles: bool,
}

/// Identities that are written side by side, at least: so many that the pace of a subscription is
/// used up although each of them is only written once in four seconds.
const QUEUES: usize = 64;

impl Writer<'_> {
    /// Carries out a plan; what became of each identity, in the order of the plan.
    pub(crate) async fn apply(&self, plan: &Plan) -> Vec<Applied> {
        let mut queues: Vec<(usize, &IdentityPlan)> = plan.identities.iter().enumerate().collect();
        // The longest queue decides when all is done, so it begins first.
        queues.sort_by_key(|(_, identity)| Reverse(writes(identity)));
        let mut applied: Vec<(usize, Applied)> = stream::iter(queues)
            .map(async |(index, identity)| (index, self.identity(identity).await))
            .buffer_unordered(self.concurrency.max(QUEUES))
            .collect()
            .await;
        applied.sort_by_key(|(index, _)| *index);
        applied.into_iter().map(|(_, applied)| applied).collect()
    }

    async fn identity(&self, plan: &IdentityPlan) -> Applied {
        let (identity, made) = match &plan.identity {
            IdentityStep::Missing => return Applied::default(),
            IdentityStep::Keep(identity) => (identity.clone(), false),
            IdentityStep::Create { location } => match self.make(&plan.id, location).await {
                Ok(identity) => (identity, true),
                Err(refusal) => return nothing_done(plan, &refusal),
            },
        };
        let (credentials, roles) = tokio::join!(
            self.credentials(&identity.id, &plan.credentials),
            self.roles(&identity, &plan.roles)
        );
        Applied {
            identity: Some(identity),
            made,
            credentials,
            roles,
        }
    }

    async fn make(&self, id: &ResourceId, location: &str) -> Result<Identity, Refusal> {
        self.wait(|pace, now| pace.identity(now, id)).await?;
        let (key, value) = IDENTITY_TAG;
        let tags = BTreeMap::from([(key.to_owned(), value.to_owned())]);
        let written = self.arm.put_identity(id, location, &tags).await;
        written
            .map(|written| written.value)
            .map_err(|error| refused::identity(&error, id))
    }

    async fn credentials(&self, id: &ResourceId, steps: &[CredentialStep]) -> Vec<Done> {
        let mut done = Vec::with_capacity(steps.len());
        for step in steps {
            let mut name = step.name.clone();
            let result = match step.action {
                Action::Unchanged => Ok(ItemResult::Unchanged),
                Action::Adopt => Ok(ItemResult::Adopted),
                Action::Create | Action::Update => self.write(id, step, &mut name).await,
                Action::Delete => self.delete(id, &step.name).await,
            };
            done.push(Done {
                id: id.credential(&name),
                name,
                result,
            });
        }
        done
    }

    async fn write(
        &self,
        id: &ResourceId,
        step: &CredentialStep,
        name: &mut String,
    ) -> Result<ItemResult, Refusal> {
        self.wait(|pace, now| pace.credential(now, id)).await?;
        match self.arm.put_credential(id, &step.name, &step.trust).await {
            Ok(_) if step.action == Action::Update => Ok(ItemResult::Updated),
            Ok(_) => Ok(ItemResult::Created),
            // Somebody else may have been there since the list was read. What a 400 or 409 means
            // is not established, so the list tells.
            Err(error) if matches!(error.status(), Some(400 | 409)) => {
                self.look_again(id, step, name, &error).await
            }
            Err(error) => Err(refused::by_azure(&error)),
        }
    }

    async fn look_again(
        &self,
        id: &ResourceId,
        step: &CredentialStep,
        name: &mut String,
        error: &ArmError,
    ) -> Result<ItemResult, Refusal> {
        let listed = self.arm.credentials(id).await.ok().flatten();
        let listed = listed.unwrap_or_default();
        let listed_count = listed.len();
        let held = listed.into_iter().find(|held| held.trusts(&step.trust));
        match held {
            Some(held) if held.name.eq_ignore_ascii_case(name) => Ok(ItemResult::Unchanged),
            Some(held) => {
                *name = held.name;
                Ok(ItemResult::Adopted)
            }
            None if listed_count >= MAX_PER_IDENTITY => Err(refused::filled_up(id, error)),
            None => Err(refused::by_azure(error)),
        }
    }

    async fn delete(&self, id: &ResourceId, name: &str) -> Result<ItemResult, Refusal> {
        self.wait(|pace, now| pace.credential(now, id)).await?;
        match self.arm.delete_credential(id, name).await {
            Ok(true) => Ok(ItemResult::Deleted),
            Ok(false) => Ok(ItemResult::Unchanged),
            Err(error) => Err(refused::by_azure(&error)),
        }
    }

    /// Waits for the pace, and says whether there is still somebody to write for.
    async fn wait(
        &self,
        reserve: impl FnOnce(&mut Pace, std::time::Duration) -> std::time::Duration,
    ) -> Result<(), Refusal> {
        if let Some(pace) = &self.pace {
            let at = {
                let mut pace = pace.lock().unwrap_or_else(PoisonError::into_inner);
                reserve(&mut pace, self.start.elapsed())
            };
            let until = self.start + at;
            let patience = self.arm.patience();
            if until.saturating_duration_since(Instant::now()) > patience.remaining() {
                return Err(refused::not_done("TimedOut"));
            }
            tokio::select! {
                () = tokio::time::sleep_until(until) => {}
                _reason = self.interrupt.requested() => {}
            }
        }
        if self.interrupt.is_requested() {
            return Err(refused::not_done("Interrupted"));
        }
        if self.arm.patience().remaining().is_zero() {
            return Err(refused::not_done("TimedOut"));
        }
        Ok(())
    }
}

/// Returns how many credentials of an identity are written.
fn writes(plan: &IdentityPlan) -> usize {
    let steps = plan.credentials.iter();
    steps.filter(|step| step.action.changes()).count()
}

/// The identity could not be made, so nothing on it could be.
fn nothing_done(plan: &IdentityPlan, refusal: &Refusal) -> Applied {
    let done = |name: &str| Done {
        id: String::new(),
        name: name.to_owned(),
        result: Err(refusal.clone()),
    };
    Applied {
        identity: None,
        made: false,
        credentials: plan
            .credentials
            .iter()
            .map(|step| done(&step.name))
            .collect(),
        roles: plan.roles.iter().map(|step| done(&step.role)).collect(),
    }
}
