//! The words that say what a document is, read without an allocation for those that are known.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

use super::{API_VERSION, CORE_VERSION, KIND, SERVICE_ACCOUNT, end};

/// A field's name.
pub(super) enum Key {
    ApiVersion,
    Kind,
    Metadata,
    Items,
    Spec,
    Other(String),
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl Visitor<'_> for KeyVisitor {
    type Value = Key;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a field's name")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Key, E> {
        Ok(match text {
            "apiVersion" => Key::ApiVersion,
            "kind" => Key::Kind,
            "metadata" => Key::Metadata,
            "items" => Key::Items,
            "spec" => Key::Spec,
            other => Key::Other(other.to_owned()),
        })
    }
}

/// The value of `apiVersion` or `kind`.
pub(super) enum Word {
    Known(&'static str),
    Other(String),
}

impl Word {
    const KNOWN: [&'static str; 5] = [CORE_VERSION, SERVICE_ACCOUNT, API_VERSION, KIND, end::KIND];

    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Known(text) => text,
            Self::Other(text) => text,
        }
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(WordVisitor)
    }
}

struct WordVisitor;

impl Visitor<'_> for WordVisitor {
    type Value = Word;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Word, E> {
        let known = Word::KNOWN.into_iter().find(|known| *known == text);
        Ok(known.map_or_else(|| Word::Other(text.to_owned()), Word::Known))
    }
}
