//! Server URLs that the Platform puts into kubeconfigs.
//!
//! Source: vcluster command line, `pkg/platform/client.go` and `pkg/platform/kubeconfig/kubeconfig.go`.

use crate::name::{is_label, is_subdomain};

use super::clue::{Clue, ClueSource, PlatformInstance};
use super::identification::VirtualClusterName;

/// What a server's URL says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlatformUrl {
    /// `…/kubernetes/project/PROJECT/virtualcluster/INSTANCE`: the Platform's own names.
    Instance(PlatformInstance),
    /// `…/kubernetes/virtualcluster/CLUSTER/NAMESPACE/VCLUSTER`: the names on the host.
    Direct {
        /// Platform name of the host cluster.
        cluster: String,
        /// The vCluster.
        which: VirtualClusterName,
    },
}

impl PlatformUrl {
    /// Reads a server's URL; `None` if it is not one of the Platform. A prefix of the path, a
    /// missing scheme and a query are passed over, as the vcluster command line does.
    pub fn parse(server: &str) -> Option<Self> {
        let path = server.split_once("://").map_or(server, |(_, rest)| rest);
        let path = path.split(['?', '#']).next().unwrap_or_default();
        // The authority is no segment of the path, whatever it is called.
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        segments.windows(5).find_map(|window| match window {
            ["kubernetes", "project", project, "virtualcluster", name]
                if is_subdomain(project) && is_subdomain(name) =>
            {
                Some(Self::Instance(PlatformInstance {
                    project: (*project).to_owned(),
                    name: (*name).to_owned(),
                }))
            }
            ["kubernetes", "virtualcluster", cluster, namespace, name]
                if is_subdomain(cluster) && is_label(namespace) && is_subdomain(name) =>
            {
                Some(Self::Direct {
                    cluster: (*cluster).to_owned(),
                    which: VirtualClusterName {
                        name: (*name).to_owned(),
                        namespace: (*namespace).to_owned(),
                    },
                })
            }
            _ => None,
        })
    }

    /// Returns what it says as a clue.
    pub fn clue(&self) -> Clue {
        const SAID_BY: &str = "the server's URL in the kubeconfig";
        match self {
            Self::Instance(instance) => {
                Clue::instance(ClueSource::PlatformUrl, SAID_BY, instance.clone())
            }
            Self::Direct { which, .. } => Clue::both(ClueSource::PlatformUrl, SAID_BY, which),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(server: &str) -> String {
        PlatformUrl::parse(server).map_or_else(String::new, |url| url.clue().to_string())
    }

    #[test]
    fn urls_are_read_as_the_vcluster_command_line_reads_them() {
        let instance =
            "the server's URL in the kubeconfig says Platform instance `vc` of project `team`";
        let direct = "the server's URL in the kubeconfig says vCluster `vc` in host namespace `ns`";
        for (server, expected) in [
            (
                "https://platform.example/kubernetes/project/team/virtualcluster/vc",
                instance,
            ),
            (
                "https://platform.example/a/prefix/kubernetes/project/team/virtualcluster/vc/?x=1",
                instance,
            ),
            (
                "platform.example/kubernetes/project/team/virtualcluster/vc",
                instance,
            ),
            (
                "https://platform.example/kubernetes/virtualcluster/aks/ns/vc",
                direct,
            ),
            ("https://platform.example/kubernetes/cluster/aks", ""),
            (
                "https://platform.example/kubernetes/project/team/virtualcluster/",
                "",
            ),
            (
                "https://platform.example/kubernetes/project/team/space/vc",
                "",
            ),
            ("https://kubernetes/project/team/virtualcluster/vc", ""),
            ("https://10.0.0.1:443", ""),
            ("", ""),
        ] {
            assert_eq!(said(server), expected, "{server}");
        }
    }
}
