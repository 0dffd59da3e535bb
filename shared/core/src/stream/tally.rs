//! Counts what came in, and says whether that was all of it.

use super::end::{Selection, StreamEnd};
use super::error::{Fault, StreamError};
use super::{Accept, Collision, Deliver, Item, ServiceAccount};
use crate::name::{is_label, is_subdomain};
use crate::record::{Record, RecordError};
use crate::text::{escape, excerpt};

/// Whether the input is all of what was to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// Every record that a step wrote stands before an end with the right count.
    Complete,
    /// Written by hand or by kubectl: there is no end to miss.
    Bare,
    /// Nothing, or white space.
    Empty,
    /// Something is missing.
    Incomplete {
        /// Why that is known, as the end of a sentence.
        why: String,
    },
}

/// What came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Records.
    pub records: u64,
    /// Records that a step has failed.
    pub failed: u64,
    /// ServiceAccounts.
    pub service_accounts: u64,
    /// Whether that was all.
    pub completeness: Completeness,
    /// Steps that could not run, and why.
    pub upstream_errors: Vec<(String, String)>,
    /// Whether the steps' records are everything in scope: narrowed if any of the ends is.
    pub selection: Option<Selection>,
    /// Collisions that the ends report.
    pub collisions: Vec<Collision>,
}

pub(super) struct Tally {
    origin: String,
    accept: Accept,
    summary: Summary,
    /// Since the last end.
    open: u64,
    /// Those of them that carry conditions.
    open_of_steps: u64,
    ends: u64,
    documents: u64,
    fault: Option<String>,
}

impl Tally {
    pub(super) fn new(origin: &str, accept: Accept) -> Self {
        Self {
            origin: origin.to_owned(),
            accept,
            summary: Summary {
                records: 0,
                failed: 0,
                service_accounts: 0,
                completeness: Completeness::Bare,
                upstream_errors: Vec::new(),
                selection: None,
                collisions: Vec::new(),
            },
            open: 0,
            open_of_steps: 0,
            ends: 0,
            documents: 0,
            fault: None,
        }
    }

    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    pub(super) fn record(
        &mut self,
        record: Record,
        deliver: Deliver<'_>,
    ) -> Result<(), StreamError> {
        self.documents += 1;
        self.summary.records += 1;
        self.open += 1;
        if record.carries_conditions() {
            self.open_of_steps += 1;
            self.summary.failed += u64::from(record.is_failed());
        }
        stop(deliver(Item::Record(Box::new(record))))
    }

    pub(super) fn service_account(
        &mut self,
        account: ServiceAccount,
        deliver: Deliver<'_>,
    ) -> Result<(), StreamError> {
        if !self.accept.service_accounts {
            return Err(self.kind("ServiceAccount"));
        }
        let namespace = account.namespace.as_deref();
        if !is_subdomain(&account.name) || !namespace.is_none_or(is_label) {
            return Err(StreamError::Name {
                origin: self.origin.clone(),
                found: match namespace {
                    Some(namespace) => format!("{namespace}/{}", account.name),
                    None => account.name,
                },
            });
        }
        self.documents += 1;
        self.summary.service_accounts += 1;
        stop(deliver(Item::ServiceAccount(account)))
    }

    pub(super) fn end(&mut self, end: StreamEnd, deliver: Deliver<'_>) -> Result<(), StreamError> {
        self.documents += 1;
        self.ends += 1;
        if end.records != self.open {
            let step = escape(&end.step);
            self.fault.get_or_insert_with(|| {
                format!(
                    "`{step}` wrote {} records, {} have arrived",
                    end.records, self.open
                )
            });
        }
        self.open = 0;
        self.open_of_steps = 0;
        if let Some(error) = &end.error {
            self.summary
                .upstream_errors
                .push((end.step.clone(), error.clone()));
        }
        let known = self.summary.selection.take();
        let known = (self.ends > 1).then_some(known);
        let all = known.into_iter().chain([end.selection.clone()]);
        self.summary.selection = Selection::of_inputs(all);
        self.summary.collisions.extend(end.collisions.clone());
        stop(deliver(Item::End(end)))
    }

    /// Notes that a list that a step has written has no end.
    pub(super) fn no_end(&mut self) {
        self.fault
            .get_or_insert_with(|| "the list of records has no end".to_owned());
    }

    pub(super) fn kind(&self, found: &str) -> StreamError {
        StreamError::Kind {
            origin: self.origin.clone(),
            found: if found.is_empty() { "(none)" } else { found }.to_owned(),
        }
    }

    pub(super) fn json(&self, source: serde_json::Error) -> StreamError {
        if source.is_io() {
            return StreamError::unreadable(&self.origin, source.into());
        }
        StreamError::Json {
            origin: self.origin.clone(),
            line: source.line(),
            cut: source.is_eof(),
            source: Fault(source.to_string()),
        }
    }

    pub(super) fn unusable(&self, source: RecordError) -> StreamError {
        StreamError::Record {
            origin: self.origin.clone(),
            source,
        }
    }

    pub(super) fn newer(&self, found: &str) -> StreamError {
        self.unusable(RecordError::NewerVersion {
            found: excerpt(found),
        })
    }

    pub(super) fn bad_end(&self, error: &serde_json::Error) -> StreamError {
        StreamError::End {
            origin: self.origin.clone(),
            fault: error.to_string(),
        }
    }

    /// Notes that a List without any item was read: it is not empty input.
    pub(super) fn list(&mut self) {
        self.documents += 1;
    }

    pub(super) fn finish(mut self) -> Summary {
        if self.open_of_steps > 0 {
            self.fault
                .get_or_insert_with(|| "the step before this one did not finish".to_owned());
        }
        self.summary.completeness = match self.fault {
            Some(why) => Completeness::Incomplete { why },
            None if self.ends > 0 => Completeness::Complete,
            None if self.documents > 0 => Completeness::Bare,
            None => Completeness::Empty,
        };
        self.summary
    }
}

/// A marker for the caller, who holds the sink's own error and puts it in this one's place.
fn stop(delivered: Result<(), ()>) -> Result<(), StreamError> {
    delivered.map_err(|()| StreamError::Kind {
        origin: String::new(),
        found: String::new(),
    })
}
