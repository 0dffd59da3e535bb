//! Objects of JSON, written field by field: for what is written by the million.

use serde_json::Value;

/// An object while it is written, compact, as `serde_json` writes it.
///
/// Its keys are ours and need no escape. Most texts need none either, which is seen many bytes at a
/// time.
pub(crate) struct Object<'a> {
    out: &'a mut Vec<u8>,
    is_empty: bool,
}

impl<'a> Object<'a> {
    /// Appends an object with `fields` to `out`.
    pub(crate) fn write(out: &'a mut Vec<u8>, fields: impl FnOnce(&mut Object<'_>)) {
        out.push(b'{');
        let mut object = Object {
            out,
            is_empty: true,
        };
        fields(&mut object);
        object.out.push(b'}');
    }

    // Where a key is known, it is written as fast as by hand.
    #[inline]
    fn key(&mut self, key: &'static str) {
        if !self.is_empty {
            self.out.push(b',');
        }
        self.is_empty = false;
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    /// Writes a word of ours, which needs no escape.
    #[inline]
    pub(crate) fn word(&mut self, key: &'static str, word: &'static str) {
        self.key(key);
        self.out.push(b'"');
        self.out.extend_from_slice(word.as_bytes());
        self.out.push(b'"');
    }

    /// Writes a text.
    #[inline]
    pub(crate) fn text(&mut self, key: &'static str, text: &str) {
        self.joined(key, [text]);
    }

    /// Writes a text, if it is there.
    #[inline]
    pub(crate) fn optional(&mut self, key: &'static str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(key, text);
        }
    }

    /// Writes a text that is put together.
    #[inline]
    pub(crate) fn joined<const N: usize>(&mut self, key: &'static str, parts: [&str; N]) {
        self.key(key);
        self.out.push(b'"');
        for part in parts {
            push_escaped(self.out, part);
        }
        self.out.push(b'"');
    }

    /// Writes an object.
    pub(crate) fn object(&mut self, key: &'static str, fields: impl FnOnce(&mut Object<'_>)) {
        self.key(key);
        Object::write(self.out, fields);
    }

    /// Writes a list of objects.
    pub(crate) fn list<T>(
        &mut self,
        key: &'static str,
        items: impl IntoIterator<Item = T>,
        fields: impl Fn(&mut Object<'_>, T),
    ) {
        self.key(key);
        self.out.push(b'[');
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            Object::write(self.out, |object| fields(object, item));
        }
        self.out.push(b']');
    }
}

/// Appends a text as it stands between quotes.
fn push_escaped(out: &mut Vec<u8>, text: &str) {
    if is_plain(text.as_bytes()) {
        out.extend_from_slice(text.as_bytes());
    } else {
        push_escapes(out, text);
    }
}

#[cold]
fn push_escapes(out: &mut Vec<u8>, text: &str) {
    let quoted = Value::from(text).to_string();
    let escaped = quoted.strip_prefix('"');
    let escaped = escaped.and_then(|text| text.strip_suffix('"'));
    out.extend_from_slice(escaped.unwrap_or_default().as_bytes());
}

/// Whether all bytes of a text stand in JSON as they are.
fn is_plain(bytes: &[u8]) -> bool {
    const BLANK: u64 = u64::from_ne_bytes([b' '; 8]);
    let (words, rest) = bytes.as_chunks();
    let rest = rest.iter();
    let rest = rest.fold(BLANK, |word, byte| word << 8 | u64::from(*byte));
    words
        .iter()
        .all(|word| is_plain_word(u64::from_ne_bytes(*word)))
        && is_plain_word(rest)
}

/// As [`is_plain`], of eight bytes at once.
fn is_plain_word(word: u64) -> bool {
    const HIGHEST: u64 = u64::from_ne_bytes([0x80; 8]);
    // What is smaller than what is taken from it borrows, and then has the highest bit. A borrow may
    // go on to the next byte, but there is none without a byte that is smaller.
    let below =
        |word: u64, limit: u8| word.wrapping_sub(u64::from_ne_bytes([limit; 8])) & !word & HIGHEST;
    let equal = |byte: u8| below(word ^ u64::from_ne_bytes([byte; 8]), 1);
    below(word, b' ') | equal(b'"') | equal(b'\\') == 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn written(fields: impl FnOnce(&mut Object<'_>)) -> String {
        let mut out = Vec::new();
        Object::write(&mut out, fields);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn fields_stand_in_their_order() {
        let all = written(|object| {
            object.optional("none", None);
            object.optional("one", Some("a"));
            object.word("word", "w");
            object.joined("two", ["b", "", "\"", "c"]);
            object.object("three", |object| object.text("x", "y"));
            object.object("four", |_| {});
            object.list("five", ["p", "q"], |object, text| object.text("z", text));
            object.list("six", [""; 0], |object, text| object.text("z", text));
        });
        let expected = r#"{"one":"a","word":"w","two":"b\"c","three":{"x":"y"},"four":{},"five":[{"z":"p"},{"z":"q"}],"six":[]}"#;
        assert_eq!(all, expected);
    }

    #[test]
    fn each_byte_is_seen_at_each_place() {
        for length in 1..20 {
            for place in 0..length {
                for byte in 0..=u8::MAX {
                    let mut bytes = vec![b'~'; length];
                    bytes[place] = byte;
                    let expected = byte >= b' ' && byte != b'"' && byte != b'\\';
                    assert_eq!(is_plain(&bytes), expected, "{byte} at {place} of {length}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_is_written_as_the_library_writes_it(text in any::<String>(), odd in "[\0-\u{ff}]*") {
            let both = written(|object| {
                object.text("text", &text);
                object.joined("both", [&odd, &text]);
            });
            let expected = json!({"text": text, "both": format!("{odd}{text}")});
            prop_assert_eq!(both, expected.to_string());
        }
    }
}
