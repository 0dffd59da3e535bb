//! The four steps of kubectl-vwi in one binary.
