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
pub(crate) struct Request {
    pub(crate) connection: u64,
    pub(crate) method: Method,
    /// As it was sent, without the query.
    pub(crate) path: String,
    /// As it was sent, without `?`.
    pub(crate) raw_query: String,
    /// The decoded path; none if it has an empty segment or is not UTF-8.
    pub(crate) segments: Option<Vec<String>>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    pub(crate) fn new(connection: u64, parts: &http::request::Parts, body: Bytes) -> Self {
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
    pub(crate) fn segments(&self) -> Vec<&str> {
        let segments = self.segments.iter().flatten();
        segments.map(String::as_str).collect()
    }

    /// Returns a query parameter, whatever the case of its name.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        let mut pairs = self.query.iter();
        let found = pairs.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Returns a header that is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Returns the body as JSON.
    pub(crate) fn json(&self) -> Result<Value, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }

    /// Returns the body as a form.
    pub(crate) fn form(&self) -> BTreeMap<String, String> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// Returns path and query as they were sent.
    pub(crate) fn target(&self) -> String {
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
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
    /// `error.code` or the AADSTS number, for the record.
    pub(crate) error: Option<String>,
}

impl Reply {
    /// Makes a reply without body.
    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
            error: None,
        }
    }

    /// Makes a reply with a body.
    pub(crate) fn body(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self {
            body: body.into(),
            ..Self::empty(status).header(header::CONTENT_TYPE.as_str(), content_type)
        }
    }

    /// Makes a reply with JSON.
    pub(crate) fn json(status: u16, value: &impl Serialize) -> Self {
        // The values are ours: no maps with keys other than strings.
        let body = serde_json::to_vec(value).unwrap_or_default();
        Self::body(status, "application/json; charset=utf-8", body)
    }

    /// Returns the reply with one more header.
    #[must_use]
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Returns the reply with the code that the record shows.
    #[must_use]
    pub(crate) fn error(mut self, code: &str) -> Self {
        self.error = Some(code.to_owned());
        self
    }

    /// Splits the reply into what goes on the wire.
    pub(crate) fn into_parts(self) -> (http::response::Builder, Bytes) {
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
