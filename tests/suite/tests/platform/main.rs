//! The vCluster Platform: its instances and its second opinion, each of its errors, where the key
//! goes, and the vendor's documented names typed by hand.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "these are tests: a part of the bed that fails ends the test"
)]

mod errors;
mod hazards;
mod instances;
mod key;
mod login;
mod opinion;
mod stage;
