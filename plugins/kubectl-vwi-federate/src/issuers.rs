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
    let works = works.iter_mut();
    works
        .map(|work| {
            let wish = work.wish.clone().filter(|_| work.is_open())?;
            let mut sources: Vec<(IssuerSource, &str)> = Vec::new();
            if let Some(named) = &wish.cluster {
                let index = asked.clusters.iter().position(|known| known == named);
                match index.and_then(|index| gathered.clusters.get(index)) {
                    Some(Ok(cluster)) => {
                        let Some(issuer) = &cluster.issuer else {
                            work.refuse(oidc_off(&cluster.id));
                            return None;
                        };
                        let name = cluster.id.name().to_owned();
                        sources.push((IssuerSource::Cluster(name), issuer));
                    }
                    Some(Err(refusal)) => {
                        work.refuse(refusal.clone());
                        return None;
                    }
                    None => {}
                }
            }
            if let Some(issuer) = host.and_then(|host| host.issuer(work)) {
                sources.push((IssuerSource::Host, issuer));
            }
            let named = wish.issuers.iter();
            sources.extend(named.map(|(source, url)| (source.clone(), url.as_str())));
            match agree(&sources) {
                Ok(issuer) => Some(issuer),
                Err(error) => {
                    work.refuse(no_issuer(&error));
                    None
                }
            }
        })
        .collect()
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
