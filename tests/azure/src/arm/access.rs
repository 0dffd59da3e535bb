//! Who is asking ARM, and whether it may.

use crate::arm::errors::ArmError;
use crate::arm::scope;
use crate::clock::{Moment, rfc3339};
use crate::rights::allows;
use crate::state::State;
use crate::token::{self, Bearer, Claims};
use crate::world::World;

/// Resources that tokens for ARM name, in every cloud, without a slash at the end.
const AUDIENCES: &[&str] = &[
    "https://management.azure.com",
    "https://management.core.windows.net",
    "https://management.usgovcloudapi.net",
    "https://management.core.usgovcloudapi.net",
    "https://management.chinacloudapi.cn",
    "https://management.core.chinacloudapi.cn",
    "https://management.sovcloud-api.fr",
];

/// Returns the claims of a token that ARM takes in this world.
pub(crate) fn authenticate<'a>(
    world: &World,
    bearer: Option<&'a Bearer>,
) -> Result<&'a Claims, ArmError> {
    let authority = format!("{}/{}", world.common().url, world.id());
    let claims = token_claims(bearer, &authority)?;
    if !claims.tid.eq_ignore_ascii_case(world.id()) {
        let tenant = world.id();
        let message = format!(
            "The access token is from the wrong issuer '{}'. It must match the tenant '{}' \
             associated with this subscription. Please use the authority (URL) '{authority}' to \
             get the token. Note, if the subscription is transferred to another tenant there is \
             no impact to the services, but information about new tenant could take time to \
             propagate (up to an hour).",
            claims.iss,
            token::issuer(tenant)
        );
        let code = "InvalidAuthenticationTokenTenant";
        return Err(ArmError::unauthorized(code, &message, &authority));
    }
    let audience = claims.aud.trim_end_matches('/');
    let url = &world.common().url;
    let settings = world.settings();
    let more = settings.arm_audiences.iter().chain([url]);
    let mut allowed = more
        .map(|audience| audience.trim_end_matches('/'))
        .chain(AUDIENCES.iter().copied());
    if !allowed.any(|allowed| allowed.eq_ignore_ascii_case(audience)) {
        let message = format!(
            "The access token has been obtained for wrong audience or resource '{}'. It should \
             exactly match with one of the allowed audiences '{}'.",
            claims.aud,
            AUDIENCES.join("','")
        );
        let code = "InvalidAuthenticationTokenAudience";
        return Err(ArmError::unauthorized(code, &message, &authority));
    }
    Ok(claims)
}

/// Returns the claims of a token that is ours and not over.
pub(crate) fn token_claims<'a>(
    bearer: Option<&'a Bearer>,
    authority: &str,
) -> Result<&'a Claims, ArmError> {
    match bearer {
        Some(Bearer::Valid(claims)) => Ok(claims),
        None => {
            let message = "Authentication failed. The 'Authorization' header is missing.";
            let code = "AuthenticationFailed";
            Err(ArmError::unauthorized(code, message, authority))
        }
        Some(Bearer::Invalid) => {
            let message = "The access token is invalid.";
            let code = "InvalidAuthenticationToken";
            Err(ArmError::unauthorized(code, message, authority))
        }
        Some(Bearer::Expired(claims)) => {
            let message = format!(
                "The access token expiry UTC time '{}' is earlier than current UTC time.",
                rfc3339(claims.exp.saturating_mul(1000))
            );
            let code = "ExpiredAuthenticationToken";
            Err(ArmError::unauthorized(code, &message, authority))
        }
    }
}

/// Refuses an action that the principal has no right to at this scope.
pub(crate) fn authorize(
    state: &mut State,
    claims: &Claims,
    action: &str,
    at: &str,
    now: Moment,
) -> Result<(), ArmError> {
    if is_allowed(state, &claims.oid, action, at, now) {
        return Ok(());
    }
    Err(ArmError::forbidden(&claims.appid, &claims.oid, action, at))
}

fn is_allowed(state: &mut State, object_id: &str, action: &str, at: &str, now: Moment) -> bool {
    let caller = state.callers.iter();
    let mut caller = caller.filter(|caller| caller.info.object_id == object_id);
    if let Some(caller) = caller.next() {
        let given = caller.info.rights.iter().any(|right| {
            let role = right
                .role
                .as_deref()
                .and_then(|role| state.definition(role));
            let by_role = role.is_some_and(|role| allows(&role.actions, &role.not_actions, action));
            let by_action = allows(&right.actions, &right.not_actions, action);
            let scope_of_right = right.scope.trim_end_matches('/');
            (by_role || by_action) && scope::is_at_or_above(scope_of_right, at)
        });
        if given {
            return true;
        }
    }
    let delay = state.settings.propagation.role;
    let definitions = &state.definitions;
    state
        .assignments
        .iter_mut()
        .filter(|one| one.principal_id.eq_ignore_ascii_case(object_id))
        .filter(|one| scope::is_at_or_above(&one.scope, at))
        .filter(|one| {
            let mut roles = definitions.iter().filter(|role| role.guid == one.role);
            roles.any(|role| allows(&role.actions, &role.not_actions, action))
        })
        .any(|one| one.effective.has_arrived(delay, now))
}

/// Whether the principal has any right in a subscription: what `GET /subscriptions` goes by.
pub(crate) fn sees_subscription(state: &State, object_id: &str, subscription: &str) -> bool {
    let at = format!("/subscriptions/{subscription}");
    let touches = |right: &str| {
        let right = right.trim_end_matches('/');
        scope::is_at_or_above(right, &at) || scope::is_at_or_above(&at, right)
    };
    let of_callers = state
        .callers
        .iter()
        .filter(|caller| caller.info.object_id == object_id)
        .flat_map(|caller| &caller.info.rights)
        .any(|right| touches(&right.scope));
    of_callers
        || state
            .assignments
            .iter()
            .any(|one| one.principal_id.eq_ignore_ascii_case(object_id) && touches(&one.scope))
}
