//! What tells one tenant cluster from all others.

use vwi_core::record::TenantStatus;
use vwi_core::translation::{VirtualClusterName, certificate};

use crate::error::ApiError;
use crate::tenant::Tenant;

/// What a tenant cluster says of itself; each part can be forbidden to the user.
#[derive(Debug)]
pub struct TenantIdentity {
    /// uid of Namespace `kube-system`.
    pub cluster_uid: Result<String, ApiError>,
    /// Address of Service `default/kubernetes`.
    pub service_ip: Result<Option<String>, ApiError>,
    /// The vCluster that the serving certificate names, if it is one of a vCluster.
    pub certificate: Result<Option<VirtualClusterName>, ApiError>,
}

impl Tenant {
    /// Reads what tells the cluster from all others, at once: two objects and a TLS handshake.
    pub async fn identity(&self) -> TenantIdentity {
        let (cluster_uid, service_ip, names) = tokio::join!(
            self.cluster_uid(),
            self.service_ip(),
            self.cluster().certificate_names(),
        );
        TenantIdentity {
            cluster_uid,
            service_ip,
            certificate: names
                .map(|names| certificate::virtual_cluster(names.iter().map(String::as_str))),
        }
    }
}

impl TenantIdentity {
    /// Returns what could be read, as a record keeps it.
    pub fn status(&self) -> TenantStatus {
        TenantStatus {
            service_account_uid: None,
            cluster_uid: self.cluster_uid.as_ref().ok().cloned(),
            service_ip: self.service_ip.as_ref().ok().cloned().flatten(),
        }
    }

    /// Returns the failure, if nothing at all could be read because of it: nobody answers there, or
    /// the credential is not accepted.
    ///
    /// # Errors
    ///
    /// The [`ApiError`] of the first request.
    pub fn reached(self) -> Result<Self, ApiError> {
        match self.cluster_uid {
            Err(error) if error.is_unreachable() || error.is_unauthorized() => Err(error),
            cluster_uid => Ok(Self {
                cluster_uid,
                ..self
            }),
        }
    }
}
