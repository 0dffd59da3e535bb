//! A record as translate makes it out of a ServiceAccount, written without a tree in between.

use std::borrow::Cow;

use super::condition::ConditionStatus;
use super::spec::VirtualClusterRef;
use super::status::{Evidence, HostServiceAccount, SharedBy, TenantStatus};
use super::{API_VERSION, KIND};
use crate::json::Object;
use crate::step::Step;
use crate::subject;

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
    // Inlined into a crate that is compiled for size, it would be as slow as that.
    #[inline(never)]
    pub fn write_line(&self, out: &mut Vec<u8>) {
        Object::write(out, |record| {
            record.word("apiVersion", API_VERSION);
            record.word("kind", KIND);
            record.object("metadata", |metadata| {
                metadata.text("name", self.name);
                metadata.text("namespace", self.namespace);
            });
            record.object("spec", |spec| {
                if let Some(vcluster) = self.virtual_cluster {
                    spec.object("virtualCluster", |fields| virtual_cluster(fields, vcluster));
                }
            });
            record.object("status", |status| self.status(status));
        });
        out.push(b'\n');
    }

    fn status(&self, status: &mut Object<'_>) {
        if let Some(of) = self.tenant {
            status.object("tenant", |fields| tenant(fields, of));
        }
        if let Some(host) = self.host {
            let parts = [subject::PREFIX, &host.namespace, ":", &host.name];
            status.joined("subject", parts);
            status.object("hostServiceAccount", |fields| {
                fields.text("namespace", &host.namespace);
                fields.text("name", &host.name);
                fields.optional("uid", host.uid.as_deref());
            });
        }
        if let Some(shared_by) = self.shared_by {
            status.word("sharedBy", shared_by.word());
        }
        status.list("evidence", self.evidence.into_iter().flatten(), evidence);
        status.optional("issuer", self.issuer);
        status.list("conditions", [self.verdict], |condition, verdict| {
            condition.word("type", Step::Translate.condition_type());
            condition.word("status", verdict.status.word());
            condition.text("reason", verdict.reason);
            condition.text("message", &verdict.message);
        });
    }
}

fn virtual_cluster(fields: &mut Object<'_>, of: &VirtualClusterRef) {
    let VirtualClusterRef {
        name,
        namespace,
        project,
        instance,
        host_cluster,
    } = of;
    fields.optional("name", name.as_deref());
    fields.optional("namespace", namespace.as_deref());
    fields.optional("project", project.as_deref());
    fields.optional("instance", instance.as_deref());
    fields.optional("hostCluster", host_cluster.as_deref());
}

fn tenant(fields: &mut Object<'_>, of: &TenantStatus) {
    let TenantStatus {
        service_account_uid,
        cluster_uid,
        service_ip,
    } = of;
    fields.optional("serviceAccountUid", service_account_uid.as_deref());
    fields.optional("clusterUid", cluster_uid.as_deref());
    fields.optional("serviceIP", service_ip.as_deref());
}

fn evidence(fields: &mut Object<'_>, said: &Evidence) {
    let Evidence {
        source,
        namespace,
        name,
        virtual_cluster: vcluster,
        message,
    } = said;
    fields.word("source", source.word());
    fields.optional("namespace", namespace.as_deref());
    fields.optional("name", name.as_deref());
    if let Some(vcluster) = vcluster {
        fields.object("virtualCluster", |fields| virtual_cluster(fields, vcluster));
    }
    fields.optional("message", message.as_deref());
}
