//! A test's own part of the Azure stand-in, and how programs reach it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use vwi_test_azure::client::Admin;
use vwi_test_azure::{Recorded, WorldInfo, WorldSpec, az_config, env_of};

use crate::error::{BedError, Doing};

/// An Entra tenant with its subscriptions, which no other test sees.
#[derive(Clone, Debug)]
pub struct AzureWorld {
    admin: Admin,
    info: WorldInfo,
    folder: PathBuf,
}

impl AzureWorld {
    /// Makes a world, and below `folder` the configuration that leads the az command line to it.
    pub(crate) async fn new(
        admin: &Admin,
        spec: &WorldSpec,
        folder: &Path,
    ) -> Result<Self, BedError> {
        let doing = || "cannot make a world of the Azure stand-in".to_owned();
        let info = admin.create_world(spec).await.doing(doing)?;
        let folder = folder.join(format!("azure-{}", info.id));
        az_config(&folder, &info).doing(doing)?;
        Ok(Self {
            admin: admin.clone(),
            info,
            folder,
        })
    }

    /// What is known of it since it was made: ids, callers, secrets.
    pub fn info(&self) -> &WorldInfo {
        &self.info
    }

    /// Its id, which the admin calls take.
    pub fn id(&self) -> &str {
        &self.info.id
    }

    /// The admin calls.
    pub fn admin(&self) -> &Admin {
        &self.admin
    }

    /// The variables that lead programs to it, with the login of its first caller.
    pub fn env(&self) -> Vec<(String, OsString)> {
        env_of(&self.info, &self.folder)
    }

    /// The variables for one more login of the az command line, which must have a folder of its
    /// own: it asks nobody for a token that it has seen.
    ///
    /// # Errors
    ///
    /// When the folder cannot be made.
    pub fn fresh_env(&self, name: &str) -> Result<Vec<(String, OsString)>, BedError> {
        let folder = self.folder.join(name);
        az_config(&folder, &self.info)
            .doing(|| format!("cannot make `{}` for the az command line", folder.display()))?;
        Ok(env_of(&self.info, &folder))
    }

    /// Every request that it has seen so far.
    ///
    /// # Errors
    ///
    /// When the stand-in does not answer.
    pub async fn requests(&self) -> Result<Vec<Recorded>, BedError> {
        let requests = self.admin.requests(self.id()).await;
        requests.doing(|| "cannot read the requests of the Azure stand-in".to_owned())
    }
}
