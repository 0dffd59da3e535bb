//! What a record says of its checks when it travels on.

use crate::check::finding::{FailOn, Finding, Verdict};
use crate::record::{Condition, ConditionStatus};

/// Returns status, reason and message of the condition `Checked`.
///
/// The reason is the first failure's id in CamelCase. What was not seen is never said to hold, and
/// [`FailOn::Never`] is about the exit status alone.
pub fn condition(findings: &[Finding], fail_on: FailOn) -> (ConditionStatus, String, String) {
    let fail_on = if fail_on == FailOn::Never {
        FailOn::Error
    } else {
        fail_on
    };
    let counted = findings
        .iter()
        .find(|finding| fail_on.counts(&finding.verdict));
    if let Some(finding) = counted {
        let message = match &finding.verdict {
            Verdict::Failed(failure) => failure.in_one_line(),
            Verdict::Unknown(unseen) => unseen.to_string(),
            Verdict::Passed | Verdict::Skipped { .. } => String::new(),
        };
        return (
            ConditionStatus::False,
            camel_case(finding.check.id),
            message,
        );
    }
    let planned = findings
        .iter()
        .any(|finding| matches!(&finding.verdict, Verdict::Failed(failure) if failure.planned));
    if planned {
        return (
            ConditionStatus::Unknown,
            Condition::PLANNED.to_owned(),
            "what is missing is planned".to_owned(),
        );
    }
    let count = |word: &str| {
        findings
            .iter()
            .filter(|finding| finding.verdict.word() == word)
            .count()
    };
    let (passed, warnings) = (count("success"), count("warning") + count("error"));
    let unseen = findings.iter().find_map(|finding| match &finding.verdict {
        Verdict::Unknown(unseen) => Some(unseen),
        Verdict::Passed | Verdict::Failed(_) | Verdict::Skipped { .. } => None,
    });
    if let Some(unseen) = unseen {
        return (
            ConditionStatus::Unknown,
            "NotSeen".to_owned(),
            format!("{passed} passed, {} unknown: {unseen}", count("unknown")),
        );
    }
    let message = if warnings == 0 {
        format!("{passed} passed")
    } else {
        format!("{passed} passed, {warnings} more to look at")
    };
    (ConditionStatus::True, "Passed".to_owned(), message)
}

fn camel_case(id: &str) -> String {
    let words = id.split('-').map(|word| {
        let mut characters = word.chars();
        characters
            .next()
            .map(|first| first.to_ascii_uppercase())
            .into_iter()
            .chain(characters)
            .collect::<String>()
    });
    words.collect()
}
