//! Keys that look like one of ours and mean nothing to the webhook.

use std::collections::BTreeMap;

use super::{KEYS, USE};

/// Edits that turn one key into another and still count as a slip.
const SLIPS: usize = 2;

/// A key that was meant as another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearMiss {
    /// The key as it is.
    pub key: String,
    /// Its value.
    pub value: String,
    /// Whether it is a label; the keys of the webhook are annotations.
    pub is_label: bool,
    /// The key that was meant.
    pub meant: &'static str,
}

/// Returns the labels and annotations of a ServiceAccount that were meant as one of [`KEYS`].
pub fn near_misses(
    labels: &BTreeMap<String, String>,
    annotations: &BTreeMap<String, String>,
) -> Vec<NearMiss> {
    let labels = labels.iter().map(|pair| (pair, true));
    let annotations = annotations.iter().map(|pair| (pair, false));
    annotations
        .chain(labels)
        .filter_map(|((key, value), is_label)| {
            let meant = meant(key, is_label)?;
            Some(NearMiss {
                key: key.clone(),
                value: value.clone(),
                is_label,
                meant,
            })
        })
        .collect()
}

fn meant(key: &str, is_label: bool) -> Option<&'static str> {
    if key == USE || (!is_label && KEYS.contains(&key)) {
        return None;
    }
    let bare = bare(key);
    KEYS.into_iter()
        .map(|known| {
            (
                strsim::damerau_levenshtein(&bare, &self::bare(known)),
                known,
            )
        })
        .filter(|(slips, _)| *slips <= SLIPS)
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, known)| known)
}

/// What is left of a key when case and punctuation don't count.
fn bare(key: &str) -> String {
    key.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|character| character.to_ascii_lowercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::{CLIENT_ID, TENANT_ID, TOKEN_EXPIRATION};
    use super::*;

    #[test]
    fn slips_are_found_and_right_keys_are_none() {
        for (key, is_label, expected) in [
            (CLIENT_ID, false, None),
            (CLIENT_ID, true, Some(CLIENT_ID)),
            (USE, true, None),
            (USE, false, None),
            ("azure.workload.identity/client_id", false, Some(CLIENT_ID)),
            ("azure.workload.identity/clientId", false, Some(CLIENT_ID)),
            ("azure.workload.identity.client-id", false, Some(CLIENT_ID)),
            ("azure.workload.identity/cleint-id", false, Some(CLIENT_ID)),
            ("azure.workload.identity/tenantid", false, Some(TENANT_ID)),
            (
                "azure.workload.identity/service-account-token-expirations",
                false,
                Some(TOKEN_EXPIRATION),
            ),
            ("azure.workload.identity/principal-id", false, None),
            ("eks.amazonaws.com/role-arn", false, None),
        ] {
            assert_eq!(meant(key, is_label), expected, "{key}");
        }
    }
}
