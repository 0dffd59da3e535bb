//! What a request must pass before it has its effect: token, version, rights, throttles, and one
//! write at a time per identity.

use http::Method;
use uuid::Uuid;
use vwi_test_server::Request;

use crate::arm::access::{authenticate, authorize};
use crate::arm::errors::ArmError;
use crate::arm::route::Call;
use crate::arm::versions;
use crate::clock::Moment;
use crate::settings::{CredentialCounts, Throttle};
use crate::state::{IDENTITY_TYPE, Place, State};
use crate::throttle::{self, Draw, IdentityCall, Throttled};
use crate::token::{Bearer, Claims};
use crate::world::World;

/// A request that may have its effect.
pub(crate) struct Admitted<'a> {
    pub(crate) call: Call,
    pub(crate) claims: &'a Claims,
    pub(crate) version: &'a str,
    /// Held until the effect has taken place.
    _writing: Option<Writing>,
}

/// The one write that is in flight under an identity.
struct Writing {
    world: World,
    identity: String,
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.world.state().writing.remove(&self.identity);
    }
}

/// Lets a request in, or says why not.
pub(crate) fn admit<'a>(
    world: &World,
    request: &'a Request,
    bearer: Option<&'a Bearer>,
) -> Result<Admitted<'a>, ArmError> {
    let claims = authenticate(world, bearer)?;
    let call = Call::of(&request.segments())?;
    let version = versions::of(request, &call)?;
    let now = world.now();
    let state = &mut *world.state();
    exists(state, &call)?;
    throttle(world, state, request, &call, claims, now)?;
    if let Some(action) = action(&call, &request.method) {
        authorize(state, claims, &action, &call.scope(), now)?;
    }
    let writing = begin_write(world, state, &call, &request.method)?;
    Ok(Admitted {
        call,
        claims,
        version,
        _writing: writing,
    })
}

/// Refuses a subscription or resource group that is not there.
fn exists(state: &State, call: &Call) -> Result<(), ArmError> {
    let Some(subscription) = call.subscription() else {
        return Ok(());
    };
    if Uuid::try_parse(subscription).is_err() {
        let message = format!(
            "The provided subscription identifier '{subscription}' is malformed or invalid."
        );
        return Err(ArmError::new(400, "InvalidSubscriptionId", message));
    }
    if state.subscription(subscription).is_none() {
        return Err(ArmError::no_subscription(subscription));
    }
    match call.group() {
        Some(group) if state.group(subscription, group).is_none() => Err(ArmError::no_group(group)),
        _ => Ok(()),
    }
}

/// Returns the action that a right is needed for; none for what everybody may ask.
fn action(call: &Call, method: &Method) -> Option<String> {
    if matches!(call, Call::Tenants | Call::Subscriptions) {
        return None;
    }
    let word = match *method {
        Method::GET | Method::HEAD => "read",
        Method::DELETE => "delete",
        _ => "write",
    };
    Some(format!("{}/{word}", call.resource_type()))
}

fn throttle(
    world: &World,
    state: &mut State,
    request: &Request,
    call: &Call,
    claims: &Claims,
    now: Moment,
) -> Result<(), ArmError> {
    let settings = state.settings.throttle.clone();
    let mut draws = Vec::new();
    if settings.arm {
        draws.extend(arm_draws(request, claims));
    }
    if settings.identity_service {
        draws.extend(identity_draws(world, request, call, &settings));
    }
    let Err(Throttled { wait }) = state.buckets.draw(&draws, now) else {
        return Ok(());
    };
    if state.settings.clock.jump_on_throttle {
        world.advance_milliseconds(wait);
    }
    let seconds = settings
        .retry_after_seconds
        .unwrap_or_else(|| u64::try_from(wait).unwrap_or(0).div_ceil(1000));
    let message = "The request is being throttled as the limit has been reached for this \
                   operation type.";
    let mut error = ArmError::new(429, "TooManyRequests", message);
    if settings.send_retry_after {
        error = error.header("Retry-After", &seconds.to_string());
    }
    Err(error)
}

/// Returns ARM's own buckets: one per subscription and principal, one per tenant and principal.
fn arm_draws(request: &Request, claims: &Claims) -> [Draw; 2] {
    let method = request.method.as_str();
    [
        throttle::arm(method, &subscription_of(request), &claims.oid),
        throttle::arm(method, &claims.tid, &claims.oid),
    ]
}

fn subscription_of(request: &Request) -> String {
    match request.segments().as_slice() {
        [_, id, ..] => id.to_ascii_lowercase(),
        _ => String::new(),
    }
}

/// Returns how many requests of this kind ARM would still take at once.
pub(crate) fn remaining(world: &World, request: &Request, claims: &Claims) -> u64 {
    let now = world.now();
    let state = world.state();
    let levels = arm_draws(request, claims).map(|draw| state.buckets.tokens(&draw, now));
    let least = levels.into_iter().fold(f64::INFINITY, f64::min);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "buckets hold between 0 and 250"
    )]
    let whole = least.max(0.0) as u64;
    whole
}

fn identity_draws(world: &World, request: &Request, call: &Call, settings: &Throttle) -> Vec<Draw> {
    let of_identity = |place: &Place| place.id(IDENTITY_TYPE);
    let (subscription, resource, lists) = match call {
        Call::Identities(subscription, _) => (subscription, None, true),
        Call::Identity(place) => (&place.subscription, Some(of_identity(place)), false),
        Call::Credentials(place) => (&place.subscription, Some(of_identity(place)), true),
        Call::Credential(place, name) => {
            let identity = of_identity(place);
            let resource = match settings.credential_counts {
                CredentialCounts::Identity => identity,
                CredentialCounts::Credential => format!("{identity}/{name}"),
            };
            (&place.subscription, Some(resource), false)
        }
        Call::Tenants
        | Call::Subscriptions
        | Call::Subscription(_)
        | Call::Groups(_)
        | Call::Group(..)
        | Call::Clusters(..)
        | Call::Cluster(_)
        | Call::Bindings(_)
        | Call::Binding(..)
        | Call::Definitions(_)
        | Call::Definition(..)
        | Call::Assignments(_)
        | Call::Assignment(..) => return Vec::new(),
    };
    let kind = match request.method {
        Method::GET | Method::HEAD if lists => IdentityCall::List,
        Method::GET | Method::HEAD => IdentityCall::Get,
        Method::DELETE => IdentityCall::Delete,
        _ => IdentityCall::Write,
    };
    throttle::identity_service(
        kind,
        world.id(),
        subscription,
        resource.as_deref(),
        settings,
    )
}

/// Takes the identity of a credential write, or refuses because another write has it.
fn begin_write(
    world: &World,
    state: &mut State,
    call: &Call,
    method: &Method,
) -> Result<Option<Writing>, ArmError> {
    let Call::Credential(place, _) = call else {
        return Ok(None);
    };
    let writes = matches!(*method, Method::PUT | Method::DELETE);
    if !writes || !state.settings.credentials.serial_writes {
        return Ok(None);
    }
    let identity = place.id(IDENTITY_TYPE).to_ascii_lowercase();
    if !state.writing.insert(identity.clone()) {
        let message = format!(
            "Too many Federated Identity Credentials are written concurrently for the managed \
             identity '{identity}'. Concurrent Federated Identity Credentials writes under the \
             same managed identity are not supported."
        );
        let code = "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity";
        return Err(ArmError::new(409, code, message));
    }
    Ok(Some(Writing {
        world: world.clone(),
        identity,
    }))
}
