//! The record: what flows between steps, and what a user keeps in Git.
//!
//! A [`Record`] keeps the JSON object as it came, so that fields nobody here knows travel on in
//! their order. Steps read it through typed views ([`Spec`], [`Status`], [`Condition`]) and
//! write only their own part of `status`.

mod condition;
mod fresh;
mod spec;
mod status;

pub use condition::{Condition, ConditionStatus, Upstream};
pub use fresh::{FreshRecord, Verdict};
pub use spec::{AksClusterRef, IdentityRef, RoleWish, Spec, VirtualClusterRef};
pub use status::{
    Evidence, FederatedCredential, HostServiceAccount, IdentityStatus, ItemResult,
    RoleAssignmentStatus, SharedBy, Source, Status, TenantStatus,
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

use crate::exit::{Explain, Outcome};
use crate::step::Step;

/// `apiVersion` of every document of the suite.
pub const API_VERSION: &str = "vwi/v1alpha1";
/// `kind` of a record.
pub const KIND: &str = "WorkloadIdentity";

/// Why a document is not a record that can be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The document's `apiVersion` is one of ours, but not this one.
    #[error("`apiVersion` is `{found}`, this plugin knows `{API_VERSION}`")]
    NewerVersion {
        /// The version in the document.
        found: String,
    },
    /// A field is missing or has a value that it can't have.
    #[error("field `{field}` of record `{record}` {fault}")]
    Field {
        /// `namespace/name` of the record, or what is known of it.
        record: String,
        /// The field's path.
        field: String,
        /// What is wrong with it, as the end of a sentence.
        fault: String,
    },
}

impl Explain for RecordError {
    fn outcome(&self) -> Outcome {
        Outcome::CouldNotRun
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NewerVersion { .. } => Some("upgrade this plugin".to_owned()),
            Self::Field { .. } => None,
        }
    }
}

/// One `WorkloadIdentity`: the wish for one tenant ServiceAccount, and what the steps found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    document: Map<String, Value>,
}

impl Record {
    /// Returns a record without status for the ServiceAccount `name` in the tenant's `namespace`.
    pub fn new(namespace: &str, name: &str) -> Self {
        let mut metadata = Map::new();
        metadata.insert("name".to_owned(), name.into());
        metadata.insert("namespace".to_owned(), namespace.into());
        let mut document = Map::new();
        document.insert("apiVersion".to_owned(), API_VERSION.into());
        document.insert("kind".to_owned(), KIND.into());
        document.insert("metadata".to_owned(), Value::Object(metadata));
        document.insert("spec".to_owned(), Value::Object(Map::new()));
        Self { document }
    }

    /// Takes a JSON object as a record; `kind` has been looked at by the reader.
    ///
    /// # Errors
    ///
    /// [`RecordError`] if the version is not ours, or name, namespace, spec, status or a step's
    /// condition are not what this version says; a missing namespace is `default`, as with kubectl.
    pub fn from_document(document: Map<String, Value>) -> Result<Self, RecordError> {
        let found = document.get("apiVersion").and_then(Value::as_str);
        if found != Some(API_VERSION) {
            return Err(RecordError::NewerVersion {
                found: found.unwrap_or_default().to_owned(),
            });
        }
        let record = Self { document };
        let name = record.name();
        if !crate::name::is_subdomain(name) {
            return Err(record.fault("metadata.name", "is not a ServiceAccount's name"));
        }
        if !crate::name::is_label(record.namespace()) {
            return Err(record.fault("metadata.namespace", "is not a Namespace's name"));
        }
        record.spec()?;
        record.status()?;
        record.require_conditions()?;
        Ok(record)
    }

    /// Returns the whole document.
    pub fn document(&self) -> &Map<String, Value> {
        &self.document
    }

    /// Returns the tenant ServiceAccount's name.
    pub fn name(&self) -> &str {
        self.metadata("name").unwrap_or_default()
    }

    /// Returns the tenant ServiceAccount's namespace.
    pub fn namespace(&self) -> &str {
        self.metadata("namespace").unwrap_or("default")
    }

    /// Returns `namespace/name`, as messages name a record.
    pub fn key(&self) -> String {
        format!("{}/{}", self.namespace(), self.name())
    }

    fn metadata(&self, key: &str) -> Option<&str> {
        self.document.get("metadata")?.get(key)?.as_str()
    }

    /// Reads what the user wants.
    ///
    /// # Errors
    ///
    /// [`RecordError::Field`] if a known field has a value that it can't have.
    pub fn spec(&self) -> Result<Spec, RecordError> {
        self.view("spec", &Spec::OBJECTS)
    }

    /// Reads what earlier steps found; it is a claim (design, section 3, rule 10).
    ///
    /// # Errors
    ///
    /// [`RecordError::Field`] if a known field has a value that it can't have.
    pub fn status(&self) -> Result<Status, RecordError> {
        self.view("status", &Status::OBJECTS)
    }

    /// Reads a part of the record, in which `objects` are those fields that hold objects: a list in
    /// their place would be read by position.
    fn view<T>(&self, key: &str, objects: &[&str]) -> Result<T, RecordError>
    where
        T: serde::de::DeserializeOwned + Default,
    {
        let part = match self.document.get(key) {
            None | Some(Value::Null) => return Ok(T::default()),
            Some(part) if !part.is_object() => return Err(self.fault(key, "is not an object")),
            Some(part) => part,
        };
        let is_list = |field: &&&str| part.get(**field).is_some_and(Value::is_array);
        if let Some(field) = objects.iter().find(is_list) {
            return Err(self.fault(&format!("{key}.{field}"), "is not an object"));
        }
        T::deserialize(part).map_err(|error| self.unreadable(key, &error))
    }

    /// Refuses conditions that can't be read: one that says "failed" in words that nobody
    /// understands would be acted upon. What others than the steps have left may be anything.
    fn require_conditions(&self) -> Result<(), RecordError> {
        const FIELD: &str = "status.conditions";
        let found = self
            .document
            .get("status")
            .and_then(|status| status.get("conditions"));
        if found.is_some_and(|found| !found.is_array() && !found.is_null()) {
            return Err(self.fault(FIELD, "is not a list"));
        }
        for condition in self.raw_conditions() {
            let Some(word) = condition.get("type").and_then(Value::as_str) else {
                return Err(self.fault(FIELD, "has a condition without `type`"));
            };
            if Step::of_condition(word).is_some() {
                Condition::deserialize(condition)
                    .map_err(|error| self.unreadable(FIELD, &error))?;
            }
        }
        Ok(())
    }

    fn unreadable(&self, field: &str, error: &serde_json::Error) -> RecordError {
        let fault = crate::text::excerpt(&error.to_string());
        self.fault(field, &format!("can't be read: {fault}"))
    }

    fn fault(&self, field: &str, fault: &str) -> RecordError {
        RecordError::Field {
            record: crate::text::excerpt(&self.key()),
            field: field.to_owned(),
            fault: fault.to_owned(),
        }
    }

    /// Sets one key of `spec`, keeping the position of a key that is there.
    pub fn put_spec(&mut self, key: &str, value: impl Serialize) {
        self.put("spec", key, value);
    }

    /// Sets the keys that `value` has in the object of one key of `spec`; what else stands there stays.
    pub fn merge_spec(&mut self, key: &str, value: impl Serialize) {
        let mut value = serde_json::to_value(value).unwrap_or(Value::Null);
        let there = self.document.get("spec").and_then(|spec| spec.get(key));
        if let (Some(Value::Object(there)), Value::Object(new)) = (there, &mut value) {
            let mut merged = there.clone();
            merged.append(new);
            value = Value::Object(merged);
        }
        self.put_spec(key, value);
    }

    /// Sets one key of `status`, keeping the position of a key that is there.
    pub fn put_status(&mut self, key: &str, value: impl Serialize) {
        self.put("status", key, value);
    }

    /// Removes keys of `status` that no longer hold.
    pub fn remove_status(&mut self, keys: &[&str]) {
        if let Some(Value::Object(status)) = self.document.get_mut("status") {
            for key in keys {
                status.shift_remove(*key);
            }
        }
    }

    fn put(&mut self, part: &str, key: &str, value: impl Serialize) {
        // A step's own types always serialise: they hold strings, numbers and lists of these.
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        let entry = self
            .document
            .entry(part)
            .or_insert_with(|| Value::Object(Map::new()));
        if !entry.is_object() {
            *entry = Value::Object(Map::new());
        }
        if let Value::Object(part) = entry {
            part.insert(key.to_owned(), value);
        }
    }

    /// Removes `status`, and marks the record as local configuration: how it belongs in Git.
    #[must_use]
    pub fn into_manifest(mut self) -> Self {
        self.document.shift_remove("status");
        if let Some(Value::Object(metadata)) = self.document.get_mut("metadata") {
            let annotations = metadata
                .entry("annotations")
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(annotations) = annotations {
                annotations.insert(
                    "config.kubernetes.io/local-config".to_owned(),
                    "true".into(),
                );
            }
        }
        self
    }

    /// Returns the conditions, first to last; foreign ones that can't be read are left out.
    pub fn conditions(&self) -> Vec<Condition> {
        self.raw_conditions()
            .iter()
            .filter_map(|value| Condition::deserialize(value).ok())
            .collect()
    }

    fn raw_conditions(&self) -> &[Value] {
        self.document
            .get("status")
            .and_then(|status| status.get("conditions"))
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }

    /// Returns the condition of `step`.
    pub fn condition(&self, step: Step) -> Option<Condition> {
        self.conditions()
            .into_iter()
            .find(|condition| condition.condition_type == step.condition_type())
    }

    /// Whether any step has left a condition: then the record came out of a step.
    pub fn carries_conditions(&self) -> bool {
        !self.raw_conditions().is_empty()
    }

    /// Sets the condition of `step` in place and drops those of later steps (design, section 3,
    /// rule 1), so that a saved stream can be fed in again.
    pub fn set_condition(
        &mut self,
        step: Step,
        status: ConditionStatus,
        reason: &str,
        message: &str,
    ) {
        let own = Condition {
            condition_type: step.condition_type().to_owned(),
            status,
            reason: reason.to_owned(),
            message: message.to_owned(),
        };
        let mut conditions: Vec<Value> = Vec::new();
        let mut placed = false;
        for value in self.raw_conditions() {
            let of = value
                .get("type")
                .and_then(Value::as_str)
                .and_then(Step::of_condition);
            match of {
                Some(other) if other == step => {
                    if !placed {
                        conditions.push(serde_json::to_value(&own).unwrap_or(Value::Null));
                        placed = true;
                    }
                }
                Some(other) if other > step => {}
                Some(_) | None => conditions.push(value.clone()),
            }
        }
        if !placed {
            conditions.push(serde_json::to_value(&own).unwrap_or(Value::Null));
        }
        self.put_status("conditions", conditions);
    }

    /// Returns what the steps before `step` say of this record.
    pub fn upstream(&self, step: Step) -> Upstream {
        let mut planned = false;
        for condition in self.conditions() {
            let earlier = Step::of_condition(&condition.condition_type).is_some_and(|of| of < step);
            if !earlier {
                continue;
            }
            match condition.status {
                ConditionStatus::Unknown if condition.reason == Condition::PLANNED => {
                    planned = true;
                }
                ConditionStatus::False | ConditionStatus::Unknown => {
                    return Upstream::Failed(condition);
                }
                ConditionStatus::True => {}
            }
        }
        if planned {
            Upstream::Planned
        } else {
            Upstream::Ready
        }
    }

    /// Whether a step of the pipe has failed on this record, whichever it was.
    pub fn is_failed(&self) -> bool {
        self.raw_conditions()
            .iter()
            .any(|condition| condition.get("status").and_then(Value::as_str) == Some("False"))
    }
}

impl Serialize for Record {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.document.serialize(serializer)
    }
}

#[cfg(test)]
mod tests;
