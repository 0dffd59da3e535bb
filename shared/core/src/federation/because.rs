//! Why a plan does what it does, one reason for each step.

use std::fmt;

use crate::text::escape;

/// Why a step is in the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Because {
    /// Nothing of the kind is there.
    NotThere,
    /// It is there, byte for byte.
    AsWanted,
    /// The same is there under a name that is not ours.
    OtherName,
    /// It is ours, and its audience is another one.
    OtherAudience {
        /// The audience that it has.
        was: String,
    },
    /// `--delete` asks for it.
    Asked,
    /// It is not ours, and `--include-foreign` is not said.
    NotOurs,
    /// Its subject is not in the input, which is all of its owner's (`--prune=removed`).
    Removed,
    /// The host has nobody of this subject any more (`--prune=dangling`).
    Dangling(Gone),
    /// It trusts the issuer that `--replace-issuer` names, and the new one is trusted.
    OldIssuer,
    /// It is replaced by an equal one under a name of ours (`--adopt=rename`).
    Renamed,
}

/// What the host lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// The whole namespace.
    Namespace,
    /// The ServiceAccount, in a namespace that is there.
    ServiceAccount,
}

impl Because {
    /// Returns the word of the plan's JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Self::NotThere => "NotThere",
            Self::AsWanted => "AsWanted",
            Self::OtherName => "OtherName",
            Self::OtherAudience { .. } => "OtherAudience",
            Self::Asked => "Asked",
            Self::NotOurs => "NotOurs",
            Self::Removed => "Removed",
            Self::Dangling(_) => "Dangling",
            Self::OldIssuer => "OldIssuer",
            Self::Renamed => "Renamed",
        }
    }

    /// Whether the sign before the line does not say it already.
    pub fn is_worth_saying(&self) -> bool {
        !matches!(self, Self::NotThere | Self::AsWanted | Self::Asked)
    }
}

impl fmt::Display for Because {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NotThere => "is not there",
            Self::AsWanted => "is as wanted",
            Self::OtherName => "adopted",
            Self::OtherAudience { was } => {
                return write!(formatter, "audience was `{}`", escape(was));
            }
            Self::Asked => "asked for by `--delete`",
            Self::NotOurs => "kept, not ours",
            Self::Removed => "the input lacks its subject",
            Self::Dangling(gone) => return write!(formatter, "dangling: {gone}"),
            Self::OldIssuer => "trusts the issuer that is replaced",
            Self::Renamed => "gets a name of ours",
        })
    }
}

impl fmt::Display for Gone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Namespace => "the host lacks its namespace",
            Self::ServiceAccount => "the host lacks its ServiceAccount",
        })
    }
}
