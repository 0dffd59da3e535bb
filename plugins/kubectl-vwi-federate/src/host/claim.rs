//! What a record claims, judged by what the host shows.

use vwi_core::federation::Refusal;
use vwi_core::text::escape;
use vwi_core::translation::{Grade, HostFact, Judgement, Question, TenantFact, Unread, judge};
use vwi_kubernetes::HostEvidence;

use crate::work::Work;

/// Returns the grade that the claim has once the host was asked; `was_read`: and has answered.
pub(super) fn agreed(work: &Work, judgement: &Judgement, was_read: bool) -> Result<Grade, Refusal> {
    let claimed = work.host.as_ref();
    let claimed_name = claimed.map(|host| format!("{}/{}", host.namespace, host.name));
    let claimed_name = escape(&claimed_name.unwrap_or_default());
    let (Some(grade), Some(host)) = (judgement.grade, &judgement.host) else {
        return Err(Refusal {
            reason: judgement.reason,
            message: format!("claimed is `{claimed_name}`, but {}", judgement.message),
            hint: judgement.hint.clone(),
        });
    };
    if claimed.map(|claimed| (&claimed.namespace, &claimed.name))
        != Some((&host.namespace, &host.name))
    {
        return Err(Refusal {
            reason: "SubjectDiffers",
            message: format!(
                "the record claims `{claimed_name}`, but the host calls `{}` `{}/{}`",
                work.key(),
                escape(&host.namespace),
                escape(&host.name)
            ),
            hint: Some("run `kubectl vwi translate` again".to_owned()),
        });
    }
    let claimed_uid = claimed.and_then(|claimed| claimed.uid.as_deref());
    if let (Some(claimed_uid), Some(uid)) = (claimed_uid, host.uid.as_deref())
        && claimed_uid != uid
    {
        return Err(Refusal {
            reason: "OtherUid",
            message: format!(
                "the record saw host ServiceAccount `{claimed_name}` with uid `{}`, now it has \
                 `{}`: it was made again",
                escape(claimed_uid),
                escape(uid)
            ),
            hint: Some("run `kubectl vwi translate` again".to_owned()),
        });
    }
    // What the host could not show leaves the claim as it was. Where it was looked at, nothing is
    // proven that it does not show; how the vCluster is set up may be known from elsewhere.
    let claimed = if was_read {
        work.grade.min(Grade::Configured)
    } else {
        work.grade
    };
    Ok(grade.max(claimed))
}

/// Judges a claim by what the host shows, and says whether the host let itself be read.
pub(super) fn judged(work: &Work, evidence: &HostEvidence) -> (Judgement, bool) {
    let vcluster = evidence.vcluster();
    let uid = work.tenant.service_account_uid.as_deref();
    // Whoever claims the ServiceAccount that all pods share has asked for it knowingly.
    let shared = vcluster.workload_account(&work.namespace, &work.name);
    let is_shared = shared.is_ok_and(|shared| {
        work.host.as_ref().is_some_and(|claimed| {
            (&claimed.namespace, &claimed.name) == (&shared.namespace, &shared.name)
        })
    });
    let named = if is_shared {
        vcluster.workload_account(&work.namespace, &work.name)
    } else {
        vcluster.host_name(&work.namespace, &work.name)
    };
    let (host, same_uid) = named.map_or((HostFact::NotRead, Vec::new()), |computed| {
        evidence.about(&computed, uid)
    });
    let tenant = match uid {
        Some(uid) => TenantFact::Found { uid },
        None if work.is_awaited => TenantFact::Missing,
        None => TenantFact::NotRead(Unread::NotAsked),
    };
    let was_read = !matches!(host, HostFact::NotRead);
    let judgement = judge(&Question {
        namespace: &work.namespace,
        name: &work.name,
        vcluster,
        tenant,
        host,
        same_uid: &same_uid,
        blinded_by: None,
        host_issuer: None,
        via: &[],
        opinions: &[],
        silences: &[],
        // The weakest: whether it is enough is asked once all is known.
        accept: Grade::Computed,
        allow_missing: true,
        workload_account: is_shared,
    });
    (judgement, was_read)
}
