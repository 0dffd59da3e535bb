//! Which vCluster the tenant is, and whether the host is its host.

use vwi_core::translation::context_name::context_clue;
use vwi_core::translation::{
    Candidates, Clue, ClueSource, HostProof, Identification, PlatformUrl, ServiceAddress,
    VirtualClusterName, host_proof, identify,
};
use vwi_kubernetes::host::HostOrigin;
use vwi_kubernetes::tenant::Scope;
use vwi_kubernetes::{ApiError, Host, HostEvidence, Tenant, TenantIdentity};

use super::Work;
use super::accounts::Request;
use super::clusters::Clusters;
use crate::error::TranslateError;
use crate::offline::typed_clues;
use crate::place::Place;
use crate::wanted::Wanted;

/// The vCluster, what is known of it, and the ServiceAccounts that are wanted.
pub(super) struct Identified {
    pub(super) place: Place,
    pub(super) tenant: Option<Tenant>,
    pub(super) host: Option<Host>,
    pub(super) wanted: Vec<Wanted>,
    pub(super) left_out: usize,
}

/// What a host says before it is known which vCluster is meant.
struct HostSurvey {
    services: Vec<ServiceAddress>,
    /// Whether these are all vClusters of the host.
    complete: bool,
    issuer: Result<String, ApiError>,
}

/// A host that may be looked at: typed, or proven by the shared address.
struct ProvenHost<'h> {
    host: &'h Host,
    survey: HostSurvey,
    /// The vCluster that the shared address proves.
    proof: Option<VirtualClusterName>,
}

impl ProvenHost<'_> {
    fn label(&self) -> String {
        self.host.cluster().label()
    }

    fn candidates(&self) -> Vec<VirtualClusterName> {
        let services = self.survey.services.iter();
        services.map(|service| service.which.clone()).collect()
    }
}

impl Identified {
    pub(super) async fn find(
        work: &Work<'_>,
        clusters: &Clusters,
        request: &Request,
    ) -> Result<Self, TranslateError> {
        let Clusters { tenant, host } = clusters;
        let likely = likely_namespaces(work, clusters);
        let (identity, survey, accounts) = tokio::join!(
            tenant.identity(),
            survey(host.as_ref(), &likely),
            request.read(tenant),
        );
        let identity = identity.reached()?;
        let is_same = host
            .as_ref()
            .is_some_and(|host| host.cluster().server() == tenant.cluster().server());
        let survey = match survey {
            Some(Err(error)) => work.without_host(host.as_ref(), error)?,
            Some(Ok(survey)) => Some(survey),
            None => None,
        };
        let proven = work.proven_host(tenant, host.as_ref(), survey, &identity)?;
        if proven.as_ref().is_none_or(|proven| proven.proof.is_none())
            && let Some(found) = work
                .host_itself(clusters, &identity, is_same, request)
                .await?
        {
            return Ok(found);
        }
        let (wanted, left_out) = accounts?;

        let found = work.which(tenant, &identity, proven.as_ref())?;
        let mut place = Place::new(found, work.args)?;
        place.tenant = identity.status();
        let mut host = None;
        if let Some(proven) = proven {
            host = Some(proven.host.clone());
            work.look_at(&mut place, proven.host, proven.survey.issuer)
                .await?;
        }
        Ok(Self {
            place,
            tenant: Some(tenant.clone()),
            host,
            wanted,
            left_out,
        })
    }
}

impl Work<'_> {
    /// Weighs all that tells which vCluster the tenant is.
    fn which(
        &self,
        tenant: &Tenant,
        identity: &TenantIdentity,
        proven: Option<&ProvenHost<'_>>,
    ) -> Result<Identification, TranslateError> {
        let mut clues = typed_clues(self.args);
        if let Some(proven) = proven
            && let Some(which) = &proven.proof
        {
            let said_by = format!("the address of a Service of {}", proven.label());
            clues.push(Clue::both(ClueSource::ServiceAddress, said_by, which));
        }
        if let Ok(Some(which)) = &identity.certificate {
            let said_by = format!("the certificate of {}", tenant.cluster().label());
            clues.push(Clue::both(ClueSource::Certificate, said_by, which));
        }
        clues.extend(PlatformUrl::parse(tenant.cluster().server()).map(|url| url.clue()));
        clues.extend(tenant.cluster().context().and_then(context_clue));
        let candidates = proven.map_or_else(Vec::new, ProvenHost::candidates);
        let label = proven.map_or_else(String::new, ProvenHost::label);
        let complete = proven.is_some_and(|proven| proven.survey.complete);
        let found = identify(
            &clues,
            Candidates {
                host: &label,
                vclusters: &candidates,
                complete,
            },
        )?;
        for warning in &found.warnings {
            self.session_talk.warn(warning);
        }
        if complete && !candidates.contains(&found.which) {
            return Err(TranslateError::NoSuchVirtualCluster {
                host: label,
                which: found.which,
            });
        }
        Ok(found)
    }

    /// Says whether the host is the tenant's. One that was typed and is another's is an error; one
    /// that was not typed and can't be proven is left.
    fn proven_host<'h>(
        &self,
        tenant: &Tenant,
        host: Option<&'h Host>,
        survey: Option<HostSurvey>,
        identity: &TenantIdentity,
    ) -> Result<Option<ProvenHost<'h>>, TranslateError> {
        let (Some(host), Some(survey)) = (host, survey) else {
            return Ok(None);
        };
        let address = identity.service_ip.as_ref().ok().cloned().flatten();
        let proof = host_proof(address.as_deref(), &survey.services, survey.complete);
        let label = host.cluster().label();
        match proof {
            HostProof::Proven(which) => {
                if !host.origin().is_typed() {
                    self.session_talk
                        .say(&format!("the host is {label}, {}", origin(host.origin())));
                }
                Ok(Some(ProvenHost {
                    host,
                    survey,
                    proof: Some(which),
                }))
            }
            HostProof::Refuted if host.origin().is_typed() => Err(TranslateError::WrongHost {
                host: label,
                tenant: tenant.cluster().label(),
                address: address.unwrap_or_default(),
            }),
            HostProof::Unknown if host.origin().is_typed() => Ok(Some(ProvenHost {
                host,
                survey,
                proof: None,
            })),
            HostProof::Refuted | HostProof::Unknown => {
                self.session_talk.warn(&format!(
                    "no host is looked at: {label} ({}) can't be proven to be the host of {}; \
                     `--host-context` takes it all the same",
                    origin(host.origin()),
                    tenant.cluster().label()
                ));
                Ok(None)
            }
        }
    }

    /// A host that was typed has to answer; another is left.
    fn without_host(
        &self,
        host: Option<&Host>,
        error: ApiError,
    ) -> Result<Option<HostSurvey>, TranslateError> {
        if host.is_some_and(|host| host.origin().is_typed()) {
            return Err(error.into());
        }
        self.session_talk
            .warn(&format!("no host is looked at: {}", error.in_one_line()));
        Ok(None)
    }

    /// Reads what the host says of the vCluster.
    async fn look_at(
        &self,
        place: &mut Place,
        host: &Host,
        issuer: Result<String, ApiError>,
    ) -> Result<(), TranslateError> {
        let evidence = host.evidence(&place.which).await?;
        for line in evidence.unread() {
            self.session_talk.warn(&line);
        }
        place.evidence = Some(evidence);
        host.cluster().server().clone_into(&mut place.host_key);
        match issuer {
            Ok(issuer) => place.issuer = Some(issuer),
            Err(error) => self.session_talk.warn(&error.in_one_line()),
        }
        Ok(())
    }

    /// Answers from the host alone, if the current context turns out to be one.
    ///
    /// Only asked where the tenant is proven to be nobody's: a vCluster can have vClusters itself.
    async fn host_itself(
        &self,
        clusters: &Clusters,
        identity: &TenantIdentity,
        is_same: bool,
        request: &Request,
    ) -> Result<Option<Identified>, TranslateError> {
        let is_vcluster = matches!(identity.certificate, Ok(Some(_)));
        if is_vcluster && !is_same {
            return Ok(None);
        }
        let host = clusters.tenant_as_host();
        let likely: Vec<_> = self.args.which.vcluster_namespace.iter().cloned().collect();
        let survey = match survey(Some(&host), &likely).await {
            Some(Ok(survey)) => survey,
            Some(Err(error)) if error.is_forbidden() => return Ok(None),
            Some(Err(error)) => return Err(error.into()),
            None => return Ok(None),
        };
        if survey.services.is_empty() {
            return Ok(None);
        }
        let is_host = || TranslateError::IsHost {
            cluster: host.cluster().label(),
            count: survey.services.len(),
        };
        let typed = typed_clues(self.args);
        if typed.is_empty() || request.has_selector() {
            return Err(is_host());
        }
        let candidates: Vec<_> = survey.services.iter().map(|of| of.which.clone()).collect();
        let label = host.cluster().label();
        let found = identify(
            &typed,
            Candidates {
                host: &label,
                vclusters: &candidates,
                complete: survey.complete,
            },
        )?;
        if !candidates.contains(&found.which) {
            return Err(TranslateError::NoSuchVirtualCluster {
                host: host.cluster().label(),
                which: found.which,
            });
        }
        let mut place = Place::new(found, self.args)?;
        self.look_at(&mut place, &host, survey.issuer).await?;
        let tenants = place.evidence.as_ref().and_then(HostEvidence::tenants);
        let Some((wanted, left_out)) = request.of_host(tenants) else {
            return Err(TranslateError::NothingToList {
                host: host.cluster().label(),
            });
        };
        Ok(Some(Identified {
            place,
            tenant: None,
            host: Some(host),
            wanted,
            left_out,
        }))
    }
}

fn origin(origin: &HostOrigin) -> &'static str {
    match origin {
        HostOrigin::Flag => "as typed",
        HostOrigin::Environment => "from `VWI_HOST_CONTEXT`",
        HostOrigin::InCluster => "the cluster of this pod",
        HostOrigin::ParentContext => "the parent in the context's name",
    }
}

/// Namespaces in which a user who may not list all could still see the vCluster's Service.
fn likely_namespaces(work: &Work<'_>, clusters: &Clusters) -> Vec<String> {
    let context = clusters.tenant.cluster().context();
    let hinted = context.and_then(context_clue);
    let hinted = hinted.and_then(|clue| clue.namespace);
    let mut likely: Vec<String> = work
        .args
        .which
        .vcluster_namespace
        .iter()
        .cloned()
        .chain(hinted)
        .collect();
    likely.dedup();
    likely
}

/// Lists the host's vClusters by their Services, and reads its issuer.
async fn survey(host: Option<&Host>, likely: &[String]) -> Option<Result<HostSurvey, ApiError>> {
    let host = host?;
    let (services, issuer) = tokio::join!(host.services(&Scope::All), host.issuer());
    let (services, complete) = match services {
        Ok(services) => (services, true),
        Err(error) if error.is_forbidden() => {
            let mut services = Vec::new();
            for namespace in likely {
                let scope = Scope::Namespace(namespace.clone());
                match host.services(&scope).await {
                    Ok(found) => services.extend(found),
                    Err(error) if error.is_forbidden() => {}
                    Err(error) => return Some(Err(error)),
                }
            }
            (services, false)
        }
        Err(error) => return Some(Err(error)),
    };
    Some(Ok(HostSurvey {
        services,
        complete,
        issuer,
    }))
}
