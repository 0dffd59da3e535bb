//! What a kubeconfig says of the Platform.

use vwi_core::translation::context_name::ContextName;
use vwi_core::translation::{PlatformInstance, PlatformUrl};
use vwi_platform::Address;

/// Returns what the kubeconfig says of the Platform: the instance, whether that is a proof, and the
/// Platform's address.
pub(super) fn lead(
    context: Option<&str>,
    server: Option<&str>,
) -> (Option<(PlatformInstance, bool)>, Option<Address>) {
    if let Some(server) = server
        && let Some(PlatformUrl::Instance(instance)) = PlatformUrl::parse(server)
    {
        return (Some((instance, true)), Address::parse(server).ok());
    }
    match context.map(ContextName::parse) {
        Some(ContextName::Platform {
            instance, project, ..
        }) => {
            let instance = PlatformInstance {
                project: project.to_owned(),
                name: instance.to_owned(),
            };
            (Some((instance, false)), None)
        }
        Some(ContextName::Helm { .. } | ContextName::Other) | None => (None, None),
    }
}

/// Returns the host cluster that a server's URL names.
pub(super) fn host_cluster(server: &str) -> Option<String> {
    match PlatformUrl::parse(server)? {
        PlatformUrl::Direct { cluster, .. } => Some(cluster),
        PlatformUrl::Instance(_) => None,
    }
}
