//! Azure for a step: which cloud, which subscription, and who we are there.
//!
//! Flags first, then Azure's well-known environment variables, then the Azure CLI's own
//! configuration. Nothing is sent yet.

use std::path::PathBuf;
use std::sync::Arc;

use secrecy::SecretString;
use thiserror::Error;
use vwi_azure::cloud::InvalidCloud;
use vwi_azure::{Arm, ArmSettings, AzureCli, Cloud, CredentialSettings, Login, Patience};
use vwi_core::exit::{Explain, Outcome};
use vwi_core::text::escape;

use crate::environment::Environment;
use crate::flags::AzureLoginFlags;
use crate::http::{self, HttpError, HttpSettings};

/// Everything that calls to Azure need.
#[derive(Clone, Debug)]
pub struct AzureAccess {
    /// Carries all calls.
    pub http: reqwest::Client,
    /// Where ARM and Entra are.
    pub cloud: Cloud,
    /// What the Azure CLI's folder says.
    pub cli: AzureCli,
    /// Who we are.
    pub login: Arc<Login>,
    /// `AZURE_SUBSCRIPTION_ID`.
    subscription: Option<String>,
}

/// Why Azure can't be reached; nothing has been sent.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AzureAccessError {
    /// No HTTP client.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The Azure CLI's folder.
    #[error("cannot read the Azure CLI's configuration")]
    Cli(#[from] vwi_azure::azure_cli::AzureCliError),
    /// The cloud.
    #[error("cannot tell which cloud to use")]
    Cloud(#[from] InvalidCloud),
    /// A subscription's name that the Azure CLI has not seen.
    #[error("`{}` is no subscription id, and the Azure CLI knows none of that name", escape(.0))]
    Subscription(String),
    /// Nothing names a subscription.
    #[error("nothing names a subscription")]
    NoSubscription,
}

impl Explain for AzureAccessError {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Subscription(_) | Self::NoSubscription => Outcome::Usage,
            Self::Http(_) | Self::Cli(_) | Self::Cloud(_) => Outcome::CouldNotRun,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Http(error) => error.hint(),
            Self::Subscription(_) | Self::NoSubscription => Some(
                "give its id with `--subscription`, or choose one with `az account set`".to_owned(),
            ),
            Self::Cli(_) | Self::Cloud(_) => None,
        }
    }
}

impl AzureAccess {
    /// Prepares access to Azure.
    ///
    /// # Errors
    ///
    /// [`AzureAccessError`]
    pub fn open(
        flags: &AzureLoginFlags,
        environment: &Environment,
        settings: &HttpSettings,
    ) -> Result<Self, AzureAccessError> {
        let http = http::client(settings)?;
        let cli = match cli_folder(environment) {
            Some(folder) => AzureCli::read(&folder)?,
            None => AzureCli::default(),
        };
        let cloud = cloud(flags, environment, &cli)?;
        let chosen = cli.default_subscription(&cloud);
        let credentials = CredentialSettings {
            method: flags.azure_auth,
            tenant_id: chosen.map(|chosen| chosen.tenant_id.clone()),
            environment_tenant_id: environment.get("AZURE_TENANT_ID").map(str::to_owned),
            client_id: environment.get("AZURE_CLIENT_ID").map(str::to_owned),
            client_secret: environment
                .get("AZURE_CLIENT_SECRET")
                .map(|secret| SecretString::from(secret.to_owned())),
            certificate: environment.path("AZURE_CLIENT_CERTIFICATE_PATH"),
            federated_token_file: environment.path("AZURE_FEDERATED_TOKEN_FILE"),
            program_time: None,
        };
        let subscription = environment
            .get("AZURE_SUBSCRIPTION_ID")
            .map(str::to_owned)
            .or_else(|| chosen.map(|chosen| chosen.id.clone()));
        let login = Arc::new(Login::new(http.clone(), cloud.clone(), credentials));
        Ok(Self {
            http,
            cloud,
            cli,
            login,
            subscription,
        })
    }

    /// Returns a client of Azure Resource Manager.
    pub fn arm(&self, settings: ArmSettings, patience: Patience) -> Arm {
        Arm::new(
            self.http.clone(),
            &self.cloud,
            Arc::clone(&self.login),
            settings,
            patience,
        )
    }

    /// Returns the id of the subscription that was typed as id or name, else the default one.
    ///
    /// # Errors
    ///
    /// [`AzureAccessError::Subscription`] and [`AzureAccessError::NoSubscription`].
    pub fn subscription(&self, typed: Option<&str>) -> Result<String, AzureAccessError> {
        let Some(typed) = typed else {
            return self
                .subscription
                .clone()
                .ok_or(AzureAccessError::NoSubscription);
        };
        if vwi_core::arm::is_guid(typed) {
            return Ok(typed.to_owned());
        }
        let known = self.cli.subscription(typed);
        known
            .map(|known| known.id.clone())
            .ok_or_else(|| AzureAccessError::Subscription(typed.to_owned()))
    }
}

fn cli_folder(environment: &Environment) -> Option<PathBuf> {
    environment
        .path("AZURE_CONFIG_DIR")
        .or_else(|| environment.home().map(|home| home.join(".azure")))
}

/// The cloud that was typed, or that `az cloud set` chose; `AZURE_AUTHORITY_HOST` is the webhook's
/// and the SDKs' way to name one.
fn cloud(
    flags: &AzureLoginFlags,
    environment: &Environment,
    cli: &AzureCli,
) -> Result<Cloud, InvalidCloud> {
    let typed = flags.azure_cloud.as_deref();
    let cloud = cli.cloud(typed)?;
    let Some(authority) = environment
        .get("AZURE_AUTHORITY_HOST")
        .filter(|_| typed.is_none())
    else {
        return Ok(cloud);
    };
    let moved = cloud.clone().with_authority(authority)?;
    if moved.authority.host() == cloud.authority.host() {
        return Ok(moved);
    }
    // The login host of another known cloud means all of that cloud.
    Ok(Cloud::of_authority(&moved.authority).unwrap_or(moved))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        variables
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect()
    }

    #[test]
    fn the_login_host_of_another_cloud_means_that_cloud() {
        let cases: [(Option<&str>, &[(&str, &str)], &str, &str); 4] = [
            (None, &[], "AzureCloud", "login.microsoftonline.com"),
            (
                None,
                &[("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us/")],
                "AzureUSGovernment",
                "login.microsoftonline.us",
            ),
            (
                None,
                &[("AZURE_AUTHORITY_HOST", "https://127.0.0.1:8443")],
                "AzureCloud",
                "127.0.0.1",
            ),
            (
                Some("AzureChinaCloud"),
                &[("AZURE_AUTHORITY_HOST", "https://127.0.0.1:8443")],
                "AzureChinaCloud",
                "login.chinacloudapi.cn",
            ),
        ];
        for (typed, variables, name, host) in cases {
            let flags = AzureLoginFlags {
                azure_cloud: typed.map(str::to_owned),
                azure_auth: None,
            };
            let found = cloud(&flags, &environment(variables), &AzureCli::default()).unwrap();
            let found_host = found.authority.host_str().unwrap_or_default();
            assert_eq!((found.name.as_str(), found_host), (name, host));
        }
    }
}
