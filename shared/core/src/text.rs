//! Text from a tenant, made safe to show.

use std::fmt::Write;

/// Returns `text` with control characters and other invisible ones escaped as `\u{..}`.
///
/// Everything that a tenant or a cloud wrote passes through here before a person sees it: a name
/// with an escape sequence in it must not move the cursor of a terminal.
pub fn escape(text: &str) -> String {
    // Nearly all of it, and by the million.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        let hidden = character.is_control()
            || matches!(character,
                '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
        if hidden {
            // Writing to a String can't fail.
            let _written = write!(shown, "{}", character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Returns `text` escaped, without its middle if it is long: what is wrong with a document can be
/// as long as the document, and a message is read by people.
pub fn excerpt(text: &str) -> String {
    const HEAD_BYTES: usize = 300;
    const TAIL_BYTES: usize = 150;
    let head = text.floor_char_boundary(HEAD_BYTES);
    let tail = text.ceil_char_boundary(text.len().saturating_sub(TAIL_BYTES));
    match (text.get(..head), text.get(tail..)) {
        (Some(start), Some(end)) if head < tail => format!("{} … {}", escape(start), escape(end)),
        (_, _) => escape(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_lose_their_middle_and_no_other_does() {
        let short = "é".repeat(200);
        assert_eq!(excerpt(&short), short);
        assert_eq!(excerpt("a\nb"), "a\\u{a}b");
        let long = format!("start{}\u{1b}end", "é".repeat(1_000_000));
        let shown = excerpt(&long);
        assert!(shown.len() < 500, "{}", shown.len());
        assert!(
            shown.starts_with("starté") && shown.ends_with("é\\u{1b}end"),
            "{shown}"
        );
    }
}
