//! Which keys of a ServiceAccount have to change, and who stands against it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::KEYS;
use super::gitops::{GitManager, git_manager};
use super::wanted::Wanted;
use crate::text::escape;

/// What the API calls the manager of all fields that were written before the first apply.
///
/// Source: Kubernetes `staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/skipnonapplied.go`.
pub const BEFORE_FIRST_APPLY: &str = "before-first-apply";

/// One field manager, and the annotations that it wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldOwner {
    /// Its name.
    pub manager: String,
    /// Whether it wrote them by server-side apply. What it created or updated is another entry,
    /// which its own applies neither change nor take away.
    pub applied: bool,
    /// Keys of the annotations.
    pub keys: BTreeSet<String>,
}

/// A ServiceAccount as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
    /// Its field managers; none on an object that nobody has tracked.
    pub owners: Vec<FieldOwner>,
}

impl Observed {
    /// Returns the program that keeps it in Git.
    pub fn git_manager(&self) -> Option<GitManager> {
        let managers: Vec<&str> = self
            .owners
            .iter()
            .map(|owner| owner.manager.as_str())
            .collect();
        git_manager(&self.labels, &self.annotations, &managers)
    }

    /// Returns who wrote `key`; an object without any manager was written before the first apply.
    fn owners_of(&self, key: &str) -> Vec<&str> {
        if self.owners.is_empty() && self.annotations.contains_key(key) {
            return vec![BEFORE_FIRST_APPLY];
        }
        self.owners
            .iter()
            .filter(|owner| owner.keys.contains(key))
            .map(|owner| owner.manager.as_str())
            .collect()
    }

    /// Returns the annotations that `manager` has to name in an apply to keep them.
    fn applied_by(&self, manager: &str) -> BTreeMap<String, String> {
        self.annotations
            .iter()
            .filter(|(key, _)| self.has_entry(manager, true, key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    /// Whether `manager` wrote `key`, by apply or otherwise.
    fn has_entry(&self, manager: &str, applied: bool, key: &str) -> bool {
        self.owners.iter().any(|owner| {
            owner.manager == manager && owner.applied == applied && owner.keys.contains(key)
        })
    }
}

/// How the write is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The field manager that writes.
    pub field_manager: String,
    /// `--force-conflicts`: take over keys of others.
    pub force_conflicts: bool,
    /// `--gitops=refuse`: write nothing to what is kept in Git, also a key that Git lacks.
    pub refuse_git: bool,
}

/// What happens to one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was not there.
    Added {
        /// The value it gets.
        to: String,
    },
    /// It had another value.
    Changed {
        /// The value it had.
        from: String,
        /// The value it gets.
        to: String,
    },
    /// It goes.
    Removed {
        /// The value it had.
        from: String,
    },
    /// It has the wanted value.
    Unchanged {
        /// That value.
        value: String,
    },
}

/// One key, and what happens to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyChange {
    /// The key.
    pub key: String,
    /// What happens.
    pub change: Change,
}

impl KeyChange {
    /// Whether there is something to write.
    pub fn is_change(&self) -> bool {
        !matches!(self.change, Change::Unchanged { .. })
    }
}

impl fmt::Display for KeyChange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key.rsplit('/').next().unwrap_or(&self.key);
        match &self.change {
            Change::Added { to } => write!(formatter, "{key} `{}`", escape(to)),
            Change::Changed { from, to } => {
                write!(formatter, "{key} `{}` was `{}`", escape(to), escape(from))
            }
            Change::Removed { from } => write!(formatter, "{key} `{}` removed", escape(from)),
            Change::Unchanged { value } => write!(formatter, "{key} `{}`", escape(value)),
        }
    }
}

/// Why a key is not written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The key.
    pub key: String,
    /// Its value, if it is there.
    pub found: Option<String>,
    /// The value that is wanted; `None` to remove it.
    pub wanted: Option<String>,
    /// Who wrote it: a field manager.
    pub manager: String,
    /// The program that keeps it in Git, if it is one.
    pub git: Option<GitManager>,
}

impl Conflict {
    /// Returns the reason of the record's condition.
    pub fn reason(&self) -> &'static str {
        if self.git.is_some() {
            "ManagedInGit"
        } else {
            "Conflict"
        }
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}` is ", escape(&self.key))?;
        match &self.found {
            Some(found) => write!(formatter, "`{}`", escape(found))?,
            None => formatter.write_str("absent")?,
        }
        match &self.wanted {
            Some(wanted) => write!(formatter, " and not `{}`", escape(wanted))?,
            None => formatter.write_str(" and can't be removed")?,
        }
        formatter.write_str(", ")?;
        formatter.write_str(&written_by(&self.manager, self.git))
    }
}

/// Says who wrote a key.
pub fn written_by(manager: &str, git: Option<GitManager>) -> String {
    match git {
        Some(git) => format!("and {git} keeps it in Git"),
        None if manager == BEFORE_FIRST_APPLY => "written before any server-side apply".to_owned(),
        None => format!("written by `{}`", escape(manager)),
    }
}

/// What is to be done to one ServiceAccount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// It is as wanted; nothing is sent.
    Unchanged {
        /// The keys, all of them unchanged.
        keys: Vec<KeyChange>,
    },
    /// A server-side apply.
    Apply {
        /// All annotations that the field manager owns from then on.
        annotations: BTreeMap<String, String>,
        /// What changes by it.
        keys: Vec<KeyChange>,
        /// A program that keeps the object in Git, and lacks these keys there.
        git: Option<GitManager>,
        /// Whether keys are taken over: from others on request, and from the manager's own
        /// creation of the object.
        force: bool,
    },
    /// Keys are taken away that an apply leaves: of others, of nobody, or of the manager's own
    /// creation of the object. A patch takes them.
    Strip {
        /// What goes.
        keys: Vec<KeyChange>,
    },
    /// Somebody else's keys stand against it; nothing is sent.
    Refused(Vec<Conflict>),
}

/// Plans to give a ServiceAccount the wanted annotations.
///
/// An apply takes away what its manager owned before and does not name again, so all annotations
/// that the manager owns go with it.
pub fn plan(observed: &Observed, wanted: &Wanted, policy: &Policy) -> Plan {
    let wanted = wanted.annotations();
    let keys: Vec<KeyChange> = in_order(&wanted)
        .map(|(key, to)| KeyChange {
            key: key.to_owned(),
            change: change(observed.annotations.get(key), to),
        })
        .collect();
    if !keys.iter().any(KeyChange::is_change) {
        return Plan::Unchanged { keys };
    }
    let git = observed.git_manager();
    if !policy.force_conflicts {
        let conflicts: Vec<Conflict> = keys
            .iter()
            .filter_map(|key| conflict(observed, key, git, policy))
            .collect();
        if !conflicts.is_empty() {
            return Plan::Refused(conflicts);
        }
    }
    let created = keys.iter().any(|key| {
        matches!(key.change, Change::Changed { .. })
            && observed.has_entry(&policy.field_manager, false, &key.key)
    });
    let mut annotations = observed.applied_by(&policy.field_manager);
    annotations.extend(wanted);
    Plan::Apply {
        annotations,
        keys,
        git,
        force: policy.force_conflicts || created,
    }
}

/// Plans to take all of [`KEYS`] away from a ServiceAccount.
pub fn plan_removal(observed: &Observed, policy: &Policy) -> Plan {
    let keys: Vec<KeyChange> = KEYS
        .into_iter()
        .filter_map(|key| {
            let from = observed.annotations.get(key)?.clone();
            Some(KeyChange {
                key: key.to_owned(),
                change: Change::Removed { from },
            })
        })
        .collect();
    if keys.is_empty() {
        return Plan::Unchanged { keys };
    }
    let git = observed.git_manager();
    let foreign: Vec<Conflict> = keys
        .iter()
        .filter_map(|key| conflict(observed, key, git, policy))
        .collect();
    if !foreign.is_empty() {
        return if policy.force_conflicts {
            Plan::Strip { keys }
        } else {
            Plan::Refused(foreign)
        };
    }
    let stays = keys.iter().any(|key| {
        observed.owners_of(&key.key).is_empty()
            || observed.has_entry(&policy.field_manager, false, &key.key)
    });
    if stays {
        return Plan::Strip { keys };
    }
    let mut annotations = observed.applied_by(&policy.field_manager);
    annotations.retain(|key, _| !KEYS.contains(&key.as_str()));
    Plan::Apply {
        annotations,
        keys,
        git: None,
        force: false,
    }
}

fn in_order(wanted: &BTreeMap<String, String>) -> impl Iterator<Item = (&'static str, &String)> {
    KEYS.into_iter()
        .filter_map(|key| Some((key, wanted.get(key)?)))
}

fn change(found: Option<&String>, to: &str) -> Change {
    match found {
        None => Change::Added { to: to.to_owned() },
        Some(value) if value == to => Change::Unchanged {
            value: value.clone(),
        },
        Some(from) => Change::Changed {
            from: from.clone(),
            to: to.to_owned(),
        },
    }
}

fn conflict(
    observed: &Observed,
    key: &KeyChange,
    git: Option<GitManager>,
    policy: &Policy,
) -> Option<Conflict> {
    let (found, wanted) = match &key.change {
        Change::Added { to } if git.is_some() && policy.refuse_git => (None, Some(to)),
        Change::Unchanged { .. } | Change::Added { .. } => return None,
        Change::Changed { from, to } => (Some(from.clone()), Some(to)),
        Change::Removed { from } => (Some(from.clone()), None),
    };
    let owners = observed.owners_of(&key.key);
    let mut others = owners
        .iter()
        .filter(|manager| **manager != policy.field_manager);
    let keeper = git.filter(|git| others.clone().any(|other| git.writes_as(other)));
    let keeper = keeper.or_else(|| git.filter(|_| policy.refuse_git));
    let manager = match others.next() {
        Some(other) => (*other).to_owned(),
        None => keeper?.name().to_owned(),
    };
    Some(Conflict {
        key: key.key.clone(),
        found,
        wanted: wanted.cloned(),
        manager,
        git: keeper,
    })
}

#[cfg(test)]
mod tests;
