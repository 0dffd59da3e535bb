//! What the Platform calls the vClusters of one host cluster.

use std::collections::HashMap;

use vwi_core::translation::{PlatformInstance, VirtualClusterName};
use vwi_platform::Instance;

use super::instance;

/// What the Platform calls a host cluster and its vClusters.
#[derive(Debug, Default)]
pub(in crate::online) struct OnPlatform {
    /// The host cluster.
    pub(in crate::online) cluster: Option<String>,
    /// None for a vCluster that several instances claim to be.
    instances: HashMap<VirtualClusterName, Option<PlatformInstance>>,
}

impl OnPlatform {
    /// Takes the instances of a host cluster.
    pub(super) fn new<'i>(cluster: &str, of: impl Iterator<Item = &'i Instance>) -> Self {
        let mut instances = HashMap::new();
        for one in of {
            if let Some(which) = one.which.clone() {
                instances
                    .entry(which)
                    .and_modify(|several| *several = None)
                    .or_insert_with(|| Some(instance(one)));
            }
        }
        Self {
            cluster: Some(cluster.to_owned()),
            instances,
        }
    }

    /// Returns the instance that a vCluster is.
    pub(in crate::online) fn instance(
        &self,
        which: &VirtualClusterName,
    ) -> Option<PlatformInstance> {
        self.instances.get(which).cloned().flatten()
    }
}
