//! The last line of what a step writes.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::record::API_VERSION;

/// What stands after the records of a step: how many they are, and whether they are all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamEnd {
    /// The step that wrote it, as its word.
    pub step: String,
    /// Records since the end before.
    pub records: u64,
    /// Failed ones among them.
    pub failed: u64,
    /// Whether the records are everything in scope.
    pub selection: Option<Selection>,
    /// ServiceAccounts with one host name, of which the first may have left as a good record.
    pub collisions: Vec<Collision>,
    /// Why the step could not run.
    pub error: Option<String>,
}

/// Whether the input was everything in scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Selection {
    /// Everything in this scope.
    All {
        /// The scope, in words: a vCluster, a host, a file.
        scope: String,
        /// What of the scope was left out all the same.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        without: Option<Without>,
    },
    /// Only a part.
    Narrowed {
        /// What narrowed it: `names`, `namespace`, `selector`, `candidates`, `shard`, `partial`, and
        /// `input` where it is put together of parts that are not everything of one kind.
        by: Vec<String>,
    },
}

/// What nobody means who asks for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Without {
    /// ServiceAccounts that [`crate::name::is_system`] names.
    System,
}

impl Selection {
    /// Returns everything in a scope, with nothing left out.
    pub fn all(scope: impl Into<String>) -> Self {
        Self::All {
            scope: scope.into(),
            without: None,
        }
    }

    /// Returns the same selection without what nobody means.
    #[must_use]
    pub fn without_system(self) -> Self {
        match self {
            Self::All { scope, .. } => Self::All {
                scope,
                without: Some(Without::System),
            },
            narrowed @ Self::Narrowed { .. } => narrowed,
        }
    }

    /// Returns the selection of two streams that are used as one: narrowed if one of them is, and
    /// then nothing tells any more that the other was everything.
    #[must_use]
    pub fn merge(one: Self, other: Self) -> Self {
        match (one, other) {
            (
                Self::All { scope, without },
                Self::All {
                    scope: other,
                    without: left_out,
                },
            ) => Self::All {
                scope: if scope == other {
                    scope
                } else {
                    format!("{scope}, {other}")
                },
                without: without.or(left_out),
            },
            (Self::Narrowed { by: one }, Self::Narrowed { by: other }) => {
                let by: BTreeSet<String> = one.into_iter().chain(other).collect();
                Self::Narrowed {
                    by: by.into_iter().collect(),
                }
            }
            (narrowed @ Self::Narrowed { .. }, Self::All { .. })
            | (Self::All { .. }, narrowed @ Self::Narrowed { .. }) => narrowed.narrow(INPUT),
        }
    }

    /// Returns the selection of what this one selects, narrowed by something more.
    #[must_use]
    pub fn narrow(self, by: &str) -> Self {
        let narrowed = Self::Narrowed {
            by: vec![by.to_owned()],
        };
        match self {
            Self::All { .. } => narrowed,
            known @ Self::Narrowed { .. } => Self::merge(known, narrowed),
        }
    }

    /// Returns the selection of all inputs of a run. One that no step wrote, or that is empty, has
    /// none: alone it is nobody's word, and beside others it is a part that nobody vouches for.
    pub fn of_inputs(inputs: impl IntoIterator<Item = Option<Self>>) -> Option<Self> {
        let (mut merged, mut is_vouched): (Option<Self>, bool) = (None, true);
        for input in inputs {
            is_vouched &= input.is_some();
            merged = match (merged, input) {
                (Some(one), Some(other)) => Some(Self::merge(one, other)),
                (None, any) | (any, None) => any,
            };
        }
        if is_vouched {
            return merged;
        }
        merged.map(|merged| merged.narrow(INPUT))
    }
}

/// What narrows an input that is put together.
const INPUT: &str = "input";

/// ServiceAccounts of which the host has but one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Collision {
    /// Host namespace.
    pub host_namespace: String,
    /// Name on the host.
    pub host_name: String,
    /// `namespace/name` of the records that share it.
    pub records: Vec<String>,
}

/// `kind` of the last line.
pub(super) const KIND: &str = "StreamEnd";

#[derive(Serialize, Deserialize)]
struct Document<'a> {
    #[serde(rename = "apiVersion")]
    api_version: &'a str,
    kind: &'a str,
    metadata: Metadata,
    status: EndStatus,
}

#[derive(Default, Serialize, Deserialize)]
struct Metadata {
    #[serde(default)]
    name: String,
}

/// `status` of a StreamEnd, also of a list of records.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct EndStatus {
    records: u64,
    failed: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    selection: Option<Selection>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    collisions: Vec<Collision>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl StreamEnd {
    /// Returns the `status` that a list of records shows.
    pub(super) fn status(&self) -> EndStatus {
        EndStatus {
            records: self.records,
            failed: self.failed,
            selection: self.selection.clone(),
            collisions: self.collisions.clone(),
            error: self.error.clone(),
        }
    }

    /// Reads an end from `metadata` and `status` of a document.
    pub(super) fn from_document(document: &Map<String, Value>) -> Result<Self, serde_json::Error> {
        let metadata = match document.get("metadata") {
            Some(metadata) => Metadata::deserialize(metadata)?,
            None => Metadata::default(),
        };
        let status = EndStatus::deserialize(document.get("status").unwrap_or(&Value::Null))?;
        Ok(Self {
            step: metadata.name,
            records: status.records,
            failed: status.failed,
            selection: status.selection,
            collisions: status.collisions,
            error: status.error,
        })
    }
}

impl Serialize for StreamEnd {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Document {
            api_version: API_VERSION,
            kind: KIND,
            metadata: Metadata {
                name: self.step.clone(),
            },
            status: self.status(),
        }
        .serialize(serializer)
    }
}
