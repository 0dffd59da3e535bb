//! What a host says before it is known which vCluster is meant.

use vwi_core::translation::{
    Candidates, ServiceAddress, Sleep, VirtualClusterName, context_name::context_clue,
};
use vwi_kubernetes::host::ControlPlane;
use vwi_kubernetes::tenant::Scope;
use vwi_kubernetes::{ApiError, Host};

use super::Work;
use super::clusters::Clusters;
use crate::error::TranslateError;

/// A host and its vClusters.
pub(super) struct Surveyed {
    pub(super) host: Host,
    pub(super) services: Vec<ServiceAddress>,
    planes: Vec<ControlPlane>,
    vclusters: Vec<VirtualClusterName>,
    /// Whether these are all vClusters of the host.
    pub(super) complete: bool,
    /// The host's issuer, or why it is not known.
    pub(super) issuer: Result<String, String>,
}

impl Surveyed {
    /// Lists the host's vClusters by their Services and control planes, and reads its issuer.
    /// Whoever may not list all is answered from the namespaces that are likely.
    pub(super) async fn look(
        host: &Host,
        likely: &[String],
        release: Option<&str>,
    ) -> Result<Self, ApiError> {
        let (services, planes, issuer) = tokio::join!(
            host.services(&Scope::All),
            host.control_planes(&Scope::All, release),
            host.issuer(),
        );
        let (services, complete) = match services {
            Ok(services) => (services, true),
            Err(error) if error.is_forbidden() => {
                let mut services = Vec::new();
                for namespace in likely {
                    let scope = Scope::Namespace(namespace.clone());
                    services.extend(allowed(host.services(&scope).await)?);
                }
                (services, false)
            }
            Err(error) => return Err(error),
        };
        let planes = match planes {
            Ok(planes) => planes,
            Err(error) if error.is_forbidden() => {
                let mut planes = Vec::new();
                for namespace in likely {
                    let scope = Scope::Namespace(namespace.clone());
                    planes.extend(allowed(host.control_planes(&scope, release).await)?);
                }
                planes
            }
            Err(error) => return Err(error),
        };
        let named = services.iter().map(|service| &service.which);
        let mut vclusters: Vec<_> = named
            .chain(planes.iter().map(|plane| &plane.which))
            .cloned()
            .collect();
        vclusters.sort();
        vclusters.dedup();
        Ok(Self {
            host: host.clone(),
            services,
            planes,
            vclusters,
            complete,
            issuer: issuer.map_err(|error| error.in_one_line()),
        })
    }

    pub(super) fn label(&self) -> String {
        self.host.cluster().label()
    }

    pub(super) fn is_typed(&self) -> bool {
        self.host.origin().is_typed()
    }

    pub(super) fn vclusters(&self) -> &[VirtualClusterName] {
        &self.vclusters
    }

    pub(super) fn has_any(&self) -> bool {
        !self.vclusters.is_empty()
    }

    pub(super) fn has(&self, which: &VirtualClusterName) -> bool {
        self.vclusters.contains(which)
    }

    pub(super) fn candidates<'a>(&'a self, label: &'a str) -> Candidates<'a> {
        Candidates {
            host: label,
            vclusters: &self.vclusters,
            complete: self.complete,
        }
    }

    /// Returns why the vCluster does not run, if that is to be seen.
    pub(super) fn sleep(&self, which: &VirtualClusterName) -> Option<Sleep> {
        let of = self.planes.iter().find(|plane| plane.which == *which);
        of.and_then(ControlPlane::sleep)
    }
}

fn allowed<T>(answer: Result<Vec<T>, ApiError>) -> Result<Vec<T>, ApiError> {
    match answer {
        Err(error) if error.is_forbidden() => Ok(Vec::new()),
        answer => answer,
    }
}

impl Work<'_> {
    /// Looks at all hosts. One that was typed has to answer; another is left.
    pub(super) async fn survey(
        &self,
        clusters: &Clusters,
    ) -> Result<Vec<Surveyed>, TranslateError> {
        let context = clusters.tenant.as_ref();
        let context = context.and_then(|tenant| tenant.cluster().context());
        let hinted = context.and_then(context_clue);
        let typed = &self.args.which;
        let mut likely: Vec<String> = typed.vcluster_namespace.iter().cloned().collect();
        likely.extend(hinted.as_ref().and_then(|clue| clue.namespace.clone()));
        likely.dedup();
        // Only where it can't be another's, or documents may name several.
        let release = typed.vcluster.as_deref();
        let mut surveyed = Vec::new();
        for host in &clusters.hosts {
            match Surveyed::look(host, &likely, release).await {
                Ok(found) => surveyed.push(found),
                Err(error) if host.origin().is_typed() => return Err(error.into()),
                Err(error) => vwi_cli::host::leave(self.talk(), &error.in_one_line()),
            }
        }
        Ok(surveyed)
    }
}
