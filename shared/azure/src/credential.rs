//! Who we are for Azure: one way of logging in after the other, until one has a token.

mod certificate;
mod chain;
mod entra_client;
mod error;
mod programs;

pub use chain::Login;
pub use error::{CredentialError, LinkFailure};

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;
use thiserror::Error;

/// A way of logging in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthMethod {
    /// A service principal's secret or certificate (`AZURE_CLIENT_SECRET` and others).
    Environment,
    /// A Kubernetes token (`AZURE_FEDERATED_TOKEN_FILE` and others).
    WorkloadIdentity,
    /// The machine's own identity; never tried unasked, since it answers slowly elsewhere.
    ManagedIdentity,
    /// `az account get-access-token`.
    AzureCli,
    /// `azd auth token`.
    AzureDeveloperCli,
}

impl AuthMethod {
    /// Those that are tried when none is asked for, in this order.
    pub const CHAIN: [Self; 4] = [
        Self::Environment,
        Self::WorkloadIdentity,
        Self::AzureCli,
        Self::AzureDeveloperCli,
    ];

    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Environment,
        Self::WorkloadIdentity,
        Self::ManagedIdentity,
        Self::AzureCli,
        Self::AzureDeveloperCli,
    ];

    /// Returns the word that `--azure-auth` takes.
    pub fn word(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::WorkloadIdentity => "workload-identity",
            Self::ManagedIdentity => "managed-identity",
            Self::AzureCli => "azure-cli",
            Self::AzureDeveloperCli => "azd",
        }
    }
}

impl fmt::Display for AuthMethod {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

/// A word that names no way of logging in.
#[derive(Debug, Error)]
#[error(
    "`{0}` is none of `environment`, `workload-identity`, `managed-identity`, `azure-cli`, `azd`"
)]
pub struct UnknownAuthMethod(String);

impl FromStr for AuthMethod {
    type Err = UnknownAuthMethod;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|method| method.word() == text)
            .ok_or_else(|| UnknownAuthMethod(text.to_owned()))
    }
}

/// What a login may use: the values of Azure's well-known environment variables, and the choice.
#[derive(Clone, Debug, Default)]
pub struct CredentialSettings {
    /// The one way to use; none: [`AuthMethod::CHAIN`].
    pub method: Option<AuthMethod>,
    /// The Entra tenant that the Azure CLI and azd are to answer for.
    pub tenant_id: Option<String>,
    /// `AZURE_TENANT_ID`.
    pub environment_tenant_id: Option<String>,
    /// `AZURE_CLIENT_ID`.
    pub client_id: Option<String>,
    /// `AZURE_CLIENT_SECRET`.
    pub client_secret: Option<SecretString>,
    /// `AZURE_CLIENT_CERTIFICATE_PATH`.
    pub certificate: Option<PathBuf>,
    /// `AZURE_FEDERATED_TOKEN_FILE`.
    pub federated_token_file: Option<PathBuf>,
    /// How long `az` and `azd` may take; none: [`PROGRAM_TIME`].
    pub program_time: Option<Duration>,
}

/// How long `az` and `azd` may take unless told otherwise: `az` starts in about a second, and
/// refreshes a token over the network.
pub const PROGRAM_TIME: Duration = Duration::from_mins(1);
