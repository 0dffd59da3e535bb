//! Names the host ServiceAccount behind a vCluster ServiceAccount.
