//! Says whether workload identity works for a vCluster ServiceAccount, and why not.
