//! Command-line parts of kubectl-vwi: flags, streams, messages, exit statuses.
//!
//! A step is a [`plugin::Plugin`]: its arguments are made of the groups in [`flags`], and its `run`
//! gets a [`session::Session`], the only door to the environment, the standard streams and the
//! runtime. Records come in through [`input`] and go out through [`output`].

pub mod environment;
pub mod flags;
pub mod host;
pub mod http;
pub mod input;
pub mod interrupt;
pub mod invocation;
#[cfg(test)]
mod kept;
pub mod limit;
pub mod output;
pub mod platform;
pub mod plugin;
pub mod progress;
pub mod report;
pub mod session;
pub mod spool;
pub mod table;
pub mod talk;
pub mod terminal;

/// Why a step stopped: an error that knows its exit status and may know a way out.
pub type Failure = Box<dyn vwi_core::exit::Explain>;
