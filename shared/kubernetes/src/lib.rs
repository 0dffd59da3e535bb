//! Kubernetes adapter of kubectl-vwi: kubeconfig, tenant and host clusters.
