//! A first word that is no step.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use vwi_core::exit::Outcome;

/// Says on standard error which word is unknown, and which one may be meant.
pub(crate) fn report(words: &str, error: &clap::Error) -> ExitCode {
    // Nothing is left to tell the user if standard error itself is gone.
    let _written = io::stderr().write_all(message(words, error).as_bytes());
    ExitCode::from(Outcome::Usage.code())
}

fn message(words: &str, error: &clap::Error) -> String {
    let word = match error.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(word)) => word.as_str(),
        Some(_) | None => "",
    };
    let hint = match error.get(ContextKind::SuggestedSubcommand) {
        Some(ContextValue::Strings(similar)) => similar.first().cloned(),
        Some(ContextValue::String(similar)) => Some(similar.clone()),
        Some(_) | None => None,
    };
    let hint = match hint {
        Some(similar) => format!("did you mean `{words} {similar}`?"),
        None => format!("`{words} --help` lists the steps"),
    };
    let word = vwi_core::text::escape(word);
    format!("error: `{words}` has no step `{word}`\nhint: {hint}\n")
}
