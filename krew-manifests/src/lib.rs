//! krew manifests of kubectl-vwi: packs the archives, renders the manifests, checks both.
//!
//! One archive a platform holds the umbrella binary, its licence and its README ([`pack`]).
//! [`render`] makes the manifest from the archives, so that names, versions and digests cannot
//! disagree. [`lint`] knows krew's rules, those of the index's reviewers, and what krew itself lets
//! pass although it cannot work; [`install`] does to an archive what `kubectl krew install` does,
//! in memory.
//!
//! krew: <https://krew.sigs.k8s.io/docs/developer-guide/>

pub mod archive;
mod error;
pub mod install;
pub mod lint;
pub mod manifest;
pub mod pack;
pub mod platform;
pub mod render;

pub use error::KrewError;
