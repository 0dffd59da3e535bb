//! Reads the fields that hold names as text, whatever they look like.
//!
//! `012`, `1e3` and `no` are names that Kubernetes allows. In YAML they look like a number or, to
//! old readers, a truth value; asked for as text, they come as they are written.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// What a value looks like, as far as it holds names.
enum Shape {
    /// A text.
    Text,
    /// An object with some fields that are known.
    Fields(&'static [(&'static str, Self)]),
    /// The short form, a text, or an object.
    TextOrFields(&'static [(&'static str, Self)]),
    /// A list of values that look alike.
    List(&'static Self),
}

const METADATA: Shape = Shape::Fields(&[
    ("name", Shape::Text),
    ("namespace", Shape::Text),
    ("uid", Shape::Text),
    ("resourceVersion", Shape::Text),
]);

const SPEC: Shape = Shape::Fields(&[
    (
        "virtualCluster",
        Shape::Fields(&[
            ("name", Shape::Text),
            ("namespace", Shape::Text),
            ("project", Shape::Text),
            ("instance", Shape::Text),
            ("hostCluster", Shape::Text),
        ]),
    ),
    (
        "identity",
        Shape::TextOrFields(&[
            ("subscriptionId", Shape::Text),
            ("resourceGroup", Shape::Text),
            ("name", Shape::Text),
            ("location", Shape::Text),
        ]),
    ),
    ("issuer", Shape::Text),
    (
        "aksCluster",
        Shape::TextOrFields(&[
            ("subscriptionId", Shape::Text),
            ("resourceGroup", Shape::Text),
            ("name", Shape::Text),
        ]),
    ),
    ("audience", Shape::Text),
    (
        "roles",
        Shape::List(&Shape::TextOrFields(&[
            ("role", Shape::Text),
            ("scope", Shape::Text),
        ])),
    ),
]);

/// Reads `metadata`.
pub(super) struct MetadataSeed;

impl<'de> DeserializeSeed<'de> for MetadataSeed {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Shaped(Some(&METADATA)).deserialize(deserializer)
    }
}

/// Reads `spec`.
pub(super) struct SpecSeed;

impl<'de> DeserializeSeed<'de> for SpecSeed {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Shaped(Some(&SPEC)).deserialize(deserializer)
    }
}

/// Reads a value of a shape; of none, as it comes.
struct Shaped(Option<&'static Shape>);

impl<'de> DeserializeSeed<'de> for Shaped {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match self.0 {
            None => Value::deserialize(deserializer),
            Some(Shape::Text) => Ok(Option::<String>::deserialize(deserializer)?.into()),
            Some(shape) => deserializer.deserialize_any(ShapeVisitor(shape)),
        }
    }
}

struct ShapeVisitor(&'static Shape);

impl ShapeVisitor {
    fn field(&self, key: &str) -> Option<&'static Shape> {
        match self.0 {
            Shape::Fields(fields) | Shape::TextOrFields(fields) => fields
                .iter()
                .find(|(name, _)| *name == key)
                .map(|(_, shape)| shape),
            Shape::Text | Shape::List(_) => None,
        }
    }

    /// A value that is neither text nor object. Where a text may stand, its spelling is lost, so
    /// it can't be taken for one.
    fn scalar<E: de::Error>(&self, value: Value) -> Result<Value, E> {
        if matches!(self.0, Shape::TextOrFields(_)) {
            return Err(E::custom(format_args!(
                "`{value}` stands where a text is expected: put it in quotes"
            )));
        }
        Ok(value)
    }
}

impl<'de> Visitor<'de> for ShapeVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        self.scalar(value.into())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        self.scalar(value.into())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        self.scalar(value.into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        self.scalar(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let shape = match self.0 {
            Shape::List(item) => Some(*item),
            Shape::Text | Shape::Fields(_) | Shape::TextOrFields(_) => None,
        };
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(Shaped(shape))? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some(key) = fields.next_key::<String>()? {
            let shape = self.field(&key);
            let value = fields.next_value_seed(Shaped(shape))?;
            values.insert(key, value);
        }
        Ok(Value::Object(values))
    }
}
