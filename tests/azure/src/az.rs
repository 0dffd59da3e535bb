//! Points real clients at a world: the az command line, and programs that use Azure's
//! environment variables.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;

use crate::seed::WorldInfo;

/// Name of the cloud that [`az_config`] defines.
pub const CLOUD: &str = "VwiLocal";

/// Writes the az configuration of a world into an `AZURE_CONFIG_DIR`: `clouds.config`, `config`,
/// and `ca.pem`.
///
/// MSAL keeps tokens in this folder, and a login of a client id that it has seen asks nobody:
/// take a fresh one for every login.
///
/// # Errors
///
/// Whatever the file system says.
pub fn az_config(folder: &Path, world: &WorldInfo) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("clouds.config"), clouds(&world.url))?;
    fs::write(folder.join("config"), CONFIG)?;
    fs::write(folder.join("ca.pem"), &world.ca_pem)
}

/// Returns `clouds.config`: every endpoint that az asks is the stand-in.
fn clouds(url: &str) -> String {
    format!(
        "[{CLOUD}]\n\
         endpoint_resource_manager = {url}\n\
         endpoint_management = {url}\n\
         endpoint_active_directory = {url}\n\
         endpoint_active_directory_resource_id = https://management.core.windows.net/\n\
         endpoint_microsoft_graph_resource_id = {url}/\n\
         endpoint_active_directory_graph_resource_id = {url}/\n"
    )
}

/// `config`: the cloud, no call to Microsoft, output that does not change.
const CONFIG: &str = "[cloud]\n\
     name = VwiLocal\n\
     \n\
     [core]\n\
     instance_discovery = false\n\
     collect_telemetry = false\n\
     no_color = true\n\
     survey_message = false\n\
     \n\
     [extension]\n\
     use_dynamic_install = no\n";

/// Returns the variables that point az and programs of the Azure SDKs at a world, with the login
/// of its first caller; `folder` is what [`az_config`] has written.
pub fn env_of(world: &WorldInfo, folder: &Path) -> Vec<(String, OsString)> {
    let ca = folder.join("ca.pem").into_os_string();
    let mut variables = vec![
        ("AZURE_TENANT_ID", world.tenant_id.clone().into()),
        (
            "AZURE_SUBSCRIPTION_ID",
            world.subscription_id.clone().into(),
        ),
        ("AZURE_AUTHORITY_HOST", world.url.clone().into()),
        ("AZURE_CONFIG_DIR", folder.as_os_str().to_owned()),
        ("SSL_CERT_FILE", ca.clone()),
        ("REQUESTS_CA_BUNDLE", ca),
    ];
    if let Some(caller) = world.callers.first() {
        variables.push(("AZURE_CLIENT_ID", caller.client_id.clone().into()));
        variables.push(("AZURE_CLIENT_SECRET", caller.client_secret.clone().into()));
    }
    let variables = variables.into_iter();
    variables
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
