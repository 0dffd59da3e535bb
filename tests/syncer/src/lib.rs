//! Stand-in of vCluster's syncer for the tests of kubectl-vwi.
//!
//! A client of two real API servers, the host's and the tenant's, that writes on the host what
//! vCluster writes there: ServiceAccounts, pods and, where namespaces are mapped, Namespaces. It was
//! written after vCluster's sources at commit 487667546 and after what a real one was seen to do,
//! the destructive parts included: who takes over a host name, what a deletion on one side does to
//! the other, and which differences stay for ever.
//!
//! Not imitated: Services, Secrets and other objects, the labels of nodes, patches, and the
//! import of host namespaces that only a host pattern matches.
//!
//! - [`Config`]: which vCluster it is
//! - [`Syncer`]: starts, pauses, resumes
//! - `engine`: what happens on a change, one object at a time
//! - `metadata`, `pod`: the arithmetic, without a cluster

mod config;
mod engine;
mod event;
mod flow;
mod metadata;
mod pod;
mod syncer;
mod watch;

pub use config::{Config, ConfigError, Generation, Scope};
pub use syncer::Syncer;
pub use watch::{Seen, watch};
