//! Federated identity credentials: what is wanted, what is there, and the plan between the two.
//!
//! A credential makes a managed identity trust one subject of one issuer. Azure accepts a wrong
//! one without an error, and a PUT replaces whoever holds the name: so existing ones are listed
//! first and matched by what they trust, never by their name.

mod because;
mod document;
mod emit;
mod identity_map;
mod issuer;
mod matching;
mod name;
mod observed;
mod pace;
mod plan;
mod prune;
mod render;
mod room;
mod shared;
mod system;
mod template;
mod wanted;

pub use because::{Because, Gone};
pub use document::{PLAN_KIND, plan_document};
pub use emit::{Form, NotEmittable, emit};
pub use identity_map::{IdentityMap, MapError};
pub use issuer::{Issuer, IssuerError, IssuerSource, agree, first_difference, text_fault};
pub use matching::{NearMiss, near_misses};
pub use name::{InvalidOwner, MAX_NAME, NAME_PREFIX, Owner, candidates, is_ours, owner_of};
pub use observed::{Credential, Found, Identity, Trust};
pub use pace::{Pace, estimate};
pub use plan::{
    Action, Adoption, Counts, CredentialStep, DanglingRules, Deletion, IdentityPlan, IdentityStep,
    Plan, Reach, Refusal, RefusedRecord, RoleStep, Rules, Target, plan, plan_dangling,
    plan_deletions,
};
pub use prune::{Census, Input, Removed, Withheld};
pub use render::{render, summary};
pub use room::Room;
pub use shared::shared_subject;
pub use template::{Template, TemplateError};
pub use wanted::{Wanted, WantedCredential, WantedRole};

/// Credentials that one identity can hold.
///
/// Source: <https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations>.
pub const MAX_PER_IDENTITY: usize = 20;

/// From how many credentials on a plan warns.
pub const WARN_FROM: usize = 18;

/// Regions whose identities can't have credentials; those of other regions work from there.
///
/// Source: the same, "Unsupported regions".
pub const REGIONS_WITHOUT: [&str; 2] = ["malaysiasouth", "newzealandnorth"];

/// Name of the one credential that AKS keeps on an identity for its identity bindings: never
/// changed, adopted or deleted.
///
/// Source: <https://learn.microsoft.com/azure/aks/identity-bindings-concepts>.
pub const IDENTITY_BINDING: &str = "aks-identity-binding";

/// Audience that Entra asks of tokens in the public cloud, and that the webhook requests by
/// default in every cloud.
pub const PUBLIC_AUDIENCE: &str = "api://AzureADTokenExchange";

/// Longest issuer, subject and audience, in characters; same source as above.
pub const MAX_TEXT: usize = 600;

/// Tag of an identity that the suite has made, and its value.
pub const IDENTITY_TAG: (&str, &str) = ("managed-by", "kubectl-vwi");
