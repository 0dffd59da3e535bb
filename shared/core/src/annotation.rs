//! The annotations that tell a workload which managed identity it is.
//!
//! Four questions, one module each: what is wanted ([`wanted`]), which keys have to change and who
//! stands against it ([`mod@plan`]), who manages a ServiceAccount from Git ([`gitops`]), and which keys
//! look like ours and are not ([`near_miss`]).
//!
//! Source: azure-workload-identity `pkg/webhook/{webhook,consts}.go` at v1.6.0.

pub mod gitops;
pub mod manifest;
pub mod near_miss;
pub mod plan;
pub mod wanted;

pub use gitops::{GitManager, git_manager};
pub use near_miss::{NearMiss, near_misses};
pub use plan::{Change, Conflict, FieldOwner, KeyChange, Observed, Plan, Policy, plan};
pub use wanted::{InvalidAnnotation, Wanted};

/// What all keys of the webhook begin with.
pub const PREFIX: &str = "azure.workload.identity/";

/// Client id of the identity; copied to `AZURE_CLIENT_ID` verbatim.
pub const CLIENT_ID: &str = "azure.workload.identity/client-id";

/// Entra tenant of the identity. Absent is the cluster's default; empty suppresses that.
pub const TENANT_ID: &str = "azure.workload.identity/tenant-id";

/// Lifetime of the token in seconds, see [`wanted::EXPIRATION_SECONDS`].
pub const TOKEN_EXPIRATION: &str = "azure.workload.identity/service-account-token-expiration";

/// Label of a pod that lets the webhook look at it. It means nothing on a ServiceAccount.
pub const USE: &str = "azure.workload.identity/use";

/// The only value of [`USE`] that counts.
pub const USE_VALUE: &str = "true";

/// Name of the webhook, whatever its configuration is called.
///
/// Source: azure-workload-identity `charts/workload-identity-webhook`.
pub const WEBHOOK: &str = "mutation.azure-workload-identity.io";

/// The keys that belong on a ServiceAccount, in the order in which they are shown.
pub const KEYS: [&str; 3] = [CLIENT_ID, TENANT_ID, TOKEN_EXPIRATION];
