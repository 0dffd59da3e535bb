//! Lists in pages, with `nextLink`.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};
use url::form_urlencoded;
use vwi_test_server::{Reply, Request};

use crate::arm::errors::ArmError;
use crate::settings::{Paging, SkipTokenSpelling};

/// What makes a skip token of a position; with a character that must be percent-encoded, as the
/// real ones have.
const MARK: &str = "page=";

/// Answers with the page of `items` that the request asks for.
pub(crate) fn page(
    request: &Request,
    url: &str,
    paging: &Paging,
    items: Vec<Value>,
) -> Result<Reply, ArmError> {
    let start = match skip_token(request) {
        None => 0,
        Some(token) => position(token)?,
    };
    let size = match (top(request)?, paging.page_size) {
        (Some(top), Some(size)) => top.min(size),
        (Some(size), None) | (None, Some(size)) => size,
        (None, None) => usize::MAX,
    };
    let total = items.len();
    let page: Vec<Value> = items.into_iter().skip(start).take(size).collect();
    let end = start + page.len();
    let mut body = Map::new();
    body.insert("value".to_owned(), Value::Array(page));
    if end < total {
        body.insert(
            "nextLink".to_owned(),
            json!(next_link(request, url, paging, end)),
        );
    }
    Ok(Reply::json(200, &Value::Object(body)))
}

fn skip_token(request: &Request) -> Option<&str> {
    let with_dollar = request.query("$skipToken");
    with_dollar.or_else(|| request.query("skipToken"))
}

fn position(token: &str) -> Result<usize, ArmError> {
    let position = token.strip_prefix(MARK).and_then(|text| text.parse().ok());
    position.ok_or_else(|| {
        let message = format!("The skip token '{token}' is not valid.");
        ArmError::new(400, "InvalidSkipToken", message)
    })
}

fn top(request: &Request) -> Result<Option<usize>, ArmError> {
    let Some(text) = request.query("$top") else {
        return Ok(None);
    };
    match text.parse() {
        Ok(top) if top > 0 => Ok(Some(top)),
        _ => {
            let message = format!("The value '{text}' of '$top' is not valid.");
            Err(ArmError::new(400, "InvalidQueryParameterValue", message))
        }
    }
}

/// Returns the absolute URL of the next page: the request's own, with the token.
fn next_link(request: &Request, url: &str, paging: &Paging, position: usize) -> String {
    let token = format!("{MARK}{position}");
    let encoded = utf8_percent_encode(&token, NON_ALPHANUMERIC);
    let spelling = match paging.skip_token {
        SkipTokenSpelling::Dollar => "$skipToken",
        SkipTokenSpelling::Encoded => "%24skiptoken",
        SkipTokenSpelling::Plain => "skipToken",
    };
    let mut others = form_urlencoded::Serializer::new(String::new());
    for (name, value) in &request.query {
        let name_alone = name.trim_start_matches('$');
        if !name_alone.eq_ignore_ascii_case("skipToken") {
            others.append_pair(name, value);
        }
    }
    format!(
        "{url}{}?{}&{spelling}={encoded}",
        request.path,
        others.finish()
    )
}
