//! The issuer of each record: ARM, host, record and flag must say the same.

use vwi_core::arm::ResourceId;
use vwi_core::federation::{Issuer, IssuerError, IssuerSource, Refusal, agree};

use crate::asked::Asked;
use crate::gather::Gathered;
use crate::host::HostView;
use crate::work::Work;

/// Returns the issuer of each record that everybody who knows one agrees on.
pub(crate) fn issuers(
    works: &mut [Work],
    asked: &Asked,
    gathered: &Gathered,
    host: Option<&HostView>,
) -> Vec<Option<Issuer>> {
    let open = works.iter_mut().map(|work| {
        if !work.is_open() {
            return None;
        }
        match issuer(work, asked, gathered, host) {
            Ok(issuer) => Some(issuer),
            Err(refusal) => {
                work.refuse(refusal);
                None
            }
        }
    });
    open.collect()
}

/// Returns the issuer of one record.
///
/// # Errors
///
/// [`Refusal`] if there is none, or two say different ones.
pub(crate) fn issuer(
    work: &Work,
    asked: &Asked,
    gathered: &Gathered,
    host: Option<&HostView>,
) -> Result<Issuer, Refusal> {
    let mut sources: Vec<(IssuerSource, &str)> = Vec::new();
    let wish = work.wish.as_ref();
    if let Some(named) = wish.and_then(|wish| wish.cluster.as_ref()) {
        let index = asked.clusters.iter().position(|known| known == named);
        if let Some(cluster) = index.and_then(|index| gathered.clusters.get(index)) {
            let cluster = cluster.as_ref().map_err(Refusal::clone)?;
            let issuer = cluster
                .issuer
                .as_ref()
                .ok_or_else(|| oidc_off(&cluster.id))?;
            let name = cluster.id.name().to_owned();
            sources.push((IssuerSource::Cluster(name), issuer));
        }
    }
    if let Some(issuer) = host.and_then(|host| host.issuer(work)) {
        sources.push((IssuerSource::Host, issuer));
    }
    let named = wish.into_iter().flat_map(|wish| &wish.issuers);
    sources.extend(named.map(|(source, url)| (source.clone(), url.as_str())));
    agree(&sources).map_err(|error| no_issuer(&error))
}

fn oidc_off(cluster: &ResourceId) -> Refusal {
    Refusal {
        reason: "OidcDisabled",
        message: format!("AKS cluster `{cluster}` has its OIDC issuer off"),
        hint: Some(format!(
            "switch it on with `az aks update -g {} -n {} --enable-oidc-issuer \
             --enable-workload-identity`",
            cluster.group(),
            cluster.name()
        )),
    }
}

fn no_issuer(error: &IssuerError) -> Refusal {
    let (reason, hint) = match error {
        IssuerError::Unknown => (
            "IssuerUnknown",
            Some("name it with `--aks-cluster`, `--host-context` or `--issuer`"),
        ),
        IssuerError::Differ { .. } => ("IssuersDiffer", None),
        IssuerError::Unusable { .. } | _ => ("IssuerUnusable", None),
    };
    Refusal {
        reason,
        message: error.to_string(),
        hint: hint.map(str::to_owned),
    }
}
