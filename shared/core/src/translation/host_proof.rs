//! Whether a cluster is the host of a tenant.
//!
//! A vCluster gives its `default/kubernetes` the `clusterIP` of its own Service on the host, and
//! no two Services of a host have one. Seen on a real vCluster: it holds behind every proxy and
//! under every context name.

use super::identification::VirtualClusterName;

/// The address of a vCluster's Service on the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAddress {
    /// The vCluster: the Service's name and namespace.
    pub which: VirtualClusterName,
    /// Its `clusterIP`; absent for a headless one.
    pub address: Option<String>,
}

/// What the addresses say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostProof {
    /// The cluster is the host, and the tenant is this vCluster.
    Proven(VirtualClusterName),
    /// The cluster is not the host: all its vClusters have other addresses.
    Refuted,
    /// The addresses don't tell: one side could not be read, or not as a whole.
    Unknown,
}

/// Compares the tenant's address with those of the host's vClusters; `complete` says that these
/// are all of them.
pub fn host_proof(
    tenant_address: Option<&str>,
    services: &[ServiceAddress],
    complete: bool,
) -> HostProof {
    let Some(tenant_address) = tenant_address.filter(|address| !address.is_empty()) else {
        return HostProof::Unknown;
    };
    let same = services
        .iter()
        .find(|service| service.address.as_deref() == Some(tenant_address));
    match same {
        Some(service) => HostProof::Proven(service.which.clone()),
        None if complete => HostProof::Refuted,
        None => HostProof::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_is_one_vcluster() {
        let service = |name: &str, address: Option<&str>| ServiceAddress {
            which: VirtualClusterName {
                name: name.to_owned(),
                namespace: "hns".to_owned(),
            },
            address: address.map(str::to_owned),
        };
        let services = [
            service("a", Some("10.0.0.1")),
            service("b", Some("10.0.0.2")),
            service("c", None),
        ];
        let proven = HostProof::Proven(services[1].which.clone());
        for (address, complete, expected) in [
            (Some("10.0.0.2"), true, &proven),
            (Some("10.0.0.2"), false, &proven),
            (Some("10.0.0.3"), true, &HostProof::Refuted),
            (Some("10.0.0.3"), false, &HostProof::Unknown),
            (Some(""), true, &HostProof::Unknown),
            (None, true, &HostProof::Unknown),
        ] {
            assert_eq!(host_proof(address, &services, complete), *expected);
        }
    }
}
