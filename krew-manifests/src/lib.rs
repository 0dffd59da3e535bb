//! Renders the krew manifests of kubectl-vwi from release archives.
