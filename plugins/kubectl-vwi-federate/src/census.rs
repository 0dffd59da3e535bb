//! Who lives on the host: complete lists, or none.

use vwi_core::federation::Census;
use vwi_kubernetes::tenant::Scope;
use vwi_kubernetes::{ApiError, Host};

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

/// What is only forbidden is not known; anything else is an error.
pub(crate) fn allowed<T>(answer: Result<T, ApiError>) -> Result<Option<T>, ApiError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_forbidden() => Ok(None),
        Err(error) => Err(error),
    }
}
