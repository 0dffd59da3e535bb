//! The catalogue of checks. Numbers and ids are stable and public: never renamed, never reused.
//!
//! A title states what holds when the check passes.

use super::facts::Facts;
use super::finding::{Severity, Verdict};
use super::judge::{
    credential, exchange, host_account, host_pod, identity, issuer, role, service_account,
    virtual_cluster, workload,
};
use crate::step::Step;

/// One check.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// Its place in the chain, cheapest and earliest first.
    pub number: u8,
    /// Its id.
    pub id: &'static str,
    /// What holds when it passes.
    pub title: &'static str,
    /// Which part of the chain it is about.
    pub category: Category,
    /// How bad a failure usually is.
    pub severity: Severity,
    /// The steps that, if they are only planned, would mend a failure.
    pub mended_by: &'static [Step],
    /// Judges it; `None` where it says nothing about these facts.
    pub judge: fn(&Facts) -> Option<Verdict>,
}

/// A part of the chain, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// How the vCluster is configured.
    VirtualCluster,
    /// The tenant's ServiceAccount.
    ServiceAccount,
    /// The tenant's workloads.
    Workload,
    /// The host's ServiceAccount.
    HostAccount,
    /// The host's pods, and the webhook that changes them.
    HostPod,
    /// The OIDC issuer.
    Issuer,
    /// The managed identity and its credentials.
    Identity,
    /// Its roles.
    Role,
    /// The exchange of a token.
    Exchange,
}

impl Category {
    /// Returns its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::VirtualCluster => "vcluster",
            Self::ServiceAccount => "tenant-serviceaccount",
            Self::Workload => "tenant-workload",
            Self::HostAccount => "host-serviceaccount",
            Self::HostPod => "host-pod",
            Self::Issuer => "issuer",
            Self::Identity => "identity",
            Self::Role => "role",
            Self::Exchange => "token-exchange",
        }
    }
}

/// Returns the check with this id.
pub fn by_id(id: &str) -> Option<&'static Check> {
    CATALOGUE.iter().find(|check| check.id == id)
}

const NOTHING: &[Step] = &[];
const ANNOTATE: &[Step] = &[Step::Annotate];
const FEDERATE: &[Step] = &[Step::Federate];
const BOTH: &[Step] = &[Step::Federate, Step::Annotate];

type Row = (
    u8,
    &'static str,
    &'static str,
    Severity,
    &'static [Step],
    fn(&Facts) -> Option<Verdict>,
);

/// Rows of one category.
const fn check(category: Category, row: Row) -> Check {
    let (number, id, title, severity, mended_by, judge) = row;
    Check {
        number,
        id,
        title,
        category,
        severity,
        mended_by,
        judge,
    }
}

use Category as C;
use Severity::{Error, Warning};

/// All checks, in the order in which they are judged.
#[rustfmt::skip]
pub static CATALOGUE: [Check; 30] = [
    check(C::VirtualCluster, (1, "unsupported-tenancy", "the vCluster's pods run on the host", Error, NOTHING, virtual_cluster::unsupported_tenancy)),
    check(C::VirtualCluster, (2, "sa-sync-off", "the vCluster syncs ServiceAccounts to the host", Error, NOTHING, virtual_cluster::sync_off)),
    check(C::ServiceAccount, (5, "sa-missing", "the ServiceAccount exists in the tenant cluster", Error, ANNOTATE, service_account::missing)),
    check(C::ServiceAccount, (6, "client-id-missing", "the ServiceAccount carries the annotation client-id", Error, ANNOTATE, service_account::client_id_missing)),
    check(C::ServiceAccount, (7, "tenant-id-wrong", "the Entra tenant is the identity's", Error, ANNOTATE, service_account::tenant_id_wrong)),
    check(C::ServiceAccount, (8, "annotation-misplaced", "the pod label stands only where it works", Warning, NOTHING, service_account::misplaced)),
    check(C::ServiceAccount, (9, "token-expiration-range", "the token expiration is one that the webhook takes", Error, NOTHING, service_account::expiration_range)),
    check(C::Workload, (11, "pod-sa-wrong", "a workload runs as this ServiceAccount", Error, NOTHING, workload::wrong_account)),
    check(C::Workload, (13, "pod-label-missing", "the pods carry the label that the webhook looks for", Error, NOTHING, workload::label_missing)),
    check(C::HostAccount, (19, "host-sa-missing", "the host has a copy of the ServiceAccount", Error, NOTHING, host_account::missing)),
    check(C::HostAccount, (20, "host-sa-foreign", "the host's copy is this vCluster's and this ServiceAccount's", Error, NOTHING, host_account::foreign)),
    check(C::HostAccount, (21, "host-name-override", "the host's copy has the name that vCluster computes", Warning, NOTHING, host_account::other_name)),
    check(C::HostAccount, (22, "host-sa-annotations-differ", "the host's copy has the same annotations", Error, ANNOTATE, host_account::annotations_differ)),
    check(C::HostPod, (23, "webhook-absent", "the host has the Azure workload identity webhook", Error, NOTHING, host_pod::webhook_absent)),
    check(C::HostPod, (25, "webhook-duplicate", "the webhook is registered once", Warning, NOTHING, host_pod::webhook_duplicate)),
    check(C::HostPod, (28, "pods-stale", "the pods have what the webhook gives today", Error, ANNOTATE, host_pod::stale)),
    check(C::Issuer, (30, "oidc-disabled", "the host's OIDC issuer is on", Error, NOTHING, issuer::disabled)),
    check(C::Issuer, (31, "issuer-mismatch", "host, Azure and credential name one issuer", Error, FEDERATE, issuer::mismatch)),
    check(C::Issuer, (32, "issuer-unreachable", "the issuer's keys are public", Error, NOTHING, issuer::unreachable)),
    check(C::Issuer, (33, "issuer-jwks-stale", "the token's key is among the published ones", Error, NOTHING, issuer::keys_stale)),
    check(C::Identity, (34, "wrong-client", "client-id is the identity's", Error, BOTH, identity::wrong_client)),
    check(C::Identity, (35, "no-fic", "the identity has a federated credential for this workload", Error, FEDERATE, credential::none)),
    check(C::Identity, (36, "subject-mismatch", "the credential's subject is the host's ServiceAccount", Error, FEDERATE, credential::subject)),
    check(C::Identity, (37, "case-mismatch", "the credential's subject agrees in case", Error, FEDERATE, credential::case)),
    check(C::Identity, (38, "audience-mismatch", "the credential's audience is the token's", Error, FEDERATE, credential::audience)),
    check(C::Identity, (39, "fic-limit", "the identity has room for its credentials", Error, NOTHING, credential::limit)),
    check(C::Role, (45, "rbac-missing", "the identity has its roles", Error, FEDERATE, role::missing)),
    check(C::Exchange, (46, "fic-propagation", "Entra knows the credential that Azure shows", Warning, NOTHING, exchange::propagation)),
    check(C::Exchange, (47, "token-expired", "the token is within its time", Error, NOTHING, exchange::expired)),
    check(C::Exchange, (48, "exchange-blocked", "Entra gives a token for the host's ServiceAccount", Error, BOTH, exchange::refused)),
];
