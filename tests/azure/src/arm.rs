//! Azure Resource Manager.

mod access;
mod assignments;
mod bindings;
mod clusters;
mod credentials;
mod definitions;
pub(crate) mod errors;
mod filter;
mod gate;
mod identities;
pub(crate) mod metadata;
mod paging;
mod route;
mod scope;
mod subscriptions;
mod versions;

use http::Method;
use tokio::time::Instant;
use vwi_test_server::{Reply, Request};

use crate::arm::errors::ArmError;
use crate::arm::gate::Admitted;
use crate::arm::route::Call;
use crate::clock::{self, Moment};
use crate::state::{State, new_id};
use crate::token::{Bearer, Claims};
use crate::world::World;

/// What a call is carried out with.
struct Context<'a> {
    world: &'a World,
    request: &'a Request,
    claims: &'a Claims,
    version: &'a str,
    now: Moment,
}

impl Context<'_> {
    /// Answers with a page of a list.
    fn page(&self, state: &State, items: Vec<serde_json::Value>) -> Result<Reply, ArmError> {
        let url = &self.world.common().url;
        paging::page(self.request, url, &state.settings.paging, items)
    }

    /// Reads the body as JSON.
    fn json(&self) -> Result<serde_json::Value, ArmError> {
        let value = self.request.json();
        value.map_err(|error| ArmError::bad_json(&error))
    }

    fn method_not_allowed(&self) -> ArmError {
        ArmError::method_not_allowed(self.request.method.as_str())
    }
}

/// Answers a request of a world.
pub(crate) async fn answer(
    world: &World,
    request: &Request,
    bearer: Option<Bearer>,
    until: Instant,
) -> Reply {
    let admitted = gate::admit(world, request, bearer.as_ref());
    clock::reached(until).await;
    let outcome = admitted.and_then(|admitted| perform(world, request, &admitted));
    let reply = outcome.unwrap_or_else(|error| error.reply());
    with_headers(world, request, bearer.as_ref(), reply)
}

/// Answers a request that leads to no world.
pub(crate) fn without_world(request: &Request, bearer: Option<&Bearer>, url: &str) -> Reply {
    let authority = format!("{url}/common");
    let error = match access::token_claims(bearer, &authority) {
        Err(error) => error,
        // The token's world has been removed.
        Ok(_) => ArmError::no_subscription(request.segments().get(1).copied().unwrap_or_default()),
    };
    error.reply()
}

fn perform(world: &World, request: &Request, admitted: &Admitted<'_>) -> Result<Reply, ArmError> {
    let context = Context {
        world,
        request,
        claims: admitted.claims,
        version: admitted.version,
        now: world.now(),
    };
    let state = &mut *world.state();
    match &admitted.call {
        Call::Tenants => subscriptions::tenants(&context, state),
        Call::Subscriptions => subscriptions::list(&context, state),
        Call::Subscription(id) => subscriptions::get(&context, state, id),
        Call::Groups(id) => subscriptions::groups(&context, state, id),
        Call::Group(id, name) => subscriptions::group(&context, state, id, name),
        Call::Identities(id, group) => identities::list(&context, state, id, group.as_deref()),
        Call::Identity(place) => identities::one(&context, state, place),
        Call::Credentials(place) => credentials::list(&context, state, place),
        Call::Credential(place, name) => credentials::one(&context, state, place, name),
        Call::Clusters(id, group) => clusters::list(&context, state, id, group.as_deref()),
        Call::Cluster(place) => clusters::one(&context, state, place),
        Call::Bindings(place) => bindings::list(&context, state, place),
        Call::Binding(place, name) => bindings::one(&context, state, place, name),
        Call::Definitions(scope) => definitions::list(&context, state, scope),
        Call::Definition(scope, name) => definitions::one(&context, state, scope, name),
        Call::Assignments(scope) => assignments::list(&context, state, scope),
        Call::Assignment(scope, name) => assignments::one(&context, state, scope, name),
    }
}

/// Adds the headers that every answer of ARM has.
fn with_headers(world: &World, request: &Request, bearer: Option<&Bearer>, reply: Reply) -> Reply {
    let request_id = new_id();
    let correlation = request.header("x-ms-correlation-request-id");
    let correlation = correlation.map_or_else(|| request_id.clone(), str::to_owned);
    let routing = format!("WESTEUROPE:20260801T120000Z:{request_id}");
    let mut reply = reply
        .header("x-ms-request-id", &request_id)
        .header("x-ms-correlation-request-id", &correlation)
        .header("x-ms-routing-request-id", &routing)
        .header("Cache-Control", "no-cache")
        .header("x-content-type-options", "nosniff");
    if request.header("x-ms-return-client-request-id") == Some("true")
        && let Some(id) = request.header("x-ms-client-request-id")
    {
        reply = reply.header("x-ms-client-request-id", id);
    }
    if let Some(claims) = bearer.and_then(Bearer::claims) {
        let kind = match request.method {
            Method::GET | Method::HEAD => "reads",
            Method::DELETE => "deletes",
            _ => "writes",
        };
        let left = gate::remaining(world, request, claims).to_string();
        reply = reply.header(
            &format!("x-ms-ratelimit-remaining-subscription-{kind}"),
            &left,
        );
    }
    reply
}
