//! Every row of the catalogue, by table: healthy facts, one thing spoilt, and what is then said.

mod azure_rows;
mod cluster_rows;
mod fixture;
mod golden;
mod spoil;

use super::*;
use fixture::healthy;

/// What is said of facts: the id and the word of every finding but those that passed.
fn said(facts: &Facts) -> Vec<String> {
    judge_all(facts, &BTreeSet::new())
        .iter()
        .filter(|finding| finding.verdict != Verdict::Passed)
        .map(|finding| {
            let is_planned =
                matches!(&finding.verdict, Verdict::Failed(failure) if failure.planned);
            let planned = if is_planned { "planned " } else { "" };
            format!("{} {planned}{}", finding.check.id, finding.verdict.word())
        })
        .collect()
}

/// The one failure or warning with this id.
fn failure(facts: &Facts, id: &str) -> Failure {
    let findings = judge_all(facts, &BTreeSet::new());
    let finding = findings.into_iter().find(|finding| finding.check.id == id);
    let Verdict::Failed(failure) = finding.unwrap().verdict else {
        panic!("{id} does not fail");
    };
    failure
}

#[test]
fn healthy_facts_pass_all_checks() {
    assert_eq!(said(&healthy()), Vec::<String>::new());
}

#[test]
fn the_catalogue_is_in_order_and_has_each_id_once() {
    let numbers: Vec<u8> = CATALOGUE.iter().map(|check| check.number).collect();
    assert!(
        numbers.is_sorted_by(|one, other| one < other),
        "{numbers:?}"
    );
    let categories: Vec<Category> = CATALOGUE.iter().map(|check| check.category).collect();
    assert!(categories.is_sorted());
    let ids: BTreeSet<&str> = CATALOGUE.iter().map(|check| check.id).collect();
    assert_eq!(ids.len(), CATALOGUE.len());
}

#[test]
fn every_code_leads_to_a_check_that_exists() {
    for code in 0..1_000_000_u32 {
        if let Some(id) = exchange::suspect(code) {
            assert!(by_id(id).is_some(), "{code} {id}");
        }
    }
}

#[test]
fn a_skipped_check_is_not_judged() {
    let skip = BTreeSet::from(["no-fic"]);
    let findings = judge_all(&healthy(), &skip);
    assert!(findings.iter().all(|finding| finding.check.id != "no-fic"));
    assert_eq!(
        findings.len(),
        judge_all(&healthy(), &BTreeSet::new()).len() - 1
    );
}

#[test]
fn what_was_not_seen_is_unknown_and_never_passes() {
    let unseen = |source| Unseen::new(source, "no access");
    let mut facts = healthy();
    facts.vcluster = Err(unseen(FactSource::Host));
    facts.host = facts::HostFacts {
        configuration: Err(unseen(FactSource::Host)),
        service_account: Err(unseen(FactSource::Host)),
        others: BTreeSet::new(),
        by_uid: None,
        pods: Err(unseen(FactSource::Host)),
        webhooks: Err(unseen(FactSource::Host)),
        issuer: Err(unseen(FactSource::Host)),
    };
    facts.azure.identity = Err(unseen(FactSource::Azure));
    facts.azure.credentials = Err(unseen(FactSource::Azure));
    facts.azure.cluster = Err(unseen(FactSource::Azure));
    facts.azure.roles[0].assignment = Err(unseen(FactSource::Azure));
    facts.published = Err(unseen(FactSource::Issuer));
    facts.tenant.service_account = Err(unseen(FactSource::Tenant));
    facts.tenant.workloads = Err(unseen(FactSource::Tenant));
    facts.probe = Some(Err(unseen(FactSource::Entra)));
    let findings = judge_all(&facts, &BTreeSet::new());
    for finding in &findings {
        assert_eq!(finding.verdict.word(), "unknown", "{}", finding.check.id);
    }
    let (status, reason, message) = report::condition(&findings, FailOn::Error);
    assert_eq!(status, crate::record::ConditionStatus::Unknown);
    assert_eq!(reason, "NotSeen");
    assert!(message.starts_with("0 passed"), "{message}");
}

#[test]
fn what_a_planned_step_would_mend_does_not_count() {
    let mut facts = healthy();
    facts.azure.credentials = Ok(Vec::new());
    facts.probe = None;
    facts.planned = [crate::step::Step::Federate].into();
    assert_eq!(
        said(&facts),
        ["no-fic planned error", "exchange-blocked skipped"]
    );
    let findings = judge_all(&facts, &BTreeSet::new());
    assert!(findings.iter().all(|finding| finding.failure().is_none()));
    let (status, reason, _) = report::condition(&findings, FailOn::Unknown);
    assert_eq!(status, crate::record::ConditionStatus::Unknown);
    assert_eq!(reason, "Planned");
    facts.planned.clear();
    let findings = judge_all(&facts, &BTreeSet::new());
    let (status, reason, _) = report::condition(&findings, FailOn::Error);
    assert_eq!(status, crate::record::ConditionStatus::False);
    assert_eq!(reason, "NoFic");
}

#[test]
fn a_run_fails_from_what_was_asked_for_on() {
    let warning: Verdict = Failure::warning(Vec::new()).into();
    let error: Verdict = Failure::error(Vec::new()).into();
    let unknown = Verdict::Unknown(Unseen::new(FactSource::Host, ""));
    for (word, expected) in [
        ("error", [false, true, false]),
        ("warning", [true, true, false]),
        ("unknown", [true, true, true]),
        ("never", [false, false, false]),
    ] {
        let fail_on: FailOn = word.parse().unwrap();
        let counted = [&warning, &error, &unknown].map(|verdict| fail_on.counts(verdict));
        assert_eq!(counted, expected, "{word}");
    }
    assert!("errors".parse::<FailOn>().is_err());
    let mut facts = healthy();
    facts.host.webhooks = Ok(Vec::new());
    let findings = judge_all(&facts, &BTreeSet::new());
    for fail_on in [FailOn::Error, FailOn::Never] {
        let (status, reason, _) = report::condition(&findings, fail_on);
        assert_eq!(status, crate::record::ConditionStatus::False);
        assert_eq!(reason, "WebhookAbsent");
    }
}
