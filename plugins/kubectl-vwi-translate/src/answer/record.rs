//! A judgement as a record has it.

use vwi_core::record::{Condition, ConditionStatus, Record, TenantStatus, Verdict};
use vwi_core::step::Step;
use vwi_core::subject::Subject;
use vwi_core::translation::{Grade, Judgement};

use crate::place::Place;

/// What translate writes into `status`, conditions apart.
pub(super) const OWN_STATUS: [&str; 6] = [
    "tenant",
    "subject",
    "hostServiceAccount",
    "sharedBy",
    "evidence",
    "issuer",
];

/// Writes a judgement into a record.
pub(super) fn describe(record: &mut Record, place: &Place, judgement: &Judgement, dry_run: bool) {
    let subject = subject(judgement);
    if subject.is_none() {
        record.remove_status(&OWN_STATUS);
    }
    if subject.is_some() {
        fill_virtual_cluster(record, place);
    }
    match tenant(place, judgement.tenant_uid.clone()) {
        Some(tenant) => record.put_status("tenant", tenant),
        None => record.remove_status(&["tenant"]),
    }
    if let (Some(subject), Some(host)) = (subject, &judgement.host) {
        record.put_status("subject", subject);
        record.put_status("hostServiceAccount", host);
    }
    match judgement.shared_by {
        Some(shared_by) => record.put_status("sharedBy", shared_by),
        None => record.remove_status(&["sharedBy"]),
    }
    record.put_status("evidence", place.evidence(judgement));
    match issuer(place, judgement) {
        Some(issuer) => record.put_status("issuer", issuer),
        None => record.remove_status(&["issuer"]),
    }
    let Verdict {
        status,
        reason,
        message,
    } = verdict(judgement, dry_run);
    record.set_condition(Step::Translate, status, reason, &message);
}

fn subject(judgement: &Judgement) -> Option<Subject> {
    let host = judgement.host.as_ref()?;
    Subject::new(&host.namespace, &host.name).ok()
}

/// Returns what tells the tenant from others, if anything is known.
pub(super) fn tenant(place: &Place, uid: Option<String>) -> Option<TenantStatus> {
    let tenant = TenantStatus {
        service_account_uid: uid,
        ..place.tenant.clone()
    };
    (tenant != TenantStatus::default()).then_some(tenant)
}

pub(super) fn issuer<'a>(place: &'a Place, judgement: &'a Judgement) -> Option<&'a str> {
    place.issuer.as_deref().or(judgement.issuer.as_deref())
}

pub(super) fn verdict(judgement: &Judgement, dry_run: bool) -> Verdict<'_> {
    let message = || judgement.message.as_str().into();
    let (status, reason, message) = match judgement.grade {
        None => (ConditionStatus::False, judgement.reason, message()),
        Some(grade) if dry_run => (
            ConditionStatus::Unknown,
            Condition::PLANNED,
            planned(grade, judgement).into(),
        ),
        Some(grade) => (ConditionStatus::True, grade.reason(), message()),
    };
    Verdict {
        status,
        reason,
        message,
    }
}

fn planned(grade: Grade, judgement: &Judgement) -> String {
    format!("{}: {} (dry run)", grade.reason(), judgement.message)
}

/// Says in the record which vCluster it is, where the record left that open.
fn fill_virtual_cluster(record: &mut Record, place: &Place) {
    let wish = record.spec().unwrap_or_default().virtual_cluster;
    let wish = wish.unwrap_or_default();
    let knows_instance = wish.instance.is_some() || place.instance.is_none();
    if wish.name.is_some() && wish.namespace.is_some() && knows_instance {
        return;
    }
    record.merge_spec("virtualCluster", place.reference(wish));
}
