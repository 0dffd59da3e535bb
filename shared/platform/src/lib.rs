//! vCluster Platform adapter of kubectl-vwi: the login, virtual cluster instances, the translate call.
//!
//! [`Access`] says where a Platform is, with which key, and whom to trust; [`Platform`] asks it. It
//! is told everything as values: it reads neither the environment nor a command line.
//!
//! The key has all rights of its user. It is sent only to https (the loopback interface excepted),
//! to a server whose certificate was verified, and to no address that an answer names.

pub mod access;
pub mod address;
mod call;
pub mod client;
pub mod error;
pub mod instance;
pub mod key;
pub mod login;
pub mod myself;

pub use access::{Access, AccessError, PlatformChoice};
pub use address::{Address, InvalidAddress};
pub use client::{Platform, PlatformSettings};
pub use error::{PlatformCause, PlatformError};
pub use instance::{Instance, Phase};
pub use key::{AccessKey, KeyError};
pub use login::{CliLogin, LoginError};
pub use myself::Myself;
