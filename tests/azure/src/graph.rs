//! The calls of Microsoft Graph that `az role` makes.

use http::Method;
use serde_json::{Value, json};
use tokio::time::Instant;
use vwi_test_server::{Reply, Request};

use crate::clock;
use crate::state::State;
use crate::token::Bearer;
use crate::world::World;

/// Answers a request of a world.
pub(crate) async fn answer(
    world: &World,
    request: &Request,
    segments: &[&str],
    bearer: Option<Bearer>,
    until: Instant,
) -> Reply {
    clock::reached(until).await;
    let Some(Bearer::Valid(claims)) = bearer else {
        let message = "Access token validation failure. Invalid or expired token.";
        return error(401, "InvalidAuthenticationToken", message);
    };
    let state = world.state();
    let mut callers = state.callers.iter();
    let allowed = callers.any(|caller| caller.info.object_id == claims.oid && caller.graph);
    if !allowed {
        let message = "Insufficient privileges to complete the operation.";
        return error(403, "Authorization_RequestDenied", message);
    }
    match (&request.method, segments) {
        (&Method::GET, [_, "servicePrincipals"]) => service_principals(request, &state),
        (&Method::GET, [_, "users" | "groups"]) => Reply::json(200, &json!({"value": []})),
        (&Method::GET, [_, "me"]) => {
            let message = "/me request is only valid with delegated authentication flow.";
            error(400, "BadRequest", message)
        }
        (&Method::POST, [_, "directoryObjects", "getByIds"]) => by_ids(request, &state),
        _ => {
            let message = "Resource not found for the segment.";
            error(400, "BadRequest", message)
        }
    }
}

/// Someone who can be given a role.
struct Principal<'a> {
    object_id: &'a str,
    client_id: &'a str,
    name: &'a str,
    kind: &'static str,
}

impl Principal<'_> {
    fn view(&self) -> Value {
        json!({
            "@odata.type": "#microsoft.graph.servicePrincipal",
            "id": self.object_id,
            "appId": self.client_id,
            "appDisplayName": self.name,
            "displayName": self.name,
            "servicePrincipalNames": [self.client_id],
            "servicePrincipalType": self.kind,
        })
    }
}

fn principals(state: &State) -> impl Iterator<Item = Principal<'_>> {
    let callers = state.callers.iter().map(|caller| Principal {
        object_id: &caller.info.object_id,
        client_id: &caller.info.client_id,
        name: &caller.info.name,
        kind: "Application",
    });
    callers.chain(state.identities.iter().map(|identity| Principal {
        object_id: &identity.principal_id,
        client_id: &identity.client_id,
        name: &identity.place.name,
        kind: "ManagedIdentity",
    }))
}

/// `GET /servicePrincipals` with a filter on names, application id or display name.
fn service_principals(request: &Request, state: &State) -> Reply {
    let filter = request.query("$filter").unwrap_or_default();
    let quoted = |before: &str, after: &str| {
        let value = filter.strip_prefix(before)?.strip_suffix(after)?;
        Some(value.replace("''", "'"))
    };
    let by_client =
        quoted("servicePrincipalNames/any(c:c eq '", "')").or_else(|| quoted("appId eq '", "'"));
    let by_name = quoted("displayName eq '", "'");
    if by_client.is_none() && by_name.is_none() && !filter.is_empty() {
        let message = format!("Unsupported or invalid query filter clause '{filter}'.");
        return error(400, "Request_UnsupportedQuery", &message);
    }
    let found = principals(state).filter(|principal| {
        let fits = |wanted: &Option<String>, value: &str| {
            wanted
                .as_deref()
                .is_none_or(|wanted| wanted.eq_ignore_ascii_case(value))
        };
        fits(&by_client, principal.client_id) && fits(&by_name, principal.name)
    });
    let value: Vec<Value> = found.map(|principal| principal.view()).collect();
    Reply::json(200, &json!({"value": value}))
}

/// `POST /directoryObjects/getByIds`.
fn by_ids(request: &Request, state: &State) -> Reply {
    let body = request.json().unwrap_or_default();
    let Some(ids) = body.get("ids").and_then(Value::as_array) else {
        return error(
            400,
            "Request_BadRequest",
            "Invalid value specified for property 'ids'.",
        );
    };
    let wanted = |id: &str| {
        let mut ids = ids.iter().filter_map(Value::as_str);
        ids.any(|wanted| wanted.eq_ignore_ascii_case(id))
    };
    let found = principals(state).filter(|principal| wanted(principal.object_id));
    let value: Vec<Value> = found.map(|principal| principal.view()).collect();
    Reply::json(200, &json!({"value": value}))
}

fn error(status: u16, code: &str, message: &str) -> Reply {
    let body = json!({"error": {"code": code, "message": message, "innerError": {}}});
    Reply::json(status, &body).error(code)
}
