//! Entra: discovery and the token endpoint.

pub(crate) mod assertion;
pub(crate) mod errors;
pub(crate) mod keys;

use std::time::Duration;

use crate::arm::errors::ArmError;
use crate::dispatch::Shared;
use crate::http::{Reply, Request};
use crate::world::World;

/// Answers a request of a world.
pub(crate) async fn answer(
    _shared: &Shared,
    _world: &World,
    _request: &Request,
    _segments: &[&str],
    latency: Duration,
) -> Reply {
    tokio::time::sleep(latency).await;
    ArmError::new(501, "NotImplemented", "not yet").reply()
}

/// Answers a request about a tenant that does not exist.
pub(crate) fn unknown_tenant(_shared: &Shared, _request: &Request, _segments: &[&str]) -> Reply {
    ArmError::new(501, "NotImplemented", "not yet").reply()
}

/// Answers MSAL's question whether an authority is one.
pub(crate) fn instance_discovery(_shared: &Shared, _request: &Request) -> Reply {
    ArmError::new(501, "NotImplemented", "not yet").reply()
}
