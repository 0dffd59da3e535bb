//! The four steps, and the condition that each one leaves on a record.

use std::fmt;

/// One step of the pipe, in the order in which records pass through them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// `translate`: names the host ServiceAccount.
    Translate,
    /// `federate`: makes Azure trust it.
    Federate,
    /// `annotate`: tells the workload which identity it is.
    Annotate,
    /// `check`: says whether it works, and why not.
    Check,
}

impl Step {
    /// All steps, first to last.
    pub const ALL: [Self; 4] = [Self::Translate, Self::Federate, Self::Annotate, Self::Check];

    /// Returns the word that a user types, also the name in a StreamEnd.
    pub fn word(self) -> &'static str {
        match self {
            Self::Translate => "translate",
            Self::Federate => "federate",
            Self::Annotate => "annotate",
            Self::Check => "check",
        }
    }

    /// Returns the `type` of the step's condition.
    pub fn condition_type(self) -> &'static str {
        match self {
            Self::Translate => "Translated",
            Self::Federate => "Federated",
            Self::Annotate => "Annotated",
            Self::Check => "Checked",
        }
    }

    /// Returns the step whose condition has this `type`.
    pub fn of_condition(condition_type: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|step| step.condition_type() == condition_type)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}
