//! The syncer stand-in does between two real API servers what a real vCluster was seen to do.

mod clashes;
mod modes;
mod pods;
mod service_accounts;
mod stage;
