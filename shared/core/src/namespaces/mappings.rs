//! `sync.toHost.namespaces.mappings.byName`: which tenant namespace is which host namespace.
//!
//! Source: vCluster `pkg/util/namespaces/util.go`, commit 487667546, for host to tenant. The way
//! back is closed source; it is taken to be the same rules turned round, as documented.

use std::collections::BTreeMap;

use super::validation::{InvalidMappings, Side, validate};

/// Stands for the vCluster's name.
pub(super) const PLACEHOLDER: &str = "${name}";
/// Stands for any text, at the end of a pattern.
pub(super) const WILDCARD: char = '*';

/// Validated mappings of one vCluster, expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamespaceMappings {
    /// Tenant and host namespace.
    exact: Vec<(String, String)>,
    /// Tenant and host pattern.
    patterns: Vec<(String, String)>,
}

/// Where the objects of a tenant namespace are on the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostNamespace {
    /// In a namespace of their own, under their own names. Not checked: a pattern can give a text
    /// that no namespace can have.
    Mapped {
        /// Host namespace.
        namespace: String,
    },
    /// In the control plane's namespace, under names of the single-namespace algorithm.
    Unmapped,
    /// Nowhere: vCluster lets no such namespace exist.
    Forbidden,
    /// In one of these; in vCluster, the order of a Go map decides.
    Ambiguous {
        /// Host namespaces, sorted, at least two.
        candidates: Vec<String>,
    },
}

impl NamespaceMappings {
    /// Validates and expands the mappings of the vCluster `vcluster`, whose control plane is in
    /// the host namespace `vcluster_namespace`.
    ///
    /// # Errors
    ///
    /// [`InvalidMappings`] with vCluster's own text where vCluster refuses to start.
    pub fn new(
        by_name: &BTreeMap<String, String>,
        vcluster: &str,
        vcluster_namespace: &str,
    ) -> Result<Self, InvalidMappings> {
        validate(by_name, vcluster, vcluster_namespace)?;
        let (patterns, exact) = by_name
            .iter()
            .map(|(tenant, host)| (expand(tenant, vcluster), expand(host, vcluster)))
            .partition(|(tenant, _)| tenant.contains(WILDCARD));
        Ok(Self { exact, patterns })
    }

    /// Returns where the tenant's `namespace` is on the host; never
    /// [`HostNamespace::Forbidden`], which is a matter of `mappingsOnly`.
    pub fn virtual_to_host(&self, namespace: &str) -> HostNamespace {
        let mut candidates = self.translate(namespace, Side::Virtual);
        match candidates.pop() {
            None => HostNamespace::Unmapped,
            Some(namespace) if candidates.is_empty() => HostNamespace::Mapped { namespace },
            Some(last) => {
                candidates.push(last);
                HostNamespace::Ambiguous { candidates }
            }
        }
    }

    /// Returns the tenant namespaces that the host's `namespace` can stand for, sorted: none if no
    /// mapping matches, several if vCluster leaves it to chance.
    pub fn host_to_virtual(&self, namespace: &str) -> Vec<String> {
        self.translate(namespace, Side::Host)
    }

    /// Returns what `namespace`, on the side `from`, can be on the other; exact mappings beat
    /// patterns.
    fn translate(&self, namespace: &str, from: Side) -> Vec<String> {
        let turned = |(tenant, host)| match from {
            Side::Virtual => (tenant, host),
            Side::Host => (host, tenant),
        };
        let mut found: Vec<String> = entries(&self.exact)
            .map(turned)
            .filter(|(here, _)| *here == namespace)
            .map(|(_, there)| there.to_owned())
            .collect();
        if found.is_empty() {
            found = entries(&self.patterns)
                .map(turned)
                .filter_map(|(here, there)| {
                    let captured = Pattern::parse(here)?.capture(namespace)?;
                    Some(there.replacen(WILDCARD, captured, 1))
                })
                .collect();
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

fn entries(mappings: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    mappings.iter().map(|(tenant, host)| (&**tenant, &**host))
}

/// Puts the vCluster's name for its placeholder.
pub(super) fn expand(text: &str, vcluster: &str) -> String {
    text.replace(PLACEHOLDER, vcluster)
}

/// A pattern, taken apart at its first wildcard.
pub(super) struct Pattern<'a> {
    prefix: &'a str,
    suffix: &'a str,
}

impl<'a> Pattern<'a> {
    /// Returns `text` as a pattern, or nothing if it has no wildcard.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (prefix, suffix) = text.split_once(WILDCARD)?;
        Some(Self { prefix, suffix })
    }

    /// Returns the part of `name` that the wildcard stands for, which can be empty.
    pub(super) fn capture<'n>(&self, name: &'n str) -> Option<&'n str> {
        name.strip_prefix(self.prefix)?.strip_suffix(self.suffix)
    }
}
