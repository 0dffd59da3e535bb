//! A record that says otherwise than a flag: rule 9 of the stream. One sentence for all steps.

use std::fmt;

use thiserror::Error;

use crate::arm::same;
use crate::federation::Refusal;
use crate::text::escape;

/// Reason of the condition.
pub const FLAG_AGAINST_RECORD: &str = "FlagAgainstRecord";

/// What can be done about it.
pub const OVERRIDE_HINT: &str = "`--override` takes the flag";

/// Returns the sentence that names both: `flag` as typed with its value, and the record's `field`
/// with what it says.
///
/// ```
/// use vwi_core::contradiction::flag_against_record;
///
/// assert_eq!(
///     flag_against_record("--vcluster", "mine", "spec.virtualCluster.name", "theirs"),
///     "`--vcluster` says `mine`, but `spec.virtualCluster.name` of the record says `theirs`"
/// );
/// ```
pub fn flag_against_record(flag: &str, typed: &str, field: &str, recorded: &str) -> String {
    format!(
        "`{flag}` says `{}`, but `{field}` of the record says `{}`",
        escape(typed),
        escape(recorded)
    )
}

/// One side, a flag or a field: how messages name it, and what it says.
pub type Said<'a, T> = (&'a str, Option<T>);

/// A flag and a record that say two things.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct Contradiction(String);

impl From<Contradiction> for Refusal {
    fn from(contradiction: Contradiction) -> Self {
        Self {
            reason: FLAG_AGAINST_RECORD,
            message: contradiction.0,
            hint: Some(OVERRIDE_HINT.to_owned()),
        }
    }
}

/// How flags and records meet: a flag fills in what the record leaves open, and a record that says
/// otherwise is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merge {
    /// `--override`: then it is none, and the flag holds.
    pub override_record: bool,
}

impl Merge {
    /// Returns what either says; texts are compared byte for byte.
    ///
    /// # Errors
    ///
    /// [`Contradiction`]
    pub fn texts<'a>(
        self,
        flag: Said<'_, &'a str>,
        record: Said<'_, &'a str>,
    ) -> Result<Option<&'a str>, Contradiction> {
        self.values(flag, record, |one, other| one == other)
    }

    /// As [`Merge::texts`], for names and ids that Azure compares without case.
    ///
    /// # Errors
    ///
    /// [`Contradiction`]
    pub fn names<'a>(
        self,
        flag: Said<'_, &'a str>,
        record: Said<'_, &'a str>,
    ) -> Result<Option<&'a str>, Contradiction> {
        self.values(flag, record, |one, other| same(one, other))
    }

    /// As [`Merge::texts`], for values that `agree` compares.
    ///
    /// # Errors
    ///
    /// [`Contradiction`]
    pub fn values<T: fmt::Display>(
        self,
        (flag_name, flag): Said<'_, T>,
        (field, record): Said<'_, T>,
        agree: impl FnOnce(&T, &T) -> bool,
    ) -> Result<Option<T>, Contradiction> {
        match (flag, record) {
            (Some(flag), Some(record)) if !self.override_record && !agree(&flag, &record) => {
                Err(Contradiction(flag_against_record(
                    flag_name,
                    &flag.to_string(),
                    field,
                    &record.to_string(),
                )))
            }
            (flag, record) => Ok(flag.or(record)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_fills_in_and_what_differs_is_named_unless_it_is_overridden() {
        let [strict, lax] = [false, true].map(|override_record| Merge { override_record });
        let flag = |text| ("--flag", text);
        let record = |text| ("spec.field", text);
        for merge in [strict, lax] {
            assert_eq!(merge.texts(flag(None), record(None)), Ok(None));
            assert_eq!(merge.texts(flag(Some("a")), record(None)), Ok(Some("a")));
            assert_eq!(merge.texts(flag(None), record(Some("b"))), Ok(Some("b")));
            assert_eq!(
                merge.texts(flag(Some("a")), record(Some("a"))),
                Ok(Some("a"))
            );
            assert_eq!(
                merge.names(flag(Some("a")), record(Some("A"))),
                Ok(Some("a"))
            );
        }
        let text = strict
            .texts(flag(Some("a")), record(Some("A")))
            .unwrap_err();
        assert_eq!(
            text.to_string(),
            "`--flag` says `a`, but `spec.field` of the record says `A`"
        );
        assert_eq!(lax.texts(flag(Some("a")), record(Some("A"))), Ok(Some("a")));
    }
}
