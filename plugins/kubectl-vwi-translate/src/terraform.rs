//! Terraform's `external` data source protocol: one JSON object of texts in, one out.
//!
//! Source: documentation of `hashicorp/terraform-provider-external`, `docs/data-sources/external.md`.

use std::collections::BTreeMap;
use std::io::{self, Read};

use thiserror::Error;
use vwi_core::exit::{Explain, Outcome};
use vwi_core::record::Record;
use vwi_core::subject::Subject;
use vwi_core::text::escape;

use crate::wanted::Wanted;

/// The only key of the query.
const SERVICE_ACCOUNTS: &str = "serviceaccounts";
/// Key of the host's issuer in the answer; no ServiceAccount's key is without `/`.
const ISSUER: &str = "issuer";

/// A query that can't be answered.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum QueryError {
    /// Standard input can't be read.
    #[error("cannot read the query on standard input")]
    Unreadable(#[source] io::Error),
    /// It is no JSON object of texts. What stands there is not told: it may be a secret.
    #[error("the query on standard input is no JSON object whose values are texts")]
    Malformed,
    /// It has a key that means nothing here.
    #[error("the query has a key `{}`, which is not known", escape(.0))]
    UnknownKey(String),
    /// It asks for nothing.
    #[error("the query has no key `{SERVICE_ACCOUNTS}`")]
    NothingAsked,
    /// It names something that is no ServiceAccount.
    #[error("the query names `{}`, which is no NAMESPACE/NAME", escape(.0))]
    BadName(String),
}

impl Explain for QueryError {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Unreadable(_) => Outcome::CouldNotRun,
            Self::Malformed | Self::UnknownKey(_) | Self::NothingAsked | Self::BadName(_) => {
                Outcome::Usage
            }
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Unreadable(_) => None,
            Self::UnknownKey(_) => Some(format!(
                "its only key is `{SERVICE_ACCOUNTS}`; flags go into `program`, and credentials come \
                 from the kubeconfig: a query is kept in Terraform's state"
            )),
            Self::Malformed | Self::NothingAsked | Self::BadName(_) => Some(format!(
                "give `{SERVICE_ACCOUNTS} = jsonencode([\"default/app\"])`, or names separated by commas"
            )),
        }
    }
}

/// Reads which ServiceAccounts a query wants.
///
/// # Errors
///
/// [`QueryError`]
pub fn query(mut reader: impl Read) -> Result<Vec<Wanted>, QueryError> {
    let mut text = Vec::new();
    reader
        .read_to_end(&mut text)
        .map_err(QueryError::Unreadable)?;
    let mut query: BTreeMap<String, String> =
        serde_json::from_slice(&text).map_err(|_may_be_secret| QueryError::Malformed)?;
    let asked = query.remove(SERVICE_ACCOUNTS);
    if let Some((unknown, _)) = query.pop_first() {
        return Err(QueryError::UnknownKey(unknown));
    }
    let asked = asked.ok_or(QueryError::NothingAsked)?;
    names(&asked)?.iter().map(|name| wanted(name)).collect()
}

/// Reads names out of a JSON array, or between commas.
fn names(asked: &str) -> Result<Vec<String>, QueryError> {
    if asked.trim_start().starts_with('[') {
        return serde_json::from_str(asked).map_err(|_no_names| QueryError::Malformed);
    }
    let names = asked.split(',').map(str::trim);
    Ok(names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect())
}

fn wanted(key: &str) -> Result<Wanted, QueryError> {
    key.split_once('/')
        .and_then(|(namespace, name)| Subject::new(namespace, name).ok())
        .map(|names| Wanted::named(names.namespace(), names.name()))
        .ok_or_else(|| QueryError::BadName(key.to_owned()))
}

/// What is answered, once nothing has failed.
#[derive(Debug, Default)]
pub struct Answer {
    values: BTreeMap<String, String>,
}

impl Answer {
    /// Takes the subject and the issuer of a record; one that failed has none.
    pub fn add(&mut self, record: &Record) {
        let status = record.status().unwrap_or_default();
        if let Some(subject) = status.subject {
            self.values.insert(record.key(), subject.to_string());
        }
        if let Some(issuer) = status.issuer {
            self.values.insert(ISSUER.to_owned(), issuer);
        }
    }

    /// Returns it as one line.
    pub fn line(&self) -> String {
        format!("{}\n", serde_json::json!(self.values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Result<Vec<String>, String> {
        let wanted = query(text.as_bytes()).map_err(|error| error.to_string())?;
        let key =
            |wanted: &Wanted| format!("{}/{}", wanted.record.namespace(), wanted.record.name());
        Ok(wanted.iter().map(key).collect())
    }

    #[test]
    fn a_query_names_service_accounts() {
        for (text, expected) in [
            (
                r#"{"serviceaccounts":"a/b, c/d.e,"}"#,
                &["a/b", "c/d.e"][..],
            ),
            (
                r#"{"serviceaccounts":"[\"a/b\",\"c/d.e\"]"}"#,
                &["a/b", "c/d.e"],
            ),
            (r#"{"serviceaccounts":""}"#, &[]),
            (r#"{"serviceaccounts":"[]"}"#, &[]),
        ] {
            assert_eq!(asked(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn a_query_with_anything_else_is_refused_and_its_values_are_not_told() {
        for (text, expected) in [
            (
                "",
                "the query on standard input is no JSON object whose values are texts",
            ),
            (
                r#"{"serviceaccounts":["a/b"]}"#,
                "the query on standard input is no JSON object whose values are texts",
            ),
            ("{}", "the query has no key `serviceaccounts`"),
            (
                r#"{"access_key":"hunter2","serviceaccounts":"a/b"}"#,
                "the query has a key `access_key`, which is not known",
            ),
            (
                r#"{"serviceaccounts":"app"}"#,
                "the query names `app`, which is no NAMESPACE/NAME",
            ),
            (
                r#"{"serviceaccounts":"a/B"}"#,
                "the query names `a/B`, which is no NAMESPACE/NAME",
            ),
            (
                r#"{"serviceaccounts":"a/b/c"}"#,
                "the query names `a/b/c`, which is no NAMESPACE/NAME",
            ),
        ] {
            assert_eq!(asked(text).unwrap_err(), expected, "{text}");
        }
    }
}
