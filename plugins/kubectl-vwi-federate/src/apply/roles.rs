//! Role assignments: written, adopted where an equal one exists, and waited for on request.

use std::time::Duration;

use vwi_azure::arm::{GaveUp, Repeated};
use vwi_core::federation::{Action, Identity, Refusal, RoleStep};
use vwi_core::record::ItemResult;
use vwi_core::roles;

use super::{Done, Writer};
use crate::refused;

/// Pause between two looks for an assignment that is not visible yet.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Looks for an assignment that Azure says exists.
const LOOKS: usize = 15;

impl Writer<'_> {
    pub(super) async fn roles(&self, identity: &Identity, steps: &[RoleStep]) -> Vec<Done> {
        // Another service than the credentials', and without their rule of one at a time.
        let steps = steps.iter().map(|step| self.role(identity, step));
        futures_util::future::join_all(steps).await
    }

    async fn role(&self, identity: &Identity, step: &RoleStep) -> Done {
        let principal_id = &identity.principal_id;
        let mut name = step.name.clone().unwrap_or_else(|| {
            roles::assignment_name(&step.scope, principal_id, &step.definition_id)
        });
        let result = match step.action {
            Action::Unchanged => Ok(ItemResult::Unchanged),
            Action::Adopt => Ok(ItemResult::Adopted),
            Action::Keep => Ok(ItemResult::Kept),
            Action::Create | Action::Update => self.assign(principal_id, step, &mut name).await,
            Action::Delete => self.unassign(step, &name).await,
        };
        Done {
            id: roles::assignment_id(&step.scope, &name),
            name,
            result,
        }
    }

    async fn assign(
        &self,
        principal_id: &str,
        step: &RoleStep,
        name: &mut String,
    ) -> Result<ItemResult, Refusal> {
        if self.interrupt.is_requested() {
            return Err(refused::not_done("Interrupted"));
        }
        let written = self
            .arm
            .put_role_assignment(&step.scope, name, principal_id, &step.definition_id)
            .await;
        match written {
            Ok(Repeated::Written(_)) => {
                if self.waits_for_roles {
                    self.until_visible(step, name).await?;
                }
                Ok(ItemResult::Created)
            }
            Ok(Repeated::Exists) => self.adopt(principal_id, step, name).await,
            Err(error) => Err(refused::role(&error, &step.scope, name)),
        }
    }

    /// Finds the equal assignment that Azure says exists; it may not be visible yet.
    async fn adopt(
        &self,
        principal_id: &str,
        step: &RoleStep,
        name: &mut String,
    ) -> Result<ItemResult, Refusal> {
        for _ in 0..LOOKS {
            let listed = self.arm.role_assignments(&step.scope, principal_id).await;
            let listed = listed.map_err(|error| refused::by_azure(&error))?;
            let found = roles::find(&listed, &step.scope, principal_id, &step.definition_id);
            if let Some(found) = found {
                found.name.clone_into(name);
                return Ok(ItemResult::Adopted);
            }
            if self.look_later().await.is_some() {
                break;
            }
        }
        Err(refused::hidden_assignment(&step.scope))
    }

    /// Waits until Azure shows an assignment: up to ten minutes, says its documentation.
    async fn until_visible(&self, step: &RoleStep, name: &str) -> Result<(), Refusal> {
        loop {
            let found = self.arm.role_assignment(&step.scope, name).await;
            let found = found.map_err(|error| match error.gave_up {
                Some(GaveUp::TimedOut) => refused::not_visible("TimedOut", &step.scope),
                Some(GaveUp::Stopped) => refused::not_visible("Interrupted", &step.scope),
                None => refused::by_azure(&error),
            })?;
            if found.is_some() {
                return Ok(());
            }
            if let Some(reason) = self.look_later().await {
                return Err(refused::not_visible(reason, &step.scope));
            }
        }
    }

    /// Waits for the next look; returns why there is none.
    async fn look_later(&self) -> Option<&'static str> {
        let remaining = self.arm.patience().remaining();
        if remaining.is_zero() {
            return Some("TimedOut");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_AGAIN.min(remaining)) => None,
            _reason = self.interrupt.requested() => Some("Interrupted"),
        }
    }
}
