//! Azure Resource Manager: one client for all calls, with typed answers per kind of resource.

mod attempt;
mod client;
mod clusters;
mod credentials;
mod error;
mod identities;
mod roles;
mod subscriptions;

pub use client::{Arm, ArmSettings, Written};
pub use clusters::{API_VERSION as CLUSTERS_API_VERSION, Cluster};
pub use error::{ArmCause, ArmError};
pub use roles::Repeated;
pub use subscriptions::Subscription;
pub use vwi_http::GaveUp;
