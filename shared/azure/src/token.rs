//! What a ServiceAccount's token claims. Its signature is the receiver's to verify.

use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// The claims that Entra compares, and what names the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// `iss`
    pub issuer: String,
    /// `sub`
    pub subject: String,
    /// `aud`, the first one.
    pub audience: String,
    /// `kid` of the header.
    pub key_id: Option<String>,
    /// `exp`, in seconds since 1970.
    pub expires: Option<i64>,
}

#[derive(Deserialize)]
struct Payload {
    #[serde(default)]
    iss: String,
    #[serde(default)]
    sub: String,
    #[serde(default)]
    aud: Audience,
    exp: Option<i64>,
}

#[derive(Default, Deserialize)]
#[serde(untagged)]
enum Audience {
    #[default]
    None,
    One(String),
    Several(Vec<String>),
}

/// Reads the claims of a token; `None` if it is no JWT.
pub fn claims(token: &SecretString) -> Option<Claims> {
    let token = token.expose_secret();
    let header = decode_header(token).ok()?;
    let mut validation = Validation::new(header.alg);
    validation.insecure_disable_signature_validation();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    // Nothing is verified, so that no key is needed.
    let payload = decode::<Payload>(token, &DecodingKey::from_secret(&[]), &validation)
        .ok()?
        .claims;
    Some(Claims {
        issuer: payload.iss,
        subject: payload.sub,
        audience: match payload.aud {
            Audience::None => String::new(),
            Audience::One(audience) => audience,
            Audience::Several(audiences) => audiences.into_iter().next().unwrap_or_default(),
        },
        key_id: header.kid,
        expires: payload.exp,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_read_and_nothing_else_is_taken_for_a_token() {
        // {"alg":"RS256","kid":"k1"} . {"iss":"https://i/","sub":"s","aud":["a","b"],"exp":7}
        let token = SecretString::from(
            "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsxIn0.\
             eyJpc3MiOiJodHRwczovL2kvIiwic3ViIjoicyIsImF1ZCI6WyJhIiwiYiJdLCJleHAiOjd9.c2ln"
                .to_owned(),
        );
        let found = claims(&token).unwrap();
        assert_eq!(
            found,
            Claims {
                issuer: "https://i/".to_owned(),
                subject: "s".to_owned(),
                audience: "a".to_owned(),
                key_id: Some("k1".to_owned()),
                expires: Some(7),
            }
        );
        for text in ["", "a.b", "a.b.c"] {
            assert_eq!(claims(&SecretString::from(text.to_owned())), None);
        }
    }
}
