//! The program against the stand-in of Azure: what it writes, what it refuses, what it says.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "helpers of tests fail like the tests themselves"
)]

mod azwi;
mod before;
mod clouds;
mod codes;
mod deleting;
mod faults;
mod identities;
mod input;
mod interrupt;
mod kill;
mod kill_taking;
mod login;
mod many;
mod plan;
mod removed;
mod roles;
mod scene;
mod secrets;
mod story;
mod switches;
mod table;
mod trust;
mod two_runs;
