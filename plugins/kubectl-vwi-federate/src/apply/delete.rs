//! Deletions: each thing is read once more, and goes only if it is still what the plan saw.

use vwi_core::arm::ResourceId;
use vwi_core::federation::{
    Because, Credential, CredentialStep, IDENTITY_TAG, Identity, IdentityPlan, IdentityStep,
    Refusal, RoleStep,
};
use vwi_core::record::ItemResult;
use vwi_core::subject::Subject;
use vwi_core::text::escape;

use super::{Applied, Writer};
use crate::refused;

impl Writer<'_> {
    /// Deletes in the order in which nothing is left half-way: trust, then rights, then identity.
    pub(super) async fn take_away(&self, identity: Identity, plan: &IdentityPlan) -> Applied {
        let credentials = self.credentials(&identity.id, &plan.credentials).await;
        let failed = credentials
            .iter()
            .find_map(|done| done.result.clone().err());
        let mut applied = Applied {
            identity: Some(identity.clone()),
            credentials,
            ..Applied::default()
        };
        if let Some(refusal) = failed {
            return Applied {
                deleted: Some(Err(refusal)),
                ..applied
            };
        }
        applied.roles = self.roles(&identity, &plan.roles).await;
        let failed = applied
            .roles
            .iter()
            .find_map(|done| done.result.clone().err());
        if matches!(plan.identity, IdentityStep::Delete(_)) {
            applied.deleted = Some(match failed {
                Some(refusal) => Err(refusal),
                None => self.delete_identity(&identity.id).await,
            });
        }
        applied
    }

    /// Deletes a credential, if it trusts what it did and the reason still holds.
    pub(super) async fn delete(
        &self,
        id: &ResourceId,
        step: &CredentialStep,
    ) -> Result<ItemResult, Refusal> {
        self.wait(|pace, now| pace.credential(now, id)).await?;
        let by_azure = |error| refused::by_azure(&error);
        let held = self
            .arm
            .credential(id, &step.name)
            .await
            .map_err(by_azure)?;
        let Some(held) = held else {
            return Ok(ItemResult::Unchanged);
        };
        if held.trust() != step.trust || held.is_identity_binding() {
            return Err(changed(&held));
        }
        if matches!(step.because, Because::Dangling(_)) {
            self.confirm_absence(&held).await?;
        }
        let deleted = self.arm.delete_credential(id, &step.name).await;
        Ok(if deleted.map_err(by_azure)? {
            ItemResult::Deleted
        } else {
            ItemResult::Unchanged
        })
    }

    /// Asks the host once more: somebody may have come back since its lists were read.
    async fn confirm_absence(&self, held: &Credential) -> Result<(), Refusal> {
        let subject = held.subject.as_deref().unwrap_or_default();
        let parsed: Option<Subject> = subject.parse().ok();
        let (Some(host), Some(parsed)) = (self.host, parsed) else {
            return Err(unconfirmed(subject, "there is no host to ask"));
        };
        match host
            .service_account(parsed.namespace(), parsed.name())
            .await
        {
            Ok(None) => Ok(()),
            Ok(Some(_)) => Err(Refusal {
                reason: "CameBack",
                message: format!(
                    "host ServiceAccount `{}/{}` is there again, so its credential stays",
                    escape(parsed.namespace()),
                    escape(parsed.name())
                ),
                hint: None,
            }),
            Err(error) => Err(unconfirmed(subject, &error.in_one_line())),
        }
    }

    pub(super) async fn unassign(
        &self,
        step: &RoleStep,
        name: &str,
    ) -> Result<ItemResult, Refusal> {
        if self.interrupt.is_requested() {
            return Err(refused::not_done("Interrupted"));
        }
        let deleted = self.arm.delete_role_assignment(&step.scope, name).await;
        Ok(if deleted.map_err(|error| refused::by_azure(&error))? {
            ItemResult::Deleted
        } else {
            ItemResult::Unchanged
        })
    }

    /// Deletes an identity that still is the suite's, and that nobody is trusted through.
    async fn delete_identity(&self, id: &ResourceId) -> Result<ItemResult, Refusal> {
        self.wait(|pace, now| pace.identity(now, id)).await?;
        let by_azure = |error| refused::by_azure(&error);
        let (found, credentials) = tokio::join!(self.arm.identity(id), self.arm.credentials(id));
        let Some(found) = found.map_err(by_azure)? else {
            return Ok(ItemResult::Unchanged);
        };
        let left = credentials.map_err(by_azure)?.unwrap_or_default();
        let (key, value) = IDENTITY_TAG;
        if !left.is_empty() || found.tags.get(key).is_none_or(|found| found != value) {
            return Err(Refusal {
                reason: "IdentityInUse",
                message: format!(
                    "identity `{}` has changed since it was looked at, so it stays: it holds {} \
                     credentials",
                    id.name(),
                    left.len()
                ),
                hint: Some("run the same command again".to_owned()),
            });
        }
        let deleted = self.arm.delete_identity(id).await;
        Ok(if deleted.map_err(by_azure)? {
            ItemResult::Deleted
        } else {
            ItemResult::Unchanged
        })
    }
}

fn changed(held: &Credential) -> Refusal {
    Refusal {
        reason: "Changed",
        message: format!(
            "credential `{}` trusts something else than when it was listed, so it stays: {}",
            escape(&held.name),
            held.trust()
        ),
        hint: Some("run the same command again".to_owned()),
    }
}

fn unconfirmed(subject: &str, why: &str) -> Refusal {
    Refusal {
        reason: "NotConfirmed",
        message: format!(
            "whether the host lacks `{}` can't be confirmed, so its credential stays: {why}",
            escape(subject)
        ),
        hint: None,
    }
}
