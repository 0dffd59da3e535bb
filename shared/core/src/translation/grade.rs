//! How far a translation is proven.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// How far a translation is proven; also the reason of the condition. Later ones are stronger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// Flags and formula alone.
    Computed,
    /// The vCluster's own configuration was read: sync on, mode and host namespace known.
    Configured,
    /// This ServiceAccount was seen on the host in this vCluster, or in a token.
    Proven,
}

/// A text that is no grade.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("`{}` is none of `proven`, `configured` and `computed`", crate::text::escape(.0))]
pub struct InvalidGrade(pub String);

impl Grade {
    /// All grades, strongest first.
    pub const ALL: [Self; 3] = [Self::Proven, Self::Configured, Self::Computed];

    /// Returns the reason of the condition.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Computed => "Computed",
            Self::Configured => "Configured",
            Self::Proven => "Proven",
        }
    }

    /// Returns the word of `--accept`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Computed => "computed",
            Self::Configured => "configured",
            Self::Proven => "proven",
        }
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

impl FromStr for Grade {
    type Err = InvalidGrade;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|grade| grade.word() == text)
            .ok_or_else(|| InvalidGrade(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lead_back_and_order_is_strength() {
        for grade in Grade::ALL {
            assert_eq!(grade.word().parse(), Ok(grade));
        }
        assert!(Grade::Proven > Grade::Configured && Grade::Configured > Grade::Computed);
        assert_eq!(
            "Proven".parse::<Grade>().unwrap_err().to_string(),
            "`Proven` is none of `proven`, `configured` and `computed`"
        );
    }
}
