//! Judgement of translate: facts in, which vCluster and which host name out.
//!
//! Three questions, one module each: which vCluster a tenant is ([`identification`]), how that
//! vCluster runs ([`configuration`]), and what the host calls one ServiceAccount and how far that
//! is proven ([`judgement`]), by a token too ([`token`]). The way back from a host ServiceAccount
//! is [`reverse`].
//!
//! The tenant is hostile input, and so is every host object outside the vCluster's own namespaces:
//! the caller hands in host ServiceAccounts of those namespaces only.

pub mod arguments;
pub mod certificate;
pub mod clue;
pub mod configuration;
pub mod context_name;
pub mod fleet;
pub mod grade;
pub mod host_proof;
pub mod identification;
pub mod instance;
pub mod judgement;
mod namespace_owner;
pub mod platform_url;
pub mod reverse;
pub mod sleep;
pub mod token;

pub use clue::{Clue, ClueSource, PlatformInstance};
pub use configuration::{Configuration, ConfigurationError, PodPlace, Refusal};
pub use fleet::{Fleet, Standing};
pub use grade::{Grade, InvalidGrade};
pub use host_proof::{HostProof, ServiceAddress, host_proof};
pub use identification::{
    Candidates, Identification, IdentificationError, VirtualClusterName, identify,
};
pub use instance::{InstanceError, InstanceWish, KnownInstance, pick};
pub use judgement::{
    HostFact, HostObject, Judgement, ModeSource, Opinion, Question, Silence, TenantFact, Unread,
    VirtualClusterFacts, judge,
};
pub use platform_url::PlatformUrl;
pub use sleep::{Sleep, sleep};
