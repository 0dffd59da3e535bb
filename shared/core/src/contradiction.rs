//! A record that says otherwise than a flag: rule 9 of the stream. One sentence for all steps.

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
