//! One document, of JSON or YAML: a record, an end, a ServiceAccount, or a list of these.
//!
//! Items are handed on while their list is still being read. ServiceAccounts, which come by the
//! million, are read into a struct; records are kept as they are.
//!
//! In kubectl's lists `kind` comes after `items`, and the items of a raw `ServiceAccountList` have
//! no kind of their own. So items without one are taken as ServiceAccounts, and a list that turns
//! out to be another one is an error at its end.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::end::{self, StreamEnd};
use super::error::StreamError;
use super::tally::Tally;
use super::text::{MetadataSeed, SpecSeed};
use super::writer::LIST_KIND;
use super::{Deliver, Item, ServiceAccount};
use crate::record::{API_VERSION, KIND, Record};

mod word;

use word::{Key, Word};

const SERVICE_ACCOUNT: &str = "ServiceAccount";
const SERVICE_ACCOUNT_LIST: &str = "ServiceAccountList";
/// What lists of Kubernetes end in, KRM's `ResourceList` included.
const LIST_SUFFIX: &str = "List";
const CORE_VERSION: &str = "v1";
const OWN_GROUP: &str = "vwi/";

/// Who counts, who takes the items, and the error that serde can't carry.
pub(super) struct Context<'a> {
    pub(super) tally: &'a mut Tally,
    pub(super) deliver: &'a mut dyn FnMut(Item) -> Result<(), ()>,
    pub(super) failure: Option<StreamError>,
}

impl<'a> Context<'a> {
    pub(super) fn new(tally: &'a mut Tally, deliver: Deliver<'a>) -> Self {
        Self {
            tally,
            deliver,
            failure: None,
        }
    }

    /// Keeps a failure for whoever called serde, and stops it.
    fn stop<E: de::Error>(&mut self, failure: StreamError) -> E {
        self.failure = Some(failure);
        E::custom("stopped")
    }
}

/// Reads one document and hands on what it holds.
pub(super) struct Document<'a, 'b> {
    context: &'a mut Context<'b>,
    place: Place,
}

/// Where a value stands, which decides what it may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Top,
    Array,
    /// `kindless`: an object that says no kind is a ServiceAccount.
    List {
        kindless: bool,
    },
}

impl<'a, 'b> Document<'a, 'b> {
    pub(super) fn new(context: &'a mut Context<'b>) -> Self {
        Self {
            context,
            place: Place::Top,
        }
    }
}

/// Whether an object without kind was taken for a ServiceAccount.
type Kindless = bool;

impl<'de> DeserializeSeed<'de> for Document<'_, '_> {
    type Value = Kindless;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Kindless, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Document<'_, '_> {
    type Value = Kindless;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a record, a ServiceAccount, or a list of these")
    }

    // An empty document of YAML, as between two markers.
    fn visit_unit<E: de::Error>(self) -> Result<Kindless, E> {
        if self.place == Place::Top {
            return Ok(false);
        }
        Err(E::invalid_type(de::Unexpected::Unit, &self))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut documents: A) -> Result<Kindless, A::Error> {
        if self.place != Place::Top {
            return Err(de::Error::invalid_type(de::Unexpected::Seq, &self));
        }
        self.context.tally.list();
        loop {
            let document = Document {
                context: &mut *self.context,
                place: Place::Array,
            };
            if documents.next_element_seed(document)?.is_none() {
                return Ok(false);
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Kindless, A::Error> {
        let Self { context, place } = self;
        let mut object = Object::default();
        while let Some(key) = fields.next_key::<Key>()? {
            match key {
                Key::ApiVersion => {
                    let version = fields.next_value::<Word>()?;
                    object.keep_word("apiVersion", &version);
                    object.version = Some(version);
                }
                Key::Kind => {
                    let kind = fields.next_value::<Word>()?;
                    object.keep_word("kind", &kind);
                    object.kind = Some(kind);
                }
                Key::Metadata if object.is_service_account() => {
                    object.account = Some(fields.next_value()?);
                }
                Key::Metadata => {
                    let metadata = fields.next_value_seed(MetadataSeed)?;
                    object.rest.insert("metadata".to_owned(), metadata);
                }
                Key::Items if object.may_be_list(place) => {
                    let items = Items {
                        context: &mut *context,
                        kindless: matches!(object.kind(), None | Some(SERVICE_ACCOUNT_LIST)),
                    };
                    let kindless = fields.next_value_seed(items)?;
                    object.listed = Some(kindless || object.listed == Some(true));
                }
                Key::Items => {
                    object.rest.insert("items".to_owned(), fields.next_value()?);
                }
                Key::Spec => {
                    let spec = fields.next_value_seed(SpecSeed)?;
                    object.rest.insert("spec".to_owned(), spec);
                }
                Key::Other(_) if object.is_service_account() => {
                    fields.next_value::<IgnoredAny>()?;
                }
                Key::Other(key) => {
                    object.rest.insert(key, fields.next_value()?);
                }
            }
        }
        object
            .hand_on(place, context.tally, context.deliver)
            .map_err(|failure| context.stop(failure))
    }
}

/// The `items` of a list.
struct Items<'a, 'b> {
    context: &'a mut Context<'b>,
    kindless: bool,
}

impl<'de> DeserializeSeed<'de> for Items<'_, '_> {
    type Value = Kindless;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Kindless, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Items<'_, '_> {
    type Value = Kindless;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the items of a list")
    }

    // Go writes an empty list as `null`.
    fn visit_unit<E>(self) -> Result<Kindless, E> {
        Ok(false)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Kindless, A::Error> {
        let mut found = false;
        loop {
            let item = Document {
                context: &mut *self.context,
                place: Place::List {
                    kindless: self.kindless,
                },
            };
            match items.next_element_seed(item)? {
                Some(kindless) => found |= kindless,
                None => return Ok(found),
            }
        }
    }
}

/// An object while it is read.
#[derive(Default)]
struct Object {
    version: Option<Word>,
    kind: Option<Word>,
    /// `metadata` of what was known to be a ServiceAccount when it came.
    account: Option<AccountMetadata>,
    /// Whether `items` were handed on, and one of them said no kind.
    listed: Option<Kindless>,
    rest: Map<String, Value>,
}

/// What is kept of a ServiceAccount's metadata; the rest is skipped without being stored.
#[derive(Default, Deserialize)]
struct AccountMetadata {
    #[serde(default)]
    name: String,
    #[serde(default)]
    namespace: Option<String>,
    #[serde(default)]
    uid: Option<String>,
}

impl Object {
    fn kind(&self) -> Option<&str> {
        self.kind.as_ref().map(Word::as_str)
    }

    fn is_service_account(&self) -> bool {
        self.kind() == Some(SERVICE_ACCOUNT)
    }

    /// Keeps a word where it stands, unless the object can't become a record any more.
    fn keep_word(&mut self, key: &str, word: &Word) {
        if !matches!(word.as_str(), CORE_VERSION | SERVICE_ACCOUNT) {
            self.rest.insert(key.to_owned(), word.as_str().into());
        }
    }

    fn may_be_list(&self, place: Place) -> bool {
        let outside = !matches!(place, Place::List { .. });
        outside && self.kind().is_none_or(|kind| kind.ends_with(LIST_SUFFIX))
    }

    fn hand_on(
        self,
        place: Place,
        tally: &mut Tally,
        deliver: Deliver<'_>,
    ) -> Result<Kindless, StreamError> {
        let version = self.version.as_ref().map_or("", Word::as_str);
        if version.starts_with(OWN_GROUP) && version != API_VERSION {
            return Err(tally.newer(version));
        }
        let kindless = matches!(place, Place::List { kindless: true });
        match (self.kind(), version) {
            (kind, _) if self.listed.is_some() => {
                let kind = kind.unwrap_or_default().to_owned();
                self.close_list(&kind, tally, deliver)?;
            }
            (Some(KIND), API_VERSION) => {
                let record = Record::from_document(self.rest);
                let record = record.map_err(|error| tally.unusable(error))?;
                tally.record(record, deliver)?;
            }
            (Some(end::KIND), API_VERSION) => self.end(tally, deliver)?,
            (Some(SERVICE_ACCOUNT), CORE_VERSION) => self.service_account(place, tally, deliver)?,
            (None, "" | CORE_VERSION) if kindless => {
                self.service_account(place, tally, deliver)?;
                return Ok(true);
            }
            (Some(kind @ (KIND | end::KIND | SERVICE_ACCOUNT)), "") => {
                return Err(tally.kind(&format!("{kind} without apiVersion")));
            }
            (Some(kind @ (KIND | end::KIND | SERVICE_ACCOUNT)), _) => {
                return Err(tally.kind(&format!("{kind} of {version}")));
            }
            (kind, _) => return Err(tally.kind(kind.unwrap_or_default())),
        }
        Ok(false)
    }

    fn close_list(
        self,
        kind: &str,
        tally: &mut Tally,
        deliver: Deliver<'_>,
    ) -> Result<(), StreamError> {
        tally.list();
        match kind {
            SERVICE_ACCOUNT_LIST => Ok(()),
            _ if self.listed == Some(true) || !kind.ends_with(LIST_SUFFIX) => Err(tally.kind(kind)),
            LIST_KIND if self.rest.contains_key("status") => self.end(tally, deliver),
            // Only steps write this kind. In YAML a cut is no fault of syntax.
            LIST_KIND => {
                tally.no_end();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn end(self, tally: &mut Tally, deliver: Deliver<'_>) -> Result<(), StreamError> {
        let end = StreamEnd::from_document(&self.rest).map_err(|error| tally.bad_end(&error))?;
        tally.end(end, deliver)
    }

    fn service_account(
        mut self,
        place: Place,
        tally: &mut Tally,
        deliver: Deliver<'_>,
    ) -> Result<(), StreamError> {
        let metadata = self.account.take().unwrap_or_else(|| {
            let value = self.rest.remove("metadata").unwrap_or_default();
            // What can't be read has no usable name, which is what the tally says then.
            AccountMetadata::deserialize(value).unwrap_or_default()
        });
        let account = ServiceAccount {
            namespace: metadata.namespace.filter(|text| !text.is_empty()),
            name: metadata.name,
            uid: metadata.uid,
            listed: place != Place::Top,
        };
        tally.service_account(account, deliver)
    }
}
