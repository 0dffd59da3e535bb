//! YAML of small files that others write, read by way of a tree.
//!
//! The parser is so compiled for one type, and not for each that is read: it was a twentieth of the
//! program.

use serde_json::Value;

/// Parses a document in which numbers are text, as kubectl takes them for a field that is one: a
/// kubeconfig and a map of identities have no numbers, but names and passwords that look like them.
///
/// # Errors
///
/// The parser's, with the place.
pub fn texts(text: &str) -> Result<Value, serde_saphyr::Error> {
    let options = serde_saphyr::options! {
        with_snippet: false,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
    };
    serde_saphyr::from_str_with_options(text, options).map(with_texts)
}

fn with_texts(tree: Value) -> Value {
    match tree {
        Value::Number(number) => Value::String(number.to_string()),
        Value::Array(items) => items.into_iter().map(with_texts).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (name, with_texts(value)))
            .collect(),
        Value::Null | Value::Bool(_) | Value::String(_) => tree,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_text_and_switches_are_not() {
        let tree = texts("a: [7, 0123, 1.5, x, true, yes, null]\n3: {b: 4}\n").unwrap();
        assert_eq!(
            tree,
            json!({"a": ["7", "0123", "1.5", "x", true, "yes", null], "3": {"b": "4"}})
        );
        assert!(texts("a: [").is_err());
    }
}
