//! What may be pruned: proofs that nobody needs a credential any more.
//!
//! Two prunes, each with its own proof. `removed`: the input is everything that an owner wants, and
//! lacks the subject. `dangling`: the host is the credential's issuer, and a complete list on it
//! lacks the ServiceAccount. What can't be proven stays.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;

use super::because::{Because, Gone};
use super::name::{Owner, is_ours};
use super::observed::Credential;
use super::plan::{Action, Plan};
use super::system::may_be_system;
use crate::stream::{Selection, Without};
use crate::subject::Subject;
use crate::text::escape;

/// What is known about the records of a run as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    /// Whether they are everything in scope; none if no step said so.
    pub selection: Option<Selection>,
    /// Records that failed, here or in a step before.
    pub failed: usize,
    /// Records that a step before only planned.
    pub planned: usize,
    /// Subjects of all records.
    pub subjects: HashSet<String>,
    /// Subjects of which the host says whose they are, and whether that one is a system's.
    pub known: HashMap<String, bool>,
}

impl Input {
    /// Whether the records lack the subject because nobody wants it, and not because it is one of
    /// those that were left out.
    fn lacks(&self, subject: &str) -> bool {
        let is_left_out = match &self.selection {
            Some(Selection::All {
                without: Some(Without::System),
                ..
            }) => {
                let known = self.known.get(subject).copied();
                known.unwrap_or_else(|| may_be_system(subject))
            }
            Some(Selection::All { without: None, .. } | Selection::Narrowed { .. }) | None => false,
        };
        !is_left_out && !self.subjects.contains(subject)
    }
}

/// The rule of `--prune=removed`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Whose credentials are deleted.
    pub owner: Owner,
    /// The records.
    pub input: Input,
    /// More deletions than these are none at all.
    pub max_delete: usize,
}

/// Why nothing is pruned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Withheld {
    /// The input is a part of what is in scope.
    Narrowed {
        /// What narrowed it.
        by: Vec<String>,
    },
    /// No step says that the input is everything.
    Unmarked,
    /// Records of the input failed.
    Failed(usize),
    /// Records of the input are only planned.
    Planned(usize),
    /// More would be deleted than may be.
    TooMany {
        /// How many.
        count: usize,
        /// How many may be.
        max: usize,
        /// Their names.
        names: Vec<String>,
    },
}

impl Withheld {
    /// Whether somebody has to look at it: the others say what was asked, and this what was found.
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::TooMany { .. })
    }

    /// Returns one thing to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::TooMany { count, .. } => {
                Some(format!("if they are all to go, say `--max-delete {count}`"))
            }
            Self::Narrowed { .. } | Self::Unmarked => {
                Some("prune from everything at once, as `translate -A` selects it".to_owned())
            }
            Self::Failed(_) | Self::Planned(_) => None,
        }
    }
}

impl fmt::Display for Withheld {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("nothing is pruned: ")?;
        match self {
            Self::Narrowed { by } => {
                write!(formatter, "the input was narrowed by {}", by.join(", "))
            }
            Self::Unmarked => formatter.write_str("no step says that the input is everything"),
            Self::Failed(1) => formatter.write_str("1 record of the input failed"),
            Self::Failed(count) => write!(formatter, "{count} records of the input failed"),
            Self::Planned(_) => formatter.write_str("the input is only planned"),
            Self::TooMany { count, max, names } => {
                let names: Vec<String> = names.iter().map(|name| escape(name)).collect();
                write!(
                    formatter,
                    "{count} credentials would be deleted, more than `--max-delete {max}`: `{}`",
                    names.join("`, `")
                )
            }
        }
    }
}

impl Removed {
    /// Says whether the input is the whole of what its owner wants.
    ///
    /// # Errors
    ///
    /// [`Withheld`] if it is not, or is not known to be.
    pub fn allowed(&self) -> Result<(), Withheld> {
        match &self.input.selection {
            None => Err(Withheld::Unmarked),
            Some(Selection::Narrowed { by }) => Err(Withheld::Narrowed { by: by.clone() }),
            Some(Selection::All { .. }) if self.input.failed > 0 => {
                Err(Withheld::Failed(self.input.failed))
            }
            Some(Selection::All { .. }) if self.input.planned > 0 => {
                Err(Withheld::Planned(self.input.planned))
            }
            Some(Selection::All { .. }) => Ok(()),
        }
    }

    /// Whether the credential is the owner's own and the input lacks its subject.
    ///
    /// Its name has to fit what it trusts: one that somebody else made under a name of ours, or
    /// changed, is not ours.
    pub fn takes(&self, credential: &Credential) -> bool {
        let Some(subject) = &credential.subject else {
            return false;
        };
        is_ours(
            &credential.name,
            &credential.issuer,
            subject,
            Some(&self.owner),
        ) && self.input.lacks(subject)
    }

    /// Lets a plan pass that refuses nobody and deletes no more than it may.
    ///
    /// # Errors
    ///
    /// [`Withheld`], and nothing is to be pruned.
    pub(super) fn approve(&self, plan: Plan) -> Result<Plan, Withheld> {
        if !plan.refused.is_empty() {
            let records: BTreeSet<usize> =
                plan.refused.iter().map(|refused| refused.record).collect();
            return Err(Withheld::Failed(records.len()));
        }
        within(plan, self.max_delete)
    }
}

/// Lets a plan pass that prunes no more than it may.
pub(super) fn within(plan: Plan, max: usize) -> Result<Plan, Withheld> {
    let names: Vec<String> = plan
        .identities
        .iter()
        .flat_map(|identity| &identity.credentials)
        .filter(|step| step.action == Action::Delete)
        .filter(|step| matches!(step.because, Because::Removed | Because::Dangling(_)))
        .map(|step| step.name.clone())
        .collect();
    let count = names.len();
    if count > max {
        return Err(Withheld::TooMany { count, max, names });
    }
    Ok(plan)
}

/// Everybody who lives on a host: complete lists of it, never a part of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Issuer of the host's tokens, byte for byte.
    pub issuer: String,
    /// Its namespaces; none if they may not be listed.
    pub namespaces: Option<HashSet<String>>,
    /// Namespace and name of all its ServiceAccounts.
    pub accounts: HashSet<(String, String)>,
}

impl Census {
    /// Returns what the host lacks of a credential's subject; `None` if it lacks nothing, or can't
    /// know: the credential is another issuer's, flexible, AKS's own, or no ServiceAccount's.
    pub fn lacks(&self, credential: &Credential) -> Option<Gone> {
        if credential.issuer != self.issuer || credential.is_identity_binding() {
            return None;
        }
        let subject: Subject = credential.subject.as_deref()?.parse().ok()?;
        let account = (subject.namespace().to_owned(), subject.name().to_owned());
        if self.accounts.contains(&account) {
            return None;
        }
        let is_there = self
            .namespaces
            .as_ref()
            .is_none_or(|namespaces| namespaces.contains(subject.namespace()));
        Some(if is_there {
            Gone::ServiceAccount
        } else {
            Gone::Namespace
        })
    }
}
