//! From flags, variables and the Azure CLI's folder to a client: the same for every step.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use thiserror::Error;
use vwi_core::arm::is_guid;
use vwi_core::exit::{Explain, Outcome};
use vwi_core::text::escape;
use vwi_http::Patience;

use crate::arm::{Arm, ArmSettings};
use crate::azure_cli::{AzureCli, AzureCliError};
use crate::cloud::{Cloud, InvalidCloud};
use crate::credential::{AuthMethod, CredentialSettings, Login};
use crate::metadata::MetadataError;

/// What a command line says of Azure.
#[derive(Clone, Debug, Default)]
pub struct AzureChoice {
    /// Cloud, as the Azure CLI calls it.
    pub cloud: Option<String>,
    /// The cloud of an ARM endpoint ([`cloud_at`](crate::metadata::cloud_at)), in place of a name.
    pub found_cloud: Option<Cloud>,
    /// The one way to log in.
    pub auth: Option<AuthMethod>,
    /// Subscription, by id or by a name that the Azure CLI knows.
    pub subscription: Option<String>,
    /// Requests at once; none: [`ArmSettings::default`].
    pub concurrency: Option<usize>,
    /// Longest time for one request; none: [`ArmSettings::default`].
    pub request_timeout: Option<Duration>,
}

/// A cloud, a login and a client; nothing has been asked yet.
#[derive(Clone, Debug)]
pub struct Azure {
    /// The cloud.
    pub cloud: Cloud,
    /// The client.
    pub arm: Arm,
    /// Subscription that was typed, by its id.
    pub typed_subscription: Option<String>,
    /// Subscription to use: the typed one, `AZURE_SUBSCRIPTION_ID`, or the Azure CLI's.
    pub subscription: Option<String>,
    /// The Azure CLI's default resource group.
    pub group: Option<String>,
    /// The Azure CLI's default region.
    pub location: Option<String>,
    /// The HTTP client, for calls that are not ARM's.
    pub http: reqwest::Client,
}

/// Why Azure can't be asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AzureError {
    /// The Azure CLI's folder can't be read.
    #[error("can't take the defaults of the Azure CLI")]
    AzureCli(#[from] AzureCliError),
    /// The cloud can't be used.
    #[error("can't tell where Azure is")]
    Cloud(#[from] InvalidCloud),
    /// The ARM endpoint does not say which cloud it belongs to.
    #[error("can't tell which cloud the ARM endpoint belongs to")]
    Metadata(#[from] MetadataError),
    /// A subscription's name that the Azure CLI does not know.
    #[error("no subscription is called `{}`", escape(.0))]
    NoSubscription(String),
}

impl Explain for AzureError {
    fn outcome(&self) -> Outcome {
        match self {
            Self::AzureCli(_) => Outcome::CouldNotRun,
            Self::Metadata(error) => match error {
                MetadataError::Cloud(_) => Outcome::Usage,
                MetadataError::Unreachable { .. }
                | MetadataError::Garbled { .. }
                | MetadataError::OtherClouds { .. } => Outcome::CouldNotRun,
            },
            Self::Cloud(_) | Self::NoSubscription(_) => Outcome::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::AzureCli(_) => None,
            Self::Metadata(_) => Some(
                "it is ARM's address, such as `https://management.azure.com`; a cloud that the \
                 Azure CLI knows is named with `--azure-cloud`"
                    .to_owned(),
            ),
            Self::Cloud(_) => Some("`az cloud list -o table` names the clouds".to_owned()),
            Self::NoSubscription(_) => Some(
                "name it by its id, or let `az account list --refresh` learn its name".to_owned(),
            ),
        }
    }
}

impl Azure {
    /// Prepares a client.
    ///
    /// `variable` answers for the environment: `AZURE_CONFIG_DIR` and `HOME`, what the Azure SDKs
    /// read, and what the Azure CLI takes in place of its configuration (`AZURE_CLOUD_NAME`,
    /// `AZURE_DEFAULTS_GROUP`, `AZURE_DEFAULTS_LOCATION`).
    ///
    /// # Errors
    ///
    /// [`AzureError`] if the cloud or the subscription is not known.
    pub fn connect(
        http: reqwest::Client,
        choice: &AzureChoice,
        variable: &dyn Fn(&str) -> Option<String>,
        patience: Patience,
    ) -> Result<Self, AzureError> {
        let cli = match folder(variable) {
            Some(folder) => AzureCli::read(&folder)?,
            None => AzureCli::default(),
        };
        let cloud = cloud(&cli, choice, variable)?;
        let typed = choice
            .subscription
            .as_deref()
            .map(|wanted| subscription_id(&cli, wanted))
            .transpose()?;
        let chosen = cli.default_subscription(&cloud);
        let subscription = typed
            .clone()
            .or_else(|| variable("AZURE_SUBSCRIPTION_ID"))
            .or_else(|| chosen.map(|subscription| subscription.id.clone()));
        let tenant_id = subscription
            .as_deref()
            .and_then(|id| cli.subscription(id))
            .map(|subscription| subscription.tenant_id.clone())
            .filter(|tenant_id| !tenant_id.is_empty());
        let login = Arc::new(Login::new(
            http.clone(),
            cloud.clone(),
            CredentialSettings {
                method: choice.auth,
                tenant_id,
                environment_tenant_id: variable("AZURE_TENANT_ID"),
                client_id: variable("AZURE_CLIENT_ID"),
                client_secret: variable("AZURE_CLIENT_SECRET").map(SecretString::from),
                certificate: variable("AZURE_CLIENT_CERTIFICATE_PATH").map(PathBuf::from),
                federated_token_file: variable("AZURE_FEDERATED_TOKEN_FILE").map(PathBuf::from),
                program_time: None,
            },
        ));
        let usual = ArmSettings::default();
        let settings = ArmSettings {
            concurrency: choice.concurrency.unwrap_or(usual.concurrency),
            request_timeout: choice.request_timeout.unwrap_or(usual.request_timeout),
        };
        let arm = Arm::new(http.clone(), &cloud, login, settings, patience);
        Ok(Self {
            arm,
            typed_subscription: typed,
            subscription,
            group: variable("AZURE_DEFAULTS_GROUP").or_else(|| cli.default_group()),
            location: variable("AZURE_DEFAULTS_LOCATION").or_else(|| cli.default_location()),
            http,
            cloud,
        })
    }
}

fn folder(variable: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let home = || variable("HOME").or_else(|| variable("USERPROFILE"));
    variable("AZURE_CONFIG_DIR")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(home()?).join(".azure")))
}

/// `AZURE_AUTHORITY_HOST` of a known cloud names the cloud, where nothing else does; any other
/// takes the place of the cloud's Entra.
fn cloud(
    cli: &AzureCli,
    choice: &AzureChoice,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Cloud, InvalidCloud> {
    let authority = variable("AZURE_AUTHORITY_HOST");
    if let Some(found) = choice.found_cloud.clone() {
        return match authority {
            Some(authority) => found.with_authority(&authority),
            None => Ok(found),
        };
    }
    let name = choice
        .cloud
        .clone()
        .or_else(|| variable("AZURE_CLOUD_NAME"))
        .or_else(|| cli.setting("cloud", "name"));
    let Some(authority) = authority else {
        return cli.cloud(name.as_deref());
    };
    let cloud = match name {
        Some(name) => cli.cloud(Some(&name))?,
        None => match Cloud::of_authority(&authority) {
            Some(known) => return Ok(known),
            None => cli.cloud(None)?,
        },
    };
    cloud.with_authority(&authority)
}

fn subscription_id(cli: &AzureCli, wanted: &str) -> Result<String, AzureError> {
    if is_guid(wanted) {
        return Ok(wanted.to_owned());
    }
    cli.subscription(wanted)
        .map(|subscription| subscription.id.clone())
        .ok_or_else(|| AzureError::NoSubscription(wanted.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Connected = Result<Azure, AzureError>;

    fn connected(choice: &AzureChoice, variables: &[(&str, &str)]) -> Connected {
        // Set once for the process; a second call is refused, which is as good.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        // A folder that is not there: the Azure CLI says nothing.
        let folder = "/nonexistent".to_owned();
        let variable = |name: &str| {
            let set = variables.iter().find(|(set, _)| *set == name);
            match set {
                Some((_, value)) => Some((*value).to_owned()),
                None if name == "AZURE_CONFIG_DIR" => Some(folder.clone()),
                None => None,
            }
        };
        let patience = Patience::lasting(Duration::from_secs(1));
        Azure::connect(reqwest::Client::new(), choice, &variable, patience)
    }

    #[test]
    fn the_authority_names_a_known_cloud_and_replaces_that_of_another() {
        let public = connected(&AzureChoice::default(), &[]).unwrap();
        assert_eq!(public.cloud.name, "AzureCloud");
        let government = [("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us/")];
        let azure = connected(&AzureChoice::default(), &government).unwrap();
        assert_eq!(azure.cloud.name, "AzureUSGovernment");
        let named = AzureChoice {
            cloud: Some("AzureCloud".to_owned()),
            ..AzureChoice::default()
        };
        let azure = connected(&named, &government).unwrap();
        assert_eq!(azure.cloud.resource_manager, public.cloud.resource_manager);
        assert_ne!(azure.cloud.authority, public.cloud.authority);
        let clear = [("AZURE_AUTHORITY_HOST", "http://login.example")];
        assert!(connected(&AzureChoice::default(), &clear).is_err());
    }

    #[test]
    fn a_subscription_that_is_typed_goes_first_and_must_be_known() {
        let id = "00000000-0000-4000-8000-000000000001";
        let variables = [("AZURE_SUBSCRIPTION_ID", "s-variable")];
        let azure = connected(&AzureChoice::default(), &variables).unwrap();
        assert_eq!(azure.subscription.as_deref(), Some("s-variable"));
        assert_eq!(azure.typed_subscription, None);
        let typed = |subscription: &str| AzureChoice {
            subscription: Some(subscription.to_owned()),
            ..AzureChoice::default()
        };
        let azure = connected(&typed(id), &variables).unwrap();
        assert_eq!(azure.subscription.as_deref(), Some(id));
        let error = connected(&typed("Unknown"), &variables).unwrap_err();
        assert_eq!(error.outcome(), Outcome::Usage);
    }
}
