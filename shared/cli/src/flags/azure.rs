//! Flags that say how Azure is reached.

use clap::Args;
use vwi_azure::metadata::cloud_at;
use vwi_azure::{AuthMethod, AzureError, Cloud};

/// How Azure is reached
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Azure")]
pub struct AzureFlags {
    /// The one way to log in: environment, workload-identity, managed-identity, azure-cli or azd
    #[arg(long, value_name = "WAY")]
    pub azure_auth: Option<AuthMethod>,
    /// Cloud, as the Azure CLI calls it (else the one of `az cloud set`)
    #[arg(long, value_name = "CLOUD")]
    pub azure_cloud: Option<String>,
    /// Azure Resource Manager of a cloud that the Azure CLI does not know; it names the rest
    #[arg(long, value_name = "URL", conflicts_with = "azure_cloud")]
    pub arm_endpoint: Option<String>,
}

impl AzureFlags {
    /// Whether anything was typed, so that failing to reach Azure is an error.
    pub fn is_typed(&self) -> bool {
        self.azure_auth.is_some() || self.azure_cloud.is_some() || self.arm_endpoint.is_some()
    }

    /// Asks `--arm-endpoint`, if it was given, which cloud it is of.
    ///
    /// # Errors
    ///
    /// [`AzureError`] if it does not say.
    pub async fn found_cloud(&self, http: &reqwest::Client) -> Result<Option<Cloud>, AzureError> {
        match &self.arm_endpoint {
            Some(endpoint) => Ok(Some(cloud_at(http, endpoint).await?)),
            None => Ok(None),
        }
    }
}
