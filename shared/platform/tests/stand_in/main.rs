//! The adapter on the stand-in of the Platform.
#![expect(
    clippy::expect_used,
    reason = "these are tests: what is not as expected ends the test"
)]

mod calls;
mod failures;
mod key;
mod scene;
