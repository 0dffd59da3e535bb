//! `-o json`: one document in the shape of `linkerd check -o json`, with what ours adds.

use serde::Serialize;

use super::{RecordReport, Totals};
use crate::check::catalogue::Category;
use crate::check::difference::first_difference;
use crate::check::finding::{Evidence, Finding, Verdict};
use crate::record::API_VERSION;

/// The report of a run.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckReport {
    api_version: &'static str,
    kind: &'static str,
    success: bool,
    summary: Summary,
    records: Vec<RecordLine>,
    categories: Vec<CategoryChecks>,
    unseen: Vec<UnseenLine>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    records: usize,
    failed_upstream: usize,
    passed: usize,
    warnings: usize,
    errors: usize,
    unknown: usize,
    skipped: usize,
    planned: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_failure: Option<&'static str>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RecordLine {
    #[serde(flatten)]
    reference: Reference,
    chain: Vec<ChainLink>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream: Option<UpstreamLine>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Reference {
    namespace: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    virtual_cluster: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct ChainLink {
    of: &'static str,
    value: String,
    state: &'static str,
}

#[derive(Clone, Debug, Serialize)]
struct UpstreamLine {
    condition: String,
    reason: String,
    message: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CategoryChecks {
    category_name: &'static str,
    checks: Vec<CheckLine>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CheckLine {
    code: &'static str,
    description: &'static str,
    result: &'static str,
    resource_ref: Reference,
    #[serde(skip_serializing_if = "is_false")]
    planned: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<EvidenceLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remediation: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct EvidenceLine {
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<String>,
    /// First byte that differs, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_difference: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct UnseenLine {
    source: &'static str,
    reason: String,
    checks: usize,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_false(value: &bool) -> bool {
    !*value
}

impl CheckReport {
    /// `kind` of the document.
    pub const KIND: &'static str = "CheckReport";

    /// Returns the document of a run.
    pub fn new(records: &[RecordReport], totals: &Totals) -> Self {
        let mut categories: Vec<(Category, CategoryChecks)> = Vec::new();
        for report in records {
            for finding in &report.findings {
                let category = finding.check.category;
                let line = check_line(report, finding);
                match categories.iter_mut().find(|(known, _)| *known == category) {
                    Some((_, checks)) => checks.checks.push(line),
                    None => categories.push((
                        category,
                        CategoryChecks {
                            category_name: category.name(),
                            checks: vec![line],
                        },
                    )),
                }
            }
        }
        categories.sort_by_key(|(category, _)| *category);
        Self {
            api_version: API_VERSION,
            kind: Self::KIND,
            success: !totals.is_failed,
            summary: Summary {
                records: totals.records,
                failed_upstream: totals.failed_upstream,
                passed: totals.passed,
                warnings: totals.warnings,
                errors: totals.errors,
                unknown: totals.unknown,
                skipped: totals.skipped,
                planned: totals.planned,
                first_failure: totals.first,
            },
            records: records.iter().map(record_line).collect(),
            categories: categories.into_iter().map(|(_, checks)| checks).collect(),
            unseen: totals
                .unseen
                .iter()
                .map(|(unseen, checks)| UnseenLine {
                    source: unseen.source.word(),
                    reason: unseen.reason.clone(),
                    checks: *checks,
                })
                .collect(),
        }
    }
}

fn reference(report: &RecordReport) -> Reference {
    Reference {
        namespace: report.namespace.clone(),
        name: report.name.clone(),
        virtual_cluster: report.vcluster.clone(),
    }
}

fn record_line(report: &RecordReport) -> RecordLine {
    RecordLine {
        reference: reference(report),
        chain: report
            .chain
            .iter()
            .map(|link| ChainLink {
                of: link.of,
                value: link.value.clone(),
                state: link.joint.word(),
            })
            .collect(),
        upstream: report.upstream.as_ref().map(|condition| UpstreamLine {
            condition: condition.condition_type.clone(),
            reason: condition.reason.clone(),
            message: condition.message.clone(),
        }),
    }
}

fn check_line(report: &RecordReport, finding: &Finding) -> CheckLine {
    let line = CheckLine {
        code: finding.check.id,
        description: finding.check.title,
        result: finding.verdict.word(),
        resource_ref: reference(report),
        planned: false,
        error: None,
        evidence: Vec::new(),
        remediation: None,
    };
    match &finding.verdict {
        Verdict::Passed => line,
        Verdict::Unknown(unseen) => CheckLine {
            error: Some(unseen.to_string()),
            ..line
        },
        Verdict::Skipped { reason } => CheckLine {
            error: Some(reason.clone()),
            ..line
        },
        Verdict::Failed(failure) => CheckLine {
            planned: failure.planned,
            error: Some(failure.in_one_line()),
            evidence: failure.evidence.iter().map(evidence_line).collect(),
            remediation: failure.fix.clone(),
            ..line
        },
    }
}

fn evidence_line(evidence: &Evidence) -> EvidenceLine {
    match evidence {
        Evidence::Note(text) => EvidenceLine {
            of: None,
            expected: None,
            found: None,
            first_difference: None,
            note: Some(text.clone()),
        },
        Evidence::Pair {
            of,
            expected,
            found,
        } => EvidenceLine {
            of: Some(of.clone()),
            expected: Some(expected.clone()),
            found: found.clone(),
            first_difference: found
                .as_deref()
                .and_then(|found| first_difference(expected, found))
                .map(|equal| equal + 1),
            note: None,
        },
    }
}
