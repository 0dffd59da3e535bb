//! Makes a managed identity trust a vCluster ServiceAccount.
