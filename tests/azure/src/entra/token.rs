//! The token endpoint: `POST /{tenant}/oauth2/v2.0/token`.

use std::collections::BTreeMap;

use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::json;
use vwi_test_server::{Reply, Request};

use crate::dispatch::Shared;
use crate::entra::application::Application;
use crate::entra::assertion::Assertion;
use crate::entra::errors::{EntraError, texts};
use crate::settings::Settings;
use crate::token::{self, Subject};
use crate::world::World;

/// The one type of client assertion.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Gives a token, or says why not.
pub(super) async fn give(
    shared: &Shared,
    world: &World,
    request: &Request,
) -> Result<Reply, EntraError> {
    let form = request.form();
    let settings = world.settings();
    let grant = required(&form, "grant_type")?;
    if grant != "client_credentials" {
        let text = format!("The app requested an unsupported grant type '{grant}'.");
        return Err(EntraError::new(70003, text));
    }
    let client_id = required(&form, "client_id")?;
    let audience = audience(required(&form, "scope")?)?;
    let application = match (form.get("client_secret"), form.get("client_assertion")) {
        (Some(secret), _) => by_secret(world, client_id, secret)?,
        (None, Some(assertion)) => {
            let kind = required(&form, "client_assertion_type")?;
            if kind != ASSERTION_TYPE {
                let text = format!("The client assertion type '{kind}' is not supported.");
                return Err(EntraError::new(50027, text));
            }
            by_assertion(shared, world, client_id, assertion, &settings).await?
        }
        (None, None) => {
            // An unknown application is told so before it is told what is missing.
            find(world, client_id, None)?;
            return Err(texts::no_secret());
        }
    };
    let seconds = settings.entra.token_seconds;
    let principal = (
        application.client_id.as_str(),
        application.object_id.as_str(),
    );
    let token = mint(world, principal, audience)
        .map_err(|error| EntraError::new(90033, error.to_string()).with_status(503))?;
    let body = json!({
        "token_type": "Bearer",
        "expires_in": seconds,
        "ext_expires_in": seconds,
        "access_token": token,
    });
    Ok(Reply::json(200, &body))
}

/// Makes a token for a principal, by its client id and object id, and keeps a copy for the test.
pub(super) fn mint(
    world: &World,
    (client_id, object_id): (&str, &str),
    audience: &str,
) -> Result<String, jsonwebtoken::errors::Error> {
    let subject = Subject {
        tenant: world.id(),
        client_id,
        object_id,
        audience,
    };
    let seconds = world.settings().entra.token_seconds;
    let token = token::make(&subject, seconds, world.common())?;
    world.keep_token(token.clone());
    Ok(token)
}

fn required<'a>(form: &'a BTreeMap<String, String>, name: &str) -> Result<&'a str, EntraError> {
    let value = form.get(name).filter(|value| !value.is_empty());
    value.map(String::as_str).ok_or_else(|| {
        let text = format!("The request body must contain the following parameter: '{name}'.");
        EntraError::new(900_144, text)
    })
}

/// Returns the resource that a scope `<resource>/.default` names.
fn audience(scope: &str) -> Result<&str, EntraError> {
    let resource = scope.trim().strip_suffix("/.default");
    resource
        .filter(|resource| !resource.is_empty() && !resource.contains(' '))
        .ok_or_else(|| {
            let text = format!(
                "The provided value for scope {scope} is not valid. Client credential flows must \
                 have a scope value with /.default suffixed to the resource identifier \
                 (application ID URI)."
            );
            EntraError::new(1_002_012, text)
        })
}

fn find(
    world: &World,
    client_id: &str,
    assertion: Option<&Assertion<'_>>,
) -> Result<Application, EntraError> {
    let claims = assertion.map(|assertion| &assertion.claims);
    let found = Application::find(&mut world.state(), client_id, claims, world.now());
    found.ok_or_else(|| texts::no_application(client_id, world.domain()))
}

fn by_secret(world: &World, client_id: &str, secret: &str) -> Result<Application, EntraError> {
    let application = find(world, client_id, None)?;
    if application.secret.as_deref() == Some(secret) {
        return Ok(application);
    }
    let text = format!(
        "Invalid client secret provided. Ensure the secret being sent in the request is the client \
         secret value, not the client secret ID, for a secret added to app '{client_id}'."
    );
    Err(EntraError::new(7_000_215, text))
}

async fn by_assertion(
    shared: &Shared,
    world: &World,
    client_id: &str,
    assertion: &str,
    settings: &Settings,
) -> Result<Application, EntraError> {
    let assertion = Assertion::read(assertion)?;
    let application = find(world, client_id, Some(&assertion))?;
    let claims = &assertion.claims;
    if claims.iss.eq_ignore_ascii_case(client_id) && claims.sub.eq_ignore_ascii_case(client_id) {
        by_certificate(world, &assertion, &application, settings)?;
        return Ok(application);
    }
    let own = [token::issuer(world.id()), super::issuer(world)];
    if own.contains(&claims.iss) {
        let text = "AAD-issued tokens may not be used for federated identity flows.";
        return Err(EntraError::new(700_222, text));
    }
    assertion
        .check(&shared.keys, &application, settings)
        .await?;
    Ok(application)
}

/// Checks an assertion that an application has signed itself, with one of its certificates.
fn by_certificate(
    world: &World,
    assertion: &Assertion<'_>,
    application: &Application,
    settings: &Settings,
) -> Result<(), EntraError> {
    let algorithm = assertion.algorithm();
    let signed = matches!(algorithm, Algorithm::RS256 | Algorithm::PS256)
        && application.certificates.iter().any(|certificate| {
            let key = DecodingKey::from_rsa_pem(certificate.as_bytes());
            key.is_ok_and(|key| assertion.is_signed_by(&key, algorithm))
        });
    if !signed {
        return Err(texts::bad_signature(700_027));
    }
    let endpoint = super::token_endpoint(world);
    let mut audiences = assertion.claims.audiences().iter();
    if !audiences.any(|audience| *audience == endpoint || *audience == super::issuer(world)) {
        let text = "Client assertion audience claim does not match Realm issuer. Review the \
                    documentation at \
                    https://learn.microsoft.com/entra/identity-platform/certificate-credentials .";
        return Err(EntraError::new(700_023, text));
    }
    assertion.check_times(settings)
}
