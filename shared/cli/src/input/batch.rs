//! Documents on their way from one thread to another.

use vwi_core::stream::{Item, ServiceAccount};

/// Documents that are handed over together.
///
/// The texts of ServiceAccounts travel as one, and are made anew where they are taken: of memory that
/// one thread asks for and another gives back, each piece makes the two wait for each other.
#[derive(Debug, Default)]
pub(super) struct Batch {
    documents: Vec<Packed>,
    /// All texts of the ServiceAccounts, in their order.
    texts: String,
}

#[derive(Debug)]
enum Packed {
    /// A ServiceAccount; the bytes of each text.
    ServiceAccount {
        namespace: Option<usize>,
        name: usize,
        uid: Option<usize>,
        listed: bool,
    },
    /// Anything else, of which there are fewer.
    Other(Item),
}

impl Batch {
    /// Returns an empty batch with as much room as this one needs.
    pub(super) fn alike(&self) -> Self {
        Self {
            documents: Vec::with_capacity(self.documents.len()),
            texts: String::with_capacity(self.texts.len()),
        }
    }

    /// Adds a document.
    pub(super) fn push(&mut self, item: Item) {
        let packed = match item {
            Item::ServiceAccount(account) => Packed::ServiceAccount {
                namespace: account.namespace.map(|text| self.keep(&text)),
                name: self.keep(&account.name),
                uid: account.uid.map(|text| self.keep(&text)),
                listed: account.listed,
            },
            other @ (Item::Record(_) | Item::End(_)) => Packed::Other(other),
        };
        self.documents.push(packed);
    }

    fn keep(&mut self, text: &str) -> usize {
        self.texts.push_str(text);
        text.len()
    }

    /// Hands the documents to `sink` in their order.
    pub(super) fn unpack<E>(self, sink: &mut dyn FnMut(Item) -> Result<(), E>) -> Result<(), E> {
        let mut rest = &*self.texts;
        let mut take = |bytes| {
            // As many bytes as were kept.
            let (text, after) = rest.split_at_checked(bytes).unwrap_or_default();
            rest = after;
            text.to_owned()
        };
        for packed in self.documents {
            sink(match packed {
                Packed::ServiceAccount {
                    namespace,
                    name,
                    uid,
                    listed,
                } => Item::ServiceAccount(ServiceAccount {
                    namespace: namespace.map(&mut take),
                    name: take(name),
                    uid: uid.map(&mut take),
                    listed,
                }),
                Packed::Other(item) => item,
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use vwi_core::record::Record;
    use vwi_core::stream::StreamEnd;

    use super::*;

    #[test]
    fn what_is_unpacked_is_what_was_packed() {
        let account = |namespace: Option<&str>, name: &str, uid: Option<&str>, listed| {
            Item::ServiceAccount(ServiceAccount {
                namespace: namespace.map(str::to_owned),
                name: name.to_owned(),
                uid: uid.map(str::to_owned),
                listed,
            })
        };
        let items = [
            account(Some("shop"), "api", Some("u-1"), true),
            account(None, "web", None, false),
            Item::Record(Box::new(Record::new("shop", "db"))),
            account(Some("ü"), "", Some(""), true),
            account(None, "last", Some("u-2"), false),
            Item::End(StreamEnd::default()),
        ];
        let mut batch = Batch::default();
        for item in items.clone() {
            batch.push(item);
        }
        let mut unpacked = Vec::new();
        let mut next = batch.alike();
        batch
            .unpack::<()>(&mut |item| {
                unpacked.push(item);
                Ok(())
            })
            .unwrap();
        assert_eq!(unpacked, items);
        next.push(account(None, "of the next", None, true));
        assert_eq!(
            next.unpack(&mut Err),
            Err(account(None, "of the next", None, true))
        );
    }
}
