//! The Platform's second opinion on host names.

use std::collections::HashMap;

use futures_util::{StreamExt, stream};
use vwi_core::namespaces::NamespaceMode;
use vwi_core::record::Source;
use vwi_core::translation::{Opinion, Silence};
use vwi_platform::PlatformError;

use super::View;
use crate::place::Place;
use crate::wanted::Wanted;

/// Requests that are under way at a time.
const AT_ONCE: usize = 16;

type Key = (String, String);

impl View {
    /// Asks what the Platform calls each ServiceAccount. Its call knows the formula alone, so it is
    /// asked in single-namespace mode only, and not about one that all pods share; the host namespace
    /// is the instance's.
    ///
    /// A refusal is the same for all, so nobody is asked about after the first.
    pub(in crate::online) async fn ask_names(
        &self,
        place: &Place,
        is_shared: bool,
        wanted: Vec<&mut Wanted>,
    ) {
        let facts = place.facts();
        let is_single = matches!(facts.mode(), NamespaceMode::Single);
        let namespace = facts.host_namespace().to_owned();
        let release = place.which.name.clone();
        let keys: Vec<Key> = wanted
            .iter()
            .filter(|wanted| wanted.fault.is_none())
            .map(|wanted| key(wanted))
            .collect();
        let (names, why) = if is_shared {
            let why = "its call knows synced ServiceAccounts only";
            (HashMap::new(), Some(why.to_owned()))
        } else if is_single {
            let (names, error) = self.names(&release, keys).await;
            if let Some(error) = &error {
                super::leave(&self.talk, self.is_typed, error);
            }
            (names, error.map(|error| error.in_one_line()))
        } else {
            let why = "its call knows names in single-namespace mode only";
            (HashMap::new(), Some(why.to_owned()))
        };
        for wanted in wanted {
            if let Some(name) = names.get(&key(wanted)) {
                wanted.opinions.push(Opinion {
                    source: Source::Platform,
                    namespace: namespace.clone(),
                    name: name.clone(),
                    uid: None,
                    issuer: None,
                    audience: None,
                });
            } else if let Some(why) = &why {
                wanted.silences.push(Silence {
                    source: Source::Platform,
                    why: why.clone(),
                });
            }
        }
    }

    /// Asks for names until one is refused.
    async fn names(
        &self,
        release: &str,
        keys: Vec<Key>,
    ) -> (HashMap<Key, String>, Option<PlatformError>) {
        let asked = keys.into_iter().map(async |(namespace, name)| {
            let answer = self.platform.translate(release, &namespace, &name).await;
            ((namespace, name), answer)
        });
        let mut answers = stream::iter(asked).buffer_unordered(AT_ONCE);
        let mut names = HashMap::new();
        while let Some((key, answer)) = answers.next().await {
            match answer {
                Ok(name) => {
                    names.insert(key, name);
                }
                Err(error) => return (names, Some(error)),
            }
        }
        (names, None)
    }
}

fn key(wanted: &Wanted) -> Key {
    let record = &wanted.record;
    (record.namespace().to_owned(), record.name().to_owned())
}
