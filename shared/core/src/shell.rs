//! Words of a shell: whatever a tenant or Azure may have chosen is quoted, by a library.

use crate::text::escape;

/// Returns a command of the Azure CLI.
pub fn az(arguments: &[&str]) -> String {
    format!("az {}", words(arguments))
}

/// Returns words as a shell takes them.
pub fn words(arguments: &[&str]) -> String {
    let quoted: Vec<String> = arguments.iter().map(|word| quoted(word)).collect();
    quoted.join(" ")
}

/// Returns a word as a shell takes it. Control characters can't be pasted, so they come out
/// escaped, and the command will not do harm.
pub fn quoted(word: &str) -> String {
    let shown = escape(word);
    match shlex::try_quote(&shown) {
        Ok(quoted) => quoted.into_owned(),
        // Only a NUL can't be quoted, and that has been escaped.
        Err(_) => "''".to_owned(),
    }
}
