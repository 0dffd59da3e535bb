//! Why translate can't go on.

use std::io;
use std::path::PathBuf;

use thiserror::Error;
use vwi_cli::flags::UsageError;
use vwi_cli::input::InputError;
use vwi_cli::limit::GivenUp;
use vwi_cli::output::OutputError;
use vwi_cli::platform::PlatformSetupError;
use vwi_cli::session::NoRuntime;
use vwi_core::exit::{Explain, Outcome};
use vwi_core::stream::StreamError;
use vwi_core::translation::{
    ConfigurationError, IdentificationError, InstanceError, Sleep, VirtualClusterName,
};
use vwi_kubernetes::{ApiError, ConnectError};
use vwi_platform::PlatformError;

use crate::terraform::QueryError;

/// Why translate can't go on; a ServiceAccount that fails is no such thing.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TranslateError {
    /// The command line can't be meant.
    #[error(transparent)]
    Usage(#[from] UsageError),
    /// The input can't be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// Standard output can't be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The system gives no runtime.
    #[error(transparent)]
    Runtime(#[from] NoRuntime),
    /// The tenant can't be connected to.
    #[error("cannot connect to the tenant cluster")]
    Tenant(#[source] ConnectError),
    /// A host that was typed can't be connected to.
    #[error("cannot connect to the host cluster")]
    Host(#[source] ConnectError),
    /// A cluster did not answer, or not well.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// It is not known which vCluster this is.
    #[error(transparent)]
    Identification(#[from] IdentificationError),
    /// The Platform can't be asked.
    #[error(transparent)]
    PlatformSetup(#[from] PlatformSetupError),
    /// The Platform does not answer, or not well.
    #[error(transparent)]
    Platform(#[from] PlatformError),
    /// It is not clear which of the Platform's instances this is.
    #[error(transparent)]
    Instance(#[from] InstanceError),
    /// The Platform has no instance for the vCluster.
    #[error("the vCluster Platform `{platform}` has no instance for vCluster `{which}`")]
    NotOnPlatform {
        /// The Platform's address.
        platform: String,
        /// What was looked for.
        which: VirtualClusterName,
    },
    /// The host that was typed is another vCluster's.
    #[error(
        "{host} is not the host of {tenant}: none of its vClusters has the address `{address}` of \
         the tenant's Service `default/kubernetes`"
    )]
    WrongHost {
        /// The host's name in messages.
        host: String,
        /// The tenant's name in messages.
        tenant: String,
        /// The tenant's address.
        address: String,
    },
    /// The host has no such vCluster.
    #[error("{host} has no vCluster `{which}`")]
    NoSuchVirtualCluster {
        /// The host's name in messages.
        host: String,
        /// What was looked for.
        which: VirtualClusterName,
    },
    /// The current context is a host itself.
    #[error("{cluster} is no vCluster but the host of {count} of them")]
    IsHost {
        /// The cluster's name in messages.
        cluster: String,
        /// Number of vClusters.
        count: usize,
    },
    /// The user may not read what was asked for.
    #[error("{host} does not let the synced ServiceAccounts be listed")]
    NothingToList {
        /// The host's name in messages.
        host: String,
    },
    /// No source that was picked can be asked at all.
    #[error("`--via={via}` has nobody to ask: {why}")]
    NobodyToAsk {
        /// The sources.
        via: String,
        /// What is missing.
        why: &'static str,
    },
    /// The file with the vCluster's values can't be read.
    #[error("cannot read the values `{}`", path.display())]
    Values {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The file with the vCluster's values can't be used.
    #[error("cannot use the values `{}`", path.display())]
    BadValues {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: ConfigurationError,
    },
    /// What should be federated credentials is not.
    #[error("cannot read federated credentials from {origin}")]
    Credentials {
        /// The file, or standard input.
        origin: String,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// Terraform asks for what can't be answered.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The cluster that should be a host is none.
    #[error("{cluster} is the host of no vCluster, as far as this user may see")]
    NoHost {
        /// The cluster's name in messages.
        cluster: String,
    },
    /// A shell has one variable of a name.
    #[error("`-o env` answers for one ServiceAccount, and there are several")]
    SeveralForEnv,
    /// The vCluster is asleep, and nothing but a request to it could prove its host.
    #[error(
        "vCluster `{which}` is {sleep} on {host}, which could only be proven to be its host by \
         asking it"
    )]
    Asleep {
        /// The vCluster.
        which: VirtualClusterName,
        /// Why it does not run.
        sleep: Sleep,
        /// The host's name in messages.
        host: String,
    },
    /// Labels and fields are the tenant's, which is not asked.
    #[error("`-l` and `--field-selector` are for the tenant to judge, which is not asked")]
    SelectorNeedsTenant,
    /// Several of the hosts have such a vCluster.
    #[error("several hosts have a vCluster `{which}`: {hosts}")]
    SeveralHosts {
        /// The vCluster.
        which: VirtualClusterName,
        /// The hosts' names in messages.
        hosts: String,
    },
    /// The context is a tenant's, and all vClusters are to be listed.
    #[error("{cluster} is a vCluster, and `--all-vclusters` asks a host")]
    IsTenant {
        /// The cluster's name in messages.
        cluster: String,
    },
    /// The user asked to stop, or `--timeout` is over.
    #[error(transparent)]
    GivenUp(#[from] GivenUp),
}

impl From<StreamError> for TranslateError {
    fn from(error: StreamError) -> Self {
        Self::Input(error.into())
    }
}

impl Explain for TranslateError {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Usage(error) => error.outcome(),
            Self::Input(error) => error.outcome(),
            Self::Query(error) => error.outcome(),
            Self::Output(error) => error.outcome(),
            Self::Runtime(error) => error.outcome(),
            Self::Tenant(error) | Self::Host(error) => error.outcome(),
            Self::Api(error) => error.outcome(),
            Self::PlatformSetup(error) => error.outcome(),
            Self::Platform(error) => error.outcome(),
            Self::Instance(error) => error.outcome(),
            Self::Identification(error) => error.outcome(),
            Self::IsHost { .. }
            | Self::SeveralForEnv
            | Self::IsTenant { .. }
            | Self::SelectorNeedsTenant => Outcome::Usage,
            Self::NotOnPlatform { .. }
            | Self::WrongHost { .. }
            | Self::Asleep { .. }
            | Self::SeveralHosts { .. }
            | Self::NoSuchVirtualCluster { .. }
            | Self::NothingToList { .. }
            | Self::NobodyToAsk { .. }
            | Self::Values { .. }
            | Self::BadValues { .. }
            | Self::Credentials { .. }
            | Self::NoHost { .. } => Outcome::CouldNotRun,
            Self::GivenUp(error) => error.outcome(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Usage(error) => error.hint(),
            Self::Input(error) => error.hint(),
            Self::Query(error) => error.hint(),
            Self::Tenant(error) | Self::Host(error) => error.hint(),
            Self::Api(error) => error.hint(),
            Self::PlatformSetup(error) => error.hint(),
            Self::Platform(error) => error.hint(),
            Self::Instance(error) => error.hint(),
            Self::NotOnPlatform { .. } => Some(
                "leave out the Platform's flags, or use a key that may see its project".to_owned(),
            ),
            Self::Identification(error) => error.hint(),
            Self::WrongHost { .. } => {
                Some("give the host that runs this vCluster with `--host-context`".to_owned())
            }
            Self::NoSuchVirtualCluster { .. } => Some(
                "look at `kubectl get services -A -l vcluster.loft.sh/service=true` on the host"
                    .to_owned(),
            ),
            Self::IsHost { .. } => Some(
                "connect to the vCluster, or say which one with `--vcluster NAME \
                 --vcluster-namespace NS` and be answered from the host alone"
                    .to_owned(),
            ),
            Self::Credentials { .. } => {
                Some("give what `az identity federated-credential list -o json` prints".to_owned())
            }
            Self::NoHost { .. } => Some("give the host cluster with `--host-context`".to_owned()),
            Self::Asleep { .. } => Some(
                "name its host with `--host-context` and be answered by that alone; or wake it: \
                 `--wake`"
                    .to_owned(),
            ),
            Self::SelectorNeedsTenant => Some("select by name or namespace".to_owned()),
            Self::SeveralHosts { .. } => Some("give one `--host-context`".to_owned()),
            Self::IsTenant { .. } => {
                Some("name the host or hosts with `--host-context`".to_owned())
            }
            Self::GivenUp(error) => error.hint(),
            Self::SeveralForEnv => Some("give one name, or use `-o subject`".to_owned()),
            Self::Output(_)
            | Self::Runtime(_)
            | Self::NothingToList { .. }
            | Self::NobodyToAsk { .. }
            | Self::Values { .. }
            | Self::BadValues { .. } => None,
        }
    }
}
