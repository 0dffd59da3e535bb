//! `--identity-map`: which identity the ServiceAccounts of which vCluster get.
//!
//! A YAML (or JSON) list of rows. All four fields are required, and `*` stands for any value; a row
//! without one says nothing by accident:
//!
//! ```yaml
//! - {vcluster: team-x/vcluster-demo, namespace: default, name: app, identity: rg/app-identity}
//! - {vcluster: team-x/vcluster-demo, namespace: "*", name: "*", identity: rg/shared}
//! ```

use serde::Deserialize;
use thiserror::Error;

use crate::arm::{Kind, Reference};
use crate::text::escape;
use crate::translation::VirtualClusterName;
use crate::yaml;

/// What stands for any value.
const ANY: &str = "*";

/// The rows; the first one that fits decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdentityMap {
    rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// `NAMESPACE/NAME` of the vCluster on the host.
    vcluster: String,
    namespace: String,
    name: String,
    identity: String,
}

/// Why a text is no identity map.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum MapError {
    /// It is not a YAML list of rows with these fields.
    #[error("not a list of rows with vcluster, namespace, name and identity: {0}")]
    Shape(String),
    /// A row's vCluster is neither `*` nor `NAMESPACE/NAME`.
    #[error(
        "row {row}: vcluster `{}` is neither `*` nor HOST-NAMESPACE/NAME",
        escape(vcluster)
    )]
    VirtualCluster {
        /// Which row, from 1.
        row: usize,
        /// What it says.
        vcluster: String,
    },
    /// A row's identity can't be one.
    #[error("row {row}: {fault}")]
    Identity {
        /// Which row, from 1.
        row: usize,
        /// What is wrong with it.
        fault: String,
    },
    /// A row after one that takes everything that it takes.
    #[error("row {row} never decides: row {by} takes all that it takes")]
    Shadowed {
        /// Which row, from 1.
        row: usize,
        /// The row before.
        by: usize,
    },
}

impl IdentityMap {
    /// Reads a map.
    ///
    /// # Errors
    ///
    /// [`MapError`]; a row that can't be used or never decides is an error, not a surprise.
    pub fn parse(text: &str) -> Result<Self, MapError> {
        let shape = |fault: String| MapError::Shape(escape(&fault));
        let tree = yaml::texts(text).map_err(|error| shape(error.to_string()))?;
        let rows = Vec::<Row>::deserialize(&tree).map_err(|error| shape(error.to_string()))?;
        for (index, row) in rows.iter().enumerate() {
            let number = index + 1;
            if row.vcluster != ANY
                && row
                    .vcluster
                    .split('/')
                    .filter(|part| !part.is_empty())
                    .count()
                    != 2
            {
                return Err(MapError::VirtualCluster {
                    row: number,
                    vcluster: row.vcluster.clone(),
                });
            }
            if let Err(error) = Reference::parse(Kind::Identity, &row.identity) {
                return Err(MapError::Identity {
                    row: number,
                    fault: error.to_string(),
                });
            }
            let before = rows.iter().take(index);
            if let Some(by) = before.clone().position(|before| before.covers(row)) {
                return Err(MapError::Shadowed {
                    row: number,
                    by: by + 1,
                });
            }
        }
        Ok(Self { rows })
    }

    /// Returns the identity of a ServiceAccount; `None` if no row fits. A record that does not say
    /// its vCluster fits only rows for any.
    pub fn identity(
        &self,
        vcluster: Option<&VirtualClusterName>,
        namespace: &str,
        name: &str,
    ) -> Option<&str> {
        let vcluster = vcluster.map(|which| format!("{}/{}", which.namespace, which.name));
        let fits = |row: &&Row| {
            let of_vcluster =
                row.vcluster == ANY || vcluster.as_deref() == Some(row.vcluster.as_str());
            of_vcluster && takes(&row.namespace, namespace) && takes(&row.name, name)
        };
        self.rows.iter().find(fits).map(|row| row.identity.as_str())
    }
}

fn takes(pattern: &str, value: &str) -> bool {
    pattern == ANY || pattern == value
}

impl Row {
    /// Whether it takes everything that another one takes.
    fn covers(&self, other: &Self) -> bool {
        takes(&self.vcluster, &other.vcluster)
            && takes(&self.namespace, &other.namespace)
            && takes(&self.name, &other.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = r#"
- {vcluster: team-x/vc, namespace: default, name: app, identity: rg/app-identity}
- {vcluster: team-x/vc, namespace: "*", name: job, identity: rg/jobs}
- {vcluster: "*", namespace: shop, name: "*", identity: shop-identity}
"#;

    #[test]
    fn the_first_row_that_fits_decides() {
        let map = IdentityMap::parse(MAP).unwrap();
        let vcluster = |name: &str| VirtualClusterName {
            name: name.to_owned(),
            namespace: "team-x".to_owned(),
        };
        let cases = [
            (Some("vc"), "default", "app", Some("rg/app-identity")),
            (Some("vc"), "other", "job", Some("rg/jobs")),
            (Some("vc"), "shop", "job", Some("rg/jobs")),
            (Some("other"), "shop", "job", Some("shop-identity")),
            (None, "shop", "job", Some("shop-identity")),
            (Some("other"), "default", "app", None),
            (None, "default", "app", None),
            (Some("vc"), "default", "App", None),
        ];
        for (name, namespace, account, expected) in cases {
            let which = name.map(vcluster);
            let found = map.identity(which.as_ref(), namespace, account);
            assert_eq!(found, expected, "{name:?} {namespace} {account}");
        }
    }

    #[test]
    fn rows_that_are_not_understood_are_refused() {
        let row = |vcluster: &str, identity: &str| {
            format!("- {{vcluster: \"{vcluster}\", namespace: a, name: b, identity: {identity}}}\n")
        };
        let cases = [
            ("a: b".to_owned(), "not a list of rows"),
            (
                "- {vcluster: a/b, namespace: c, name: d}".to_owned(),
                "not a list",
            ),
            (row("a/b", "c-1") + "  extra: 1", "not a list"),
            (row("vc", "app-1"), "neither `*` nor"),
            (row("a/b/c", "app-1"), "neither `*` nor"),
            (row("*", "a"), "row 1: `a` is not the name"),
            (
                row("*", "app-1") + &row("a/b", "app-2"),
                "row 2 never decides: row 1",
            ),
        ];
        for (text, expected) in cases {
            let error = IdentityMap::parse(&text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
        assert_eq!(IdentityMap::parse("[]"), Ok(IdentityMap::default()));
    }
}
