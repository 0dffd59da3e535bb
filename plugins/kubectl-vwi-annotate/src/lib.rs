//! Tells a vCluster ServiceAccount which managed identity it is.
