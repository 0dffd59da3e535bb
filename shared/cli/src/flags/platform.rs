//! Flags that choose a vCluster Platform.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{UsageError, bad_usage};

/// How the vCluster Platform is reached
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "vCluster Platform")]
pub struct PlatformFlags {
    /// URL of the Platform [default: the login of the vcluster command line]
    #[arg(long, value_name = "URL")]
    pub platform: Option<String>,
    /// File with an access key, `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub access_key_file: Option<PathBuf>,
    /// Variable of the environment that holds an access key
    #[arg(long, value_name = "NAME", conflicts_with = "access_key_file")]
    pub access_key_env: Option<String>,
    /// CA file of the Platform
    #[arg(long, value_name = "FILE")]
    pub platform_certificate_authority: Option<PathBuf>,
    /// Project of the vCluster on the Platform
    #[arg(long, value_name = "NAME")]
    pub project: Option<String>,
    /// Ask no Platform, whatever leads to one
    #[arg(long, conflicts_with_all = ["platform", "access_key_file", "access_key_env", "project"])]
    pub no_platform: bool,
}

impl PlatformFlags {
    /// Whether a flag asks for the Platform, so that failing to reach it is an error.
    pub fn is_typed(&self) -> bool {
        self.platform.is_some()
            || self.access_key_file.is_some()
            || self.access_key_env.is_some()
            || self.project.is_some()
    }

    /// Whether the access key comes on standard input.
    pub fn reads_stdin(&self) -> bool {
        self.access_key_file.as_deref() == Some(Path::new("-"))
    }

    /// Refuses what can't be meant; `stdin_is_data` where documents come on standard input.
    ///
    /// # Errors
    ///
    /// [`UsageError`]
    pub fn check(&self, stdin_is_data: bool) -> Result<(), UsageError> {
        if self.reads_stdin() && stdin_is_data {
            return Err(bad_usage(
                "standard input can't be both the access key and documents",
                Some("put the key into a file, or name a variable with `--access-key-env`"),
            ));
        }
        if let Some(name) = &self.access_key_env
            && (name.is_empty() || name.contains('='))
        {
            // The value can be the key itself, which must not be repeated.
            return Err(bad_usage(
                "`--access-key-env` takes the name of a variable, not a value",
                Some("`--access-key-env MY_KEY` reads the variable `MY_KEY`"),
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_input_is_one_thing_only() {
        let from_stdin = PlatformFlags {
            access_key_file: Some(PathBuf::from("-")),
            ..PlatformFlags::default()
        };
        assert!(from_stdin.check(false).is_ok());
        let error = from_stdin.check(true).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("both the access key and documents")
        );
        let from_file = PlatformFlags {
            access_key_file: Some(PathBuf::from("key")),
            ..PlatformFlags::default()
        };
        assert!(from_file.check(true).is_ok());
    }

    #[test]
    fn a_value_in_place_of_a_variables_name_is_refused_and_not_repeated() {
        let flags = PlatformFlags {
            access_key_env: Some("KEY=geheim".to_owned()),
            ..PlatformFlags::default()
        };
        let error = flags.check(false).unwrap_err();
        assert!(!format!("{error:?}").contains("geheim"));
    }
}
