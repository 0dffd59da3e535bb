//! Judgement of translate: facts in, which vCluster and which host name out.
//!
//! Three questions, one module each: which vCluster a tenant is ([`identification`]), how that
//! vCluster runs ([`configuration`]), and what the host calls one ServiceAccount and how far that
//! is proven ([`judgement`]).
//!
//! The tenant is hostile input, and so is every host object outside the vCluster's own namespaces:
//! the caller hands in host ServiceAccounts of those namespaces only.

pub mod certificate;
pub mod configuration;
pub mod context_name;
pub mod grade;
pub mod host_proof;
pub mod identification;
pub mod judgement;

pub use configuration::{Configuration, ConfigurationError, PodPlace, Refusal};
pub use grade::{Grade, InvalidGrade};
pub use host_proof::{HostProof, ServiceAddress, host_proof};
pub use identification::{
    Clue, ClueSource, Identification, IdentificationError, VirtualClusterName, identify,
};
pub use judgement::{
    HostFact, HostObject, Judgement, ModeSource, Opinion, Question, Silence, TenantFact,
    VirtualClusterFacts, judge,
};
