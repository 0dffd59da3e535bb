//! The word after `-o`.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Command, Error};

use crate::output::Format;

/// kubectl's formats that take a template. No library has its dialect of `JSONPath`.
const TEMPLATES: [&str; 9] = [
    "jsonpath",
    "jsonpath-as-json",
    "jsonpath-file",
    "go-template",
    "go-template-file",
    "template",
    "templatefile",
    "custom-columns",
    "custom-columns-file",
];

/// Reads a format, of those that a step has.
#[derive(Clone, Debug)]
pub struct FormatParser {
    formats: &'static [Format],
    words: PossibleValuesParser,
}

impl FormatParser {
    /// Takes the formats of a step.
    pub fn new(formats: &'static [Format]) -> Self {
        Self {
            formats,
            words: PossibleValuesParser::new(formats.iter().map(|format| format.word())),
        }
    }
}

impl TypedValueParser for FormatParser {
    type Value = Format;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Format, Error> {
        let typed = value.to_string_lossy();
        let word = typed.split_once('=').map_or(&*typed, |(word, _)| word);
        if TEMPLATES.contains(&word) {
            let fault = format!(
                "`-o {word}` is not a format of this plugin\n\n  tip: pick fields with `-o json | jq`\n"
            );
            return Err(Error::raw(ErrorKind::InvalidValue, fault).with_cmd(command));
        }
        let word = self.words.parse_ref(command, argument, value)?;
        let mut known = self.formats.iter().copied();
        known
            .find(|format| format.word() == word)
            .ok_or_else(|| Error::new(ErrorKind::InvalidValue).with_cmd(command))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        self.words.possible_values()
    }
}
