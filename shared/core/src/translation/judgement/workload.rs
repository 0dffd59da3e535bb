//! The ServiceAccount that all host pods of a vCluster share while it does not sync ServiceAccounts.

use crate::record::{Evidence, SharedBy, Source};

use super::{
    DISAGREE, Failure, Grade, HostFact, HostName, Judgement, MISSING, ModeSource, NOT_ON_HOST,
    Question, TenantFact, computed_evidence, host_account, opinion, shown, tenant_key, unseen,
};

const SYNC_ON: &str = "ServiceAccountSyncOn";

/// What every answer has to say: the identity is not the ServiceAccount's alone.
const SHARED: &str = "every pod of the vCluster runs as it and gets the identity";

/// Judges what the pods of the tenant's ServiceAccount run as, where that is the shared one.
pub(super) fn decide(
    question: &Question<'_>,
    judgement: &mut Judgement,
) -> Result<(Grade, String), Failure> {
    let facts = question.vcluster;
    if let Some(configuration) = facts.configuration {
        if let Some(refusal) = configuration.pods_refusal(facts.which) {
            return Err(refusal.into());
        }
        if configuration.syncs_service_accounts {
            return Err(Failure::new(
                SYNC_ON,
                format!(
                    "vCluster `{}` syncs ServiceAccounts, so that no pod runs as the shared one",
                    facts.which
                ),
            )
            .hint("leave out `--workload-service-account`"));
        }
    }
    let shared = facts.workload_account(question.namespace, question.name)?;
    judgement.evidence.push(computed_evidence(&facts, &shared));
    judgement.host = Some(host_account(&shared, None));
    opinion::demanded(question)?;
    let other = question
        .opinions
        .iter()
        .find(|opinion| (&opinion.namespace, &opinion.name) != (&shared.namespace, &shared.name));
    if let Some(other) = other {
        return Err(Failure::new(
            DISAGREE,
            format!(
                "the shared ServiceAccount is `{}`, but {} says that pods of `{}` run as `{}`",
                shown(&shared),
                other.source,
                tenant_key(question),
                shown(&HostName {
                    namespace: other.namespace.clone(),
                    name: other.name.clone(),
                })
            ),
        ));
    }
    if question.tenant == TenantFact::Missing && !question.allow_missing {
        return Err(Failure::new(
            MISSING,
            format!(
                "the tenant has no ServiceAccount `{}`",
                tenant_key(question)
            ),
        )
        .hint("create it, or say `--allow-missing`"));
    }
    let (grade, message) = match question.host {
        HostFact::Found(found) => {
            judgement
                .evidence
                .push(Evidence::of(Source::Host, &shared, None));
            judgement.host = Some(host_account(&shared, Some(found.uid)));
            seen(facts.mode_source, &shared)
        }
        HostFact::Absent => {
            return Err(Failure::new(
                NOT_ON_HOST,
                format!(
                    "the host has no `{}`, which all pods of vCluster `{}` are to run as",
                    shown(&shared),
                    facts.which
                ),
            )
            .hint(
                "set `controlPlane.advanced.workloadServiceAccount.enabled: true` in its \
                 vcluster.yaml",
            ));
        }
        HostFact::NotRead => unseen(&facts, &shared),
    };
    let (grade, message) = opinion::weigh(question, &shared, judgement, (grade, message))?;
    judgement.shared_by = Some(SharedBy::Workload);
    Ok((grade, format!("{message}: {SHARED}")))
}

/// The chart makes it also where ServiceAccounts are synced: only the configuration tells that pods
/// run as it.
fn seen(source: ModeSource, shared: &HostName) -> (Grade, String) {
    let grade = match source {
        ModeSource::Configuration | ModeSource::Platform => Grade::Proven,
        ModeSource::Unproven | ModeSource::Values | ModeSource::Assumed => Grade::Computed,
    };
    (grade, format!("seen on the host as `{}`", shown(shared)))
}
