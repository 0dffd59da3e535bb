//! Which cluster a record's ServiceAccount lives in, verified before anything is written.

use std::collections::BTreeMap;

use vwi_cli::flags::{UsageError, bad_usage};
use vwi_core::record::TenantStatus;
use vwi_core::text::escape;
use vwi_kubernetes::host::HostOrigin;
use vwi_kubernetes::tenant::Scope;
use vwi_kubernetes::{ApiError, Cluster, ClusterChoice, ConnectSettings, Host, Kubeconfig, Tenant};

use crate::work::{Verdict, Work};

/// A cluster that records may be written to.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) tenant: Tenant,
    pub(crate) found: TenantStatus,
    /// Why the address is not in `found`, if it could not be read.
    pub(crate) address_unread: Option<String>,
}

impl Target {
    /// Returns the address of Service `default/kubernetes`, or why it is not known.
    pub(crate) fn address(&self) -> Result<Option<&str>, &str> {
        match &self.address_unread {
            Some(why) => Err(why),
            None => Ok(self.found.service_ip.as_deref()),
        }
    }
}

/// Reads what tells a cluster from every other.
pub(crate) async fn look(cluster: Cluster) -> Result<Target, ApiError> {
    let tenant = Tenant::new(cluster);
    let (uid, address) = tokio::join!(tenant.cluster_uid(), tenant.service_ip());
    match (uid, address) {
        (Err(error), Err(_)) if !error.is_forbidden() => Err(error),
        // Either is enough; a user may be allowed to read only one of them.
        (uid, address) => Ok(Target {
            tenant,
            address_unread: address.as_ref().err().map(ApiError::in_one_line),
            found: TenantStatus {
                service_account_uid: None,
                cluster_uid: uid.ok(),
                service_ip: address.ok().flatten(),
            },
        }),
    }
}

/// Refuses a cluster that runs vClusters: names were typed, and it is the tenant's that are meant.
pub(crate) async fn require_no_host(target: &Target) -> Result<(), UsageError> {
    let cluster = target.tenant.cluster();
    let host = Host::new(cluster.clone(), HostOrigin::Flag);
    // Whoever may not list Services can't be told.
    let services = host.services(&Scope::All).await.unwrap_or_default();
    if services.is_empty() {
        return Ok(());
    }
    Err(bad_usage(
        format!(
            "{} is no vCluster but the host of {} of them",
            cluster.label(),
            services.len()
        ),
        Some("take the context of the vCluster, or say `--allow-unverified-cluster`"),
    ))
}

/// How a record's cluster compares with one that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Match {
    Same,
    /// Both sides, for the message.
    Other(String),
    /// Nothing on both sides to compare.
    Unknown,
}

fn compare(recorded: &TenantStatus, found: &TenantStatus) -> Match {
    let pairs = [
        ("cluster uid", &recorded.cluster_uid, &found.cluster_uid),
        (
            "address of Service `default/kubernetes`",
            &recorded.service_ip,
            &found.service_ip,
        ),
    ];
    let mut same = false;
    for (what, recorded, found) in pairs {
        let (Some(recorded), Some(found)) = (recorded, found) else {
            continue;
        };
        if recorded != found {
            return Match::Other(format!(
                "{what} is `{}`, the record says `{}`",
                escape(found),
                escape(recorded)
            ));
        }
        same = true;
    }
    if same { Match::Same } else { Match::Unknown }
}

/// Finds the cluster of each open record; the others get their verdict.
///
/// The cluster of the command line is tried first; without a typed context, so are those whose
/// name the vcluster command line made for the record's vCluster.
pub(crate) async fn assign(
    works: &mut [Work],
    choice: &ClusterChoice,
    settings: &ConnectSettings,
    current: &Target,
    allow_unverified: bool,
) -> Vec<(usize, Target)> {
    let mut others: BTreeMap<String, Result<Target, String>> = BTreeMap::new();
    let kubeconfig = if choice.context.is_none() {
        Kubeconfig::load(&choice.kubeconfig).ok()
    } else {
        None
    };
    let mut assigned = Vec::new();
    for (index, work) in works.iter_mut().enumerate() {
        if !work.is_open() {
            continue;
        }
        let label = current.tenant.cluster().label();
        let mut tried = match compare(&work.tenant, &current.found) {
            Match::Same => {
                assigned.push((index, current.clone()));
                continue;
            }
            Match::Unknown if work.typed || allow_unverified => {
                assigned.push((index, current.clone()));
                continue;
            }
            Match::Unknown => {
                work.verdict = Some(Verdict::failed(
                    "UnverifiedCluster",
                    format!(
                        "nothing in the record tells whether {label} is its cluster; \
                         `--allow-unverified-cluster` writes all the same"
                    ),
                ));
                continue;
            }
            Match::Other(why) => vec![format!("{label}: {why}")],
        };
        let Some((contexts, kubeconfig)) = kubeconfig
            .as_ref()
            .map(|kubeconfig| (contexts_of(work, kubeconfig), kubeconfig))
        else {
            work.verdict = Some(wrong_cluster(&tried));
            continue;
        };
        let mut found = None;
        for context in contexts {
            if !others.contains_key(&context) {
                let target = connect(&context, kubeconfig, choice, settings).await;
                others.insert(context.clone(), target);
            }
            match others.get(&context) {
                Some(Ok(target)) => match compare(&work.tenant, &target.found) {
                    Match::Same => {
                        found = Some(target.clone());
                        break;
                    }
                    Match::Other(why) => {
                        tried.push(format!("context `{}`: {why}", escape(&context)));
                    }
                    Match::Unknown => {}
                },
                Some(Err(why)) => tried.push(format!("context `{}`: {why}", escape(&context))),
                None => {}
            }
        }
        match found {
            Some(target) => assigned.push((index, target)),
            None => work.verdict = Some(wrong_cluster(&tried)),
        }
    }
    assigned
}

fn wrong_cluster(tried: &[String]) -> Verdict {
    Verdict::failed("WrongCluster", tried.join("; "))
}

/// Contexts of the form `vcluster_VC_HNS_PARENT`, as `vcluster connect` names them.
fn contexts_of(work: &Work, kubeconfig: &Kubeconfig) -> Vec<String> {
    let Some((vcluster, namespace)) = &work.vcluster else {
        return Vec::new();
    };
    let start = format!("vcluster_{vcluster}_{namespace}_");
    let matching = kubeconfig
        .contexts()
        .filter(|context| context.starts_with(&start));
    matching.map(str::to_owned).collect()
}

async fn connect(
    context: &str,
    kubeconfig: &Kubeconfig,
    choice: &ClusterChoice,
    settings: &ConnectSettings,
) -> Result<Target, String> {
    let choice = ClusterChoice {
        context: Some(context.to_owned()),
        ..choice.clone()
    };
    let cluster = Cluster::connect_with(kubeconfig, &choice, settings)
        .await
        .map_err(|error| vwi_cli::report::in_one_line(&error))?;
    look(cluster).await.map_err(|error| error.in_one_line())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(uid: Option<&str>, address: Option<&str>) -> TenantStatus {
        TenantStatus {
            service_account_uid: None,
            cluster_uid: uid.map(str::to_owned),
            service_ip: address.map(str::to_owned),
        }
    }

    #[test]
    fn a_cluster_is_the_records_only_if_nothing_differs() {
        let found = status(Some("u"), Some("10.0.0.1"));
        let cases = [
            (status(Some("u"), None), Match::Same),
            (status(None, Some("10.0.0.1")), Match::Same),
            (status(None, None), Match::Unknown),
        ];
        for (recorded, expected) in cases {
            assert_eq!(compare(&recorded, &found), expected);
        }
        for recorded in [
            status(Some("v"), None),
            status(Some("u"), Some("10.0.0.2")),
            status(None, Some("10.0.0.2")),
        ] {
            assert!(
                matches!(compare(&recorded, &found), Match::Other(_)),
                "{recorded:?}"
            );
        }
        assert_eq!(compare(&found, &status(None, None)), Match::Unknown);
    }
}
