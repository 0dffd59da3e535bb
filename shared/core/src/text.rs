//! Text from a tenant, made safe to show.

use std::fmt::{self, Display, Write};

/// Returns `text` with control characters and other invisible ones escaped as `\u{..}`.
///
/// Everything that a tenant or a cloud wrote passes through here before a person sees it: a name
/// with an escape sequence in it must not move the cursor of a terminal.
pub fn escape(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    Escaped(text).to_string()
}

/// Shows text as [`escape`] returns it, without a copy of its own.
#[derive(Clone, Copy, Debug)]
pub struct Escaped<'a>(pub &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_plain(self.0) {
            return formatter.write_str(self.0);
        }
        for character in self.0.chars() {
            if is_hidden(character) {
                write!(formatter, "{}", character.escape_unicode())?;
            } else {
                formatter.write_char(character)?;
            }
        }
        Ok(())
    }
}

/// Whether nothing in it is hidden, which holds for nearly all of it, and by the million.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Whether a character moves others about or shows nothing: controls, separators of lines, marks of
/// annotations, and what Unicode calls `Default_Ignorable_Code_Point` (`DerivedCoreProperties.txt` of
/// Unicode 16), which has all of `Bidi_Control`.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
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
    fn what_shows_nothing_or_moves_others_is_escaped() {
        let hidden = "\0\t\u{1b}\u{7f}\u{9b}\u{ad}\u{34f}\u{61c}\u{1160}\u{180e}\u{200b}\u{200e}\u{2028}\
                      \u{202e}\u{2066}\u{3164}\u{fe0f}\u{feff}\u{ffa0}\u{fff9}\u{1d173}\u{e0001}\u{e0100}";
        for character in hidden.chars() {
            let shown = escape(&format!("a{character}b"));
            assert_eq!(shown, format!("a{}b", character.escape_unicode()));
        }
        let shown = "app-1 é ß 名 한 עברית ✓";
        assert_eq!(escape(shown), shown);
    }

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
