//! From what the host said to the facts of one record.

use std::collections::BTreeSet;

use vwi_core::check::facts::{
    Fact, FactSource, HostFacts, ServiceAccountFact, Unseen, WebhookFact,
};
use vwi_core::federation::Credential;
use vwi_core::namespaces::{HostServiceAccount, NamespaceMode};
use vwi_core::subject::Subject;
use vwi_core::translation::{HostFact, VirtualClusterName};
use vwi_core::vcluster_labels::{MANAGED_BY, OBJECT_NAME, OBJECT_NAMESPACE};
use vwi_kubernetes::HostEvidence;
use vwi_kubernetes::evidence::ConfigurationFact;

use super::HostView;
use super::pods::pod_facts;
use crate::gather::tenant::{TenantSelf, account_fact};
use crate::gather::{computed, no_host};
use crate::wanted::Wanted;

impl HostView {
    /// Returns the host's facts, and what the host should call the ServiceAccount. `uid` is the
    /// tenant's.
    pub(in crate::gather) fn facts_of(
        &self,
        wanted: &Wanted,
        tenant: &TenantSelf,
        which: Result<&VirtualClusterName, &Unseen>,
        uid: Option<&str>,
    ) -> (HostFacts, Fact<HostServiceAccount>) {
        let recorded = || wanted.host.clone();
        let which = match which {
            Ok(which) => which,
            Err(unseen) => {
                let expected = recorded().ok_or_else(|| unseen.clone());
                return (self.without_vcluster(wanted, tenant, unseen), expected);
            }
        };
        let evidence = match self.evidence_of(wanted, tenant, which) {
            Ok(evidence) => evidence,
            Err(unseen) => {
                let assumed = || computed(&NamespaceMode::Single, which, &which.namespace, wanted);
                let expected = recorded().map_or_else(assumed, Ok);
                return (self.without_vcluster(wanted, tenant, &unseen), expected);
            }
        };
        let facts = evidence.vcluster();
        let expected = computed(facts.mode(), which, facts.host_namespace(), wanted);
        let service_account = match &expected {
            Ok(name) => account_at(evidence, name),
            Err(unseen) => Err(unseen.clone()),
        };
        let by_uid = match &service_account {
            Ok(Some(_)) => None,
            Ok(None) | Err(_) => uid.and_then(|uid| elsewhere(evidence, which, uid, wanted)),
        };
        let pods = match (self.pods.get(which), &expected) {
            (Some(Ok(pods)), Ok(expected)) => Ok(pod_facts(pods, &expected.namespace, wanted)),
            (Some(Err(unseen)), _) | (_, Err(unseen)) => Err(unseen.clone()),
            (None, Ok(_)) => Err(Unseen::new(FactSource::Host, "pods are not read")),
        };
        let host = HostFacts {
            configuration: match evidence.configuration() {
                ConfigurationFact::Known(configuration) => Ok((**configuration).clone()),
                ConfigurationFact::Unusable(_)
                | ConfigurationFact::Absent
                | ConfigurationFact::NotRead(_) => Err(unread(evidence)),
            },
            service_account,
            by_uid,
            others: BTreeSet::new(),
            pods,
            webhooks: self.webhooks(wanted, tenant),
            issuer: self.issuer(wanted, tenant).map(str::to_owned),
        };
        (host, expected)
    }

    /// Returns the subjects of the credentials that other ServiceAccounts of the vCluster have.
    pub(in crate::gather) fn others(
        &self,
        which: &VirtualClusterName,
        credentials: &[Credential],
        own: Option<&HostServiceAccount>,
    ) -> BTreeSet<String> {
        let Some(Ok(evidence)) = self.evidence.get(which) else {
            return BTreeSet::new();
        };
        let is_others = |subject: &&String| {
            let Ok(subject) = subject.parse::<Subject>() else {
                return false;
            };
            let account = HostServiceAccount {
                namespace: subject.namespace().to_owned(),
                name: subject.name().to_owned(),
            };
            own != Some(&account) && evidence.service_account(&account).is_some()
        };
        let subjects = credentials.iter().filter_map(|one| one.subject.as_ref());
        subjects.filter(is_others).cloned().collect()
    }

    fn evidence_of(
        &self,
        wanted: &Wanted,
        tenant: &TenantSelf,
        which: &VirtualClusterName,
    ) -> Fact<&HostEvidence> {
        self.counts_for(wanted, tenant)?;
        match self.evidence.get(which) {
            Some(evidence) => evidence.as_ref().map_err(Clone::clone),
            None => Err(Unseen::new(FactSource::Host, "the vCluster is not read")),
        }
    }

    fn webhooks(&self, wanted: &Wanted, tenant: &TenantSelf) -> Fact<Vec<WebhookFact>> {
        self.counts_for(wanted, tenant)?;
        let survey = self.survey.as_ref().map_err(Clone::clone)?;
        survey.webhooks.clone()
    }

    /// What the host says of itself counts also where the vCluster is not known.
    fn without_vcluster(&self, wanted: &Wanted, tenant: &TenantSelf, unseen: &Unseen) -> HostFacts {
        HostFacts {
            webhooks: self.webhooks(wanted, tenant),
            issuer: self.issuer(wanted, tenant).map(str::to_owned),
            ..no_host(unseen)
        }
    }
}

fn account_at(
    evidence: &HostEvidence,
    name: &HostServiceAccount,
) -> Fact<Option<ServiceAccountFact>> {
    match evidence.at(name) {
        HostFact::Found(_) => Ok(evidence
            .service_account(name)
            .map(|account| account_fact(account.metadata.clone()))),
        HostFact::Absent => Ok(None),
        HostFact::NotRead => Err(unread(evidence)),
    }
}

/// Returns the ServiceAccount that vCluster made for this one under a name that it does not
/// compute. The uid alone is no proof: whoever may write there can forge it.
fn elsewhere(
    evidence: &HostEvidence,
    which: &VirtualClusterName,
    uid: &str,
    wanted: &Wanted,
) -> Option<HostServiceAccount> {
    let found = evidence.with_tenant_uid(uid);
    let metadata = found.iter().map(|object| object.metadata);
    let mut own = metadata.filter(|metadata| {
        let says = |key: &str| metadata.annotations.get(key).map(String::as_str);
        metadata.labels.get(MANAGED_BY) == Some(&which.name)
            && says(OBJECT_NAME) == Some(wanted.name())
            && says(OBJECT_NAMESPACE) == Some(wanted.namespace())
    });
    own.next().map(|metadata| HostServiceAccount {
        namespace: metadata.namespace.to_owned(),
        name: metadata.name.to_owned(),
    })
}

fn unread(evidence: &HostEvidence) -> Unseen {
    Unseen::new(FactSource::Host, evidence.unread().join("; "))
}
