//! Tenants, subscriptions and resource groups.

use http::Method;
use serde_json::{Value, json};
use vwi_test_server::Reply;

use crate::arm::Context;
use crate::arm::access::sees_subscription;
use crate::arm::errors::ArmError;
use crate::seed::SubscriptionInfo;
use crate::state::{Group, State};

/// `GET /tenants`.
pub(super) fn tenants(context: &Context<'_>, state: &State) -> Result<Reply, ArmError> {
    only_get(context)?;
    let tenant = context.world.id();
    let item = json!({
        "id": format!("/tenants/{tenant}"),
        "tenantId": tenant,
        "displayName": context.world.domain(),
        "defaultDomain": context.world.domain(),
        "tenantCategory": "Home",
    });
    context.page(state, vec![item])
}

/// `GET /subscriptions`: those in which the caller has any right.
pub(super) fn list(context: &Context<'_>, state: &State) -> Result<Reply, ArmError> {
    only_get(context)?;
    let seen = state.subscriptions.iter().filter(|subscription| {
        sees_subscription(state, &context.claims.oid, &subscription.subscription_id)
    });
    let items = seen.map(|one| subscription(context, one)).collect();
    context.page(state, items)
}

/// `GET /subscriptions/{id}`.
pub(super) fn get(context: &Context<'_>, state: &State, id: &str) -> Result<Reply, ArmError> {
    only_get(context)?;
    match state.subscription(id) {
        Some(found) => Ok(Reply::json(200, &subscription(context, found))),
        None => Err(ArmError::no_subscription(id)),
    }
}

fn subscription(context: &Context<'_>, info: &SubscriptionInfo) -> Value {
    let id = &info.subscription_id;
    json!({
        "id": format!("/subscriptions/{id}"),
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": id,
        "tenantId": context.world.id(),
        "displayName": info.display_name,
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    })
}

/// `GET /subscriptions/{id}/resourcegroups`.
pub(super) fn groups(context: &Context<'_>, state: &State, id: &str) -> Result<Reply, ArmError> {
    only_get(context)?;
    let groups = state.groups.iter();
    let groups = groups.filter(|group| group.subscription.eq_ignore_ascii_case(id));
    context.page(state, groups.map(view).collect())
}

/// A resource group: GET, HEAD (exists), PUT.
pub(super) fn group(
    context: &Context<'_>,
    state: &mut State,
    subscription: &str,
    name: &str,
) -> Result<Reply, ArmError> {
    let found = state.group(subscription, name).cloned();
    match (&context.request.method, found) {
        (&Method::GET | &Method::PUT, Some(group)) => Ok(Reply::json(200, &view(&group))),
        (&Method::HEAD, Some(_)) => Ok(Reply::empty(204)),
        (&Method::HEAD, None) => Ok(Reply::empty(404)),
        (&Method::GET, None) => Err(ArmError::no_group(name)),
        (&Method::PUT, None) => create_group(context, state, subscription, name),
        _ => Err(context.method_not_allowed()),
    }
}

fn create_group(
    context: &Context<'_>,
    state: &mut State,
    subscription: &str,
    name: &str,
) -> Result<Reply, ArmError> {
    let body = context.json()?;
    let Some(location) = body.get("location").and_then(Value::as_str) else {
        return Err(location_required());
    };
    if name.chars().count() > 90 {
        let message = format!("The provided resource group name '{name}' is longer than 90.");
        return Err(ArmError::new(400, "InvalidResourceGroup", message));
    }
    let group = Group {
        subscription: subscription.to_owned(),
        name: name.to_owned(),
        location: location.to_owned(),
    };
    let reply = Reply::json(201, &view(&group));
    state.groups.push(group);
    Ok(reply)
}

/// A body without `location`.
pub(super) fn location_required() -> ArmError {
    let message = "The location property is required for this definition.";
    ArmError::new(400, "LocationRequired", message)
}

fn view(group: &Group) -> Value {
    json!({
        "id": group.id(),
        "name": group.name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": group.location,
        "tags": {},
        "properties": {"provisioningState": "Succeeded"},
    })
}

/// Refuses other methods than GET.
pub(super) fn only_get(context: &Context<'_>) -> Result<(), ArmError> {
    match context.request.method {
        Method::GET => Ok(()),
        _ => Err(context.method_not_allowed()),
    }
}
