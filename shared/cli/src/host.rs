//! The host cluster: the one way to it for all steps, and its proof.

use thiserror::Error;
use vwi_core::exit::{Explain, Outcome};
use vwi_core::text::escape;
use vwi_core::translation::{HostProof, host_proof};
use vwi_kubernetes::host::HostCandidate;
use vwi_kubernetes::tenant::Scope;
use vwi_kubernetes::{ClusterChoice, ConnectError, ConnectSettings, Host, HostChoice, Tenant};

use crate::report;
use crate::talk::Talk;

/// Why no host is looked at.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NoHost {
    /// Nobody wants one.
    #[error("not looked at (`--no-host`)")]
    Unwanted,
    /// No flag, no variable, and no parent in the context's name.
    #[error("nothing leads to a host (`--host-context` names one)")]
    Unknown,
    /// One is named, and there is no way to it.
    #[error(transparent)]
    Unconnected(#[from] ConnectError),
}

impl Explain for NoHost {
    fn outcome(&self) -> Outcome {
        Outcome::CouldNotRun
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Unwanted | Self::Unknown => None,
            Self::Unconnected(error) => error.hint(),
        }
    }
}

/// Finds the host in the order of the design (section 8), and connects; nothing is sent yet.
///
/// # Errors
///
/// [`NoHost`], which is a failure of the step only where the host was typed.
pub async fn find(
    choice: &HostChoice,
    tenant: &ClusterChoice,
    settings: &ConnectSettings,
) -> Result<Host, NoHost> {
    if choice.none {
        return Err(NoHost::Unwanted);
    }
    let candidate = HostCandidate::find(choice, tenant)?.ok_or(NoHost::Unknown)?;
    Ok(candidate.connect(settings).await?)
}

/// As [`find`], for steps that go on without a host: `None` if nothing leads to one, and one that
/// was not typed and can't be connected to is warned of and left.
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
    match find(choice, tenant, settings).await {
        Ok(host) => Ok(Some(host)),
        Err(NoHost::Unwanted | NoHost::Unknown) => Ok(None),
        Err(NoHost::Unconnected(error)) if choice.is_typed() => Err(error),
        Err(NoHost::Unconnected(error)) => {
            leave(talk, &report::in_one_line(&error));
            Ok(None)
        }
    }
}

/// Warns that the work goes on without the host.
pub fn leave(talk: &Talk, why: &str) {
    talk.warn(&format!("no host is looked at: {why}"));
}

/// Lets a host that was not typed prove itself by the address that it shares with the tenant, and
/// names it once; one that can't is left out.
///
/// `address` is that of the tenant's Service `default/kubernetes`, or why it could not be read.
pub async fn proven(
    host: Host,
    tenant: &Tenant,
    address: Result<Option<&str>, &str>,
    talk: &Talk,
) -> Option<Host> {
    if host.origin().is_typed() {
        return Some(host);
    }
    let services = match host.services(&Scope::All).await {
        Ok(services) => services,
        Err(error) => {
            leave(talk, &error.in_one_line());
            return None;
        }
    };
    let label = host.cluster().label();
    let proof = host_proof(address.ok().flatten(), &services, true);
    if matches!(proof, HostProof::Proven(_)) {
        talk.say(&format!("the host is {label}"));
        return Some(host);
    }
    let why = match address {
        Ok(Some(address)) => format!(
            "no vCluster there has the tenant's address `{}`",
            escape(address)
        ),
        Ok(None) => format!("{} has no address to compare", tenant.cluster().label()),
        Err(why) => format!("the tenant's address, which would prove it, could not be read: {why}"),
    };
    talk.warn(&format!("{label} is not looked at: {why}"));
    None
}
