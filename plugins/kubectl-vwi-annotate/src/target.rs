//! A cluster that records may be written to, and what tells it from every other.

use vwi_cli::flags::{UsageError, bad_usage};
use vwi_cli::host::Proven;
use vwi_core::record::TenantStatus;
use vwi_core::text::escape;
use vwi_kubernetes::host::HostOrigin;
use vwi_kubernetes::tenant::Scope;
use vwi_kubernetes::{ApiError, Cluster, Host, Tenant};

/// A cluster that records may be written to.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) tenant: Tenant,
    pub(crate) found: TenantStatus,
    /// Why the address is not in `found`, if it could not be read.
    address_unread: Option<String>,
    /// Its host, once it has proven itself.
    pub(crate) host: Option<Proven>,
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
            host: None,
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
pub(crate) enum Match {
    Same,
    /// Both sides, for the message.
    Other(String),
    /// Nothing on both sides to compare.
    Unknown,
}

/// Compares what a record says of its cluster with what was found.
pub(crate) fn compare(recorded: &TenantStatus, found: &TenantStatus) -> Match {
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
