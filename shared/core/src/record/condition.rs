//! What a step says of a record.

use serde::{Deserialize, Serialize};

/// Whether what the step is for holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConditionStatus {
    /// It holds.
    True,
    /// It does not.
    False,
    /// It was not tried: planned only, or an earlier step failed.
    Unknown,
}

/// One condition, without times: two runs over the same facts give the same bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// `Translated`, `Federated`, `Annotated` or `Checked`.
    #[serde(rename = "type")]
    pub condition_type: String,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// One word in CamelCase, stable.
    #[serde(default, deserialize_with = "crate::json::null_is_absent")]
    pub reason: String,
    /// One line for people.
    #[serde(default, deserialize_with = "crate::json::null_is_absent")]
    pub message: String,
}

impl Condition {
    /// Reason of a record that a dry run only planned.
    pub const PLANNED: &'static str = "Planned";
    /// Reason of a record that an earlier step has failed.
    pub const UPSTREAM_FAILED: &'static str = "UpstreamFailed";
}

/// What the steps before this one say of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upstream {
    /// Nothing stands against acting on it.
    Ready,
    /// Only planned: this step is a dry run for it too.
    Planned,
    /// A step failed on it, with this condition; forward it untouched.
    Failed(Condition),
}
