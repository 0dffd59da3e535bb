//! How many records came to what, for the closing line.

use vwi_core::record::{Condition, ConditionStatus};

/// How many records of each kind there were.
#[derive(Default)]
pub(crate) struct Tally {
    counts: [(&'static str, u64); 9],
}

const WORDS: [&str; 9] = [
    "created",
    "updated",
    "deleted",
    "kept",
    "adopted",
    "unchanged",
    "planned",
    "failed",
    "forwarded",
];

impl Tally {
    pub(crate) fn add(&mut self, condition: &Condition) {
        let word = match (condition.status, condition.reason.as_str()) {
            (ConditionStatus::False, _) => "failed",
            (ConditionStatus::Unknown, Condition::UPSTREAM_FAILED) => "forwarded",
            (ConditionStatus::Unknown, _) => "planned",
            (ConditionStatus::True, "Created") => "created",
            (ConditionStatus::True, "Updated") => "updated",
            (ConditionStatus::True, "Adopted") => "adopted",
            (ConditionStatus::True, "Deleted") => "deleted",
            (ConditionStatus::True, "Kept") => "kept",
            (ConditionStatus::True, _) => "unchanged",
        };
        self.count(word, 1);
    }

    /// Adds credentials that were deleted, and that no record stands for.
    pub(crate) fn add_deleted(&mut self, deleted: u64) {
        self.count("deleted", deleted);
    }

    fn count(&mut self, word: &'static str, more: u64) {
        let index = WORDS.iter().position(|known| *known == word);
        if let Some(count) = index.and_then(|index| self.counts.get_mut(index)) {
            *count = (word, count.1 + more);
        }
    }

    pub(crate) fn line(&self) -> String {
        let counts: Vec<String> = self
            .counts
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(word, count)| format!("{count} {word}"))
            .collect();
        if counts.is_empty() {
            "no records".to_owned()
        } else {
            counts.join(", ")
        }
    }
}
