//! A record as translate makes it out of a ServiceAccount, written without a tree in between.

use std::borrow::Cow;
use std::io;

use serde::{Serialize, Serializer};

use super::condition::ConditionStatus;
use super::spec::VirtualClusterRef;
use super::status::{Evidence, HostServiceAccount, SharedBy, TenantStatus};
use super::{API_VERSION, KIND};
use crate::step::Step;
use crate::subject::PREFIX;

/// A record that is written as soon as it is made: a million of them need no tree each.
///
/// Its line is that of the [`Record`](super::Record) with the same content.
#[derive(Clone, Debug)]
pub struct FreshRecord<'a> {
    /// Namespace in the tenant.
    pub namespace: &'a str,
    /// Name in the tenant.
    pub name: &'a str,
    /// The vCluster, if it is told.
    pub virtual_cluster: Option<&'a VirtualClusterRef>,
    /// What identifies the tenant, if anything is known.
    pub tenant: Option<&'a TenantStatus>,
    /// The host's ServiceAccount, of which the subject is made.
    pub host: Option<&'a HostServiceAccount>,
    /// Who else has the host's ServiceAccount, if it is known to be shared.
    pub shared_by: Option<SharedBy>,
    /// Who said so: of the vCluster, then of the ServiceAccount.
    pub evidence: [&'a [Evidence]; 2],
    /// The host's OIDC issuer, verbatim.
    pub issuer: Option<&'a str>,
    /// What translate says of it.
    pub verdict: &'a Verdict<'a>,
}

/// What a condition says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict<'a> {
    /// Whether it holds.
    pub status: ConditionStatus,
    /// One word in CamelCase, stable.
    pub reason: &'a str,
    /// One line for people.
    pub message: Cow<'a, str>,
}

impl FreshRecord<'_> {
    /// Whether translate failed on it.
    pub fn is_failed(&self) -> bool {
        self.verdict.status == ConditionStatus::False
    }

    /// Appends it to `out` as a compact line.
    ///
    /// # Errors
    ///
    /// None that is known; the library could refuse.
    // Inlined into a crate that is compiled for size, it would be as slow as that.
    #[inline(never)]
    pub fn write_line(&self, out: &mut Vec<u8>) -> io::Result<()> {
        let document = Document {
            api_version: API_VERSION,
            kind: KIND,
            metadata: Metadata {
                name: self.name,
                namespace: self.namespace,
            },
            spec: Spec {
                virtual_cluster: self.virtual_cluster,
            },
            status: Status {
                tenant: self.tenant,
                subject: self.host.map(SubjectOf),
                host_service_account: self.host,
                shared_by: self.shared_by,
                evidence: Said(self.evidence),
                issuer: self.issuer,
                conditions: [Told {
                    condition_type: Step::Translate.condition_type(),
                    status: self.verdict.status,
                    reason: self.verdict.reason,
                    message: &self.verdict.message,
                }],
            },
        };
        serde_json::to_writer(&mut *out, &document)?;
        out.push(b'\n');
        Ok(())
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    api_version: &'static str,
    kind: &'static str,
    metadata: Metadata<'a>,
    spec: Spec<'a>,
    status: Status<'a>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    name: &'a str,
    namespace: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    virtual_cluster: Option<&'a VirtualClusterRef>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<&'a TenantStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<SubjectOf<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host_service_account: Option<&'a HostServiceAccount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shared_by: Option<SharedBy>,
    evidence: Said<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<&'a str>,
    conditions: [Told<'a>; 1],
}

/// A condition whose words are borrowed.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(rename = "type")]
    condition_type: &'static str,
    status: ConditionStatus,
    reason: &'a str,
    message: &'a str,
}

/// The subject of a host ServiceAccount, which is put together while it is written.
struct SubjectOf<'a>(&'a HostServiceAccount);

impl Serialize for SubjectOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(HostServiceAccount {
            namespace, name, ..
        }) = self;
        serializer.collect_str(&format_args!("{PREFIX}{namespace}:{name}"))
    }
}

/// Two parts that are one list.
struct Said<'a>([&'a [Evidence]; 2]);

impl Serialize for Said<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.into_iter().flatten())
    }
}
