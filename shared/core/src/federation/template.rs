//! `--identity` with placeholders: one name for each ServiceAccount, and never one for two.
//!
//! A tenant chooses the names of its namespaces and ServiceAccounts. `{namespace}-{name}` would let
//! it spell another one's identity, `a-b`,`c` as `a`,`b-c`: so placeholders are kept apart by a
//! character that no name in Kubernetes has.

use std::fmt::Write;

use thiserror::Error;

use crate::text::escape;

/// A name with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Value(Placeholder),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Placeholder {
    Name,
    Namespace,
    VirtualCluster,
}

/// Why a text is no template.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TemplateError {
    /// A placeholder that does not exist, or a brace without its other half.
    #[error("`{}` has a placeholder other than {{name}}, {{namespace}} and {{vcluster}}", escape(.0))]
    Unknown(String),
    /// Two ServiceAccounts could spell one identity.
    #[error(
        "in `{}`, two ServiceAccounts could spell one identity: `_`, which no name in Kubernetes \
         has, has to stand between placeholders",
        escape(.0)
    )]
    Ambiguous(String),
}

impl Template {
    /// Reads a template; `None` if the text has no placeholder.
    ///
    /// # Errors
    ///
    /// [`TemplateError`]
    pub fn parse(text: &str) -> Result<Option<Self>, TemplateError> {
        let unknown = || TemplateError::Unknown(text.to_owned());
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (word, after) = after.split_once('}').ok_or_else(unknown)?;
            let placeholder = match word {
                "name" => Placeholder::Name,
                "namespace" => Placeholder::Namespace,
                "vcluster" => Placeholder::VirtualCluster,
                _ => return Err(unknown()),
            };
            parts.push(Part::Text(before.to_owned()));
            parts.push(Part::Value(placeholder));
            rest = after;
        }
        if rest.contains('}') || parts.iter().any(|part| part.has('}')) {
            return Err(unknown());
        }
        if parts.is_empty() {
            return Ok(None);
        }
        let between = parts
            .iter()
            .skip(1)
            .filter(|part| matches!(part, Part::Text(_)));
        for part in between {
            // Upper case would not do: Azure compares names without case.
            if !part.has('_') {
                return Err(TemplateError::Ambiguous(text.to_owned()));
            }
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Some(Self { parts }))
    }

    /// Fills in the names; `None` if the vCluster is wanted and not known.
    pub fn fill(&self, vcluster: Option<&str>, namespace: &str, name: &str) -> Option<String> {
        let mut text = String::new();
        for part in &self.parts {
            let value = match part {
                Part::Text(text) => text,
                Part::Value(Placeholder::Name) => name,
                Part::Value(Placeholder::Namespace) => namespace,
                Part::Value(Placeholder::VirtualCluster) => vcluster?,
            };
            // Writing to a String can't fail.
            let _written = text.write_str(value);
        }
        Some(text)
    }
}

impl Part {
    fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Value(_) => "",
        }
    }

    fn has(&self, character: char) -> bool {
        self.text().contains(character)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn placeholders_are_filled_in() {
        let template = Template::parse("id-{vcluster}_{namespace}_{name}-x")
            .unwrap()
            .unwrap();
        assert_eq!(
            template.fill(Some("vc"), "default", "app").as_deref(),
            Some("id-vc_default_app-x")
        );
        assert_eq!(template.fill(None, "default", "app"), None);
        let alone = Template::parse("{name}").unwrap().unwrap();
        assert_eq!(alone.fill(None, "default", "app").as_deref(), Some("app"));
        assert_eq!(Template::parse("app-identity"), Ok(None));
    }

    #[test]
    fn what_could_be_spelt_by_two_is_refused() {
        for text in [
            "{namespace}-{name}",
            "{namespace}{name}",
            "x_{name}.{vcluster}",
            "{namespace}A{name}",
        ] {
            let error = TemplateError::Ambiguous(text.to_owned());
            assert_eq!(Template::parse(text), Err(error), "{text}");
        }
        for text in ["{Name}", "{name", "name}", "{}", "{name}}", "a}{name}"] {
            let error = TemplateError::Unknown(text.to_owned());
            assert_eq!(Template::parse(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn different_accounts_get_different_identities(
            one in ("[a-z0-9-]{1,8}", "[a-z0-9.-]{1,8}"),
            other in ("[a-z0-9-]{1,8}", "[a-z0-9.-]{1,8}"),
        ) {
            let template = Template::parse("{namespace}_{name}").unwrap().unwrap();
            let fill = |who: &(String, String)| template.fill(None, &who.0, &who.1);
            prop_assert_eq!(fill(&one) == fill(&other), one == other);
        }
    }
}
