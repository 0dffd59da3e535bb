//! Lists: items are handed on while the list is still being read.
//!
//! In kubectl's lists `kind` comes after `items`, and the items of a raw `ServiceAccountList`
//! have no kind of their own. So items without one are taken as ServiceAccounts, and a list that
//! turns out to be another one is an error at its end.

use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::{Map, Value};

use super::error::StreamError;
use super::json::Context;
use super::tally::Tally;
use super::{Deliver, ServiceAccount, StreamEnd};
use crate::record::API_VERSION;

/// What the items of a list were.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Items {
    without_kind: u64,
}

impl Items {
    /// Judges the list by the fields around its items.
    pub(super) fn close(
        self,
        fields: &Map<String, Value>,
        tally: &mut Tally,
        deliver: Deliver<'_>,
    ) -> Result<(), StreamError> {
        let text = |key: &str| fields.get(key).and_then(Value::as_str).unwrap_or_default();
        tally.list();
        match text("kind") {
            "ServiceAccountList" => Ok(()),
            "List" | "ResourceList" if self.without_kind == 0 => Ok(()),
            "WorkloadIdentityList" if self.without_kind == 0 => {
                if text("apiVersion") != API_VERSION {
                    return Err(tally.newer(text("apiVersion")));
                }
                if !fields.contains_key("status") {
                    return Ok(());
                }
                let end =
                    StreamEnd::from_document(fields).map_err(|source| tally.json(0, source))?;
                tally.end(end, deliver)
            }
            other => Err(tally.kind(other)),
        }
    }
}

pub(super) struct ItemsSeed<'a, 'b> {
    pub(super) context: &'a mut Context<'b>,
}

impl<'de> DeserializeSeed<'de> for ItemsSeed<'_, '_> {
    type Value = Items;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Items, D::Error> {
        // Go writes an empty list as `null`.
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for ItemsSeed<'_, '_> {
    type Value = Items;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the items of a list")
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<Items, E> {
        Ok(Items::default())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Items, E> {
        Ok(Items::default())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Items, D::Error> {
        deserializer.deserialize_seq(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Items, A::Error> {
        let mut items = Items::default();
        loop {
            let seed = ItemSeed {
                context: &mut *self.context,
                items: &mut items,
            };
            if sequence.next_element_seed(seed)?.is_none() {
                return Ok(items);
            }
        }
    }
}

struct ItemSeed<'a, 'b> {
    context: &'a mut Context<'b>,
    items: &'a mut Items,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Key {
    ApiVersion,
    Kind,
    Metadata,
    #[serde(other)]
    Other,
}

/// What is kept of a ServiceAccount's metadata; the rest is skipped without being stored.
#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    name: String,
    #[serde(default)]
    namespace: Option<String>,
    #[serde(default)]
    uid: Option<String>,
}

impl<'de> DeserializeSeed<'de> for ItemSeed<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ItemSeed<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut api_version: Option<String> = None;
        let mut kind: Option<String> = None;
        let mut metadata: Option<Metadata> = None;
        while let Some(key) = map.next_key::<Key>()? {
            match key {
                Key::ApiVersion => api_version = Some(map.next_value()?),
                Key::Kind => kind = Some(map.next_value()?),
                Key::Metadata => metadata = Some(map.next_value()?),
                Key::Other => {
                    let _skipped: IgnoredAny = map.next_value()?;
                    continue;
                }
            }
            let ours = api_version
                .as_ref()
                .is_some_and(|version| version.starts_with("vwi/"));
            if ours {
                if metadata.is_some() {
                    return Err(A::Error::custom(
                        "`apiVersion` of a record in a list comes after `metadata`",
                    ));
                }
                return self.record(api_version, kind, map);
            }
        }
        match (api_version.as_deref(), kind.as_deref()) {
            (Some("v1"), Some("ServiceAccount")) => {}
            (None, None) => self.items.without_kind += 1,
            (_, other) => {
                let failure = self.context.tally.kind(other.unwrap_or_default());
                return Err(self.context.stop(failure));
            }
        }
        let metadata = metadata.unwrap_or_default();
        let account = ServiceAccount {
            namespace: metadata.namespace.unwrap_or_else(|| "default".to_owned()),
            name: metadata.name,
            uid: metadata.uid,
        };
        self.context
            .run(|tally, deliver| tally.service_account(account, deliver))
    }
}

impl ItemSeed<'_, '_> {
    /// Goes on with an item that is a record: all of its fields are kept.
    fn record<'de, A: MapAccess<'de>>(
        self,
        api_version: Option<String>,
        kind: Option<String>,
        mut map: A,
    ) -> Result<(), A::Error> {
        let mut fields: Map<String, Value> = Map::new();
        let known = [("apiVersion", api_version), ("kind", kind)];
        for (key, value) in known {
            if let Some(value) = value {
                fields.insert(key.to_owned(), value.into());
            }
        }
        while let Some(key) = map.next_key::<String>()? {
            fields.insert(key, map.next_value()?);
        }
        self.context
            .run(|tally, deliver| tally.document(fields, deliver))
    }
}
