//! Test bed of kubectl-vwi: real API servers, stand-ins, the sandbox.
