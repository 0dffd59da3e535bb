//! Azure Resource Manager.

pub(crate) mod errors;
pub(crate) mod metadata;

use std::time::Duration;

use crate::arm::errors::ArmError;
use crate::http::{Reply, Request};
use crate::token::Bearer;
use crate::world::World;

/// Answers a request of a world.
pub(crate) async fn answer(
    _world: &World,
    _request: &Request,
    _bearer: Option<Bearer>,
    latency: Duration,
) -> Reply {
    tokio::time::sleep(latency).await;
    ArmError::new(501, "NotImplemented", "not yet").reply()
}

/// Answers a request that leads to no world.
pub(crate) fn without_world(_request: &Request, _bearer: Option<&Bearer>) -> Reply {
    ArmError::new(501, "NotImplemented", "not yet").reply()
}
