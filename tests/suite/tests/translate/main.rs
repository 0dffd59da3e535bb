//! translate on real API servers: what is proven, what is refused, and with whose rights.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "these are tests: a part of the bed that fails ends the test"
)]

mod asleep;
mod collisions;
mod connection;
mod discovery;
mod fleet;
mod host_alone;
mod modes;
mod neighbours;
mod platform;
mod proof;
mod recorder;
mod reverse;
mod rights;
mod scene;
mod token;
