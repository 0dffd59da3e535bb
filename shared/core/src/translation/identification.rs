//! Which vCluster a tenant is: proofs against hints.

use std::fmt;

use thiserror::Error;

use crate::exit::{Explain, Outcome};
use crate::text::escape;

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

/// Where a clue comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClueSource {
    /// The user: a flag, or `spec.virtualCluster` of a record.
    Typed,
    /// The tenant's `default/kubernetes` and a Service of the host have one `clusterIP`.
    ServiceAddress,
    /// The API server's certificate.
    Certificate,
    /// The name of the context.
    ContextName,
    /// The host has only this vCluster.
    OnlyOne,
}

#[derive(PartialEq, Eq)]
enum Strength {
    Typed,
    Proof,
    Hint,
}

impl ClueSource {
    fn strength(self) -> Strength {
        match self {
            Self::Typed => Strength::Typed,
            Self::ServiceAddress | Self::Certificate => Strength::Proof,
            Self::ContextName | Self::OnlyOne => Strength::Hint,
        }
    }
}

/// One statement about which vCluster it is; it may know one part only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clue {
    /// Where it comes from.
    pub source: ClueSource,
    /// Who says so, as the beginning of a sentence: `` `--vcluster` ``, `the certificate of …`.
    pub said_by: String,
    /// Helm release.
    pub name: Option<String>,
    /// Host namespace of the control plane.
    pub namespace: Option<String>,
}

impl Clue {
    /// Returns a clue that knows both parts.
    pub fn both(
        source: ClueSource,
        said_by: impl Into<String>,
        which: &VirtualClusterName,
    ) -> Self {
        Self {
            source,
            said_by: said_by.into(),
            name: Some(which.name.clone()),
            namespace: Some(which.namespace.clone()),
        }
    }

    /// Whether both say the same where both say something.
    fn agrees(&self, other: &Self) -> bool {
        let same = |own: &Option<String>, other: &Option<String>| match (own, other) {
            (Some(own), Some(other)) => own == other,
            (_, _) => true,
        };
        same(&self.name, &other.name) && same(&self.namespace, &other.namespace)
    }

    fn is(&self, strength: &Strength) -> bool {
        self.source.strength() == *strength
    }
}

impl fmt::Display for Clue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.said_by)?;
        match (&self.name, &self.namespace) {
            (Some(name), Some(namespace)) => write!(
                formatter,
                " says vCluster `{}` in host namespace `{}`",
                escape(name),
                escape(namespace)
            ),
            (Some(name), None) => write!(formatter, " says vCluster `{}`", escape(name)),
            (None, Some(namespace)) => {
                write!(formatter, " says host namespace `{}`", escape(namespace))
            }
            (None, None) => formatter.write_str(" says nothing"),
        }
    }
}

/// Which vCluster it is, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identification {
    /// The vCluster.
    pub which: VirtualClusterName,
    /// The clues that it rests on.
    pub clues: Vec<Clue>,
    /// Hints that say otherwise, one line each.
    pub warnings: Vec<String>,
}

impl Identification {
    /// Whether something that the user did not type, and that can't be renamed, says so.
    pub fn is_proven(&self) -> bool {
        self.clues.iter().any(|clue| clue.is(&Strength::Proof))
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
        "the host has several vClusters, and nothing tells which one this is: {}",
        listed(candidates)
    )]
    Several {
        /// All of them.
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
                if first.is(&Strength::Typed) || second.is(&Strength::Typed) {
                    "leave out what was typed, or connect to the vCluster that was meant".to_owned()
                } else {
                    "connect to the vCluster anew with `vcluster connect`; if it was renamed or \
                     restored, its certificate is still the old one"
                        .to_owned()
                }
            }
            Self::Unknown | Self::Several { .. } => {
                "give `--vcluster NAME --vcluster-namespace NAMESPACE`".to_owned()
            }
            Self::NoNamespace { .. } => {
                "give `--vcluster-namespace NAMESPACE`, or `--host-context` to look it up"
                    .to_owned()
            }
            Self::NoName { .. } => "give `--vcluster NAME`".to_owned(),
        })
    }
}

/// Says which vCluster the clues mean.
///
/// Proofs and what was typed must agree; hints count only for what these leave open, and are
/// warned of where they say otherwise. `candidates` are the vClusters of the host, for the error.
///
/// # Errors
///
/// [`IdentificationError`]
pub fn identify(
    clues: &[Clue],
    candidates: &[VirtualClusterName],
) -> Result<Identification, IdentificationError> {
    let of = |strength: Strength| -> Vec<&Clue> {
        clues.iter().filter(|clue| clue.is(&strength)).collect()
    };
    let firm: Vec<&Clue> = of(Strength::Proof)
        .into_iter()
        .chain(of(Strength::Typed))
        .collect();
    agreeing(&firm)?;
    let hints = of(Strength::Hint);

    let mut used = firm;
    let mut warnings = Vec::new();
    for hint in hints {
        let Some(other) = used.iter().find(|clue| !clue.agrees(hint)) else {
            used.push(hint);
            continue;
        };
        if other.is(&Strength::Hint) {
            return Err(conflict(other, hint));
        }
        warnings.push(format!("{hint}, but {other}"));
    }

    let name = used.iter().find_map(|clue| clue.name.clone());
    let namespace = used.iter().find_map(|clue| clue.namespace.clone());
    match (name, namespace) {
        (Some(name), Some(namespace)) => Ok(Identification {
            which: VirtualClusterName { name, namespace },
            clues: used.into_iter().cloned().collect(),
            warnings,
        }),
        (Some(name), None) => Err(IdentificationError::NoNamespace { name }),
        (None, Some(namespace)) => Err(IdentificationError::NoName { namespace }),
        (None, None) if candidates.len() > 1 => {
            let mut candidates = candidates.to_vec();
            candidates.sort();
            Err(IdentificationError::Several { candidates })
        }
        (None, None) => Err(IdentificationError::Unknown),
    }
}

fn agreeing(clues: &[&Clue]) -> Result<(), IdentificationError> {
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
