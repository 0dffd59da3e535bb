//! Lists of a Kubernetes API, page by page.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::json::null_is_absent;
use crate::vcluster_labels::POD_TOKEN_PREFIX;

/// One page of a list.
#[derive(Debug, Deserialize)]
pub struct Page<T> {
    #[serde(default)]
    metadata: PageMetadata,
    items: Option<Vec<T>>,
}

#[derive(Debug, Default, Deserialize)]
struct PageMetadata {
    #[serde(rename = "continue", default)]
    next: String,
}

/// An object that a vCluster synced: what tells whom it stands for, and no more.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SyncedObject {
    /// What it is called, and what is written on it.
    pub metadata: SyncedMetadata,
}

/// Metadata of a [`SyncedObject`].
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SyncedMetadata {
    /// Name.
    pub name: String,
    /// Namespace; empty for what has none.
    pub namespace: String,
    /// uid.
    pub uid: String,
    /// Labels.
    #[serde(deserialize_with = "null_is_absent")]
    pub labels: BTreeMap<String, String>,
    /// Annotations, without those in which vCluster keeps live tokens of the tenant.
    #[serde(deserialize_with = "without_tokens")]
    pub annotations: BTreeMap<String, String>,
}

impl<T> Page<T> {
    /// Returns the objects, and the token that the next page is asked for with; it is empty on the
    /// last one.
    pub fn into_parts(self) -> (Vec<T>, String) {
        (self.items.unwrap_or_default(), self.metadata.next)
    }
}

/// Reads a page of synced objects. Not generic, so that it is compiled here, for speed: a fleet has
/// tens of thousands of them, each with field managers that are longer than all the rest.
///
/// # Errors
///
/// `serde_json`'s.
pub fn synced_page(page: &[u8]) -> serde_json::Result<Page<SyncedObject>> {
    serde_json::from_slice(page)
}

/// Returns the token of the next page, if there is one and the start of this page tells it already:
/// an API server writes a list's metadata before its items.
pub fn early_token(start: &[u8]) -> Option<String> {
    let mut found = None;
    let mut json = serde_json::Deserializer::from_slice(start);
    // An error, as the list goes on after its metadata; what matters has been found by then.
    let _cut_off = json.deserialize_map(Start(&mut found));
    found.filter(|token| !token.is_empty())
}

/// Reads a list as far as its metadata.
struct Start<'a>(&'a mut Option<String>);

impl<'de> Visitor<'de> for Start<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<&str>()? {
            if key == "metadata" {
                *self.0 = Some(map.next_value::<PageMetadata>()?.next);
                return Ok(());
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

/// Reads annotations without those that hold live tokens.
///
/// # Errors
///
/// The deserializer's.
pub fn without_tokens<'de, D>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error>
where
    D: Deserializer<'de>,
{
    let mut annotations: BTreeMap<String, String> = null_is_absent(deserializer)?;
    annotations.retain(|key, _| !key.starts_with(POD_TOKEN_PREFIX));
    Ok(annotations)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = concat!(
        r#"{"kind":"ServiceAccountList","apiVersion":"v1","#,
        r#""metadata":{"resourceVersion":"7","continue":"eyJ2","remainingItemCount":1},"#,
        r#""items":[{"metadata":{"name":"app","namespace":"ns","uid":"u","labels":null,"#,
        r#""annotations":{"a":"b","vcluster.loft.sh/token-dyxgwwvl":"secret"},"#,
        r#""managedFields":[{"manager":"m","fieldsV1":{"f:metadata":{}}}]}}]}"#,
    );

    #[test]
    fn a_page_of_synced_objects_is_read_without_tokens_and_managers() {
        let (items, next) = synced_page(PAGE.as_bytes()).unwrap().into_parts();
        let shown = format!("{items:?}");
        assert_eq!(
            shown,
            "[SyncedObject { metadata: SyncedMetadata { name: \"app\", namespace: \"ns\", \
             uid: \"u\", labels: {}, annotations: {\"a\": \"b\"} } }]"
        );
        assert_eq!(next, "eyJ2");
        let (items, next) = synced_page(br#"{"items":null}"#).unwrap().into_parts();
        assert!(items.is_empty() && next.is_empty());
    }

    #[test]
    fn the_next_page_is_known_as_soon_as_the_metadata_is_there() {
        let known = PAGE.find(r#","items""#).unwrap();
        for end in 0..=PAGE.len() {
            let token = early_token(&PAGE.as_bytes()[..end]);
            assert_eq!(token.as_deref(), (end >= known).then_some("eyJ2"), "{end}");
        }
    }

    #[test]
    fn no_next_page_is_known_where_there_is_none_or_the_items_come_first() {
        for start in [
            "",
            "<html>",
            "[]",
            r#"{"metadata":{"resourceVersion":"7"},"items":["#,
            r#"{"metadata":{"continue":""},"items":["#,
            r#"{"metadata":{"continue":5},"items":["#,
            r#"{"items":[{"metadata":{"continue":"no"}},"#,
            r#"{"items":[],"#,
        ] {
            assert_eq!(early_token(start.as_bytes()), None, "{start}");
        }
    }
}
