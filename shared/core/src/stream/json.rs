//! JSON: lines, concatenated documents, arrays, and Lists of which no more than one item is held.

use std::io::BufRead;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::error::StreamError;
use super::list::{Items, ItemsSeed};
use super::tally::Tally;
use super::{Deliver, Item};

/// Reads documents until the input ends; `lines_before` were skipped.
pub(super) fn read(
    reader: impl BufRead,
    lines_before: usize,
    tally: &mut Tally,
    deliver: Deliver<'_>,
) -> Result<(), StreamError> {
    let mut deserializer = serde_json::Deserializer::from_reader(reader);
    loop {
        let mut context = Context {
            tally,
            deliver,
            failure: None,
            started: false,
        };
        let seed = DocumentSeed {
            context: &mut context,
            inside_array: false,
        };
        let Err(error) = seed.deserialize(&mut deserializer) else {
            continue;
        };
        if let Some(failure) = context.failure {
            return Err(failure);
        }
        // Between two documents, the end of the input is no fault.
        if !context.started && error.is_eof() {
            return Ok(());
        }
        return Err(tally.json(lines_before, error));
    }
}

/// Who counts, who takes the items, and the error that serde can't carry.
pub(super) struct Context<'a> {
    pub(super) tally: &'a mut Tally,
    pub(super) deliver: &'a mut dyn FnMut(Item) -> Result<(), ()>,
    failure: Option<StreamError>,
    started: bool,
}

impl Context<'_> {
    /// Keeps a failure for [`read`] and stops serde.
    pub(super) fn stop<E: serde::de::Error>(&mut self, failure: StreamError) -> E {
        self.failure = Some(failure);
        E::custom("stopped")
    }

    /// Runs `work`, whose failure stops serde.
    pub(super) fn run<E: serde::de::Error>(
        &mut self,
        work: impl FnOnce(&mut Tally, Deliver<'_>) -> Result<(), StreamError>,
    ) -> Result<(), E> {
        let done = work(self.tally, self.deliver);
        done.map_err(|failure| self.stop(failure))
    }
}

struct DocumentSeed<'a, 'b> {
    context: &'a mut Context<'b>,
    inside_array: bool,
}

impl<'de> DeserializeSeed<'de> for DocumentSeed<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for DocumentSeed<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a record, a ServiceAccount, or a list of these")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<(), A::Error> {
        self.context.started = true;
        if self.inside_array {
            return Err(A::Error::custom("an array inside an array"));
        }
        self.context.tally.list();
        loop {
            let seed = DocumentSeed {
                context: &mut *self.context,
                inside_array: true,
            };
            if sequence.next_element_seed(seed)?.is_none() {
                return Ok(());
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.context.started = true;
        let mut fields: Map<String, Value> = Map::new();
        let mut listed: Option<Items> = None;
        while let Some(key) = map.next_key::<String>()? {
            if key == "items" && listed.is_none() {
                let seed = ItemsSeed {
                    context: &mut *self.context,
                };
                listed = Some(map.next_value_seed(seed)?);
            } else {
                fields.insert(key, map.next_value()?);
            }
        }
        match listed {
            Some(items) => self
                .context
                .run(|tally, deliver| items.close(&fields, tally, deliver)),
            None => self
                .context
                .run(|tally, deliver| tally.document(fields, deliver)),
        }
    }
}
