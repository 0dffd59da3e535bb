//! ServiceAccounts as they belong in Git, for `kubectl apply`.

use std::collections::BTreeMap;

use serde::Serialize;

/// One ServiceAccount with the annotations that it is to have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceAccountManifest {
    api_version: &'static str,
    kind: &'static str,
    metadata: ManifestMetadata,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct ManifestMetadata {
    name: String,
    namespace: String,
    annotations: BTreeMap<String, String>,
}

impl ServiceAccountManifest {
    /// Returns the object; what is not said in it, `kubectl apply` leaves as it is.
    pub fn new(namespace: &str, name: &str, annotations: BTreeMap<String, String>) -> Self {
        Self {
            api_version: "v1",
            kind: "ServiceAccount",
            metadata: ManifestMetadata {
                name: name.to_owned(),
                namespace: namespace.to_owned(),
                annotations,
            },
        }
    }

    /// Returns the object as YAML, for a file in Git.
    pub fn to_yaml(&self) -> String {
        // Texts in maps always serialise.
        serde_saphyr::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stays_a_text() {
        let annotations = [("a/b".to_owned(), "3600".to_owned())].into();
        assert_eq!(
            ServiceAccountManifest::new("default", "1e3", annotations).to_yaml(),
            "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: \"1e3\"\n  namespace: default\n  \
             annotations:\n    a/b: \"3600\"\n"
        );
    }
}
