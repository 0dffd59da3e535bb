//! Names inside a file: readable, allowed by the tool, each once.

use std::collections::HashSet;

/// Gives out names.
#[derive(Debug)]
pub(super) struct Labels {
    given: HashSet<String>,
    style: Style,
}

/// What a tool allows in a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Letters, digits and underscores, a letter first.
    Identifier,
    /// Lower-case letters, digits and dashes, a letter or digit first and last.
    Kubernetes,
}

/// Longest name that Kubernetes allows, less what makes it unique.
const MAX_LABEL: usize = 240;

impl Labels {
    pub(super) fn new(style: Style) -> Self {
        Self {
            given: HashSet::new(),
            style,
        }
    }

    /// Returns a name that looks like `wanted` and has not been given yet.
    pub(super) fn give(&mut self, wanted: &str) -> String {
        let base = self.style.of(wanted);
        let mut name = base.clone();
        let mut count = 1_usize;
        while !self.given.insert(name.clone()) {
            count += 1;
            name = match self.style {
                Style::Identifier => format!("{base}_{count}"),
                Style::Kubernetes => format!("{base}-{count}"),
            };
        }
        name
    }
}

impl Style {
    fn of(self, wanted: &str) -> String {
        let filler = match self {
            Self::Identifier => '_',
            Self::Kubernetes => '-',
        };
        let kept: String = wanted
            .to_lowercase()
            .chars()
            .map(|character| {
                if character.is_ascii_alphanumeric() {
                    character
                } else {
                    filler
                }
            })
            .take(MAX_LABEL)
            .collect();
        let kept = kept.trim_matches(|character: char| !character.is_ascii_alphanumeric());
        let starts_well = match self {
            Self::Identifier => kept.starts_with(|first: char| first.is_ascii_alphabetic()),
            Self::Kubernetes => !kept.is_empty(),
        };
        if starts_well {
            kept.to_owned()
        } else {
            format!("x{filler}{kept}")
                .trim_end_matches(filler)
                .to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_and_are_given_once() {
        let mut labels = Labels::new(Style::Identifier);
        assert_eq!(labels.give("app-identity"), "app_identity");
        assert_eq!(labels.give("App_Identity"), "app_identity_2");
        assert_eq!(labels.give("1-app"), "x_1_app");
        assert_eq!(labels.give("_"), "x");
        let mut labels = Labels::new(Style::Kubernetes);
        assert_eq!(labels.give("App.vwi-shop_a"), "app-vwi-shop-a");
        assert_eq!(labels.give("app-vwi-shop-a"), "app-vwi-shop-a-2");
        assert_eq!(labels.give("-1-"), "1");
    }
}
