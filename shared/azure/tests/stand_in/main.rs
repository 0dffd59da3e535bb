//! The adapter against the stand-in of Azure: what is sent, what is understood, what is repeated.

mod exchange;
mod faults;
mod login;
mod resources;
mod scene;
