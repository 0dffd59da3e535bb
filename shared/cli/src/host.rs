//! The host cluster: the one way to it for all steps, and its proof.

use thiserror::Error;
use vwi_core::exit::{Explain, Outcome};
use vwi_core::text::escape;
use vwi_core::translation::{HostProof, ServiceAddress, VirtualClusterName, host_proof};
use vwi_kubernetes::host::HostCandidate;
use vwi_kubernetes::tenant::Scope;
use vwi_kubernetes::{
    ApiError, ClusterChoice, ConnectError, ConnectSettings, Host, HostChoice, Tenant,
};

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
/// [`NoHost`], which is a failure of the step only where the host was typed: see [`or_left`].
pub async fn find(
    choice: &HostChoice,
    tenant: &ClusterChoice,
    settings: &ConnectSettings,
) -> Result<Host, NoHost> {
    candidate(choice, tenant)?
        .connect(settings)
        .await
        .map_err(NoHost::from)
}

fn candidate(choice: &HostChoice, tenant: &ClusterChoice) -> Result<HostCandidate, NoHost> {
    if choice.none {
        return Err(NoHost::Unwanted);
    }
    HostCandidate::find(choice, tenant)?.ok_or(NoHost::Unknown)
}

/// Whether connecting to tenant and host may run a credential plugin, which is not to be run
/// before the input has been read.
pub fn runs_plugin(choice: &HostChoice, tenant: &ClusterChoice) -> bool {
    tenant.runs_plugin() || candidate(choice, tenant).is_ok_and(|candidate| candidate.runs_plugin())
}

/// For steps that go on without a host: `None` if nothing leads to one, and one that was not typed
/// and can't be connected to is warned of and left.
///
/// # Errors
///
/// [`ConnectError`] of a host that was typed.
pub fn or_left<T>(
    found: Result<T, NoHost>,
    choice: &HostChoice,
    talk: &Talk,
) -> Result<Option<T>, ConnectError> {
    match found {
        Ok(host) => Ok(Some(host)),
        Err(NoHost::Unwanted | NoHost::Unknown) => Ok(None),
        Err(NoHost::Unconnected(error)) if choice.is_typed() => Err(error),
        Err(NoHost::Unconnected(error)) => {
            leave(talk, &report::in_one_line(&error));
            Ok(None)
        }
    }
}

/// [`find`] and [`or_left`] in one.
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
    or_left(find(choice, tenant, settings).await, choice, talk)
}

/// Warns that the work goes on without the host.
pub fn leave(talk: &Talk, why: &str) {
    talk.warn(&format!("no host is looked at: {why}"));
}

/// A host that is yet to be proven.
#[derive(Debug)]
pub struct Unproven {
    host: Host,
    /// Its vClusters.
    services: Result<Vec<ServiceAddress>, ApiError>,
}

/// A host that counts.
#[derive(Clone, Debug)]
pub struct Proven {
    /// The host.
    pub host: Host,
    /// Which of its vClusters the tenant is, where their addresses tell.
    pub vcluster: Option<VirtualClusterName>,
}

impl Unproven {
    /// Asks for what is to prove it.
    pub async fn ask(host: Host) -> Self {
        let services = host.services(&Scope::All).await;
        Self { host, services }
    }

    /// Lets the host prove itself by the address that it shares with the tenant, and names it once
    /// if it was not typed. One that was not typed and can't is left out; one that was typed counts
    /// unless the addresses refute it.
    ///
    /// `address` is that of the tenant's Service `default/kubernetes`, or why it could not be read.
    ///
    /// # Errors
    ///
    /// [`OtherHost`] if the host was typed and is the host of others.
    pub fn proven(
        self,
        tenant: &Tenant,
        address: Result<Option<&str>, &str>,
        talk: &Talk,
    ) -> Result<Option<Proven>, OtherHost> {
        let is_typed = self.host.origin().is_typed();
        let counts = |vcluster| {
            let host = self.host.clone();
            Ok(Some(Proven { host, vcluster }))
        };
        let services = match self.services {
            Ok(services) => services,
            Err(_) if is_typed => return counts(None),
            Err(error) => {
                leave(talk, &error.in_one_line());
                return Ok(None);
            }
        };
        let label = self.host.cluster().label();
        let proof = host_proof(address.ok().flatten(), &services, true);
        match (proof, is_typed) {
            (HostProof::Unknown, true) => return counts(None),
            (HostProof::Proven(which), is_typed) => {
                if !is_typed {
                    talk.say(&format!("the host is {label}"));
                }
                return counts(Some(which));
            }
            (HostProof::Refuted | HostProof::Unknown, _) => {}
        }
        let why = match address {
            Ok(Some(address)) => format!(
                "no vCluster there has the tenant's address `{}`",
                escape(address)
            ),
            Ok(None) => format!("{} has no address to compare", tenant.cluster().label()),
            Err(why) => {
                format!("the tenant's address, which would prove it, could not be read: {why}")
            }
        };
        if is_typed {
            return Err(OtherHost { label, why });
        }
        talk.warn(&format!("{label} is not looked at: {why}"));
        Ok(None)
    }
}

/// A cluster that was typed as the host and is none, or another one's.
#[derive(Debug, Error)]
#[error("{label} is not the host of the tenant: {why}")]
pub struct OtherHost {
    label: String,
    why: String,
}

impl Explain for OtherHost {
    fn outcome(&self) -> Outcome {
        Outcome::CouldNotRun
    }

    fn hint(&self) -> Option<String> {
        Some("name the host with `--host-context`, or leave it out with `--no-host`".to_owned())
    }
}
