//! Identity bindings of an AKS cluster.

use http::Method;
use serde_json::{Value, json};
use vwi_test_server::Reply;

use crate::arm::errors::ArmError;
use crate::arm::route::BINDING_TYPE;
use crate::arm::subscriptions::only_get;
use crate::arm::{Context, clusters};
use crate::state::planting::binding_issuer;
use crate::state::{Binding, Place, State};

/// Lists the bindings of a cluster.
pub(super) fn list(
    context: &Context<'_>,
    state: &State,
    cluster: &Place,
) -> Result<Reply, ArmError> {
    only_get(context)?;
    check(state, cluster)?;
    let bindings = state.bindings.iter();
    let bindings = bindings.filter(|binding| binding.cluster.is(cluster));
    let items = bindings.map(|one| view(context, state, one)).collect();
    context.page(state, items)
}

/// One binding: GET, PUT, DELETE. The real PUT and DELETE are long-running; here they are done
/// when they answer, which clients must cope with too.
pub(super) fn one(
    context: &Context<'_>,
    state: &mut State,
    cluster: &Place,
    name: &str,
) -> Result<Reply, ArmError> {
    check(state, cluster)?;
    let is_it = |one: &Binding| one.cluster.is(cluster) && one.name.eq_ignore_ascii_case(name);
    let found = state.bindings.iter().find(|one| is_it(one));
    match (&context.request.method, found) {
        (&Method::GET, Some(binding)) => Ok(Reply::json(200, &view(context, state, binding))),
        (&Method::GET, None) => Err(ArmError::no_resource(
            BINDING_TYPE,
            &format!("{}/{name}", cluster.name),
            &cluster.group,
        )),
        (&Method::PUT, found) => {
            let status = if found.is_some() { 200 } else { 201 };
            put(context, state, cluster, name, status)
        }
        (&Method::DELETE, found) => {
            let status = if found.is_some() { 200 } else { 204 };
            // The credential of the identity stays, as AKS does not collect it.
            state.bindings.retain(|one| !is_it(one));
            Ok(Reply::empty(status))
        }
        _ => Err(context.method_not_allowed()),
    }
}

fn put(
    context: &Context<'_>,
    state: &mut State,
    cluster: &Place,
    name: &str,
    status: u16,
) -> Result<Reply, ArmError> {
    let body = context.json()?;
    let pointer = "/properties/managedIdentity/resourceId";
    let id = body
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default();
    let mut identities = state.identities.iter();
    let Some(identity) = identities.find(|one| one.id().eq_ignore_ascii_case(id)) else {
        let message = format!("The managed identity '{id}' was not found.");
        return Err(ArmError::new(400, "InvalidParameter", message));
    };
    let identity = identity.place.clone();
    state.bind(cluster.clone(), name, identity);
    let binding = state.bindings.last();
    let view = binding.map(|binding| view(context, state, binding));
    Ok(Reply::json(status, &view))
}

/// Refuses when the subscription lacks the feature or the cluster is not there.
fn check(state: &State, cluster: &Place) -> Result<(), ArmError> {
    if !state.settings.bindings.enabled {
        let message = "The resource type 'identityBindings' could not be found in the namespace \
                       'Microsoft.ContainerService'.";
        return Err(ArmError::new(404, "InvalidResourceType", message));
    }
    match state.cluster(cluster) {
        Some(_) => Ok(()),
        None => Err(clusters::absent(cluster)),
    }
}

fn view(context: &Context<'_>, state: &State, binding: &Binding) -> Value {
    let tenant = context.world.id();
    let identity = state.identity(&binding.identity);
    let managed = identity.map(|identity| {
        json!({
            "resourceId": identity.id(),
            "objectId": identity.principal_id,
            "clientId": identity.client_id,
            "tenantId": tenant,
        })
    });
    let issuer = identity.map(|identity| binding_issuer(tenant, &identity.client_id));
    json!({
        "id": binding.id(),
        "name": binding.name,
        "type": BINDING_TYPE,
        "eTag": binding.etag,
        "properties": {
            "managedIdentity": managed,
            "oidcIssuer": {"oidcIssuerUrl": issuer},
            "provisioningState": "Succeeded",
        },
    })
}
