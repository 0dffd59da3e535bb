//! The host: whether each claimed subject is what the host says, before anything is written.

use std::collections::HashMap;

use futures_util::future::join_all;
use vwi_cli::host::NoHost;
use vwi_cli::input::Early;
use vwi_cli::talk::Talk;
use vwi_cli::{Failure, host};
use vwi_core::federation::{Census, Refusal};
use vwi_core::name::is_system;
use vwi_core::subject::Subject;
use vwi_core::text::escape;
use vwi_core::translation::{HostProof, ServiceAddress, VirtualClusterName, host_proof};
use vwi_kubernetes::tenant::Scope;
use vwi_kubernetes::{ApiError, ClusterChoice, ConnectSettings, Host, HostChoice, HostEvidence};

use crate::census::{allowed, census};
use crate::work::Work;

mod claim;
mod residents;

use claim::{agreed, judged};
use residents::{Residents, residents};

/// What the host says.
#[derive(Debug)]
pub(crate) struct HostView {
    host: Host,
    label: String,
    is_typed: bool,
    issuer: Option<String>,
    services: Vec<ServiceAddress>,
    /// Whether these are all vClusters of the host.
    is_complete: bool,
    /// What it says of each vCluster, or why it can't.
    evidence: HashMap<VirtualClusterName, Result<HostEvidence, String>>,
    /// Who lives in the namespaces of subjects without a vCluster.
    accounts: HashMap<String, Residents>,
}

/// How the host is found.
pub(crate) struct Access {
    pub(crate) choice: HostChoice,
    pub(crate) tenant: ClusterChoice,
    pub(crate) settings: ConnectSettings,
    pub(crate) talk: Talk,
}

impl Access {
    /// Finds the host and asks what it says of itself, while the input is awaited; `None` where a
    /// credential plugin would run for that.
    pub(crate) async fn survey_early(&self) -> Option<Result<Survey, NoHost>> {
        if host::runs_plugin(&self.choice, &self.tenant) {
            return None;
        }
        Some(self.survey().await)
    }

    async fn survey(&self) -> Result<Survey, NoHost> {
        let host = host::find(&self.choice, &self.tenant, &self.settings).await?;
        let (services, issuer) = tokio::join!(host.services(&Scope::All), host.issuer());
        Ok(Survey {
            host,
            services,
            issuer,
        })
    }

    /// Reads what the records need of the host, if something leads to one.
    ///
    /// # Errors
    ///
    /// A host that was typed and does not answer.
    pub(crate) async fn look(
        &self,
        early: Early<'_, Result<Survey, NoHost>>,
        works: &mut [Work],
    ) -> Result<Option<HostView>, Failure> {
        let survey = match early.finish().await {
            Some(survey) => survey,
            None => self.survey().await,
        };
        let Some(survey) = host::or_left(survey, &self.choice, &self.talk)? else {
            return Ok(None);
        };
        let Survey {
            host,
            services,
            issuer,
        } = survey;
        let is_typed = host.origin().is_typed();
        if let Ok(services) = &services {
            let open = works.iter_mut().filter(|work| work.is_open());
            open.for_each(|work| work.settle(services));
        }
        let mut wanted: Vec<&VirtualClusterName> = works
            .iter()
            .filter(|work| work.is_open())
            .filter_map(|work| work.vcluster.as_ref())
            .collect();
        wanted.sort_by_key(|which| (&which.namespace, &which.name));
        wanted.dedup();
        let evidence = join_all(wanted.iter().map(|which| host.evidence(which)));
        let (evidence, accounts) = tokio::join!(evidence, residents(&host, works));
        let answers = Answers {
            services,
            issuer,
            evidence,
            accounts,
        };
        match answers.view(host, is_typed, &wanted) {
            Ok(view) => {
                if !is_typed {
                    self.talk.say(&format!("the host is {}", view.label));
                }
                let read = view.evidence.values().filter_map(|read| read.as_ref().ok());
                let unread = read.flat_map(HostEvidence::unread);
                unread.for_each(|line| self.talk.warn(&line));
                Ok(Some(view))
            }
            Err(error) if is_typed => Err(error.into()),
            Err(error) => {
                host::leave(&self.talk, &error.in_one_line());
                Ok(None)
            }
        }
    }
}

/// What the host says of itself, whatever the records are.
pub(crate) struct Survey {
    host: Host,
    services: Result<Vec<ServiceAddress>, ApiError>,
    issuer: Result<String, ApiError>,
}

/// What the host answered, not yet told apart into what may be missing and what may not.
struct Answers {
    services: Result<Vec<ServiceAddress>, ApiError>,
    issuer: Result<String, ApiError>,
    evidence: Vec<Result<HostEvidence, ApiError>>,
    accounts: Vec<(String, Result<Residents, ApiError>)>,
}

impl Answers {
    fn view(
        self,
        host: Host,
        is_typed: bool,
        wanted: &[&VirtualClusterName],
    ) -> Result<HostView, ApiError> {
        let services = allowed(self.services)?;
        let issuer = allowed(self.issuer)?;
        let mut evidence = HashMap::new();
        for (which, read) in wanted.iter().zip(self.evidence) {
            // One vCluster that can't be read is no reason to believe what is said of another.
            let read = read.map_err(|error| error.in_one_line());
            evidence.insert((*which).clone(), read);
        }
        let mut accounts = HashMap::new();
        for (namespace, listed) in self.accounts {
            if let Some(listed) = allowed(listed)? {
                accounts.insert(namespace, listed);
            }
        }
        Ok(HostView {
            label: host.cluster().label(),
            host,
            is_typed,
            issuer,
            is_complete: services.is_some(),
            services: services.unwrap_or_default(),
            evidence,
            accounts,
        })
    }
}

impl HostView {
    /// Returns the issuer that the host names in its discovery document, for a record of this host.
    pub(crate) fn issuer(&self, work: &Work) -> Option<&str> {
        self.issuer.as_deref().filter(|_| self.is_host_of(work))
    }

    /// Returns whose the subjects of the records' vClusters are: whether the tenant's ServiceAccount
    /// is one of its system's.
    pub(crate) fn known(&self) -> HashMap<String, bool> {
        let read = self.evidence.values().filter_map(|read| read.as_ref().ok());
        let synced = read.filter_map(HostEvidence::synced);
        let known = synced.flatten().filter_map(|(host, tenant)| {
            let subject = Subject::new(host.namespace, host.name).ok()?;
            Some((
                subject.to_string(),
                is_system(tenant.namespace, tenant.name),
            ))
        });
        known.collect()
    }

    /// Returns everybody who lives on the host, if it lets itself be listed.
    pub(crate) async fn census(&self) -> Option<Census> {
        census(&self.host).await.ok()
    }

    /// Whether the record's tenant lives here. A host that was not typed must prove it.
    fn is_host_of(&self, work: &Work) -> bool {
        match self.proof(work) {
            HostProof::Proven(which) => work.vcluster.as_ref().is_none_or(|named| *named == which),
            HostProof::Refuted => false,
            HostProof::Unknown => self.is_typed,
        }
    }

    fn proof(&self, work: &Work) -> HostProof {
        host_proof(
            work.tenant.service_ip.as_deref(),
            &self.services,
            self.is_complete,
        )
    }

    /// Compares the records' claims with what the host says, and tells how many it says nothing of.
    /// A subject that by the vCluster's configuration all its pods share has to be allowed.
    pub(crate) fn prove_all(&self, works: &mut [Work], allow_shared: bool, talk: &Talk) {
        let proven = works.iter_mut().map(|work| self.prove(work, allow_shared));
        let unproven = proven.filter(|proven| !proven).count();
        if unproven > 0 {
            let records = if unproven == 1 {
                "record is"
            } else {
                "records are"
            };
            talk.warn(&format!(
                "{unproven} {records} not proven on {}: by their tenants' addresses it is not \
                 their host",
                self.label
            ));
        }
    }

    /// Compares a record's claim with what the host says: refuses it, or gives it the host's grade.
    /// Returns whether the host has anything to say of it.
    fn prove(&self, work: &mut Work, allow_shared: bool) -> bool {
        if !work.is_open() {
            return true;
        }
        if !self.is_host_of(work) {
            let is_refused = self.is_typed || self.has_namesake(work);
            if is_refused {
                work.refuse(self.other_host(work));
            }
            return is_refused;
        }
        let Some(which) = work.vcluster.clone() else {
            self.prove_alone(work);
            return true;
        };
        match self.evidence.get(&which) {
            Some(Ok(evidence)) => prove_by(work, evidence, allow_shared),
            Some(Err(why)) => work.refuse(Refusal {
                reason: "HostUnreadable",
                message: format!(
                    "what {} says of vCluster `{which}` is not known: {why}",
                    self.label
                ),
                hint: Some("run it again once the host answers".to_owned()),
            }),
            None => {}
        }
        true
    }

    /// Whether the record's vCluster is here under another address than its tenant's.
    fn has_namesake(&self, work: &Work) -> bool {
        let claimed = work.tenant.service_ip.as_deref();
        let mut services = self.services.iter();
        claimed.is_some_and(|claimed| {
            services.any(|service| {
                let address = service.address.as_deref();
                Some(&service.which) == work.vcluster.as_ref()
                    && address.is_some_and(|address| address != claimed)
            })
        })
    }

    fn other_host(&self, work: &Work) -> Refusal {
        let address = escape(work.tenant.service_ip.as_deref().unwrap_or("none"));
        let claimed = work
            .vcluster
            .as_ref()
            .map_or_else(|| "none".to_owned(), ToString::to_string);
        let message = match self.proof(work) {
            HostProof::Proven(which) => format!(
                "the record is for vCluster `{}`, but its tenant's address `{address}` is that of \
                 `{which}` on {}",
                escape(&claimed),
                self.label
            ),
            HostProof::Refuted | HostProof::Unknown => format!(
                "the record's tenant has address `{address}`, which no vCluster of {} has",
                self.label
            ),
        };
        Refusal {
            reason: "OtherHost",
            message,
            hint: Some(
                if self.is_typed {
                    "name its host with `--host-context`"
                } else {
                    "name its host with `--host-context`, or keep this one away with `--no-host`"
                }
                .to_owned(),
            ),
        }
    }

    /// A subject without a vCluster: the host can say who has it.
    fn prove_alone(&self, work: &mut Work) {
        let Some(claimed) = work.host.clone() else {
            return;
        };
        let Some(residents) = self.accounts.get(&claimed.namespace) else {
            return;
        };
        match residents.judge(work, &claimed) {
            Ok(grade) => work.grade = grade,
            Err(mut refusal) => {
                refusal.message = format!("on {}, {}", self.label, refusal.message);
                work.refuse(refusal);
            }
        }
    }
}

/// Compares a record's claim with what the host says of its vCluster.
fn prove_by(work: &mut Work, evidence: &HostEvidence, allow_shared: bool) {
    let (judgement, was_read) = judged(work, evidence);
    match agreed(work, &judgement, was_read) {
        Ok(grade) => work.grade = grade,
        Err(refusal) => work.refuse(refusal),
    }
    if let (Some(shared), Some(subject), false) =
        (judgement.shared_by, work.subject(), allow_shared)
    {
        work.refuse_shared_by(&subject, shared);
    }
}
