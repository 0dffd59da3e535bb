//! Requests as the handlers read them, and replies as they give them.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde_json::Value;
use url::form_urlencoded;

/// A request that has been read to its end.
#[derive(Clone, Debug)]
pub struct Request {
    /// Number of the connection that it came on.
    pub connection: u64,
    /// HTTP method.
    pub method: Method,
    /// As it was sent, without the query.
    pub path: String,
    /// As it was sent, without `?`.
    pub raw_query: String,
    /// The decoded path; none if it has an empty segment or is not UTF-8.
    pub segments: Option<Vec<String>>,
    /// The decoded query.
    pub query: Vec<(String, String)>,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

impl Request {
    /// Takes a request whose body has arrived.
    pub fn new(connection: u64, parts: &http::request::Parts, body: Bytes) -> Self {
        let path = parts.uri.path().to_owned();
        let raw_query = parts.uri.query().unwrap_or_default().to_owned();
        Self {
            connection,
            method: parts.method.clone(),
            segments: segments(&path),
            path,
            query: form_urlencoded::parse(raw_query.as_bytes())
                .into_owned()
                .collect(),
            raw_query,
            headers: parts.headers.clone(),
            body,
        }
    }

    /// Returns the path's segments; empty for a path that cannot be read.
    pub fn segments(&self) -> Vec<&str> {
        let segments = self.segments.iter().flatten();
        segments.map(String::as_str).collect()
    }

    /// Returns a query parameter, whatever the case of its name.
    pub fn query(&self, name: &str) -> Option<&str> {
        let mut pairs = self.query.iter();
        let found = pairs.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Returns a header that is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Returns the body as JSON.
    ///
    /// # Errors
    ///
    /// [`serde_json::Error`] if it is none.
    pub fn json(&self) -> Result<Value, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }

    /// Returns the body as a form.
    pub fn form(&self) -> BTreeMap<String, String> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// Returns path and query as they were sent.
    pub fn target(&self) -> String {
        if self.raw_query.is_empty() {
            return self.path.clone();
        }
        format!("{}?{}", self.path, self.raw_query)
    }
}

/// Splits and decodes a path. Slashes at its start are one: ARM's clients put scopes that begin
/// with a slash behind one.
fn segments(path: &str) -> Option<Vec<String>> {
    let trimmed = path.trim_start_matches('/');
    let trimmed = trimmed.strip_suffix('/').unwrap_or(trimmed);
    if trimmed.is_empty() {
        return Some(Vec::new());
    }
    trimmed
        .split('/')
        .map(|segment| {
            let decoded = percent_decode_str(segment).decode_utf8().ok()?;
            (!decoded.is_empty()).then(|| decoded.into_owned())
        })
        .collect()
}

/// A reply before it is sent, or spoilt.
#[derive(Clone, Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers, one pair each.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Bytes,
    /// What the record of requests calls the error.
    pub error: Option<String>,
}

impl Reply {
    /// Makes a reply without body.
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
            error: None,
        }
    }

    /// Makes a reply with a body.
    pub fn body(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self {
            body: body.into(),
            ..Self::empty(status).header(header::CONTENT_TYPE.as_str(), content_type)
        }
    }

    /// Makes a reply with JSON.
    pub fn json(status: u16, value: &impl Serialize) -> Self {
        // The values are ours: no maps with keys other than strings.
        let body = serde_json::to_vec(value).unwrap_or_default();
        Self::body(status, "application/json; charset=utf-8", body)
    }

    /// Returns the reply with one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Returns the reply with the code that the record shows.
    #[must_use]
    pub fn error(mut self, code: &str) -> Self {
        self.error = Some(code.to_owned());
        self
    }

    /// Splits the reply into what goes on the wire.
    pub fn into_parts(self) -> (http::response::Builder, Bytes) {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = http::Response::builder().status(status);
        for (name, value) in &self.headers {
            response = response.header(name, value);
        }
        (response, self.body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_decoded_and_holes_refused() {
        let read = |path| segments(path).map(|segments| segments.join("|"));
        for (path, expected) in [
            ("/", Some("")),
            ("/a/b%20c", Some("a|b c")),
            ("//subscriptions/s/", Some("subscriptions|s")),
            ("/a//b", None),
            ("/a/%ff", None),
        ] {
            assert_eq!(read(path).as_deref(), expected, "{path}");
        }
    }
}
