//! What the API server's certificate says about its vCluster.

use crate::name::{is_label, is_subdomain};

use super::identification::VirtualClusterName;

/// Ends every name that vCluster gives to its nodes.
const NODES: &str = ".nodes.vcluster.com";

/// Returns the vCluster that the DNS names of a serving certificate lead to, from the name
/// `*.NAME.NAMESPACE.nodes.vcluster.com`; the same in every version since 0.19.
///
/// Behind the Platform's proxy or an ingress that ends TLS there is no such name.
///
/// Source: vCluster `pkg/server/cert/cert.go`.
pub fn virtual_cluster<'a>(
    dns_names: impl IntoIterator<Item = &'a str>,
) -> Option<VirtualClusterName> {
    dns_names.into_iter().find_map(|dns_name| {
        let both = dns_name.strip_prefix("*.")?.strip_suffix(NODES)?;
        // A namespace holds no dot.
        let (name, namespace) = both.rsplit_once('.')?;
        (is_subdomain(name) && is_label(namespace)).then(|| VirtualClusterName {
            name: name.to_owned(),
            namespace: namespace.to_owned(),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nodes_name_gives_both() {
        let real = [
            "kubernetes.default.svc.cluster.local",
            "kubernetes",
            "localhost",
            "*.my-vcluster.vcluster-my-vcluster.nodes.vcluster.com",
            "*.nodes.vcluster.com",
            "my-vcluster",
            "my-vcluster.vcluster-my-vcluster",
        ];
        let found = virtual_cluster(real).unwrap();
        assert_eq!(found.name, "my-vcluster");
        assert_eq!(found.namespace, "vcluster-my-vcluster");
        for other in [
            "*.nodes.vcluster.com",
            "a.b.nodes.vcluster.com",
            "*.a.nodes.vcluster.com",
            "*..b.nodes.vcluster.com",
            "*.a.b.nodes.vcluster.org",
            "*.A.b.nodes.vcluster.com",
        ] {
            assert_eq!(virtual_cluster([other]), None, "{other}");
        }
    }
}
