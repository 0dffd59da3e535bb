//! What the Azure CLI keeps in its folder: clouds, defaults, subscriptions. No token is read.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use configparser::ini::Ini;
use serde::Deserialize;
use thiserror::Error;

use crate::cloud::{Cloud, InvalidCloud, PUBLIC};

/// What the Azure CLI's folder says; empty where there is no such folder.
#[derive(Clone, Debug, Default)]
pub struct AzureCli {
    config: Option<Ini>,
    clouds: Option<Ini>,
    subscriptions: Vec<Subscription>,
}

/// A subscription that the Azure CLI has seen at its last login.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// Its id.
    pub id: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// The Entra tenant that it belongs to.
    #[serde(default)]
    pub tenant_id: String,
    /// The cloud that it was seen in.
    #[serde(default)]
    pub environment_name: String,
    /// Whether `az account set` chose it.
    #[serde(default)]
    pub is_default: bool,
}

#[derive(Deserialize)]
struct Profile {
    #[serde(default)]
    subscriptions: Vec<Subscription>,
}

/// Why the Azure CLI's folder can't be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AzureCliError {
    /// A file is there and can't be read.
    #[error("can't read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A file is not what the Azure CLI writes.
    #[error("can't understand `{}`", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What the parser says.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl AzureCli {
    /// Reads `config`, `clouds.config` and `azureProfile.json`, as far as they are there.
    ///
    /// The folder is `AZURE_CONFIG_DIR`, else `.azure` in the user's home.
    ///
    /// # Errors
    ///
    /// [`AzureCliError`] if a file is there and can't be read or understood.
    pub fn read(folder: &Path) -> Result<Self, AzureCliError> {
        Ok(Self {
            config: ini(&folder.join("config"))?,
            clouds: ini(&folder.join("clouds.config"))?,
            subscriptions: profile(&folder.join("azureProfile.json"))?,
        })
    }

    /// Returns the value of a key in a section of `config`.
    pub fn setting(&self, section: &str, key: &str) -> Option<String> {
        value(self.config.as_ref()?, section, key)
    }

    /// Returns the resource group that `az` takes when none is given.
    pub fn default_group(&self) -> Option<String> {
        self.setting("defaults", "group")
    }

    /// Returns the region that `az` takes when none is given.
    pub fn default_location(&self) -> Option<String> {
        self.setting("defaults", "location")
    }

    /// Returns the cloud of this name, or the one that `az cloud set` chose, or the public one.
    ///
    /// # Errors
    ///
    /// [`InvalidCloud`] if the name is unknown or an endpoint can't be used.
    pub fn cloud(&self, name: Option<&str>) -> Result<Cloud, InvalidCloud> {
        let chosen = name
            .map(ToOwned::to_owned)
            .or_else(|| self.setting("cloud", "name"))
            .unwrap_or_else(|| PUBLIC.to_owned());
        let section = self.clouds.as_ref().and_then(|clouds| {
            clouds
                .sections()
                .into_iter()
                .find(|section| section.eq_ignore_ascii_case(&chosen))
        });
        match (section, Cloud::known(&chosen)) {
            (Some(section), known) => {
                let name = known.map_or_else(|| section.clone(), |known| known.name);
                Cloud::configured(&name, |key| value(self.clouds.as_ref()?, &section, key))
            }
            (None, Some(known)) => Ok(known),
            (None, None) => Err(InvalidCloud::Unknown(chosen)),
        }
    }

    /// Returns the subscription that `az account set` chose in this cloud.
    pub fn default_subscription(&self, cloud: &Cloud) -> Option<&Subscription> {
        let of_cloud = || {
            self.subscriptions.iter().filter(|subscription| {
                subscription
                    .environment_name
                    .eq_ignore_ascii_case(&cloud.name)
            })
        };
        let chosen = self
            .clouds
            .as_ref()
            .and_then(|clouds| value(clouds, &cloud.name, "subscription"));
        of_cloud()
            .find(|subscription| subscription.is_default)
            .or_else(|| of_cloud().find(|subscription| Some(&subscription.id) == chosen.as_ref()))
    }

    /// Returns a subscription by its id or its name.
    pub fn subscription(&self, name_or_id: &str) -> Option<&Subscription> {
        self.subscriptions.iter().find(|subscription| {
            subscription.id.eq_ignore_ascii_case(name_or_id)
                || subscription.name.eq_ignore_ascii_case(name_or_id)
        })
    }
}

/// Returns the text of a file without the byte order mark that the Azure CLI puts before it.
fn text(path: &Path) -> Result<Option<String>, AzureCliError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(
            text.strip_prefix('\u{feff}')
                .map(ToOwned::to_owned)
                .unwrap_or(text),
        )),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        // A file where the folder should be is no folder.
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(None),
        Err(source) => Err(AzureCliError::Read {
            path: path.to_owned(),
            source,
        }),
    }
}

fn ini(path: &Path) -> Result<Option<Ini>, AzureCliError> {
    let Some(text) = text(path)? else {
        return Ok(None);
    };
    // Names of clouds are case-sensitive sections in Python's parser, which the Azure CLI uses.
    let mut ini = Ini::new_cs();
    ini.set_inline_comment_symbols(Some(&[]));
    ini.read(text).map_err(|message| AzureCliError::Content {
        path: path.to_owned(),
        source: message.into(),
    })?;
    Ok(Some(ini))
}

fn profile(path: &Path) -> Result<Vec<Subscription>, AzureCliError> {
    let Some(text) = text(path)? else {
        return Ok(Vec::new());
    };
    let profile: Profile =
        serde_json::from_str(&text).map_err(|source| AzureCliError::Content {
            path: path.to_owned(),
            source: source.into(),
        })?;
    Ok(profile.subscriptions)
}

/// Keys are compared without case, as Python's parser does.
fn value(ini: &Ini, section: &str, key: &str) -> Option<String> {
    let map = ini.get_map_ref().get(section)?;
    map.iter()
        .find(|(found, _)| found.eq_ignore_ascii_case(key))
        .and_then(|(_, value)| value.clone())
        .filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            fs::write(folder.path().join(name), content).unwrap();
        }
        folder
    }

    #[test]
    fn an_absent_folder_means_the_public_cloud_and_no_defaults() {
        let folder = folder(&[]);
        let cli = AzureCli::read(&folder.path().join("absent")).unwrap();
        assert_eq!(cli.cloud(None).unwrap().name, "AzureCloud");
        assert_eq!(cli.default_group(), None);
        assert_eq!(cli.subscription("x"), None);
    }

    #[test]
    fn defaults_cloud_and_subscription_are_those_of_the_azure_cli() {
        let folder = folder(&[
            (
                "config",
                "[cloud]\nname = VwiLocal\n\n[defaults]\ngroup = team-rg\nlocation = westeurope\n",
            ),
            (
                "clouds.config",
                "[AzureCloud]\nsubscription = s-public\n\n[VwiLocal]\nendpoint_resource_manager = https://localhost:8443\nendpoint_active_directory = https://localhost:8443\nendpoint_active_directory_resource_id = https://management.core.windows.net/\nsubscription = s-local\n",
            ),
            (
                "azureProfile.json",
                "\u{feff}{\"installationId\": \"i\", \"subscriptions\": [\
                 {\"id\": \"s-public\", \"name\": \"Public\", \"isDefault\": true, \"tenantId\": \"t\", \"environmentName\": \"AzureCloud\"},\
                 {\"id\": \"s-local\", \"name\": \"Local\", \"state\": \"Enabled\", \"isDefault\": false, \"tenantId\": \"t\", \"environmentName\": \"VwiLocal\"}]}",
            ),
        ]);
        let cli = AzureCli::read(folder.path()).unwrap();
        let cloud = cli.cloud(None).unwrap();
        assert_eq!(cloud.name, "VwiLocal");
        assert_eq!(cloud.resource_manager.as_str(), "https://localhost:8443/");
        assert_eq!(cloud.scope, "https://management.core.windows.net//.default");
        assert_eq!(cli.default_group().as_deref(), Some("team-rg"));
        assert_eq!(cli.default_location().as_deref(), Some("westeurope"));
        assert_eq!(cli.default_subscription(&cloud).unwrap().id, "s-local");
        let public = cli.cloud(Some("azurecloud")).unwrap();
        assert_eq!(cli.default_subscription(&public).unwrap().id, "s-public");
        assert_eq!(cli.subscription("local").unwrap().id, "s-local");
        assert!(matches!(
            cli.cloud(Some("Elsewhere")),
            Err(InvalidCloud::Unknown(_))
        ));
    }

    #[test]
    fn a_file_that_is_no_profile_is_an_error_that_names_it() {
        let folder = folder(&[("azureProfile.json", "{")]);
        let error = AzureCli::read(folder.path()).unwrap_err();
        assert!(error.to_string().contains("azureProfile.json"), "{error}");
    }
}
