//! Federated identity credentials.

use http::Method;
use serde_json::{Map, Value, json};
use vwi_test_server::Reply;

use crate::arm::errors::ArmError;
use crate::arm::route::CREDENTIAL_TYPE;
use crate::arm::subscriptions::only_get;
use crate::arm::{Context, versions};
use crate::clock::Arrival;
use crate::seed::CredentialSpec;
use crate::settings::{CredentialRules, Flexible, FreshIdentity, Refusal};
use crate::state::planting::BINDING_CREDENTIAL;
use crate::state::{Credential, Identity, Place, State};

/// Lists the credentials of an identity.
pub(super) fn list(context: &Context<'_>, state: &State, place: &Place) -> Result<Reply, ArmError> {
    only_get(context)?;
    let Some(identity) = state.identity(place) else {
        return Err(parent_missing(place));
    };
    let credentials = identity.credentials.iter();
    let items = credentials.map(|one| view(identity, &one.spec)).collect();
    context.page(state, items)
}

/// One credential: GET, PUT, DELETE.
pub(super) fn one(
    context: &Context<'_>,
    state: &mut State,
    place: &Place,
    name: &str,
) -> Result<Reply, ArmError> {
    match context.request.method {
        Method::GET => get(state, place, name),
        Method::PUT => put(context, state, place, name),
        Method::DELETE => {
            let Some(identity) = state.identity_mut(place) else {
                return Ok(Reply::empty(204));
            };
            let before = identity.credentials.len();
            identity
                .credentials
                .retain(|one| !one.spec.name.eq_ignore_ascii_case(name));
            let removed = identity.credentials.len() < before;
            Ok(Reply::empty(if removed { 200 } else { 204 }))
        }
        _ => Err(context.method_not_allowed()),
    }
}

fn get(state: &State, place: &Place, name: &str) -> Result<Reply, ArmError> {
    let Some(identity) = state.identity(place) else {
        return Err(parent_missing(place));
    };
    let mut credentials = identity.credentials.iter();
    let found = credentials.find(|one| one.spec.name.eq_ignore_ascii_case(name));
    let absent = || {
        let message = format!(
            "The Federated Identity Credential '{name}' was not found under the managed identity \
             '{}'.",
            identity.place.name
        );
        refuse(&state.settings.credentials.missing, message)
    };
    let found = found.ok_or_else(absent)?;
    Ok(Reply::json(200, &view(identity, &found.spec)))
}

fn put(
    context: &Context<'_>,
    state: &mut State,
    place: &Place,
    name: &str,
) -> Result<Reply, ArmError> {
    let rules = state.settings.credentials.clone();
    let identity_delay = state.settings.propagation.identity;
    let binding_counts = state.settings.bindings.takes_one_credential;
    let Some(identity) = state.identity_mut(place) else {
        return Err(parent_missing(place));
    };
    if !identity
        .known_to_credentials
        .has_arrived(identity_delay, context.now)
    {
        return Err(match rules.fresh_identity {
            FreshIdentity::ParentResourceNotFound => parent_missing(place),
            FreshIdentity::GraphResourceNotFound => {
                let message = "MS Graph resource not found during Federated Identity Credential \
                               creation.";
                ArmError::new(404, "ParentResourceNotFound", message)
            }
        });
    }
    if rules.regions_without_support.contains(&identity.location) {
        let message = "The request format was unexpected: Support for federated identity \
                       credentials not enabled.";
        return Err(refuse(&rules.unsupported_region, message));
    }
    if !is_name(name) {
        let message = format!("Federated Identity Credential name '{name}' is invalid.");
        return Err(refuse(&rules.bad_name, message));
    }
    let spec = wanted(context, &rules, name)?;
    let is_named = |one: &Credential| one.spec.name.eq_ignore_ascii_case(name);
    let taken = identity.credentials.iter().any(|one| {
        !is_named(one)
            && one.spec.issuer == spec.issuer
            && one.spec.subject == spec.subject
            && one.spec.claims_matching_expression == spec.claims_matching_expression
    });
    if taken {
        let message = "Issuer and subject combination already exists for this Managed Identity.";
        return Err(refuse(&rules.duplicate_pair, message));
    }
    let arrival = Arrival::begun(context.now);
    if let Some(found) = identity.credentials.iter_mut().find(|one| is_named(one)) {
        // Entra goes on with what it knows until the change has arrived.
        let spec = CredentialSpec {
            name: found.spec.name.clone(),
            ..spec
        };
        if found.spec != spec {
            found.previous = Some(std::mem::replace(&mut found.spec, spec));
            found.known_to_entra = arrival;
            found.failures_left = None;
        }
        let spec = found.spec.clone();
        return Ok(Reply::json(200, &view(identity, &spec)));
    }
    let counted = |one: &&Credential| binding_counts || one.spec.name != BINDING_CREDENTIAL;
    if identity.credentials.iter().filter(counted).count() >= rules.per_identity {
        let message = "Too many Federated Identity Credentials";
        return Err(refuse(&rules.over_limit, message));
    }
    let reply = Reply::json(201, &view(identity, &spec));
    identity.credentials.push(Credential::new(spec, arrival));
    Ok(reply)
}

/// Reads the body, as far as it does not depend on what is there.
fn wanted(
    context: &Context<'_>,
    rules: &CredentialRules,
    name: &str,
) -> Result<CredentialSpec, ArmError> {
    let body = context.json()?;
    let properties = body.get("properties").and_then(Value::as_object);
    let Some(properties) = properties.filter(|properties| !properties.is_empty()) else {
        return Err(empty(rules));
    };
    let text = |key: &str| {
        let value = properties.get(key).and_then(Value::as_str);
        value.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let expression = properties.get("claimsMatchingExpression");
    let expression = expression.filter(|value| !value.is_null()).cloned();
    let subject = text("subject");
    if expression.is_some() {
        let accepted = rules.flexible == Flexible::Accept
            && versions::has_flexible_credentials(context.version)
            && subject.is_none();
        if !accepted {
            let message = "Claims matching expressions are not supported for this Federated \
                           Identity Credential.";
            return Err(ArmError::new(400, "BadRequest", message));
        }
    } else if subject.is_none() {
        return Err(empty(rules));
    }
    let Some(issuer) = text("issuer") else {
        return Err(empty(rules));
    };
    let audience = match properties.get("audiences").and_then(Value::as_array) {
        Some(audiences) => match audiences.as_slice() {
            [Value::String(audience)] if !audience.is_empty() => audience.clone(),
            _ => return Err(bad_audience(rules)),
        },
        None => return Err(bad_audience(rules)),
    };
    for (what, value) in [
        ("issuer", Some(&issuer)),
        ("subject", subject.as_ref()),
        ("audience", Some(&audience)),
    ] {
        let length = value.map_or(0, |value| value.chars().count());
        if length > rules.text_length {
            let message = format!(
                "Federated Identity Credential {what} has {length} characters; at most {} are \
                 allowed.",
                rules.text_length
            );
            return Err(ArmError::new(400, "BadRequest", message));
        }
    }
    Ok(CredentialSpec {
        name: name.to_owned(),
        issuer,
        subject,
        audiences: vec![audience],
        claims_matching_expression: expression,
    })
}

fn view(identity: &Identity, credential: &CredentialSpec) -> Value {
    let mut properties = Map::new();
    properties.insert("issuer".to_owned(), json!(credential.issuer));
    if let Some(subject) = &credential.subject {
        properties.insert("subject".to_owned(), json!(subject));
    }
    properties.insert("audiences".to_owned(), json!(credential.audiences));
    if let Some(expression) = &credential.claims_matching_expression {
        properties.insert("claimsMatchingExpression".to_owned(), expression.clone());
    }
    let (parent, name) = (identity.id(), &credential.name);
    json!({
        "id": format!("{parent}/federatedIdentityCredentials/{name}"),
        "name": name,
        "type": CREDENTIAL_TYPE,
        "properties": properties,
    })
}

/// Whether a name is `^[a-zA-Z0-9]{1}[a-zA-Z0-9-_]{2,119}$`.
fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    let start = characters
        .next()
        .is_some_and(|one| one.is_ascii_alphanumeric());
    let rest = characters.all(|one| one.is_ascii_alphanumeric() || one == '-' || one == '_');
    start && rest && (3..=120).contains(&name.len())
}

fn parent_missing(place: &Place) -> ArmError {
    ArmError::no_parent(&place.name)
}

fn refuse(refusal: &Refusal, message: impl Into<String>) -> ArmError {
    ArmError::new(refusal.status, &refusal.code, message)
}

fn empty(rules: &CredentialRules) -> ArmError {
    let message = "Federated Identity Credential from HTTP body has empty properties";
    refuse(&rules.empty_properties, message)
}

fn bad_audience(rules: &CredentialRules) -> ArmError {
    let message = "Federated identity credentials must have exactly one audience.";
    refuse(&rules.bad_audience, message)
}
