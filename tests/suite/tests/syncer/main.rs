//! The syncer stand-in does between two real API servers what a real vCluster was seen to do.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests: what fails ends the test"
)]

mod changes;
mod clashes;
mod modes;
mod pods;
mod service_accounts;
mod stage;
