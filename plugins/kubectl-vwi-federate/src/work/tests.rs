use serde_json::json;
use vwi_core::record::ConditionStatus;

use super::*;
use crate::identities::Identities;
use crate::wish::tests::arguments;

const SUBJECT: &str = "system:serviceaccount:team-x:app-x-default-x-vc";

fn record(reason: Option<&str>) -> Record {
    let mut record = Record::new("default", "app");
    record.put_spec(
        "virtualCluster",
        json!({"name": "vc", "namespace": "team-x"}),
    );
    record.put_status("subject", SUBJECT);
    if let Some(reason) = reason {
        record.set_condition(Step::Translate, ConditionStatus::True, reason, "");
    }
    record
}

fn work(record: &Record, flags: &[&str]) -> Work {
    let flags = [&["--identity", "app", "-g", "rg"], flags].concat();
    let arguments = arguments(&flags);
    let defaults = Defaults {
        identities: Identities::new(&arguments.identity).unwrap(),
        audience: Some("api://a".to_owned()),
        ..Defaults::default()
    };
    Work::new(record, &arguments, &defaults)
}

fn reason(work: &Work) -> Option<&'static str> {
    match &work.verdict {
        Some(Verdict::Refused(refusal)) => Some(refusal.reason),
        Some(Verdict::Forwarded) => Some("Forwarded"),
        None => None,
    }
}

#[test]
fn a_grade_is_what_translate_said_and_no_more() {
    let cases = [
        (Some("Proven"), Grade::Proven),
        (Some("Configured"), Grade::Configured),
        (Some("Computed"), Grade::Computed),
        (Some("Stated"), Grade::Computed),
        (Some("Whatever"), Grade::Computed),
        (None, Grade::Computed),
    ];
    for (said, grade) in cases {
        let mut work = work(&record(said), &[]);
        assert_eq!(work.grade, grade, "{said:?}");
        work.require(Grade::Configured);
        let refused = reason(&work) == Some("Unproven");
        assert_eq!(refused, grade < Grade::Configured, "{said:?}");
    }
}

#[test]
fn failed_and_planned_records_are_told_apart() {
    let mut failed = record(None);
    failed.set_condition(Step::Translate, ConditionStatus::False, "NotSynced", "");
    assert_eq!(reason(&work(&failed, &[])), Some("Forwarded"));
    let mut planned = record(None);
    planned.set_condition(Step::Translate, ConditionStatus::Unknown, "Planned", "");
    let mut planned = work(&planned, &[]);
    planned.require(Grade::Proven);
    assert!(planned.is_planned && planned.is_open());
}

#[test]
fn a_subject_is_needed_and_has_one_spelling() {
    let none = Record::new("default", "app");
    assert_eq!(reason(&work(&none, &[])), Some("NoSubject"));
    let mut two = record(Some("Proven"));
    two.put_status(
        "hostServiceAccount",
        json!({"namespace": "team-x", "name": "other"}),
    );
    assert_eq!(reason(&work(&two, &[])), Some("SubjectsDiffer"));
    let one = work(&record(Some("Proven")), &[]);
    assert_eq!(one.subject().unwrap().to_string(), SUBJECT);
}

#[test]
fn subjects_of_many_pods_are_refused_unless_meant() {
    let mut shared = record(Some("Proven"));
    shared.put_status("subject", "system:serviceaccount:team-x:vc-workload-vc");
    assert_eq!(reason(&work(&shared, &[])), Some("SharedSubject"));
    assert_eq!(reason(&work(&shared, &["--allow-shared-subject"])), None);
    let mut told = record(Some("Proven"));
    told.put_status("sharedBy", "workload");
    assert_eq!(reason(&work(&told, &[])), Some("SharedSubject"));
    assert_eq!(reason(&work(&told, &["--allow-shared-subject"])), None);
}
