//! The two calls of Microsoft Graph that `az role` makes.

use std::time::Duration;

use crate::arm::errors::ArmError;
use crate::http::{Reply, Request};
use crate::token::Bearer;
use crate::world::World;

/// Answers a request of a world.
pub(crate) async fn answer(
    _world: &World,
    _request: &Request,
    _segments: &[&str],
    _bearer: Option<Bearer>,
    latency: Duration,
) -> Reply {
    tokio::time::sleep(latency).await;
    ArmError::new(501, "NotImplemented", "not yet").reply()
}
