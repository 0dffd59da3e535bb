//! Clouds: where ARM and Entra are, and what their tokens are for.

use thiserror::Error;
use url::Url;
use vwi_core::federation::PUBLIC_AUDIENCE;

/// Endpoints and audiences of one Azure cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cloud {
    /// Its name, as the Azure CLI calls it.
    pub name: String,
    /// Azure Resource Manager.
    pub resource_manager: Url,
    /// Entra, without a tenant.
    pub authority: Url,
    /// Scope of a token for ARM.
    pub scope: String,
    /// Audience of federated identity credentials; none where nobody has established it.
    pub audience: Option<String>,
}

/// Why an endpoint can't be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InvalidCloud {
    /// It is no URL.
    #[error("endpoint `{key}` of cloud `{cloud}` is not a URL")]
    NotAUrl {
        /// The cloud.
        cloud: String,
        /// The key in its configuration.
        key: String,
        /// What the URL parser says.
        #[source]
        source: url::ParseError,
    },
    /// It would send tokens in the clear.
    #[error("endpoint `{key}` of cloud `{cloud}` is not https")]
    NotHttps {
        /// The cloud.
        cloud: String,
        /// The key in its configuration.
        key: String,
    },
    /// A custom cloud lacks an endpoint.
    #[error("cloud `{cloud}` has no endpoint `{key}` in the Azure CLI's `clouds.config`")]
    Missing {
        /// The cloud.
        cloud: String,
        /// The key in its configuration.
        key: String,
    },
    /// Nobody knows the cloud.
    #[error("no cloud is called `{0}`")]
    Unknown(String),
}

/// The clouds that the Azure CLI knows by itself: name, ARM, authority, scope, audience.
///
/// Sources: azure-cli `src/azure-cli-core/azure/cli/core/cloud.py`; the audiences from
/// <https://github.com/Azure/login/issues/452> and
/// <https://github.com/hashicorp/terraform-provider-azuread/issues/1755>.
const KNOWN: [(&str, &str, &str, &str, Option<&str>); 4] = [
    (
        "AzureCloud",
        "https://management.azure.com",
        "https://login.microsoftonline.com",
        "https://management.azure.com/.default",
        Some(PUBLIC_AUDIENCE),
    ),
    (
        "AzureUSGovernment",
        "https://management.usgovcloudapi.net",
        "https://login.microsoftonline.us",
        "https://management.core.usgovcloudapi.net/.default",
        Some("api://AzureADTokenExchangeUSGov"),
    ),
    (
        "AzureChinaCloud",
        "https://management.chinacloudapi.cn",
        "https://login.chinacloudapi.cn",
        "https://management.chinacloudapi.cn/.default",
        Some("api://AzureADTokenExchangeChina"),
    ),
    (
        "AzureBleuCloud",
        "https://management.sovcloud-api.fr",
        "https://login.sovcloud-identity.fr",
        "https://management.sovcloud-api.fr/.default",
        None,
    ),
];

/// Name of the public cloud.
pub const PUBLIC: &str = "AzureCloud";

impl Cloud {
    /// Returns a cloud that the Azure CLI knows by itself.
    pub fn known(name: &str) -> Option<Self> {
        let (name, resource_manager, authority, scope, audience) = KNOWN
            .into_iter()
            .find(|(known, ..)| known.eq_ignore_ascii_case(name))?;
        Some(Self {
            name: name.to_owned(),
            resource_manager: Url::parse(resource_manager).ok()?,
            authority: Url::parse(authority).ok()?,
            scope: scope.to_owned(),
            audience: audience.map(ToOwned::to_owned),
        })
    }

    /// Returns the known cloud whose Entra is at this address, for `AZURE_AUTHORITY_HOST` alone.
    pub fn of_authority(authority: &str) -> Option<Self> {
        let authority = Url::parse(authority).ok()?;
        KNOWN
            .into_iter()
            .filter_map(|(name, ..)| Self::known(name))
            .find(|cloud| cloud.authority.host() == authority.host())
    }

    /// Puts a cloud together from the endpoints of the Azure CLI's `clouds.config`.
    ///
    /// `endpoint` is asked for the keys of a section: `endpoint_resource_manager` and others. They
    /// overlay a cloud that is known by name.
    ///
    /// # Errors
    ///
    /// [`InvalidCloud`] if an endpoint is missing, no URL, or not https.
    pub fn configured(
        name: &str,
        endpoint: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, InvalidCloud> {
        let known = Self::known(name);
        let url = |key: &str, default: Option<&Url>| match (endpoint(key), default) {
            (Some(text), _) => checked_url(name, key, &text),
            (None, Some(url)) => Ok(url.clone()),
            (None, None) => Err(InvalidCloud::Missing {
                cloud: name.to_owned(),
                key: key.to_owned(),
            }),
        };
        let resource_manager = url(
            "endpoint_resource_manager",
            known.as_ref().map(|cloud| &cloud.resource_manager),
        )?;
        let authority = url(
            "endpoint_active_directory",
            known.as_ref().map(|cloud| &cloud.authority),
        )?;
        // The resource may end in a slash, and then the scope has two: Entra wants it so.
        let scope = endpoint("endpoint_active_directory_resource_id")
            .map(|resource| format!("{resource}/.default"));
        let scope = match (scope, &known) {
            (Some(scope), _) => scope,
            (None, Some(known)) => known.scope.clone(),
            (None, None) => format!(
                "{}/.default",
                resource_manager.as_str().trim_end_matches('/')
            ),
        };
        Ok(Self {
            name: name.to_owned(),
            resource_manager,
            authority,
            scope,
            audience: match known {
                Some(known) => known.audience,
                None => Some(PUBLIC_AUDIENCE.to_owned()),
            },
        })
    }

    /// Returns this cloud with another Entra (`AZURE_AUTHORITY_HOST`).
    ///
    /// # Errors
    ///
    /// [`InvalidCloud`] if it is no URL or not https.
    pub fn with_authority(self, authority: &str) -> Result<Self, InvalidCloud> {
        let authority = checked_url(&self.name, "AZURE_AUTHORITY_HOST", authority)?;
        Ok(Self { authority, ..self })
    }
}

/// Reads an endpoint's address.
pub(crate) fn checked_url(cloud: &str, key: &str, text: &str) -> Result<Url, InvalidCloud> {
    let url = Url::parse(text).map_err(|source| InvalidCloud::NotAUrl {
        cloud: cloud.to_owned(),
        key: key.to_owned(),
        source,
    })?;
    if url.scheme() == "https" && url.host().is_some() {
        Ok(url)
    } else {
        Err(InvalidCloud::NotHttps {
            cloud: cloud.to_owned(),
            key: key.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn custom_clouds_take_their_endpoints_from_the_azure_cli() {
        let section = |key: &str| {
            let value = match key {
                "endpoint_resource_manager" | "endpoint_active_directory" => {
                    "https://127.0.0.1:8443"
                }
                "endpoint_active_directory_resource_id" => "https://management.core.windows.net/",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let cloud = Cloud::configured("VwiLocal", section).unwrap();
        assert_eq!(cloud.resource_manager.as_str(), "https://127.0.0.1:8443/");
        assert_eq!(cloud.scope, "https://management.core.windows.net//.default");
        assert_eq!(cloud.audience.as_deref(), Some(PUBLIC_AUDIENCE));
        assert!(matches!(
            Cloud::configured("Other", |_| None),
            Err(InvalidCloud::Missing { .. })
        ));
        assert!(matches!(
            Cloud::configured("Other", |_| Some("http://127.0.0.1".to_owned())),
            Err(InvalidCloud::NotHttps { .. })
        ));
    }

    #[test]
    fn sovereign_clouds_have_their_own_hosts_and_audiences() {
        let government = Cloud::known("azureusgovernment").unwrap();
        assert_eq!(
            government.audience.as_deref(),
            Some("api://AzureADTokenExchangeUSGov")
        );
        assert_eq!(
            Cloud::of_authority(government.authority.as_str()),
            Some(government)
        );
        assert_eq!(Cloud::known("AzureBleuCloud").unwrap().audience, None);
        assert_eq!(Cloud::known("other"), None);
    }
}
