//! The plan in the words of another tool.

use thiserror::Error;
use vwi_cli::flags::{UsageError, bad_usage};
use vwi_cli::output::Format;
use vwi_core::exit::{Explain, Outcome};
use vwi_core::federation::{Form, NotEmittable};

use crate::args::TakingFlags;

/// A plan that a tool has no words for.
#[derive(Debug, Error)]
#[error("the plan can't be printed as asked")]
pub(crate) struct CannotSay(#[from] pub(crate) NotEmittable);

impl Explain for CannotSay {
    fn outcome(&self) -> Outcome {
        Outcome::Usage
    }

    fn hint(&self) -> Option<String> {
        self.0.hint().map(str::to_owned)
    }
}

/// Returns which tool a format is for.
pub(crate) fn form(format: Format) -> Option<Form> {
    match format {
        Format::Az => Some(Form::Az),
        Format::Terraform => Some(Form::Terraform),
        Format::Bicep => Some(Form::Bicep),
        Format::Aso => Some(Form::Aso),
        Format::Ndjson
        | Format::Json
        | Format::Yaml
        | Format::Manifest
        | Format::Table
        | Format::Wide
        | Format::Name
        | Format::Subject
        | Format::Env
        | Format::Plan
        | Format::Short => None,
    }
}

/// Refuses a declaration of what is to go: a file that says what shall be there has no words for
/// it, and would declare the rest as wanted.
///
/// # Errors
///
/// [`UsageError`]
pub(crate) fn check(format: Format, taking: &TakingFlags) -> Result<(), UsageError> {
    let asked = if taking.delete {
        "--delete"
    } else if taking.is_dangling() {
        "--prune=dangling"
    } else {
        return Ok(());
    };
    match form(format) {
        None | Some(Form::Az) => Ok(()),
        Some(form @ (Form::Terraform | Form::Bicep | Form::Aso)) => Err(bad_usage(
            format!("`{asked}` takes away, and {form} can only declare what shall be there"),
            Some("`-o az` can take away"),
        )),
    }
}
