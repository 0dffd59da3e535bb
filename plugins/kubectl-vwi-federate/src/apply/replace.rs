//! A credential whose predecessor had to go first: trust is there again in any case, under the new
//! name or under the old one.

use std::time::Duration;

use vwi_azure::Patience;
use vwi_core::arm::ResourceId;
use vwi_core::federation::{CredentialStep, Refusal};
use vwi_core::record::ItemResult;
use vwi_core::text::escape;

use super::{Writer, write};

/// Time for a write that is owed, also when the run's own is over or somebody asks to stop: nobody
/// can log in before it is done.
const OWED: Duration = Duration::from_secs(30);

impl Writer<'_> {
    /// Makes a credential in place of `old`, which is deleted; if it can't, puts that back.
    pub(super) async fn replace(
        &self,
        id: &ResourceId,
        old: &CredentialStep,
        step: &CredentialStep,
        name: &mut String,
    ) -> Result<ItemResult, Refusal> {
        let owed = || {
            let time = self.arm.patience().remaining().max(OWED);
            self.arm.with_patience(Patience::lasting(time))
        };
        self.keep_pace(id).await;
        let Err(refusal) = write(&owed(), id, step, name).await else {
            return Ok(ItemResult::Created);
        };
        self.keep_pace(id).await;
        let back = owed().put_credential(id, &old.name, &old.trust).await;
        let shown = escape(&old.name);
        let message = match back {
            Ok(_) => format!(
                "{}; credential `{shown}`, which had to go first, is back as it was",
                refusal.message
            ),
            Err(error) => format!(
                "{}; credential `{shown}`, which had to go first, is gone and can't be put back, \
                 so nobody trusts {}: {}",
                refusal.message,
                old.trust,
                error.line()
            ),
        };
        Err(Refusal { message, ..refusal })
    }

    /// Waits for the pace alone, whoever asks to stop.
    async fn keep_pace(&self, id: &ResourceId) {
        if let Some(until) = self.turn(|pace, now| pace.credential(now, id)) {
            tokio::time::sleep_until(until).await;
        }
    }
}
