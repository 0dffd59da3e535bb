//! What a run of `check` says as a whole, in each of its formats.

mod condition;
mod json;
mod table;

pub use condition::condition;
pub use json::CheckReport;
pub use table::{Detail, Look, write_record, write_summary};

use std::collections::BTreeMap;

use super::chain::{Link, chain};
use super::facts::{Facts, Unseen};
use super::finding::{FailOn, Finding, Severity, Verdict};
use crate::record::Condition;

/// What is said of one record.
#[derive(Clone, Debug)]
pub struct RecordReport {
    /// Tenant namespace.
    pub namespace: String,
    /// Name of the tenant ServiceAccount.
    pub name: String,
    /// `namespace/name` of the vCluster, if it is known.
    pub vcluster: Option<String>,
    /// The chain of its facts.
    pub chain: Vec<Link>,
    /// Its findings, in catalogue order.
    pub findings: Vec<Finding>,
    /// What an earlier step failed on; the findings may say why.
    pub upstream: Option<Condition>,
}

impl RecordReport {
    /// Returns the report of a record that has been judged; `upstream` is what an earlier step
    /// failed on.
    pub fn judged(facts: &Facts, findings: Vec<Finding>, upstream: Option<Condition>) -> Self {
        Self {
            namespace: facts.namespace.clone(),
            name: facts.name.clone(),
            vcluster: facts.vcluster.as_ref().ok().map(ToString::to_string),
            chain: chain(facts, &findings),
            findings,
            upstream,
        }
    }
}

/// How many findings of each kind there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Records.
    pub records: usize,
    /// Records that an earlier step has failed.
    pub failed_upstream: usize,
    /// Checks that passed.
    pub passed: usize,
    /// Warnings.
    pub warnings: usize,
    /// Errors.
    pub errors: usize,
    /// Checks that nothing is known of.
    pub unknown: usize,
    /// Checks that had nothing to look at.
    pub skipped: usize,
    /// Failures that a planned step would mend.
    pub planned: usize,
    /// Whether the run counts as failed.
    pub is_failed: bool,
    /// The first failure, which most likely is the cause of the others.
    pub first: Option<&'static str>,
    /// What was not seen, and how many checks it left unknown.
    pub unseen: BTreeMap<Unseen, usize>,
}

impl Totals {
    /// Adds a record. A run is failed from `fail_on` on, and by a record that came failed.
    pub fn add(&mut self, report: &RecordReport, fail_on: FailOn) {
        self.records += 1;
        if report.upstream.is_some() {
            self.failed_upstream += 1;
            self.is_failed |= fail_on != FailOn::Never;
        }
        for finding in &report.findings {
            self.is_failed |= fail_on.counts(&finding.verdict);
            match &finding.verdict {
                Verdict::Passed => self.passed += 1,
                Verdict::Skipped { .. } => self.skipped += 1,
                Verdict::Unknown(unseen) => {
                    self.unknown += 1;
                    *self.unseen.entry(unseen.clone()).or_default() += 1;
                }
                Verdict::Failed(failure) if failure.planned => self.planned += 1,
                Verdict::Failed(failure) => {
                    self.first.get_or_insert(finding.check.id);
                    match failure.severity {
                        Severity::Warning => self.warnings += 1,
                        Severity::Error => self.errors += 1,
                    }
                }
            }
        }
    }
}
