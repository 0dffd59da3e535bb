//! The way to Azure: the cloud, the login, and how patient the client is.

use std::sync::Arc;
use std::time::Duration;

use vwi_azure::{Azure, AzureChoice, Patience};
use vwi_cli::session::Session;
use vwi_cli::{Failure, http};

use crate::args::FederateArgs;

/// Time for everything where the user waits for ever; a year.
pub(crate) const FOR_EVER: Duration = Duration::from_hours(365 * 24);

/// Works out where Azure is and how it is reached; nothing is sent yet, but for a cloud that is
/// only known by its endpoint.
///
/// # Errors
///
/// A cloud or a login that can't be.
pub(crate) fn connect(
    arguments: &FederateArgs,
    session: &mut Session,
    patience: Patience,
) -> Result<Azure, Failure> {
    let settings = http::HttpSettings {
        // The flag is about the API servers; Azure's certificates are verified whatever is typed.
        insecure_skip_verify: false,
        ..session.http_settings(&arguments.kubectl)
    };
    let http = http::client(&settings)?;
    let reach = &arguments.azure.reach;
    let found_cloud = session.block_on(reach.found_cloud(&http))??;
    let choice = AzureChoice {
        found_cloud,
        cloud: reach.azure_cloud.clone(),
        auth: reach.azure_auth,
        subscription: arguments.identity.subscription.clone(),
        concurrency: Some(usize::from(arguments.azure.concurrency)),
        request_timeout: Some(arguments.kubectl.request_timeout().unwrap_or(FOR_EVER)),
    };
    let variable = |name: &str| session.environment.get(name).map(str::to_owned);
    Ok(Azure::connect(http, &choice, &variable, patience)?)
}

/// Logs in while the step before this one still works: `az` alone takes a second.
pub(crate) fn log_in_early(arguments: &FederateArgs, azure: &Azure) {
    if !arguments.input.filenames.is_empty() {
        return;
    }
    let login = Arc::clone(azure.arm.login());
    tokio::spawn(async move {
        // Whoever needs the token is told what went wrong.
        let _token = login.token().await;
    });
}
