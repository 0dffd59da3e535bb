//! The issuer of each record: ARM, host, record and flag must say the same.

use vwi_core::arm::ResourceId;
use vwi_core::federation::{Issuer, IssuerError, IssuerSource, Refusal, agree};
use vwi_core::shell::az;
use vwi_core::text::escape;

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
        let said = issuer(work, asked, gathered, host);
        match said.and_then(|issuer| not_of_tenant(work, issuer)) {
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

/// Lets an issuer pass that somebody else than the tenant's own pod names.
fn not_of_tenant(work: &Work, issuer: Issuer) -> Result<Issuer, Refusal> {
    let named = work.wish.iter().flat_map(|wish| &wish.issuers);
    let is_of_tenant = named
        .map(|(source, _)| source)
        .all(|source| *source == IssuerSource::Token);
    if issuer.confirmed || !is_of_tenant {
        return Ok(issuer);
    }
    Err(Refusal {
        reason: "IssuerUnconfirmed",
        message: format!(
            "only a token that the tenant's pod printed says that the issuer is `{}`, and a tenant \
             chooses no issuer",
            escape(&issuer.url)
        ),
        hint: Some(
            "confirm it with `--aks-cluster`, `--host-context` or `--issuer`, which have to say \
             the same"
                .to_owned(),
        ),
    })
}

fn oidc_off(cluster: &ResourceId) -> Refusal {
    Refusal {
        reason: "OidcDisabled",
        message: format!("AKS cluster `{cluster}` has its OIDC issuer off"),
        hint: Some(format!(
            "switch it on with `{}`",
            az(&[
                "aks",
                "update",
                "-g",
                cluster.group(),
                "-n",
                cluster.name(),
                "--enable-oidc-issuer",
                "--enable-workload-identity",
            ])
        )),
    }
}

fn no_issuer(error: &IssuerError) -> Refusal {
    let (reason, hint) = match error {
        IssuerError::Unknown => (
            "IssuerUnknown",
            Some("name it with `--aks-cluster`, `--host-context` or `--issuer`"),
        ),
        IssuerError::Differ { .. } => (
            "IssuersDiffer",
            Some(
                "if the record is out of date, run `kubectl vwi translate` again, or let \
                 `--override` put the flags before it",
            ),
        ),
        IssuerError::Unusable { .. } | _ => ("IssuerUnusable", None),
    };
    Refusal {
        reason,
        message: error.to_string(),
        hint: hint.map(str::to_owned),
    }
}
