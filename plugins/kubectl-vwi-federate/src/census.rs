//! Who lives on the host: complete lists, or none.

use vwi_core::federation::Census;
use vwi_kubernetes::tenant::Scope;
use vwi_kubernetes::{ApiError, Host};

use crate::host::allowed;

/// Lists all ServiceAccounts and Namespaces of the host, and reads its issuer.
///
/// # Errors
///
/// [`ApiError`] if the issuer or a page of the ServiceAccounts can't be had. Namespaces only tell
/// more about what is gone, so they may be forbidden.
pub(crate) async fn census(host: &Host) -> Result<Census, ApiError> {
    let (issuer, namespaces, accounts) = tokio::join!(
        host.issuer(),
        host.namespaces(),
        host.service_accounts(&Scope::All, None, None)
    );
    let (accounts, namespaces) = (accounts?, allowed(namespaces)?);
    Ok(Census {
        issuer: issuer?,
        namespaces: namespaces.map(|namespaces| {
            namespaces
                .into_iter()
                .map(|meta| meta.metadata.name)
                .collect()
        }),
        accounts: accounts
            .into_iter()
            .map(|account| (account.metadata.namespace, account.metadata.name))
            .collect(),
    })
}
