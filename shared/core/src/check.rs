//! Checks: why a workload gets no token, judged over facts that were gathered beforehand.
//!
//! The [`catalogue`] is data: one row a failure, in the order from the cheapest to the deepest, so
//! that the first failure is the cause and later ones are its consequences. A row's judge is a
//! function in `judge` from [`Facts`] to a [`Verdict`]. A fact that could not be read makes its
//! checks unknown, with the reason, never passed.
//!
//! To add a check: a row in [`catalogue`], a function in `judge`, a line in the table of its
//! tests, and, where it looks at something new, a field in [`facts`].

pub mod catalogue;
pub mod chain;
pub mod command;
pub mod credential_match;
pub mod difference;
pub mod exchange;
pub mod facts;
pub mod finding;
pub mod granted;
mod judge;
pub mod report;

pub use catalogue::{CATALOGUE, Category, Check, by_id};
pub use command::Words;
pub use facts::{Fact, FactSource, Facts, Unseen};
pub use finding::{Evidence, FailOn, Failure, Finding, Severity, Verdict};

use std::collections::BTreeSet;

/// Judges one record's facts: one finding for each check that applies, in catalogue order.
pub fn judge_all(facts: &Facts, skip: &BTreeSet<&'static str>) -> Vec<Finding> {
    CATALOGUE
        .iter()
        .filter(|check| !skip.contains(check.id))
        .filter_map(|check| {
            let mut verdict = (check.judge)(facts)?;
            if let Verdict::Failed(failure) = &mut verdict {
                failure.planned = check
                    .mended_by
                    .iter()
                    .any(|step| facts.planned.contains(step));
            }
            Some(Finding { check, verdict })
        })
        .collect()
}

/// Whether Azure shows a credential for exactly what the workload presents.
pub fn is_registered(facts: &Facts) -> bool {
    matches!(
        judge::credential::matched(facts),
        Ok(credential_match::Match::Exact(_))
    )
}

/// Whether Azure was seen and shows no credential for the workload, so that one has to be made.
pub fn needs_credential(facts: &Facts) -> bool {
    use credential_match::Match;
    matches!(
        judge::credential::matched(facts),
        Ok(Match::Nothing | Match::Subject(_) | Match::Issuer(_) | Match::Case(_))
    )
}

#[cfg(test)]
mod tests;
