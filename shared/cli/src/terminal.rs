//! Which of the standard streams is a terminal, and what may be drawn on it.

use std::io::{IsTerminal, stderr, stdin, stdout};

use clap::ValueEnum;

use crate::environment::Environment;

/// Which standard streams are terminals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terminals {
    /// Standard input.
    pub stdin: bool,
    /// Standard output.
    pub stdout: bool,
    /// Standard error.
    pub stderr: bool,
}

impl Terminals {
    /// Asks the system.
    pub fn look() -> Self {
        Self {
            stdin: stdin().is_terminal(),
            stdout: stdout().is_terminal(),
            stderr: stderr().is_terminal(),
        }
    }

    /// Whether progress may be drawn: only by the last step of a pipe, or four would fight.
    pub fn progress(self) -> bool {
        self.stdout && self.stderr
    }
}

/// `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// As the terminal and the environment say.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Whether to colour a stream: the flag, then `NO_COLOR`, then `CLICOLOR_FORCE`, then the
    /// terminal (the order of anstream, so that clap and we agree).
    pub fn applies(self, environment: &Environment, terminal: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto if environment.get("NO_COLOR").is_some() => false,
            Self::Auto if environment.get("CLICOLOR_FORCE").is_some() => true,
            Self::Auto => {
                terminal
                    && environment.get("CLICOLOR") != Some("0")
                    && environment.get("TERM") != Some("dumb")
            }
        }
    }
}

/// Whether the locale can show more than ASCII.
pub fn is_unicode(environment: &Environment) -> bool {
    if environment.get("TERM") == Some("dumb") {
        return false;
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| environment.get(name));
    // Without a locale, as in most containers, what reads us is a program or a UTF-8 terminal.
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        variables
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect()
    }

    #[test]
    fn colour_follows_flag_then_environment_then_terminal() {
        type Variables = &'static [(&'static str, &'static str)];
        let cases: &[(Color, Variables, bool, bool)] = &[
            (Color::Auto, &[], true, true),
            (Color::Auto, &[], false, false),
            (Color::Auto, &[("NO_COLOR", "1")], true, false),
            (Color::Auto, &[("NO_COLOR", "")], true, true),
            (Color::Auto, &[("CLICOLOR_FORCE", "1")], false, true),
            (
                Color::Auto,
                &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")],
                true,
                false,
            ),
            (Color::Auto, &[("TERM", "dumb")], true, false),
            (Color::Always, &[("NO_COLOR", "1")], false, true),
            (Color::Never, &[("CLICOLOR_FORCE", "1")], true, false),
        ];
        for (flag, variables, terminal, coloured) in cases {
            assert_eq!(
                flag.applies(&environment(variables), *terminal),
                *coloured,
                "{flag:?} {variables:?} {terminal}"
            );
        }
    }
}
