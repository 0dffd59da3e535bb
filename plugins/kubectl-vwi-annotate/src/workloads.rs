//! Says which workloads still lack the label without which the webhook passes their pods over.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use vwi_cli::talk::Talk;
use vwi_core::annotation::{USE, USE_VALUE};
use vwi_core::text::escape;
use vwi_kubernetes::Tenant;
use vwi_kubernetes::object::Workload;
use vwi_kubernetes::tenant::Scope;

use crate::assign::Assigned;
use crate::work::Work;

/// Namespaces up to which each is asked for its workloads; above, all are asked at once.
const SINGLE_NAMESPACES: usize = 3;

/// What was seen of one cluster's workloads.
#[derive(Default)]
pub(crate) struct Listed {
    /// Indices of the records whose ServiceAccounts they may use.
    of: Vec<usize>,
    seen: Vec<Workload>,
    /// Kinds that could not be listed, each with the reason.
    unseen: BTreeMap<&'static str, String>,
}

/// Lists the workloads of the namespaces that are to be written to, cluster by cluster, where they
/// may be seen.
pub(crate) fn of<'a>(
    works: &[Work],
    assigned: &'a Assigned,
) -> impl Future<Output = Vec<Listed>> + use<'a> {
    let asked: Vec<(&Tenant, Vec<usize>, Vec<Scope>)> = assigned
        .by_target()
        .filter(|(_, of)| !of.is_empty())
        .map(|(target, of)| {
            let scopes = scopes(of.iter().filter_map(|index| works.get(*index)));
            (&target.tenant, of, scopes)
        })
        .collect();
    async move {
        join_all(asked.into_iter().map(|(tenant, of, scopes)| async move {
            let mut listed = Listed {
                of,
                ..Listed::default()
            };
            for found in join_all(scopes.iter().map(|scope| tenant.workloads(scope))).await {
                listed.seen.extend(found.seen);
                let unseen = found.unseen.into_iter();
                let unseen = unseen.map(|(kind, error)| (kind, error.in_one_line()));
                listed.unseen.extend(unseen);
            }
            listed
        }))
        .await
    }
}

fn scopes<'a>(works: impl Iterator<Item = &'a Work>) -> Vec<Scope> {
    let namespaces: BTreeSet<&str> = works.map(|work| work.namespace.as_str()).collect();
    if namespaces.len() > SINGLE_NAMESPACES {
        return vec![Scope::All];
    }
    let scopes = namespaces.into_iter();
    scopes
        .map(|namespace| Scope::Namespace(namespace.to_owned()))
        .collect()
}

/// Names the workloads of the annotated ServiceAccounts whose template lacks the label, and says
/// once which kinds were not seen.
pub(crate) fn tell(works: &[Work], listed: &[Listed], talk: &Talk) {
    let mut unseen: BTreeMap<&str, &str> = BTreeMap::new();
    for listed in listed {
        let annotated: BTreeSet<(&str, &str)> = listed
            .of
            .iter()
            .filter_map(|index| works.get(*index))
            .filter(|work| work.asks_for_tokens())
            .map(|work| (work.namespace.as_str(), work.name.as_str()))
            .collect();
        if annotated.is_empty() {
            continue;
        }
        let kinds = listed.unseen.iter();
        unseen.extend(kinds.map(|(kind, why)| (*kind, why.as_str())));
        for workload in &listed.seen {
            let account = workload.template.service_account();
            let namespace = workload.metadata.namespace.as_str();
            let label = workload.template_metadata.labels.get(USE);
            if !annotated.contains(&(namespace, account))
                || label.map(String::as_str) == Some(USE_VALUE)
            {
                continue;
            }
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
    if let Some(why) = unseen.values().next() {
        let kinds: Vec<String> = unseen.keys().map(|kind| format!("{kind}s")).collect();
        talk.warn(&format!(
            "{} are not seen, so that pod templates without the label {USE} are not named: {why}",
            kinds.join(", ")
        ));
    }
}
