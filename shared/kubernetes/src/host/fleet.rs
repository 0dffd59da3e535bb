//! What all vClusters of a host have synced, in lists alone: no Secret, and no request for one
//! vCluster or one object.

use vwi_core::vcluster_labels::MANAGED_BY;

use crate::cluster_as::Scope;
use crate::error::ApiError;
use crate::host::Host;
use crate::object::{Meta, ServiceAccount};

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

    /// Lists the ServiceAccounts that say that a vCluster made them, and keeps of each one what
    /// `keep` makes of it. Whether it is so is for `vwi_core::translation::Fleet` to say.
    ///
    /// # Errors
    ///
    /// [`ApiError`]
    pub async fn all_synced_service_accounts<T>(
        &self,
        scope: &Scope,
        keep: impl FnMut(ServiceAccount) -> Option<T>,
    ) -> Result<Vec<T>, ApiError> {
        self.list_kept_in(
            ("api/v1", "serviceaccounts"),
            "synced ServiceAccounts",
            scope,
            Some(MANAGED_BY),
            None,
            keep,
        )
        .await
    }
}
