//! Stand-in of the vCluster Platform for the tests of kubectl-vwi.
//!
//! The Platform's server is closed source: this one has the documented calls and the errors of a
//! Kubernetes API server, and is strict. What is not established is a switch in [`Settings`]; what
//! goes wrong is a [`Fault`](vwi_test_server::Fault). Every request is [`Recorded`], so that a test can
//! say that a key was never sent.
//!
//! ```
//! use vwi_test_platform::{Contents, InstanceSpec, Options, Server};
//! use vwi_test_server::Tls;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut contents = Contents::default();
//! contents.instances.push(InstanceSpec::new("my-project", "blue", "team-x"));
//! let server = Server::start(Options::new(Tls::generate()?, contents))?;
//! assert!(server.requests().is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! | subject | file |
//! |---|---|
//! | what happens to a request | `dispatch`, then `management` or `proxy` |
//! | what there is | `contents`; rules that are switches: `settings` |
//! | errors | `status` |
//! | the login of the vcluster command line | `login` |

mod contents;
mod dispatch;
mod login;
mod management;
mod name;
mod proxy;
mod server;
mod settings;
mod status;

pub use contents::{ClusterSpec, Contents, InstanceSpec, KeySpec, Scope, TenantSpec, UpstreamSpec};
pub use dispatch::Recorded;
pub use login::LoginFile;
pub use server::{Options, Server};
pub use settings::Settings;
