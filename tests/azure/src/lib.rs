//! Stand-in of ARM, Entra and Graph for the tests of kubectl-vwi.
