//! Access tokens: signed by the stand-in, so that a request leads back to world and principal.

use http::header;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use vwi_test_server::Request;

use crate::clock::real_now;
use crate::state::new_id;
use crate::world::Common;

/// Claims of an access token, those of Entra's v1 tokens for applications.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) aud: String,
    pub(crate) iss: String,
    pub(crate) iat: i64,
    pub(crate) nbf: i64,
    pub(crate) exp: i64,
    pub(crate) appid: String,
    pub(crate) idp: String,
    pub(crate) idtyp: String,
    pub(crate) oid: String,
    pub(crate) sub: String,
    pub(crate) tid: String,
    pub(crate) uti: String,
    pub(crate) ver: String,
}

/// What an `Authorization` header turned out to be.
#[derive(Clone, Debug)]
pub(crate) enum Bearer {
    /// A token of ours.
    Valid(Claims),
    /// A token of ours that is over.
    Expired(Claims),
    /// Something else.
    Invalid,
}

impl Bearer {
    /// Returns the claims of a token of ours, over or not.
    pub(crate) fn claims(&self) -> Option<&Claims> {
        match self {
            Self::Valid(claims) | Self::Expired(claims) => Some(claims),
            Self::Invalid => None,
        }
    }
}

/// Whom a token is made for.
#[derive(Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) tenant: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) object_id: &'a str,
    pub(crate) audience: &'a str,
}

/// Returns the issuer that tokens of a tenant name.
pub(crate) fn issuer(tenant: &str) -> String {
    format!("https://sts.windows.net/{tenant}/")
}

/// Makes an access token.
pub(crate) fn make(
    subject: &Subject<'_>,
    seconds: i64,
    common: &Common,
) -> Result<String, jsonwebtoken::errors::Error> {
    let now = real_now() / 1000;
    let claims = Claims {
        aud: subject.audience.to_owned(),
        iss: issuer(subject.tenant),
        iat: now,
        nbf: now,
        exp: now + seconds,
        appid: subject.client_id.to_owned(),
        idp: issuer(subject.tenant),
        idtyp: "app".to_owned(),
        oid: subject.object_id.to_owned(),
        sub: subject.object_id.to_owned(),
        tid: subject.tenant.to_owned(),
        uti: new_id(),
        ver: "1.0".to_owned(),
    };
    let key = EncodingKey::from_secret(&common.token_key);
    encode(&Header::new(Algorithm::HS256), &claims, &key)
}

/// Reads the `Authorization` header; none if there is none.
pub(crate) fn read(request: &Request, common: &Common) -> Option<Bearer> {
    let value = request.header(header::AUTHORIZATION.as_str())?;
    let Some((scheme, token)) = value.split_once(' ') else {
        return Some(Bearer::Invalid);
    };
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Some(Bearer::Invalid);
    }
    let mut validation = Validation::new(Algorithm::HS256);
    // Times and audience are judged by whoever is shown the token, each with its own answer.
    validation.validate_exp = false;
    validation.validate_aud = false;
    let key = DecodingKey::from_secret(&common.token_key);
    let Ok(token) = decode::<Claims>(token.trim(), &key, &validation) else {
        return Some(Bearer::Invalid);
    };
    Some(if token.claims.exp <= real_now() / 1000 {
        Bearer::Expired(token.claims)
    } else {
        Bearer::Valid(token.claims)
    })
}
