//! What all vClusters of a host have synced, in lists alone: no Secret, and no request for one
//! vCluster or one object.

use vwi_core::list::{SyncedObject, synced_page};
use vwi_core::vcluster_labels::MANAGED_BY;

use crate::cluster_as::{Scope, list_in};
use crate::error::ApiError;
use crate::host::Host;
use crate::object::Meta;
use crate::request::{Pages, Received};

impl Host {
    /// Lists the Namespaces that any vCluster made or imported.
    ///
    /// # Errors
    ///
    /// [`ApiError`]
    pub async fn synced_namespaces(&self) -> Result<Vec<Meta>, ApiError> {
        self.list_in(
            ("api/v1", "namespaces"),
            "synced Namespaces",
            &Scope::All,
            Some(MANAGED_BY),
            None,
        )
        .await
    }

    /// Returns the ServiceAccounts that say that a vCluster made them, page by page. Whether it is
    /// so is for `vwi_core::translation::Fleet` to say.
    pub fn synced_service_accounts(&self, scope: &Scope) -> SyncedPages<'_> {
        let list = list_in(
            ("api/v1", "serviceaccounts"),
            "synced ServiceAccounts",
            scope,
            Some(MANAGED_BY),
            None,
        );
        SyncedPages {
            pages: Pages::new(&self.cluster, list),
            first: None,
        }
    }
}

/// ServiceAccounts that say that a vCluster made them, page by page.
pub struct SyncedPages<'a> {
    pages: Pages<'a>,
    /// Received, and not read yet.
    first: Option<Received>,
}

/// One page of them.
pub struct SyncedPage {
    /// Whether the list begins with it: after a page that came too late it begins anew.
    pub is_first: bool,
    /// The ServiceAccounts.
    pub accounts: Vec<SyncedObject>,
}

impl SyncedPages<'_> {
    /// Receives the first page, for a caller who can read it only later.
    ///
    /// # Errors
    ///
    /// [`ApiError`]
    pub async fn begin(&mut self) -> Result<(), ApiError> {
        self.first = self.pages.receive().await?;
        Ok(())
    }

    /// Reads the next page; `None` after the last one.
    ///
    /// # Errors
    ///
    /// [`ApiError`]
    pub async fn next(&mut self) -> Result<Option<SyncedPage>, ApiError> {
        let page = match self.first.take() {
            Some(first) => Some(first),
            None => self.pages.receive().await?,
        };
        let Some(page) = page else {
            return Ok(None);
        };
        Ok(Some(SyncedPage {
            is_first: page.is_first,
            accounts: self.pages.read(&page, synced_page)?,
        }))
    }
}
