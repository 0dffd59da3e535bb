//! End-to-end tests and benches of kubectl-vwi.
//!
//! The tests are under `tests/`, one file a subject; what they share is here.
#![expect(
    clippy::expect_used,
    reason = "these are tests: a part of the bed that fails ends the test"
)]

pub mod az;
pub mod installed;
pub mod scene;

pub use scene::Scene;
