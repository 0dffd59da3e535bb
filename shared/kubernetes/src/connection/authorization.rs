//! The `Authorization` header: of a password, a token, or a file with a token that changes.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Request;
use http::header::{AUTHORIZATION, HeaderValue};
use kube::config::AuthInfo;
use secrecy::ExposeSecret;
use tower::BoxError;
use tower::filter::Predicate;
use zeroize::Zeroizing;

use super::SetupError;

/// How long what a file said is used, as in client-go: the kubelet renews tokens in their files.
const REREAD_AFTER: Duration = Duration::from_mins(1);

/// Adds the header to requests; clones share what was read.
#[derive(Clone)]
pub(super) enum Authorization {
    None,
    Fixed(HeaderValue),
    File(Arc<TokenFile>),
}

/// A file with a token.
pub(super) struct TokenFile {
    path: String,
    read: Mutex<(HeaderValue, Instant)>,
}

impl Authorization {
    /// Takes the first of password, token and token file.
    pub(super) fn new(user: &AuthInfo) -> Result<Self, SetupError> {
        if let (Some(name), Some(password)) = (&user.username, &user.password) {
            let pair = Zeroizing::new(format!("{name}:{}", password.expose_secret()));
            let encoded = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
            return Ok(Self::Fixed(header("Basic", &encoded)?));
        }
        if let Some(token) = &user.token {
            return Ok(Self::Fixed(header("Bearer", token.expose_secret())?));
        }
        let Some(path) = user.token_file.as_ref().filter(|path| !path.is_empty()) else {
            return Ok(Self::None);
        };
        let text = token(path).map_err(|source| SetupError::TokenFile {
            path: path.clone(),
            source,
        })?;
        let read = Mutex::new((header("Bearer", &text)?, Instant::now()));
        let path = path.clone();
        Ok(Self::File(Arc::new(TokenFile { path, read })))
    }

    fn value(&self) -> Option<HeaderValue> {
        match self {
            Self::None => None,
            Self::Fixed(value) => Some(value.clone()),
            Self::File(file) => Some(file.value()),
        }
    }
}

impl<B> Predicate<Request<B>> for Authorization {
    type Request = Request<B>;

    fn check(&mut self, mut request: Request<B>) -> Result<Request<B>, BoxError> {
        if let Some(value) = self.value() {
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        Ok(request)
    }
}

impl TokenFile {
    /// Returns the file's token as a header; the one before where the file can't be read any more,
    /// as some remove it after the start of a program (kubernetes/kubernetes#68164).
    fn value(&self) -> HeaderValue {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let (value, at) = &mut *read;
        if at.elapsed() >= REREAD_AFTER {
            let fresh = token(&self.path).ok();
            if let Some(fresh) = fresh.and_then(|text| header("Bearer", &text).ok()) {
                *value = fresh;
            }
            *at = Instant::now();
        }
        value.clone()
    }
}

/// Reads a token, without the line feed that many files end with.
fn token(path: &str) -> io::Result<Zeroizing<String>> {
    let text = Zeroizing::new(std::fs::read_to_string(path)?);
    match text.trim() {
        "" => Err(io::Error::other("the file is empty")),
        token => Ok(Zeroizing::new(token.to_owned())),
    }
}

fn header(scheme: &str, credential: &str) -> Result<HeaderValue, SetupError> {
    let text = Zeroizing::new(format!("{scheme} {credential}"));
    let mut value = HeaderValue::from_str(&text).map_err(|_hidden| SetupError::Credential)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_again_and_what_it_said_outlives_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "first").unwrap();
        let user = AuthInfo {
            token_file: Some(file.path().display().to_string()),
            ..AuthInfo::default()
        };
        let Authorization::File(token) = Authorization::new(&user).unwrap() else {
            panic!("no file");
        };
        let make_old = || {
            let long_ago = Instant::now().checked_sub(REREAD_AFTER).unwrap();
            token.read.lock().unwrap().1 = long_ago;
        };
        std::fs::write(&file, "second\n").unwrap();
        assert_eq!(token.value(), "Bearer first", "not yet");
        make_old();
        assert_eq!(token.value(), "Bearer second");
        drop(file);
        make_old();
        assert_eq!(token.value(), "Bearer second", "it is gone");
    }
}
