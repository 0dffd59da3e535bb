//! Carries out a plan: one write at a time on an identity, identities side by side.

mod delete;
mod replace;
mod roles;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::time::Instant;
use vwi_azure::{Arm, ArmError};
use vwi_cli::interrupt::Interrupt;
use vwi_cli::progress::Progress;
use vwi_core::arm::ResourceId;
use vwi_core::federation::{
    Action, CredentialStep, IDENTITY_TAG, Identity, IdentityPlan, IdentityStep, MAX_PER_IDENTITY,
    Pace, Plan, Refusal,
};
use vwi_core::record::ItemResult;
use vwi_kubernetes::Host;

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
    /// The identity's own deletion, if the plan has it.
    pub(crate) deleted: Option<Result<ItemResult, Refusal>>,
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
    /// The host that says once more what it lacks, before a dangling credential is deleted.
    pub(crate) host: Option<&'a Host>,
    /// How far the credentials are, for whoever watches.
    pub(crate) progress: &'a Progress,
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
            IdentityStep::Missing => return absent(plan),
            IdentityStep::Keep(identity) | IdentityStep::Delete(identity) => {
                (identity.clone(), false)
            }
            IdentityStep::Create { location } => match self.make(&plan.id, location).await {
                Ok(made) => made,
                Err(refusal) => return nothing_done(plan, &refusal),
            },
        };
        let takes_away = plan.roles.iter().any(|step| step.action == Action::Delete)
            || matches!(plan.identity, IdentityStep::Delete(_));
        if takes_away {
            return self.take_away(identity, plan).await;
        }
        let (credentials, roles) = tokio::join!(
            self.credentials(&identity.id, &plan.credentials),
            self.roles(&identity, &plan.roles)
        );
        Applied {
            identity: Some(identity),
            made,
            credentials,
            roles,
            deleted: None,
        }
    }

    /// Makes an identity, and says whether it is new. A PUT would set region and tags of one that
    /// somebody else has made since the plan looked, so that one is taken as it is.
    async fn make(&self, id: &ResourceId, location: &str) -> Result<(Identity, bool), Refusal> {
        self.wait(|pace, now| pace.identity(now, id)).await?;
        let refuse = |error| refused::identity(&error, id);
        if let Some(found) = self.arm.identity(id).await.map_err(refuse)? {
            return Ok((found, false));
        }
        let (key, value) = IDENTITY_TAG;
        let tags = BTreeMap::from([(key.to_owned(), value.to_owned())]);
        let written = self.arm.put_identity(id, location, &tags).await;
        written
            .map(|written| (written.value, written.created))
            .map_err(refuse)
    }

    pub(super) async fn credentials(&self, id: &ResourceId, steps: &[CredentialStep]) -> Vec<Done> {
        let mut done: Vec<Done> = Vec::with_capacity(steps.len());
        for step in steps {
            let mut name = step.name.clone();
            let before = step
                .after
                .and_then(|after| Some((steps.get(after)?, &done.get(after)?.result)));
            let result = match (before, step.action) {
                (Some((_, Err(refusal))), _) => Err(refusal.clone()),
                (_, Action::Unchanged) => Ok(ItemResult::Unchanged),
                (_, Action::Adopt) => Ok(ItemResult::Adopted),
                (_, Action::Keep) => Ok(ItemResult::Kept),
                (Some((old, Ok(ItemResult::Deleted))), Action::Create) => {
                    self.replace(id, old, step, &mut name).await
                }
                (_, Action::Create | Action::Update) => {
                    match self.wait(|pace, now| pace.credential(now, id)).await {
                        Ok(()) => write(self.arm, id, step, &mut name).await,
                        Err(refusal) => Err(refusal),
                    }
                }
                (_, Action::Delete) => self.delete(id, step).await,
            };
            if step.action.changes() {
                self.progress.advance();
            }
            done.push(Done {
                id: id.credential(&name),
                name,
                result,
            });
        }
        done
    }

    /// Takes the next turn for a write, if a pace is kept.
    fn turn(&self, reserve: impl FnOnce(&mut Pace, Duration) -> Duration) -> Option<Instant> {
        let mut pace = self
            .pace
            .as_ref()?
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Some(self.start + reserve(&mut pace, self.start.elapsed()))
    }

    /// Waits for the pace, and says whether there is still somebody to write for.
    pub(super) async fn wait(
        &self,
        reserve: impl FnOnce(&mut Pace, Duration) -> Duration,
    ) -> Result<(), Refusal> {
        if let Some(until) = self.turn(reserve) {
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

/// Writes a credential; `name` is the one that it has then.
async fn write(
    arm: &Arm,
    id: &ResourceId,
    step: &CredentialStep,
    name: &mut String,
) -> Result<ItemResult, Refusal> {
    match arm.put_credential(id, &step.name, &step.trust).await {
        Ok(_) if step.action == Action::Update => Ok(ItemResult::Updated),
        Ok(_) => Ok(ItemResult::Created),
        // Somebody else may have been there since the list was read. What a 400 or 409 means
        // is not established, so the list tells.
        Err(error) if matches!(error.status(), Some(400 | 409)) => {
            look_again(arm, id, step, name, &error).await
        }
        Err(error) => Err(refused::by_azure(&error)),
    }
}

async fn look_again(
    arm: &Arm,
    id: &ResourceId,
    step: &CredentialStep,
    name: &mut String,
    error: &ArmError,
) -> Result<ItemResult, Refusal> {
    let listed = arm.credentials(id).await.ok().flatten();
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
        deleted: None,
    }
}

/// An identity that is not there has nothing on it that could be there.
fn absent(plan: &IdentityPlan) -> Applied {
    let credentials = plan.credentials.iter().map(|step| Done {
        id: plan.id.credential(&step.name),
        name: step.name.clone(),
        result: Ok(ItemResult::Unchanged),
    });
    Applied {
        credentials: credentials.collect(),
        ..Applied::default()
    }
}
