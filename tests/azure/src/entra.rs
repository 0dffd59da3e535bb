//! Entra: discovery and the token endpoint.

mod application;
pub(crate) mod assertion;
pub(crate) mod errors;
pub(crate) mod keys;
mod machine;
mod token;

use http::Method;
use serde_json::json;
use tokio::time::Instant;
use url::Url;
use vwi_test_server::{Reply, Request};

use crate::clock;
use crate::dispatch::Shared;
use crate::entra::errors::{EntraError, texts};
use crate::settings::EntraRules;
use crate::state::new_id;
use crate::world::World;

/// Returns the issuer of a world's tenant, as its discovery document names it.
fn issuer(world: &World) -> String {
    format!("{}/{}/v2.0", world.common().url, world.id())
}

/// Returns the URL of a world's token endpoint.
fn token_endpoint(world: &World) -> String {
    format!("{}/{}/oauth2/v2.0/token", world.common().url, world.id())
}

/// Answers a request of a world.
pub(crate) async fn answer(
    shared: &Shared,
    world: &World,
    request: &Request,
    segments: &[&str],
    until: Instant,
) -> Reply {
    clock::reached(until).await;
    let reply = match (&request.method, segments) {
        (&Method::GET, [_, "v2.0", ".well-known", "openid-configuration"]) => discovery(world),
        (&Method::GET, [_, "discovery", "v2.0", "keys"]) => Reply::json(200, &json!({"keys": []})),
        (&Method::POST, [_, "oauth2", "v2.0", "token"]) => {
            let given = token::give(shared, world, request).await;
            given.unwrap_or_else(|error| error.reply(&world.settings().entra, correlation(request)))
        }
        (&Method::GET, [_, "msi", "token"]) => machine::give(world, request),
        _ => Reply::empty(404),
    };
    reply
        .header("x-ms-request-id", &new_id())
        .header("Cache-Control", "no-store, no-cache")
}

/// Answers a request about a tenant that does not exist.
pub(crate) fn unknown_tenant(request: &Request, segments: &[&str]) -> Reply {
    let tenant = segments.first().copied().unwrap_or_default();
    let mut error = texts::no_tenant(tenant);
    if segments.last() == Some(&"openid-configuration") {
        error = error.with_error("invalid_tenant");
    }
    error.reply(&EntraRules::default(), correlation(request))
}

/// Answers MSAL's question whether an authority is one: the stand-in is, nobody else.
pub(crate) fn instance_discovery(shared: &Shared, request: &Request) -> Reply {
    let url = &shared.worlds.common().url;
    let asked = request.query("authorization_endpoint").unwrap_or_default();
    let asked = Url::parse(asked).ok();
    let asked = asked.filter(|asked| asked.origin().ascii_serialization() == *url);
    let Some(asked) = asked else {
        let text = "NoSuchInstanceForDiscovery - Unknown or invalid instance.";
        let error = EntraError::new(50049, text).with_error("invalid_instance");
        return error.reply(&EntraRules::default(), correlation(request));
    };
    let tenant = asked.path().split('/').nth(1).unwrap_or("common");
    let host = url.trim_start_matches("https://");
    Reply::json(
        200,
        &json!({
            "tenant_discovery_endpoint":
                format!("{url}/{tenant}/v2.0/.well-known/openid-configuration"),
            "api-version": "1.1",
            "metadata": [{
                "preferred_network": host,
                "preferred_cache": host,
                "aliases": [host],
            }],
        }),
    )
}

fn discovery(world: &World) -> Reply {
    let base = format!("{}/{}", world.common().url, world.id());
    Reply::json(
        200,
        &json!({
            "token_endpoint": token_endpoint(world),
            "token_endpoint_auth_methods_supported":
                ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": format!("{base}/discovery/v2.0/keys"),
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": issuer(world),
            "request_uri_parameter_supported": false,
            "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
            "device_authorization_endpoint": format!("{base}/oauth2/v2.0/devicecode"),
            "end_session_endpoint": format!("{base}/oauth2/v2.0/logout"),
            "tenant_region_scope": "EU",
            "cloud_instance_name": "microsoftonline.com",
        }),
    )
}

/// Returns the client's own id of a request.
fn correlation(request: &Request) -> Option<&str> {
    request.header("client-request-id")
}
