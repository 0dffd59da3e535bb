//! Azure adapter of kubectl-vwi: ARM, Entra, credentials, clouds.
