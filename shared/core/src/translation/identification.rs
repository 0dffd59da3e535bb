//! Which vCluster a tenant is: proofs against hints.

use std::fmt;

use thiserror::Error;

use crate::exit::{Explain, Outcome};
use crate::record::Evidence;
use crate::text::escape;

use super::clue::{Clue, ClueSource, PlatformInstance, Strength};

/// A vCluster as host names are made from it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VirtualClusterName {
    /// Helm release.
    pub name: String,
    /// Host namespace of the control plane.
    pub namespace: String,
}

impl fmt::Display for VirtualClusterName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}/{}",
            escape(&self.namespace),
            escape(&self.name)
        )
    }
}

/// Which vCluster it is, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identification {
    /// The vCluster.
    pub which: VirtualClusterName,
    /// The Platform's name for it, where something tells.
    pub instance: Option<PlatformInstance>,
    /// The clues that it rests on.
    pub clues: Vec<Clue>,
    /// Hints that say otherwise, one line each.
    pub warnings: Vec<String>,
}

impl Identification {
    /// Whether something that the user did not type, and that can't be renamed, says so.
    pub fn is_proven(&self) -> bool {
        self.clues.iter().any(|clue| clue.is(Strength::Proof))
    }

    /// Returns who said which vCluster it is, as a record keeps it: one line for each source.
    pub fn evidence(&self) -> Vec<Evidence> {
        let mut sources: Vec<ClueSource> = self.clues.iter().map(|clue| clue.source).collect();
        sources.dedup_by_key(|source| source.in_record());
        let lines = sources.into_iter().map(|source| {
            let word = source.in_record();
            let of = self.clues.iter();
            let of = of.filter(|clue| clue.source.in_record() == word);
            known(source, &of.collect::<Vec<_>>()).evidence()
        });
        lines.collect()
    }
}

/// Why it is not known which vCluster it is.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum IdentificationError {
    /// Two that must agree do not: it was renamed, restored, or is a copy.
    #[error("it is not certain which vCluster this is: {first}, but {second}")]
    Conflict {
        /// What one of them says.
        first: Box<Clue>,
        /// What the other says.
        second: Box<Clue>,
    },
    /// Nothing tells.
    #[error("nothing tells which vCluster this is")]
    Unknown,
    /// Only the Platform's name is known, which host names are not made from.
    #[error("nothing tells the Helm release and the host namespace of {instance}")]
    OnlyInstance {
        /// The Platform's name.
        instance: PlatformInstance,
    },
    /// Only the name is known.
    #[error(
        "nothing tells in which host namespace the vCluster `{}` runs",
        escape(name)
    )]
    NoNamespace {
        /// Helm release.
        name: String,
    },
    /// Only the namespace is known.
    #[error(
        "nothing tells which vCluster of host namespace `{}` this is",
        escape(namespace)
    )]
    NoName {
        /// Host namespace.
        namespace: String,
    },
    /// The host has several, and nothing tells which.
    #[error(
        "the host has several vClusters{}, and nothing tells which one this is: {}",
        picked(name.as_deref(), namespace.as_deref()),
        listed(candidates)
    )]
    Several {
        /// Helm release, if that is known.
        name: Option<String>,
        /// Host namespace, if that is known.
        namespace: Option<String>,
        /// All that it can be.
        candidates: Vec<VirtualClusterName>,
    },
}

impl Explain for IdentificationError {
    fn outcome(&self) -> Outcome {
        Outcome::CouldNotRun
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Conflict { first, second } => {
                if first.is(Strength::Typed) || second.is(Strength::Typed) {
                    "leave out what was typed, or connect to the vCluster that was meant".to_owned()
                } else {
                    "connect to the vCluster anew with `vcluster connect`; if it was renamed or \
                     restored, its certificate is still the old one"
                        .to_owned()
                }
            }
            Self::Unknown => "give `--vcluster NAME --vcluster-namespace NAMESPACE`".to_owned(),
            Self::OnlyInstance { .. } => {
                "give `--vcluster NAME --vcluster-namespace NAMESPACE`: the Helm release, which \
                 need not be called like the instance; or `--host-context` to look it up"
                    .to_owned()
            }
            Self::Several { .. } => "give the flags of the one that is meant".to_owned(),
            Self::NoNamespace { .. } => {
                "give `--vcluster-namespace NAMESPACE`, or `--host-context` to look it up"
                    .to_owned()
            }
            Self::NoName { .. } => "give `--vcluster NAME`".to_owned(),
        })
    }
}

/// The vClusters of a host.
#[derive(Clone, Copy, Debug, Default)]
pub struct Candidates<'a> {
    /// The host's name in messages.
    pub host: &'a str,
    /// Its vClusters.
    pub vclusters: &'a [VirtualClusterName],
    /// Whether these are all of them.
    pub complete: bool,
}

impl Candidates<'_> {
    /// Returns those that a clue leaves open.
    fn left_by(&self, known: &Clue) -> Vec<VirtualClusterName> {
        let mut left: Vec<_> = self
            .vclusters
            .iter()
            .filter(|which| known.agrees(&Clue::both(ClueSource::OnlyOne, "", which)))
            .cloned()
            .collect();
        left.sort();
        left.dedup();
        left
    }

    fn clue(&self, only: &VirtualClusterName, known: &Clue) -> Clue {
        let picked = picked(known.name.as_deref(), known.namespace.as_deref());
        let said_by = format!("the only vCluster{picked} of {}", self.host);
        Clue::both(ClueSource::OnlyOne, said_by, only)
    }
}

/// Says which vCluster the clues mean.
///
/// Proofs and what was typed must agree; hints count only for what these leave open, and are
/// warned of where they say otherwise. What is open then is filled in from the host's
/// `candidates`, if only one fits.
///
/// # Errors
///
/// [`IdentificationError`]
pub fn identify(
    clues: &[Clue],
    candidates: Candidates<'_>,
) -> Result<Identification, IdentificationError> {
    let of = |strength: Strength| clues.iter().filter(move |clue| clue.is(strength));
    let mut used: Vec<Clue> = of(Strength::Proof)
        .chain(of(Strength::Typed))
        .cloned()
        .collect();
    agreeing(&used)?;
    let firm = known(ClueSource::OnlyOne, &used.iter().collect::<Vec<_>>());
    let only = candidates.left_by(&firm);
    let only = match only.as_slice() {
        [only] if candidates.complete && which(&firm).is_none() => {
            Some(candidates.clue(only, &firm))
        }
        _ => None,
    };

    let mut warnings = Vec::new();
    for hint in of(Strength::Hint).chain(&only) {
        let Some(other) = used.iter().find(|clue| !clue.agrees(hint)) else {
            used.push(hint.clone());
            continue;
        };
        if other.is(Strength::Hint) {
            return Err(conflict(other, hint));
        }
        warnings.push(format!("{hint}, but {other}"));
    }

    let known = known(ClueSource::OnlyOne, &used.iter().collect::<Vec<_>>());
    match which(&known) {
        Some(which) => Ok(Identification {
            which,
            instance: known.instance,
            clues: used,
            warnings,
        }),
        None => Err(unknown(known, candidates)),
    }
}

/// Returns all that the clues know together.
fn known(source: ClueSource, clues: &[&Clue]) -> Clue {
    Clue {
        name: clues.iter().find_map(|clue| clue.name.clone()),
        namespace: clues.iter().find_map(|clue| clue.namespace.clone()),
        instance: clues.iter().find_map(|clue| clue.instance.clone()),
        ..Clue::parts(source, "", None, None)
    }
}

fn which(known: &Clue) -> Option<VirtualClusterName> {
    Some(VirtualClusterName {
        name: known.name.clone()?,
        namespace: known.namespace.clone()?,
    })
}

fn unknown(known: Clue, candidates: Candidates<'_>) -> IdentificationError {
    let left = candidates.left_by(&known);
    let Clue {
        name,
        namespace,
        instance,
        ..
    } = known;
    if left.len() > 1 {
        return IdentificationError::Several {
            name,
            namespace,
            candidates: left,
        };
    }
    match (name, namespace, instance) {
        (Some(name), _, _) => IdentificationError::NoNamespace { name },
        (None, Some(namespace), _) => IdentificationError::NoName { namespace },
        (None, None, Some(instance)) => IdentificationError::OnlyInstance { instance },
        (None, None, None) => IdentificationError::Unknown,
    }
}

fn agreeing(clues: &[Clue]) -> Result<(), IdentificationError> {
    for (index, first) in clues.iter().enumerate() {
        if let Some(second) = clues
            .iter()
            .skip(index)
            .find(|second| !first.agrees(second))
        {
            return Err(conflict(first, second));
        }
    }
    Ok(())
}

fn conflict(first: &Clue, second: &Clue) -> IdentificationError {
    IdentificationError::Conflict {
        first: Box::new(first.clone()),
        second: Box::new(second.clone()),
    }
}

/// Says what the candidates have in common.
fn picked(name: Option<&str>, namespace: Option<&str>) -> String {
    let called = name.map(|name| format!(" called `{}`", escape(name)));
    let inside = namespace.map(|namespace| format!(" in namespace `{}`", escape(namespace)));
    [called, inside].into_iter().flatten().collect()
}

fn listed(candidates: &[VirtualClusterName]) -> String {
    let all: Vec<_> = candidates
        .iter()
        .map(|which| {
            format!(
                "`--vcluster {} --vcluster-namespace {}`",
                escape(&which.name),
                escape(&which.namespace)
            )
        })
        .collect();
    all.join(", ")
}

#[cfg(test)]
mod tests;
