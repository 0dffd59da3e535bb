//! What was deleted that no record stands for: lines, and how many.

use vwi_cli::talk::Talk;
use vwi_core::federation::{CredentialStep, IdentityPlan};
use vwi_core::record::ItemResult;
use vwi_core::text::escape;

use crate::apply::Done;
use crate::placed::Outcome;

/// What the deletions came to.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    /// Credentials that are gone.
    pub(crate) deleted: u64,
    /// Whether one that should have gone is left.
    pub(crate) has_failed: bool,
    /// What to do about those.
    pub(crate) hints: Vec<String>,
}

impl Taken {
    /// Tells what became of each, if the plan was carried out.
    pub(crate) fn tell(talk: &Talk, outcome: &Outcome) -> Self {
        let mut taken = Self::default();
        let applied = outcome.applied.iter().flatten();
        for (identity, applied) in outcome.plan.identities.iter().zip(applied) {
            for (step, done) in identity.credentials.iter().zip(&applied.credentials) {
                if step.records.is_empty() {
                    taken.add(talk, identity, step, done);
                }
            }
        }
        taken
    }

    fn add(&mut self, talk: &Talk, identity: &IdentityPlan, step: &CredentialStep, done: &Done) {
        let key = format!("{}/{}", identity.id.name(), escape(&step.name));
        match &done.result {
            Ok(ItemResult::Deleted) => {
                self.deleted += 1;
                talk.record(&key, &format!("deleted: {}", step.because));
            }
            Ok(ItemResult::Kept) => {
                talk.record(
                    &key,
                    &format!("{}: {}", step.because, step.notes.join(", ")),
                );
            }
            Ok(_) => talk.record(&key, "was gone already"),
            Err(refusal) => {
                self.has_failed = true;
                talk.record_failed(&key, &format!("{}: {}", refusal.reason, refusal.message));
                self.hints.extend(refusal.hint.clone());
            }
        }
    }
}
