//! The rules of the stand-in, as a client sees them.

#![expect(
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    clippy::indexing_slicing,
    reason = "helpers of tests fail like the tests themselves"
)]

mod admin;
mod az;
mod credentials;
mod entra;
mod faults;
mod front_door;
mod graph;
mod identities;
mod logins;
mod propagation;
mod rights;
mod roles;
mod scene;
mod throttles;
