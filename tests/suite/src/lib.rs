//! End-to-end tests and benches of kubectl-vwi.
