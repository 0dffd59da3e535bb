//! The words after `-o`.

use clap::ValueEnum;

/// What `-o` can ask for; each step has some of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The record stream.
    Ndjson,
    /// The step's own answer as one JSON document.
    Json,
    /// The step's own answer as YAML.
    Yaml,
    /// The records as they belong in Git.
    Manifest,
    /// A table.
    Table,
    /// A table with more columns.
    Wide,
    /// Names.
    Name,
    /// Subjects, one a line.
    Subject,
    /// `export` lines for a shell.
    Env,
    /// What would be changed.
    Plan,
    /// Only what is not as it should be.
    Short,
    /// `az` commands that do what the plan says.
    Az,
    /// Terraform that says what is to be.
    Terraform,
    /// Bicep that says what is to be.
    Bicep,
    /// Resources of Azure Service Operator that say what is to be.
    Aso,
}

impl Format {
    /// Returns the word after `-o`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Json => "json",
            Self::Yaml => "yaml",
            Self::Manifest => "manifest",
            Self::Table => "table",
            Self::Wide => "wide",
            Self::Name => "name",
            Self::Subject => "subject",
            Self::Env => "env",
            Self::Plan => "plan",
            Self::Short => "short",
            Self::Az => "az",
            Self::Terraform => "terraform",
            Self::Bicep => "bicep",
            Self::Aso => "aso",
        }
    }
}
