//! The host's side: which vCluster, its configuration, its ServiceAccounts and pods, the webhook
//! and the issuer.

mod pods;
mod view;

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, stream};
use vwi_core::annotation::WEBHOOK;
use vwi_core::check::facts::{Fact, FactSource, Unseen, WebhookFact};
use vwi_core::namespaces::NamespaceMode;
use vwi_core::text::escape;
use vwi_core::translation::context_name::context_clue;
use vwi_core::translation::{
    Candidates, Clue, ClueSource, HostProof, ServiceAddress, VirtualClusterName, host_proof,
    identify,
};
use vwi_kubernetes::object::{Pod, WebhookConfiguration};
use vwi_kubernetes::tenant::Scope;
use vwi_kubernetes::{ApiError, Host, HostEvidence};

use super::Access;
use super::tenant::TenantSelf;
use crate::wanted::Wanted;

/// What a host says before it is known which vCluster is meant.
pub(super) struct Survey {
    host: Host,
    services: Vec<ServiceAddress>,
    /// Whether these are all vClusters of the host.
    is_complete: bool,
    issuer: Fact<String>,
    webhooks: Fact<Vec<WebhookFact>>,
}

/// Reads what a host says of itself.
pub(super) async fn survey(access: &Access<'_>) -> Fact<Survey> {
    let host = access.host.as_ref().map_err(Clone::clone)?;
    let (services, issuer, webhooks) =
        tokio::join!(host.services(&Scope::All), host.issuer(), host.webhooks());
    let (services, is_complete) = match services {
        Ok(services) => (services, true),
        Err(error) if error.is_forbidden() => (Vec::new(), false),
        Err(error) => return Err(unseen(&error)),
    };
    Ok(Survey {
        host: host.clone(),
        services,
        is_complete,
        issuer: issuer.map_err(|error| unseen(&error)),
        webhooks: webhooks.map(webhook_facts).map_err(|error| unseen(&error)),
    })
}

fn unseen(error: &ApiError) -> Unseen {
    Unseen::new(FactSource::Host, error.in_one_line())
}

fn webhook_facts(configurations: Vec<WebhookConfiguration>) -> Vec<WebhookFact> {
    configurations
        .into_iter()
        .flat_map(|configuration| {
            let name = configuration.metadata.name;
            configuration
                .webhooks
                .into_iter()
                .filter(|webhook| webhook.name == WEBHOOK)
                .map(move |webhook| WebhookFact {
                    configuration: name.clone(),
                    failure_policy: webhook.failure_policy,
                })
        })
        .collect()
}

/// What the host said.
pub(super) struct HostView {
    survey: Fact<Survey>,
    /// The vCluster of the current tenant, or why it is not known.
    current: Fact<VirtualClusterName>,
    evidence: BTreeMap<VirtualClusterName, Fact<HostEvidence>>,
    /// Pods of a vCluster, or of single ServiceAccounts of it.
    pods: BTreeMap<VirtualClusterName, Fact<Vec<Pod>>>,
}

/// What a host says of one vCluster.
pub(super) type Seen = (VirtualClusterName, Fact<HostEvidence>, Fact<Vec<Pod>>);

impl HostView {
    /// Takes what the host says of itself; what it says of vClusters is yet to be read.
    pub(super) fn new(access: &Access<'_>, survey: Fact<Survey>, tenant: &TenantSelf) -> Self {
        let current = which(access, survey.as_ref().ok(), tenant);
        Self {
            survey,
            current,
            evidence: BTreeMap::new(),
            pods: BTreeMap::new(),
        }
    }

    /// Reads the vClusters of the records.
    pub(super) async fn look(
        &self,
        access: &Access<'_>,
        tenant: &TenantSelf,
        wanted: &[Wanted],
    ) -> Vec<Seen> {
        let Ok(Survey { host, .. }) = &self.survey else {
            return Vec::new();
        };
        let asked: BTreeSet<VirtualClusterName> = wanted
            .iter()
            .filter(|one| self.counts_for(one, tenant).is_ok())
            .filter_map(|one| self.vcluster(one, tenant).ok())
            .collect();
        stream::iter(&asked)
            .map(|which| look_at(host, which))
            .buffer_unordered(access.concurrency())
            .collect()
            .await
    }

    /// Keeps what was read.
    pub(super) fn add(&mut self, seen: Vec<Seen>) {
        for (which, evidence, pods) in seen {
            self.evidence.insert(which.clone(), evidence);
            self.pods.insert(which, pods);
        }
    }

    /// Returns why nothing at all came from the host.
    pub(super) fn silent(&self) -> Option<Unseen> {
        self.survey.as_ref().err().cloned()
    }

    /// Returns how messages name the host, if nobody typed it and it has proven itself.
    pub(super) fn untyped(&self, wanted: &[Wanted], tenant: &TenantSelf) -> Option<String> {
        let survey = self.survey.as_ref().ok()?;
        let counts = wanted
            .iter()
            .any(|one| self.counts_for(one, tenant).is_ok());
        let is_untyped = !survey.host.origin().is_typed();
        (counts && is_untyped).then(|| survey.host.cluster().label())
    }

    /// Returns the vCluster of a record.
    pub(super) fn vcluster(
        &self,
        wanted: &Wanted,
        tenant: &TenantSelf,
    ) -> Fact<VirtualClusterName> {
        if let Some(which) = &wanted.vcluster {
            return Ok(which.clone());
        }
        tenant.is_of(wanted)?;
        self.current.clone()
    }

    /// Says whether this is the host of a record's vCluster. One that was not typed must prove it,
    /// by the address that it shares with the tenant.
    pub(super) fn counts_for(&self, wanted: &Wanted, tenant: &TenantSelf) -> Fact<()> {
        let survey = self.survey.as_ref().map_err(Clone::clone)?;
        let live = || {
            tenant.is_of(wanted).ok()?;
            tenant.identity()?.status().service_ip
        };
        let address = wanted.tenant.service_ip.clone().or_else(live);
        let label = survey.host.cluster().label();
        match host_proof(address.as_deref(), &survey.services, survey.is_complete) {
            HostProof::Proven(_) => Ok(()),
            HostProof::Unknown if survey.host.origin().is_typed() => Ok(()),
            HostProof::Unknown => Err(Unseen::new(
                FactSource::Host,
                format!(
                    "{label} can't be proven to be the host; `--host-context` takes it all the same"
                ),
            )),
            HostProof::Refuted => Err(Unseen::new(
                FactSource::Host,
                format!(
                    "{label} is not the host: none of its vClusters has the tenant's address `{}`",
                    escape(address.as_deref().unwrap_or_default())
                ),
            )),
        }
    }

    /// Returns the issuer of the host of a record.
    pub(super) fn issuer(&self, wanted: &Wanted, tenant: &TenantSelf) -> Result<&str, Unseen> {
        self.counts_for(wanted, tenant)?;
        let survey = self.survey.as_ref().map_err(Clone::clone)?;
        survey.issuer.as_deref().map_err(Clone::clone)
    }
}

/// Reads one vCluster.
async fn look_at(host: &Host, which: &VirtualClusterName) -> Seen {
    let scope = Scope::Namespace(which.namespace.clone());
    let (evidence, pods) = tokio::join!(host.evidence(which), host.pods_of(&which.name, &scope));
    let evidence = evidence.map_err(|error| unseen(&error));
    // Where namespaces are mapped, pods are elsewhere too.
    let elsewhere = evidence.as_ref().is_ok_and(|evidence| {
        let facts = evidence.vcluster();
        *facts.mode() != NamespaceMode::Single || facts.host_namespace() != which.namespace
    });
    let pods = if elsewhere {
        host.pods_of(&which.name, &Scope::All).await
    } else {
        pods
    };
    (
        which.clone(),
        evidence,
        pods.map_err(|error| unseen(&error)),
    )
}

/// Weighs all that tells which vCluster the current tenant is.
fn which(
    access: &Access<'_>,
    survey: Option<&Survey>,
    tenant: &TenantSelf,
) -> Fact<VirtualClusterName> {
    let mut clues = Vec::new();
    let flags = &access.args.wanted;
    if flags.vcluster.is_some() {
        let name = flags.vcluster.clone();
        clues.push(Clue::parts(ClueSource::Flag, "`--vcluster`", name, None));
    }
    if flags.vcluster_namespace.is_some() {
        let namespace = flags.vcluster_namespace.clone();
        let said_by = "`--vcluster-namespace`";
        clues.push(Clue::parts(ClueSource::Flag, said_by, None, namespace));
    }
    let mut candidates = Vec::new();
    let label = survey.map_or_else(String::new, |survey| survey.host.cluster().label());
    if let Some(survey) = survey {
        let address = tenant
            .identity()
            .and_then(|identity| identity.status().service_ip);
        let proof = host_proof(address.as_deref(), &survey.services, survey.is_complete);
        if let HostProof::Proven(which) = &proof {
            let said_by = format!("the address of a Service of {label}");
            clues.push(Clue::both(ClueSource::ServiceAddress, said_by, which));
        }
        if proof != HostProof::Refuted {
            candidates = survey
                .services
                .iter()
                .map(|service| service.which.clone())
                .collect();
        }
    }
    if let Some(Ok(Some(which))) = tenant.identity().map(|identity| &identity.certificate) {
        let said_by = format!("the certificate of {}", tenant.label());
        clues.push(Clue::both(ClueSource::Certificate, said_by, which));
    }
    let context = access.tenant.as_ref().ok();
    let context = context.and_then(|tenant| tenant.cluster().context());
    clues.extend(context.and_then(context_clue));
    let candidates = Candidates {
        host: &label,
        vclusters: &candidates,
        complete: survey.is_some_and(|survey| survey.is_complete),
    };
    identify(&clues, candidates)
        .map(|found| found.which)
        .map_err(|error| Unseen::new(FactSource::Host, error.to_string()))
}
