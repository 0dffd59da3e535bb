//! User-assigned managed identities.

use http::Method;
use serde_json::{Map, Value, json};
use vwi_test_server::Reply;

use crate::arm::errors::ArmError;
use crate::arm::subscriptions::{location_required, only_get};
use crate::arm::{Context, versions};
use crate::clock::Arrival;
use crate::state::{IDENTITY_TYPE, Identity, Place, State, new_id};

/// Lists the identities of a subscription or of a resource group.
pub(super) fn list(
    context: &Context<'_>,
    state: &State,
    subscription: &str,
    group: Option<&str>,
) -> Result<Reply, ArmError> {
    only_get(context)?;
    let identities = state.identities.iter().filter(|identity| match group {
        Some(group) => identity.place.in_group(subscription, group),
        None => identity.place.in_subscription(subscription),
    });
    context.page(state, identities.map(|one| view(context, one)).collect())
}

/// One identity: GET, PUT, PATCH, DELETE.
pub(super) fn one(
    context: &Context<'_>,
    state: &mut State,
    place: &Place,
) -> Result<Reply, ArmError> {
    match context.request.method {
        Method::GET => match state.identity(place) {
            Some(identity) => Ok(Reply::json(200, &view(context, identity))),
            None => Err(absent(place)),
        },
        Method::PUT => put(context, state, place),
        Method::PATCH => patch(context, state, place),
        Method::DELETE => {
            let before = state.identities.len();
            state
                .identities
                .retain(|identity| !identity.place.is(place));
            let removed = state.identities.len() < before;
            Ok(Reply::empty(if removed { 200 } else { 204 }))
        }
        _ => Err(context.method_not_allowed()),
    }
}

fn put(context: &Context<'_>, state: &mut State, place: &Place) -> Result<Reply, ArmError> {
    let body = context.json()?;
    let Some(location) = body.get("location").and_then(Value::as_str) else {
        return Err(location_required());
    };
    if !is_name(&place.name) {
        let message = format!("The resource name '{}' is invalid.", place.name);
        return Err(ArmError::new(400, "InvalidResourceName", message));
    }
    let tags = tags(&body)?.unwrap_or_default();
    let isolation_scope = text(&body, "isolationScope");
    let restrictions = body.pointer("/properties/assignmentRestrictions").cloned();
    if let Some(identity) = state.identity_mut(place) {
        if normal(location) != normal(&identity.location) {
            let message = format!(
                "The resource '{}' already exists in location '{}' in resource group '{}'. A \
                 resource with the same name cannot be created in location '{location}'. Please \
                 select a new resource name.",
                place.name, identity.location, place.group
            );
            return Err(ArmError::new(409, "InvalidResourceLocation", message));
        }
        identity.tags = tags;
        identity.isolation_scope = isolation_scope.or_else(|| identity.isolation_scope.take());
        identity.assignment_restrictions = restrictions;
        return Ok(Reply::json(200, &view(context, identity)));
    }
    let new = Arrival::begun(context.now);
    let group = state.group(&place.subscription, &place.group);
    let identity = Identity {
        place: Place {
            // The group as it was made, the name as it is asked for.
            group: group.map_or_else(|| place.group.clone(), |group| group.name.clone()),
            ..place.clone()
        },
        location: normal(location),
        tags,
        client_id: new_id(),
        principal_id: new_id(),
        isolation_scope,
        assignment_restrictions: restrictions,
        known_to_credentials: new,
        known_to_roles: new,
        known_to_entra: new,
        credentials: Vec::new(),
    };
    let reply = Reply::json(201, &view(context, &identity)).header("Location", &identity.id());
    state.identities.push(identity);
    Ok(reply)
}

fn patch(context: &Context<'_>, state: &mut State, place: &Place) -> Result<Reply, ArmError> {
    let body = context.json()?;
    let tags = tags(&body)?;
    let Some(identity) = state.identity_mut(place) else {
        return Err(absent(place));
    };
    if let Some(tags) = tags {
        identity.tags = tags;
    }
    Ok(Reply::json(200, &view(context, identity)))
}

fn view(context: &Context<'_>, identity: &Identity) -> Value {
    let mut properties = Map::new();
    if versions::has_isolation_scope(context.version) {
        let scope = identity.isolation_scope.as_deref().unwrap_or("None");
        properties.insert("isolationScope".to_owned(), json!(scope));
        if let Some(restrictions) = &identity.assignment_restrictions {
            properties.insert("assignmentRestrictions".to_owned(), restrictions.clone());
        }
    }
    properties.insert("tenantId".to_owned(), json!(context.world.id()));
    properties.insert("principalId".to_owned(), json!(identity.principal_id));
    properties.insert("clientId".to_owned(), json!(identity.client_id));
    json!({
        "location": identity.location,
        "tags": identity.tags,
        "id": identity.id(),
        "name": identity.place.name,
        "type": IDENTITY_TYPE,
        "properties": properties,
    })
}

fn absent(place: &Place) -> ArmError {
    ArmError::no_resource(IDENTITY_TYPE, &place.name, &place.group)
}

/// Whether a name has 3 to 128 letters, digits, `-` and `_`, and starts with one of the first.
fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    let start = characters
        .next()
        .is_some_and(|one| one.is_ascii_alphanumeric());
    let rest = characters.all(|one| one.is_ascii_alphanumeric() || one == '-' || one == '_');
    start && rest && (3..=128).contains(&name.len())
}

/// Returns a region in ARM's short spelling: `West Europe` is `westeurope`.
fn normal(location: &str) -> String {
    location.replace(' ', "").to_ascii_lowercase()
}

fn text(body: &Value, property: &str) -> Option<String> {
    let value = body.get("properties")?.get(property)?;
    value.as_str().map(str::to_owned)
}

fn tags(body: &Value) -> Result<Option<Map<String, Value>>, ArmError> {
    match body.get("tags") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(tags)) if tags.values().all(Value::is_string) => Ok(Some(tags.clone())),
        Some(_) => {
            let message = "The value of 'tags' is not an object of strings.";
            Err(ArmError::new(400, "InvalidRequestContent", message))
        }
    }
}
