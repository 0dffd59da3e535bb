//! Which vCluster the tenant is, and whether the host is its host.

use vwi_core::translation::context_name::context_clue;
use vwi_core::translation::{
    Candidates, Clue, ClueSource, HostProof, Identification, PlatformUrl, VirtualClusterName,
    host_proof, identify,
};
use vwi_kubernetes::host::HostOrigin;
use vwi_kubernetes::{HostEvidence, Tenant, TenantIdentity};

use super::accounts::{Read, Request};
use super::clusters::{Clusters, as_host};
use super::located::{Located, Places};
use super::platform::{View, asleep};
use super::survey::Surveyed;
use super::{Work, alone};
use crate::clues;
use crate::error::TranslateError;
use crate::place::Place;
use crate::wanted::{TenantAnswer, Wanted};

/// The vClusters, what is known of them, and the ServiceAccounts that are wanted.
pub(super) struct Identified {
    /// The tenant's own is the first, where there is a tenant.
    pub(super) places: Vec<Place>,
    pub(super) tenant: Option<Tenant>,
    pub(super) located: Vec<Located>,
    pub(super) left_out: usize,
}

/// A host that may be looked at: typed, or proven by the shared address.
struct ProvenHost<'h> {
    host: &'h Surveyed,
    /// The vCluster that the shared address proves.
    proof: Option<VirtualClusterName>,
}

impl Identified {
    pub(super) async fn find(
        work: &Work<'_>,
        clusters: &Clusters,
        request: &Request,
    ) -> Result<Self, TranslateError> {
        let hosts = work.survey(clusters).await?;
        let typed = clues::typed(work.args);
        let is_a_host = |tenant: &Tenant| {
            let server = tenant.cluster().server();
            let mut hosts = hosts.iter();
            hosts.any(|host| host.host.cluster().server() == server && host.has_any())
        };
        let tenant = clusters.tenant.as_ref();
        let Some(tenant) = tenant.filter(|tenant| !is_a_host(tenant)) else {
            if clusters.tenant.is_some() && typed.is_empty() && !request.names_vclusters() {
                return Err(is_host(&hosts));
            }
            let mut clues = typed;
            if let (None, Some(platform)) = (&clusters.tenant, &work.platform) {
                platform.refine(&mut clues);
            }
            return alone::find(work, &hosts, request, &clues, &TenantAnswer::NotAsked).await;
        };
        let mut clues = [typed.clone(), cheap_clues(tenant)].concat();
        if let Some(platform) = &work.platform {
            platform.refine(&mut clues);
        }
        if let Some(host) = work.asleep(&clues, &hosts)? {
            let host = std::slice::from_ref(host);
            return alone::find(work, host, request, &clues, &TenantAnswer::Asleep).await;
        }
        let asleep = work.platform.as_ref().and_then(View::asleep);
        if let Some(asleep) = asleep.filter(|_| !work.args.reach.wake) {
            return asleep::find(work, hosts, request, &clues, &asleep).await;
        }
        let (identity, read) = tokio::join!(tenant.identity(), request.read(tenant));
        let identity = identity.reached()?;
        let proven = work.proven_host(tenant, &hosts, &identity)?;
        if proven.as_ref().is_none_or(|proven| proven.proof.is_none())
            && let Some(host) = host_itself(tenant, &identity, work).await?
        {
            if typed.is_empty() && !request.names_vclusters() {
                return Err(is_host(&[host]));
            }
            return alone::find(work, &[host], request, &typed, &TenantAnswer::NotAsked).await;
        }

        let found = work.which(clues, tenant, &identity, proven.as_ref())?;
        let mut place = match &proven {
            Some(proven) => work.place_on(found, proven.host)?,
            None => Place::new(found, work.args)?,
        };
        place.tenant = identity.status();
        if let Some(platform) = &work.platform {
            platform.fill(&mut place)?;
        }
        let usable: Vec<&Surveyed> = hosts
            .iter()
            .filter(|host| host.is_typed() || proven.as_ref().is_some_and(|it| it.is(host)))
            .collect();
        let mut places = vec![place];
        work.read_evidence(&mut places, |_| true).await?;
        let read = work.read_or_host(read, request, places.first())?;
        let (places, located) = work.locate(places, read.wanted, usable).await?;
        work.tell_unread(&places, &hosts);
        Ok(Self {
            places,
            tenant: Some(tenant.clone()),
            located,
            left_out: read.left_out,
        })
    }
}

impl ProvenHost<'_> {
    fn is(&self, host: &Surveyed) -> bool {
        std::ptr::eq(self.host, host)
    }
}

/// What the kubeconfig alone says.
fn cheap_clues(tenant: &Tenant) -> Vec<Clue> {
    let url = PlatformUrl::parse(tenant.cluster().server()).map(|url| url.clue());
    let context = tenant.cluster().context().and_then(context_clue);
    url.into_iter().chain(context).collect()
}

fn is_host(hosts: &[Surveyed]) -> TranslateError {
    let host = hosts.first();
    TranslateError::IsHost {
        cluster: host.map_or_else(String::new, Surveyed::label),
        count: host.map_or(0, |host| host.vclusters().len()),
    }
}

/// Looks whether the current context is a host itself.
///
/// Only asked where the tenant is proven to be nobody's: a vCluster can have vClusters itself.
async fn host_itself(
    tenant: &Tenant,
    identity: &TenantIdentity,
    work: &Work<'_>,
) -> Result<Option<Surveyed>, TranslateError> {
    if matches!(identity.certificate, Ok(Some(_))) {
        return Ok(None);
    }
    let likely: Vec<_> = work.args.which.vcluster_namespace.iter().cloned().collect();
    match Surveyed::look(&as_host(tenant), &likely, None).await {
        Ok(found) => Ok(Some(found).filter(Surveyed::has_any)),
        Err(error) if error.is_forbidden() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

impl Work<'_> {
    /// Returns the host on which the vCluster, as far as it is known without asking it, sleeps.
    fn asleep<'h>(
        &self,
        clues: &[Clue],
        hosts: &'h [Surveyed],
    ) -> Result<Option<&'h Surveyed>, TranslateError> {
        if self.args.reach.wake {
            return Ok(None);
        }
        for host in hosts {
            let label = host.label();
            let Ok(found) = identify(clues, host.candidates(&label)) else {
                continue;
            };
            let Some(sleep) = host.sleep(&found.which) else {
                continue;
            };
            if !host.is_typed() {
                return Err(TranslateError::Asleep {
                    which: found.which,
                    sleep,
                    host: label,
                });
            }
            self.talk().warn(&format!(
                "vCluster `{}` is {sleep} and is not asked; {label} alone answers (`--wake` asks \
                 the tenant, which wakes it)",
                found.which
            ));
            return Ok(Some(host));
        }
        Ok(None)
    }

    /// Weighs all that tells which vCluster the tenant is.
    fn which(
        &self,
        mut clues: Vec<Clue>,
        tenant: &Tenant,
        identity: &TenantIdentity,
        proven: Option<&ProvenHost<'_>>,
    ) -> Result<Identification, TranslateError> {
        let label = proven.map_or_else(String::new, |proven| proven.host.label());
        if let Some(which) = proven.and_then(|proven| proven.proof.as_ref()) {
            let said_by = format!("the address of a Service of {label}");
            clues.push(Clue::both(ClueSource::ServiceAddress, said_by, which));
        }
        if let Ok(Some(which)) = &identity.certificate {
            let said_by = format!("the certificate of {}", tenant.cluster().label());
            clues.push(Clue::both(ClueSource::Certificate, said_by, which));
        }
        let candidates =
            proven.map_or_else(Candidates::default, |proven| proven.host.candidates(&label));
        let found = identify(&clues, candidates)?;
        for warning in &found.warnings {
            self.talk().warn(warning);
        }
        if candidates.complete && !candidates.vclusters.contains(&found.which) {
            return Err(TranslateError::NoSuchVirtualCluster {
                host: label,
                which: found.which,
            });
        }
        Ok(found)
    }

    /// Says which host is the tenant's. One that was typed and is another's is an error; one that
    /// was not typed and can't be proven is left.
    fn proven_host<'h>(
        &self,
        tenant: &Tenant,
        hosts: &'h [Surveyed],
        identity: &TenantIdentity,
    ) -> Result<Option<ProvenHost<'h>>, TranslateError> {
        let address = identity.service_ip.as_ref().ok().cloned().flatten();
        let mut proven = Vec::new();
        let mut unknown = None;
        let mut refuted = Vec::new();
        for host in hosts {
            let label = host.label();
            let origin = host.host.origin();
            match host_proof(address.as_deref(), &host.services, host.complete) {
                HostProof::Proven(which) => proven.push((host, which)),
                HostProof::Refuted if host.is_typed() => refuted.push(label),
                HostProof::Unknown if host.is_typed() => {
                    unknown.get_or_insert(host);
                }
                HostProof::Refuted | HostProof::Unknown => self.talk().warn(&format!(
                    "no host is looked at: {label} ({}) can't be proven to be the host of {}; \
                     `--host-context` takes it all the same",
                    how_found(origin),
                    tenant.cluster().label()
                )),
            }
        }
        if proven.len() > 1
            && let Ok(Some(certified)) = &identity.certificate
        {
            // Addresses of one range are in use on many hosts.
            proven.retain(|(_, which)| which == certified);
        }
        let mut proven = proven.into_iter();
        match (proven.next(), proven.next()) {
            (Some((host, which)), None) => {
                if !host.is_typed() {
                    let how = how_found(host.host.origin());
                    let label = host.label();
                    self.talk().say(&format!("the host is {label}, {how}"));
                }
                let proof = Some(which);
                return Ok(Some(ProvenHost { host, proof }));
            }
            (Some((first, which)), Some((second, _))) => {
                return Err(TranslateError::SeveralHosts {
                    which,
                    hosts: format!("{} and {}", first.label(), second.label()),
                });
            }
            (None, _) => {}
        }
        match unknown {
            Some(host) => Ok(Some(ProvenHost { host, proof: None })),
            None if refuted.is_empty() => Ok(None),
            None => Err(TranslateError::WrongHost {
                host: refuted.join(" or "),
                tenant: tenant.cluster().label(),
                address: address.unwrap_or_default(),
            }),
        }
    }

    /// Takes what the host shows where the tenant does not let its ServiceAccounts be listed.
    fn read_or_host(
        &self,
        read: Result<Read, vwi_kubernetes::ApiError>,
        request: &Request,
        place: Option<&Place>,
    ) -> Result<Read, TranslateError> {
        let error = match read {
            Ok(read) => {
                if let Some(forbidden) = &read.forbidden {
                    self.talk().warn(forbidden);
                }
                return Ok(read);
            }
            Err(error) => error,
        };
        let evidence = place.and_then(|place| place.evidence.as_ref());
        let synced = evidence.and_then(HostEvidence::synced);
        if !error.is_forbidden() || request.has_selector() || synced.is_none() {
            return Err(error.into());
        }
        self.talk().warn(&format!(
            "{}; the host's copies are taken instead",
            error.in_one_line()
        ));
        let (mut wanted, left_out) = request.of_host(synced).unwrap_or_default();
        for wanted in &mut wanted {
            wanted.tenant = TenantAnswer::Forbidden;
        }
        Ok(Read {
            wanted,
            left_out,
            forbidden: None,
        })
    }

    /// Looks for records that name another vCluster than the tenant's on the hosts; the tenant knows
    /// nothing of those.
    async fn locate(
        &self,
        places: Vec<Place>,
        wanted: Vec<Wanted>,
        usable: Vec<&Surveyed>,
    ) -> Result<(Vec<Place>, Vec<Located>), TranslateError> {
        let has_hosts = !usable.is_empty();
        let mut places = Places::new(self, usable, &[], places);
        let mut located = Vec::with_capacity(wanted.len());
        for mut wanted in wanted {
            let is_own = places
                .all
                .first()
                .is_none_or(|own| own.contradiction(&wanted).is_none());
            let index = if is_own || !has_hosts || wanted.fault.is_some() {
                0
            } else {
                // Where no host has it, judgement says that this is another vCluster.
                places.of(&wanted)?.unwrap_or(0)
            };
            if index != 0 {
                wanted.tenant = TenantAnswer::NotAsked;
            }
            located.push((wanted, Some(index)));
        }
        let mut places = places.all;
        self.read_evidence(&mut places, |index| index != 0).await?;
        Ok((places, located))
    }
}

fn how_found(origin: &HostOrigin) -> &'static str {
    match origin {
        HostOrigin::Flag => "as typed",
        HostOrigin::Environment => "from `VWI_HOST_CONTEXT`",
        HostOrigin::InCluster => "the cluster of this pod",
        HostOrigin::ParentContext => "the parent in the context's name",
        HostOrigin::Platform => "which the Platform names",
    }
}
