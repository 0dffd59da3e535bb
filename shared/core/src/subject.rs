//! The subject of a ServiceAccount's token: what Entra compares byte for byte.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};
use thiserror::Error;

use crate::name::{is_label, is_subdomain};

/// What stands before namespace and name.
pub(crate) const PREFIX: &str = "system:serviceaccount:";

/// `system:serviceaccount:<namespace>:<name>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Subject {
    namespace: String,
    name: String,
}

/// A text that is no subject of a ServiceAccount.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("`{}` is not a subject of the form `system:serviceaccount:NAMESPACE:NAME`", crate::text::escape(.0))]
pub struct InvalidSubject(pub String);

impl Subject {
    /// Returns the subject of the ServiceAccount `name` in `namespace`.
    ///
    /// # Errors
    ///
    /// [`InvalidSubject`] if one of them is no Kubernetes name; nothing is repaired.
    pub fn new(namespace: &str, name: &str) -> Result<Self, InvalidSubject> {
        if Self::is_valid(namespace, name) {
            Ok(Self {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            })
        } else {
            Err(InvalidSubject(format!("{PREFIX}{namespace}:{name}")))
        }
    }

    /// Whether a subject can have these.
    pub fn is_valid(namespace: &str, name: &str) -> bool {
        is_label(namespace) && is_subdomain(name)
    }

    /// Returns the host namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Returns the host ServiceAccount's name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{PREFIX}{}:{}", self.namespace, self.name)
    }
}

impl FromStr for Subject {
    type Err = InvalidSubject;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidSubject(text.to_owned());
        let (namespace, name) = text
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.split_once(':'))
            .ok_or_else(invalid)?;
        Self::new(namespace, name).map_err(|_| invalid())
    }
}

impl TryFrom<String> for Subject {
    type Error = InvalidSubject;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
