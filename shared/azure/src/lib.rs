//! Azure adapter of kubectl-vwi: clouds, credentials, Azure Resource Manager, and Entra.
//!
//! What it is told comes in as values: it reads neither the environment nor a command line. It sees
//! and does; what the answers mean is decided in `vwi-core`. Tokens go only to https, and only to
//! the hosts of the [`Cloud`] that is in use.

pub mod arm;
pub mod azure_cli;
pub mod cloud;
pub mod connection;
pub mod credential;
pub mod entra;
pub mod issuer;
pub mod metadata;
pub mod token;

pub use arm::{Arm, ArmError, ArmSettings};
pub use azure_cli::AzureCli;
pub use cloud::Cloud;
pub use connection::{Azure, AzureChoice, AzureError};
pub use credential::{AuthMethod, CredentialError, CredentialSettings, Login};
pub use vwi_http::Patience;
