//! check on real clusters and the Azure stand-in: what works passes, and what is spoilt is named.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "these are tests: what can't be prepared ends one"
)]

mod asked;
mod azure;
mod checked;
mod clusters;
mod streams;
mod works;
