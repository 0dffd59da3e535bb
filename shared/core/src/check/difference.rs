//! Two texts side by side, byte for byte, with what can't be seen made visible.

use crate::text::escape;

/// Returns the number of equal bytes before the first that differs; `None` if none does.
pub fn first_difference(expected: &str, found: &str) -> Option<usize> {
    if expected == found {
        return None;
    }
    let same = expected
        .bytes()
        .zip(found.bytes())
        .take_while(|(one, other)| one == other)
        .count();
    Some(same)
}

/// Returns lines that show both texts, the first differing byte marked below.
///
/// Backticks stand around the texts, so that blanks and a slash at their ends are seen.
pub fn side_by_side(of: &str, expected: &str, found: Option<&str>) -> Vec<String> {
    let head = format!("expected {of} `");
    let mut lines = vec![format!("{head}{}`", escape(expected))];
    let Some(found) = found else {
        lines.push(format!("found    {of} none"));
        return lines;
    };
    lines.push(format!("found    {of} `{}`", escape(found)));
    if let Some(byte) = first_difference(expected, found) {
        let column = head.chars().count() + shown_before(found, byte);
        let mark = format!(
            "{}^ byte {}{}",
            " ".repeat(column),
            byte + 1,
            remark(expected, found, byte)
        );
        lines.push(mark);
    }
    lines
}

/// Returns how many characters are shown for the first `bytes` bytes of `text`.
fn shown_before(text: &str, bytes: usize) -> usize {
    // A difference inside of a character is marked at its beginning.
    let before: String = text
        .char_indices()
        .take_while(|(at, character)| at + character.len_utf8() <= bytes)
        .map(|(_, character)| character)
        .collect();
    escape(&before).chars().count()
}

/// Says what the eye misses.
fn remark(expected: &str, found: &str, byte: usize) -> String {
    let same = |one: &str, other: &str| one == other;
    if same(expected.trim(), found.trim()) {
        ": only white space differs".to_owned()
    } else if same(expected.trim_end_matches('/'), found.trim_end_matches('/')) {
        ": only the slash at the end differs".to_owned()
    } else if expected.eq_ignore_ascii_case(found) {
        ": only the case of letters differs".to_owned()
    } else if byte == found.len() {
        ": it ends here".to_owned()
    } else if byte == expected.len() {
        ": the expected one ends here".to_owned()
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(expected: &str, found: Option<&str>) -> String {
        side_by_side("issuer", expected, found).join("\n")
    }

    #[test]
    fn the_first_differing_byte_is_marked() {
        assert_eq!(
            shown("https://a/b", Some("https://a/c")),
            "expected issuer `https://a/b`\n\
             found    issuer `https://a/c`\n                           ^ byte 11"
        );
        assert_eq!(
            shown("https://a/", Some("https://a")),
            "expected issuer `https://a/`\n\
             found    issuer `https://a`\n                          ^ byte 10: only the slash at the \
             end differs"
        );
        assert_eq!(
            shown("a", Some("a\u{200b}")),
            "expected issuer `a`\n\
             found    issuer `a\\u{200b}`\n                  ^ byte 2: the expected one ends here"
        );
        assert_eq!(
            shown("a", None),
            "expected issuer `a`\nfound    issuer none"
        );
        assert_eq!(
            shown("a", Some("a")),
            "expected issuer `a`\nfound    issuer `a`"
        );
    }

    #[test]
    fn what_the_eye_misses_is_said() {
        for (expected, found, said) in [
            ("app", "app ", "only white space differs"),
            ("app", "App", "only the case of letters differs"),
            ("abc", "ab", "it ends here"),
            ("é", "è", "byte 2"),
        ] {
            let shown = shown(expected, Some(found));
            assert!(shown.ends_with(said), "{shown}");
        }
    }
}
