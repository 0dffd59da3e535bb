//! Stand-in of vCluster's syncer for the tests of kubectl-vwi.
