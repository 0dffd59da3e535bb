//! Flags that say how Azure is reached.

use clap::Args;
use vwi_azure::AuthMethod;

/// How Azure is reached
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Azure")]
pub struct AzureLoginFlags {
    /// The one way to log in: environment, workload-identity, managed-identity, azure-cli or azd
    #[arg(long, value_name = "WAY")]
    pub azure_auth: Option<AuthMethod>,
    /// Cloud, as the Azure CLI calls it (else the one of `az cloud set`)
    #[arg(long, value_name = "CLOUD")]
    pub azure_cloud: Option<String>,
}
