//! Federated identity credentials: what is wanted, what is there, and the plan between the two.
//!
//! A credential makes a managed identity trust one subject of one issuer. Azure accepts a wrong
//! one without an error, and a PUT replaces whoever holds the name: so existing ones are listed
//! first and matched by what they trust, never by their name.

mod observed;

pub use observed::{Credential, Identity, Trust};

/// Credentials that one identity can hold.
///
/// Source: <https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations>.
pub const MAX_PER_IDENTITY: usize = 20;

/// From how many credentials on a plan warns.
pub const WARN_FROM: usize = 18;

/// Name of the one credential that AKS keeps on an identity for its identity bindings: never
/// changed, adopted or deleted.
///
/// Source: <https://learn.microsoft.com/azure/aks/identity-bindings-concepts>.
pub const IDENTITY_BINDING: &str = "aks-identity-binding";

/// Audience that Entra asks of tokens in the public cloud, and that the webhook requests by
/// default in every cloud.
pub const PUBLIC_AUDIENCE: &str = "api://AzureADTokenExchange";
