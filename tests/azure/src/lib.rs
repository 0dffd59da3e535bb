//! Stand-in of Azure for the tests of kubectl-vwi: ARM, Entra and the Graph calls of `az role`
//! on one https port, in worlds that do not see each other.
//!
//! A [`Server`] runs on threads of its own. A [`World`] is one Entra tenant with its
//! subscriptions; a request finds its world by the subscription or tenant in its path, else by
//! its token. What is known about Azure is enforced; what is not established is a switch in
//! [`Settings`]; what goes wrong is a [`Fault`]. Every request is [`Recorded`].
//!
//! Tests in the server's own process use [`Worlds`]; those in others use [`client::Admin`],
//! which has the same calls over https.
//!
//! ```
//! use vwi_test_azure::{ClusterSpec, Options, Seed, Server, Tls, WorldSpec};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = Server::start(Options::new(Tls::generate()?))?;
//! let world = server.worlds().create(WorldSpec {
//!     seed: Seed {
//!         clusters: vec![ClusterSpec::new("aks", &server.issuer_url("host"))],
//!         ..Seed::default()
//!     },
//!     ..WorldSpec::default()
//! })?;
//! assert_eq!(world.info().resource_groups.len(), 1);
//! assert!(world.requests().is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! | subject | file |
//! |---|---|
//! | listener | `server`, on `vwi-test-server`, which has the wire and the faults too |
//! | what happens to a request | `dispatch`, then `arm`, `entra`, `graph`, `issuers`, `admin` |
//! | what exists | `state`, put there through `seed` |
//! | rules that are switches | `settings`, with `throttle` and `clock` behind them |
//! | clients | `az`, `client` |
//! | an issuer without an API server | `test_issuer` |

mod admin;
mod arm;
mod az;
mod clock;
mod dispatch;
mod entra;
mod graph;
mod issuers;
mod log;
mod rights;
mod seed;
mod server;
mod state;
mod test_issuer;
mod throttle;
mod token;
mod world;

pub mod client;
pub mod settings;

pub use az::{CLOUD, az_config, env_of};
pub use issuers::{
    DISCOVERY, IssuerAnswer, IssuerDocuments, IssuerFunction, Issuers, KEYS, Upstream,
    UpstreamServer,
};
pub use log::Recorded;
pub use seed::{
    BindingSpec, CallerInfo, CallerSpec, ClusterInfo, ClusterSpec, CredentialSpec, IdentityInfo,
    IdentitySpec, PUBLIC_AUDIENCE, ResourceGroupInfo, ResourceGroupSpec, Right, RoleAssignmentSpec,
    RoleDefinitionSpec, Seed, SubscriptionInfo, SubscriptionSpec, WorldInfo, WorldSpec,
};
pub use server::{Options, Server};
pub use settings::Settings;
pub use test_issuer::{TestIssuer, TestKey, TestToken};
pub use vwi_test_server::{Answer, BadFault, Fault, StartError, Times, Tls, TlsError};
pub use world::{World, WorldError, Worlds};
