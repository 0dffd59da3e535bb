//! Pure code of kubectl-vwi: names, records, plans, checks.
//!
//! Values in, values out: nothing here knows a cluster, a cloud, a clock, a process or a command
//! line, and the crate compiles without kube, tokio and clap.

pub mod annotation;
pub mod arm;
pub mod check;
pub mod collision;
pub mod contradiction;
pub mod exit;
pub mod federation;
pub mod json;
pub mod list;
pub mod name;
pub mod namespaces;
pub mod record;
pub mod roles;
pub mod shard;
pub mod shell;
pub mod step;
pub mod stream;
pub mod subject;
pub mod text;
pub mod translation;
pub mod vcluster_labels;
pub mod yaml;
