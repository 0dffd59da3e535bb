//! Ways to spoil healthy facts, and the table of what is then said.

use std::time::Duration;

use super::fixture::{credential, healthy, presented};
use super::{failure, said};
use crate::check::exchange::{Probe, Refusal};
use crate::check::facts::{Facts, HostPodFact, ServiceAccountFact, WorkloadFact};
use crate::translation::Configuration;

pub(super) type Spoil = fn(&mut Facts);

/// What was spoilt, how, all that is said then, and the beginning of the cause's fix.
pub(super) type Row = (&'static str, Spoil, &'static [&'static str], &'static str);

pub(super) fn tenant(facts: &mut Facts) -> &mut ServiceAccountFact {
    facts
        .tenant
        .service_account
        .as_mut()
        .unwrap()
        .as_mut()
        .unwrap()
}

pub(super) fn host(facts: &mut Facts) -> &mut ServiceAccountFact {
    facts
        .host
        .service_account
        .as_mut()
        .unwrap()
        .as_mut()
        .unwrap()
}

/// Sets an annotation on both sides.
pub(super) fn annotate(facts: &mut Facts, key: &str, value: Option<&str>) {
    let sides: [fn(&mut Facts) -> &mut ServiceAccountFact; 2] = [tenant, host];
    for side in sides {
        let annotations = &mut side(facts).annotations;
        match value {
            Some(value) => annotations.insert(key.to_owned(), value.to_owned()),
            None => annotations.remove(key),
        };
    }
}

pub(super) fn configure(facts: &mut Facts, values: &str) {
    let vcluster = facts.vcluster.clone().unwrap();
    facts.host.configuration = Ok(Configuration::parse(values, &vcluster).unwrap());
}

pub(super) fn credentials(facts: &mut Facts, issuer: &str, subject: &str, audience: &str) {
    facts.azure.credentials = Ok(vec![credential(issuer, subject, audience)]);
    facts.probe = None;
}

pub(super) fn workload(facts: &mut Facts) -> &mut WorkloadFact {
    &mut facts.tenant.workloads.as_mut().unwrap()[0]
}

pub(super) fn pod(facts: &mut Facts) -> &mut HostPodFact {
    &mut facts.host.pods.as_mut().unwrap()[0]
}

pub(super) fn refuse(facts: &mut Facts, code: u32) {
    facts.probe = Some(Ok(Probe::Refused {
        presented: presented(),
        refusal: Refusal {
            code: Some(code),
            description: format!("AADSTS{code}: no."),
        },
        tries: 3,
        elapsed: Duration::from_secs(30),
    }));
}

pub(super) fn check_all(rows: &[Row]) {
    for (case, spoil, expected, fix) in rows {
        let mut facts = healthy();
        spoil(&mut facts);
        let said = said(&facts);
        assert_eq!(said, *expected, "{case}");
        let cause = expected[0].split(' ').next().unwrap();
        let found = failure(&facts, cause).fix.unwrap_or_default();
        assert!(found.starts_with(fix), "{case}: {found}");
    }
}
