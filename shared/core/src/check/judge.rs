//! The judges, one module a category: pure functions from facts to a verdict.
//!
//! `None` says that the check has nothing to say about these facts: an earlier one has said it, or
//! what it is about was not asked for.

pub(super) mod credential;
pub(super) mod exchange;
pub(super) mod host_account;
pub(super) mod host_pod;
pub(super) mod identity;
pub(super) mod issuer;
pub(super) mod role;
pub(super) mod service_account;
pub(super) mod virtual_cluster;
pub(super) mod workload;

use super::facts::Unseen;
use super::finding::{Failure, Verdict};

const PASSED: Option<Verdict> = Some(Verdict::Passed);

#[expect(clippy::unnecessary_wraps, reason = "it is what a judge returns")]
fn failed(failure: Failure) -> Option<Verdict> {
    Some(Verdict::Failed(failure))
}

#[expect(clippy::unnecessary_wraps, reason = "it is what a judge returns")]
fn unknown(unseen: &Unseen) -> Option<Verdict> {
    Some(Verdict::Unknown(unseen.clone()))
}

#[expect(clippy::unnecessary_wraps, reason = "it is what a judge returns")]
fn skipped(reason: &str) -> Option<Verdict> {
    Some(Verdict::Skipped {
        reason: reason.to_owned(),
    })
}
