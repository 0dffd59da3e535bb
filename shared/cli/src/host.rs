//! The host cluster, where something leads to one and it has proven itself.

use vwi_core::translation::{HostProof, host_proof};
use vwi_kubernetes::host::HostCandidate;
use vwi_kubernetes::tenant::Scope;
use vwi_kubernetes::{ClusterChoice, ConnectError, ConnectSettings, Host, HostChoice};

use crate::report;
use crate::talk::Talk;

/// Connects to the host in the order of the design (section 8); `None` if nothing leads to one.
///
/// A host that was not typed and can't be reached is warned of and left out.
///
/// # Errors
///
/// [`ConnectError`] of a host that was typed.
pub async fn connect(
    choice: &HostChoice,
    tenant: &ClusterChoice,
    settings: &ConnectSettings,
    talk: &Talk,
) -> Result<Option<Host>, ConnectError> {
    let Some(candidate) = HostCandidate::find(choice, tenant)? else {
        return Ok(None);
    };
    match candidate.connect(settings).await {
        Ok(host) => Ok(Some(host)),
        Err(error) if candidate.origin().is_typed() => Err(error),
        Err(error) => {
            let why = report::in_one_line(&error);
            talk.warn(&format!("no host is looked at: {why}"));
            Ok(None)
        }
    }
}

/// Lets a host that was not typed prove itself by the address that it shares with the tenant, and
/// names it once; one that can't is left out.
pub async fn proven(host: Host, tenant_address: Option<&str>, talk: &Talk) -> Option<Host> {
    if host.origin().is_typed() {
        return Some(host);
    }
    let proof = match host.services(&Scope::All).await {
        Ok(services) => host_proof(tenant_address, &services, true),
        Err(error) => {
            let why = error.in_one_line();
            talk.warn(&format!("no host is looked at: {why}"));
            return None;
        }
    };
    if matches!(proof, HostProof::Proven(_)) {
        talk.say(&format!("the host is {}", host.cluster().label()));
        return Some(host);
    }
    talk.warn(&format!(
        "{} is not looked at: no vCluster there has the tenant's address `{}`",
        host.cluster().label(),
        tenant_address.unwrap_or("unknown")
    ));
    None
}
