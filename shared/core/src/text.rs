//! Text from a tenant, made safe to show.

use std::fmt::Write;

/// Returns `text` with control characters and other invisible ones escaped as `\u{..}`.
///
/// Everything that a tenant or a cloud wrote passes through here before a person sees it: a name
/// with an escape sequence in it must not move the cursor of a terminal.
pub fn escape(text: &str) -> String {
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
