//! Whole reports, compared with files under `golden/`.

use snapbox::{assert_data_eq, file};

use super::fixture::{ISSUER, SUBJECT, credential, healthy};
use super::spoil::refuse;
use super::{FactSource, Facts, FailOn, Unseen, judge_all};
use crate::check::report::{
    CheckReport, Detail, Look, RecordReport, Totals, write_record, write_summary,
};
use crate::federation::PUBLIC_AUDIENCE;
use crate::record::{Condition, ConditionStatus};

fn judged(facts: &Facts) -> RecordReport {
    let findings = judge_all(facts, &std::collections::BTreeSet::new());
    RecordReport::judged(facts, findings, None)
}

fn totals(reports: &[RecordReport]) -> Totals {
    let mut totals = Totals::default();
    for report in reports {
        totals.add(report, FailOn::Error);
    }
    totals
}

fn table(reports: &[RecordReport], detail: Detail, look: Look) -> String {
    let mut text = String::new();
    for report in reports {
        write_record(&mut text, report, detail, look).unwrap();
    }
    write_summary(&mut text, &totals(reports), look).unwrap();
    text
}

fn json(reports: &[RecordReport]) -> String {
    let report = CheckReport::new(reports, &totals(reports));
    serde_json::to_string_pretty(&report).unwrap() + "\n"
}

const PLAIN: Look = Look {
    color: false,
    unicode: true,
};

/// A wrong subject, no host access for pods, a planned role, and a hostile name.
fn broken() -> Facts {
    let mut facts = healthy();
    let wrong = SUBJECT.replace("vcluster-demo", "vcluster-dem0\u{1b}[2J");
    facts.azure.credentials = Ok(vec![credential(ISSUER, &wrong, PUBLIC_AUDIENCE)]);
    facts.host.pods = Err(Unseen::new(
        FactSource::Host,
        "cannot list pods of context `host`: forbidden",
    ));
    facts.tenant.workloads = Ok(Vec::new());
    refuse(&mut facts, 700_213);
    facts
}

/// One that federate has failed, and why.
fn failed_before() -> RecordReport {
    let mut facts = healthy();
    "late".clone_into(&mut facts.name);
    facts.probe = None;
    facts.azure.identity = Ok(None);
    let condition = Condition {
        condition_type: "Federated".to_owned(),
        status: ConditionStatus::False,
        reason: "IdentityNotFound".to_owned(),
        message: "identity `app-identity` is not there".to_owned(),
    };
    let skip = [
        "host-sa-foreign",
        "host-sa-annotations-differ",
        "pod-sa-wrong",
        "pod-label-missing",
    ];
    let findings = judge_all(&facts, &skip.into_iter().collect());
    RecordReport::judged(&facts, findings, Some(condition))
}

#[test]
fn a_report_of_one_that_works() {
    let reports = [judged(&healthy())];
    assert_data_eq!(
        table(&reports, Detail::All, PLAIN),
        file!["golden/healthy.txt"].raw()
    );
    assert_data_eq!(json(&reports), file!["golden/healthy.json": Text].raw());
}

#[test]
fn a_report_of_one_that_does_not() {
    let reports = [judged(&broken()), failed_before()];
    assert_data_eq!(
        table(&reports, Detail::All, PLAIN),
        file!["golden/broken.txt"].raw()
    );
    assert_data_eq!(json(&reports), file!["golden/broken.json": Text].raw());
}

#[test]
fn a_short_report_has_the_problems_alone() {
    let reports = [judged(&healthy()), judged(&broken()), failed_before()];
    assert_data_eq!(
        table(&reports, Detail::Problems, Look::default()),
        file!["golden/short.txt"].raw()
    );
}

#[test]
fn colours_are_only_where_they_are_asked_for() {
    let look = Look {
        color: true,
        unicode: true,
    };
    let reports = [judged(&broken())];
    let coloured = table(&reports, Detail::All, look);
    assert!(
        coloured.contains("\u{1b}[1m\u{1b}[31m×\u{1b}[0m"),
        "{coloured:?}"
    );
    let plain = table(&reports, Detail::All, PLAIN);
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
}
