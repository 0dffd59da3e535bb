//! Says which workloads still lack the label without which the webhook passes their pods over.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use vwi_cli::talk::Talk;
use vwi_core::annotation::{USE, USE_VALUE};
use vwi_core::text::escape;
use vwi_kubernetes::object::Workload;
use vwi_kubernetes::tenant::Scope;

use crate::target::Target;
use crate::work::{Verdict, Work};

/// Namespaces up to which each is asked for its workloads; above, all are asked at once.
const SINGLE_NAMESPACES: usize = 3;

/// Lists the workloads of the namespaces that are to be written to, where they may be seen.
pub(crate) fn of<'a>(
    works: &[Work],
    assigned: &'a [(usize, Target)],
    talk: &'a Talk,
) -> impl Future<Output = Vec<Workload>> + use<'a> {
    let namespaces: BTreeSet<&str> = assigned
        .iter()
        .filter_map(|(index, _)| works.get(*index))
        .map(|work| work.namespace.as_str())
        .collect();
    let scopes = if namespaces.len() > SINGLE_NAMESPACES {
        vec![Scope::All]
    } else {
        namespaces
            .into_iter()
            .map(|namespace| Scope::Namespace(namespace.to_owned()))
            .collect()
    };
    async move {
        let Some((_, target)) = assigned.first() else {
            return Vec::new();
        };
        let lists = scopes.iter().map(|scope| target.tenant.workloads(scope));
        let mut found = Vec::new();
        for listed in join_all(lists).await {
            match listed {
                Ok(workloads) => found.extend(workloads),
                Err(error) => talk.detail(&format!("workloads not seen: {}", error.in_one_line())),
            }
        }
        found
    }
}

/// Names the workloads of the annotated ServiceAccounts whose template lacks the label.
pub(crate) fn tell(works: &[Work], workloads: &[Workload], talk: &Talk) {
    let annotated: BTreeSet<(&str, &str)> = works
        .iter()
        .filter(|work| matches!(work.verdict, Some(Verdict::Done { .. })))
        .map(|work| (work.namespace.as_str(), work.name.as_str()))
        .collect();
    for workload in workloads {
        let account = match workload.template.service_account_name.as_str() {
            "" => "default",
            named => named,
        };
        let namespace = workload.metadata.namespace.as_str();
        let label = workload.template_metadata.labels.get(USE);
        if annotated.contains(&(namespace, account)) && label.map(String::as_str) != Some(USE_VALUE)
        {
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
