//! federate as a whole: plan and drift told by the real `az`, scripts that it runs, and a host that
//! says who is gone.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "these are tests: what can't be prepared ends one"
)]

mod azure;
mod claims;
mod cut_host;
mod dangling;
mod dangling_killed;
mod drift;
mod formatted;
mod prune_table;
mod script;
mod shared;
