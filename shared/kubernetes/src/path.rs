//! Paths of API requests.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::form_urlencoded::Serializer;

/// What a segment may hold unescaped (RFC 3986, `unreserved`).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Returns `template` with each `{}` replaced by the next of `segments`, escaped: a name that came
/// from a record can't lead to another path.
pub(crate) fn path(template: &str, segments: &[&str]) -> String {
    let mut segments = segments.iter();
    let mut path = String::with_capacity(template.len() + 64);
    for (index, part) in template.split("{}").enumerate() {
        if index > 0 {
            let segment = segments.next().copied().unwrap_or_default();
            path.extend(utf8_percent_encode(segment, ESCAPED));
        }
        path.push_str(part);
    }
    path
}

/// Returns `path` with the pairs that have a value as its query.
pub(crate) fn with_query(path: &str, pairs: &[(&str, Option<&str>)]) -> String {
    let mut query = Serializer::new(String::new());
    for (key, value) in pairs {
        if let Some(value) = value {
            query.append_pair(key, value);
        }
    }
    let query = query.finish();
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_one_segment() {
        let found = path("/api/v1/namespaces/{}/secrets/{}", &["a.b-c", "../x?y#z"]);
        assert_eq!(found, "/api/v1/namespaces/a.b-c/secrets/..%2Fx%3Fy%23z");
    }

    #[test]
    fn only_pairs_with_a_value_are_in_the_query() {
        let pairs = [
            ("limit", Some("500")),
            ("continue", None),
            ("labelSelector", Some("a=b,c")),
        ];
        assert_eq!(
            with_query("/p", &pairs),
            "/p?limit=500&labelSelector=a%3Db%2Cc"
        );
        assert_eq!(with_query("/p", &[("continue", None)]), "/p");
    }
}
