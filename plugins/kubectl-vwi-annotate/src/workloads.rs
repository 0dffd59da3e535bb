//! Says which workloads still lack the label without which the webhook passes their pods over.

use std::collections::{BTreeMap, BTreeSet};

use vwi_cli::talk::Talk;
use vwi_core::annotation::{USE, USE_VALUE};
use vwi_core::text::escape;
use vwi_kubernetes::tenant::Scope;

use crate::target::Target;
use crate::work::{Verdict, Work};

/// Namespaces up to which each is asked for its workloads; above, all are asked at once.
const SINGLE_NAMESPACES: usize = 3;

/// Names the workloads of the annotated ServiceAccounts whose template lacks the label.
pub(crate) async fn tell(works: &[Work], assigned: &[(usize, Target)], talk: &Talk) {
    let Some((_, target)) = assigned.first() else {
        return;
    };
    let mut accounts: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (index, _) in assigned {
        let Some(work) = works.get(*index) else {
            continue;
        };
        if matches!(work.verdict, Some(Verdict::Done { .. })) {
            let names = accounts.entry(&work.namespace).or_default();
            names.insert(&work.name);
        }
    }
    let scopes = if accounts.len() > SINGLE_NAMESPACES {
        vec![Scope::All]
    } else {
        let namespaces = accounts.keys();
        namespaces
            .map(|namespace| Scope::Namespace((*namespace).to_owned()))
            .collect()
    };
    for scope in scopes {
        let workloads = match target.tenant.workloads(&scope).await {
            Ok(workloads) => workloads,
            Err(error) => {
                talk.detail(&format!("workloads not seen: {}", error.in_one_line()));
                continue;
            }
        };
        for workload in workloads {
            let account = match workload.template.service_account_name.as_str() {
                "" => "default",
                named => named,
            };
            let namespace = workload.metadata.namespace.as_str();
            let ours = accounts
                .get(namespace)
                .is_some_and(|names| names.contains(account));
            let label = workload.template_metadata.labels.get(USE);
            if ours && label.map(String::as_str) != Some(USE_VALUE) {
                talk.warn(&format!(
                    "{} {}/{} runs as `{}`, and its pod template lacks the label {USE}: \"{USE_VALUE}\", \
                     so its pods get no token",
                    workload.kind,
                    escape(namespace),
                    escape(&workload.metadata.name),
                    escape(account)
                ));
            }
        }
    }
}
