//! A machine's own identity, as App Service serves it: `GET /{tenant}/msi/token`.
//!
//! Source: <https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference>.

use serde_json::json;
use vwi_test_server::{Reply, Request};

use crate::clock::real_now;
use crate::entra::token::mint;
use crate::world::World;

/// Gives the token of the caller whose secret the header `X-IDENTITY-HEADER` is.
pub(super) fn give(world: &World, request: &Request) -> Reply {
    let secret = request.header("x-identity-header").unwrap_or_default();
    let wanted = request.query("client_id");
    let callers = world.info().callers.into_iter();
    let mut fits = callers.filter(|caller| caller.client_secret == secret);
    let Some(caller) = fits.find(|one| wanted.is_none_or(|id| one.client_id == id)) else {
        let message = "No User Assigned or Delegated Managed Identity found for specified \
                       ClientId/ResourceId/PrincipalId.";
        let error = json!({"statusCode": 400, "message": message});
        return Reply::json(400, &error);
    };
    let resource = request.query("resource").unwrap_or_default();
    let seconds = world.settings().entra.token_seconds;
    let Ok(token) = mint(world, (&caller.client_id, &caller.object_id), resource) else {
        return Reply::empty(500);
    };
    let expires = real_now() / 1000 + seconds;
    Reply::json(
        200,
        &json!({
            "access_token": token,
            "expires_on": expires.to_string(),
            "resource": resource,
            "token_type": "Bearer",
            "client_id": caller.client_id,
        }),
    )
}
