//! YAML: manifests from Git and `kubectl get -o yaml`, read by a YAML 1.2 library as a whole.

use std::io::Read;

use serde_json::{Map, Value};

use super::error::StreamError;
use super::tally::Tally;
use super::value::Node;
use super::{Deliver, StreamEnd};
use crate::record::API_VERSION;

/// Most bytes of YAML that are read.
const LIMIT_BYTES: u64 = 64 * 1024 * 1024;

pub(super) fn read(
    reader: impl Read,
    tally: &mut Tally,
    deliver: Deliver<'_>,
) -> Result<(), StreamError> {
    let mut text = String::new();
    reader
        .take(LIMIT_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(|error| StreamError::unreadable(tally.origin(), error))?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > LIMIT_BYTES {
        return Err(StreamError::TooLarge {
            origin: tally.origin().to_owned(),
            limit_bytes: LIMIT_BYTES,
        });
    }
    let documents: Vec<Node> = serde_saphyr::from_multiple_with_options(&text, options(&text))
        .map_err(|source| StreamError::Yaml {
            origin: tally.origin().to_owned(),
            source: Box::new(source),
        })?;
    drop(text);
    for document in documents {
        one(document.0, tally, deliver)?;
    }
    Ok(())
}

/// Words that YAML 1.1 takes as booleans stay words; the budget for nodes grows with the input,
/// that for aliases, which is what an attacker spends, does not.
fn options(text: &str) -> serde_saphyr::Options {
    let size = text.len().max(4096);
    serde_saphyr::options! {
        strict_booleans: true,
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_nodes: size,
            max_events: size.saturating_mul(2),
            max_total_scalar_bytes: size,
            max_documents: size,
        },
    }
}

fn one(document: Value, tally: &mut Tally, deliver: Deliver<'_>) -> Result<(), StreamError> {
    match document {
        // An empty document, as between two `---`.
        Value::Null => Ok(()),
        Value::Object(fields) => object(fields, tally, deliver),
        Value::Array(documents) => {
            tally.list();
            documents
                .into_iter()
                .try_for_each(|document| match document {
                    Value::Object(fields) => object(fields, tally, deliver),
                    Value::Null
                    | Value::Bool(_)
                    | Value::Number(_)
                    | Value::String(_)
                    | Value::Array(_) => Err(tally.kind("(no object)")),
                })
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) => Err(tally.kind("(no object)")),
    }
}

fn object(
    mut fields: Map<String, Value>,
    tally: &mut Tally,
    deliver: Deliver<'_>,
) -> Result<(), StreamError> {
    let Some(items) = fields.shift_remove("items") else {
        return tally.document(fields, deliver);
    };
    tally.list();
    let kind = fields
        .get("kind")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let list_of_accounts = kind == "ServiceAccountList";
    let list_of_records = kind == "WorkloadIdentityList";
    if !(list_of_accounts || list_of_records || kind == "List" || kind == "ResourceList") {
        return Err(tally.kind(&kind));
    }
    if list_of_records {
        let version = fields.get("apiVersion").and_then(Value::as_str);
        if version != Some(API_VERSION) {
            return Err(tally.newer(version.unwrap_or_default()));
        }
    }
    let items = match items {
        Value::Array(items) => items,
        Value::Null => Vec::new(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            return Err(tally.kind("(`items` is no list)"));
        }
    };
    for item in items {
        let Value::Object(mut item) = item else {
            return Err(tally.kind("(no object)"));
        };
        if list_of_accounts && !item.contains_key("kind") {
            item.insert("apiVersion".to_owned(), "v1".into());
            item.insert("kind".to_owned(), "ServiceAccount".into());
        }
        tally.document(item, deliver)?;
    }
    if list_of_records && fields.contains_key("status") {
        let end = StreamEnd::from_document(&fields).map_err(|source| tally.json(0, source))?;
        return tally.end(end, deliver);
    }
    Ok(())
}
