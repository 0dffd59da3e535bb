//! Refuses what vCluster refuses in `sync.toHost.namespaces.mappings.byName`, in its words.
//!
//! Source: vCluster `pkg/util/namespaces/validation.go`, commit 487667546.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use thiserror::Error;

use super::label_error::{namespace_error, namespace_prefix_error};
use super::mappings::{PLACEHOLDER, Pattern, WILDCARD, expand};

/// Longest beginning of a pattern after expansion, in bytes.
const MAX_PREFIX_BYTES: usize = 32;

/// One side of a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The tenant's namespace, the key.
    Virtual,
    /// The host's namespace, the value.
    Host,
}

impl fmt::Display for Side {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Virtual => "virtual namespace",
            Self::Host => "host namespace",
        })
    }
}

/// A configuration that vCluster does not start with. The text is vCluster's own.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("config.sync.toHost.namespaces.mappings.byName{0}")]
pub struct InvalidMappings(String);

/// Checks every mapping for the vCluster `vcluster` in the host namespace `vcluster_namespace`.
///
/// vCluster visits the entries in random order and says the first fault; here they are visited in
/// the order of their keys, so that several faults give one answer.
pub(super) fn validate(
    by_name: &BTreeMap<String, String>,
    vcluster: &str,
    vcluster_namespace: &str,
) -> Result<(), InvalidMappings> {
    if by_name.is_empty() {
        return Err(InvalidMappings(" are empty".to_owned()));
    }
    let mut hosts = BTreeSet::new();
    for (tenant, host) in by_name {
        if !hosts.insert(host) {
            return Err(fault(format_args!(
                "duplicate host namespace '{host}' found in mappings"
            )));
        }
        let is_pattern = tenant.contains(WILDCARD);
        if is_pattern != host.contains(WILDCARD) {
            return Err(fault(format_args!(
                "'{tenant}':'{host}' has mismatched wildcard '*' usage - pattern must always map \
                 to another pattern"
            )));
        }
        let check = if is_pattern { pattern } else { exact };
        check(tenant, Side::Virtual, vcluster)?;
        check(host, Side::Host, vcluster)?;
        control_plane(host, vcluster, vcluster_namespace)?;
    }
    Ok(())
}

fn exact(name: &str, side: Side, vcluster: &str) -> Result<(), InvalidMappings> {
    if name.is_empty() {
        return Err(fault(format_args!("{side} cannot be empty")));
    }
    if let Some(text) = placeholder_fault(name, &side.to_string(), vcluster) {
        return Err(fault(format_args!("{text}")));
    }
    match namespace_error(&expand(name, vcluster)) {
        Some(error) => Err(fault(format_args!("invalid {side} name '{name}': {error}"))),
        None => Ok(()),
    }
}

fn pattern(pattern: &str, side: Side, vcluster: &str) -> Result<(), InvalidMappings> {
    if pattern.matches(WILDCARD).count() != 1 {
        return Err(fault(format_args!(
            "{side} pattern '{pattern}' must contain exactly one '*'"
        )));
    }
    let Some(prefix) = pattern.strip_suffix(WILDCARD) else {
        return Err(fault(format_args!(
            "{side} pattern '{pattern}' must have the wildcard '*' at the end"
        )));
    };
    let subject = format!("{side} pattern prefix");
    if let Some(text) = placeholder_fault(prefix, &subject, vcluster) {
        return Err(fault(format_args!("{text} (from pattern '{pattern}')")));
    }
    let literal = expand(prefix, vcluster);
    let length = literal.len();
    if length > MAX_PREFIX_BYTES {
        return Err(fault(format_args!(
            "literal parts of {side} pattern prefix '{prefix}' (from '{pattern}') cannot be longer \
             than {MAX_PREFIX_BYTES} characters (literal length: {length})"
        )));
    }
    match namespace_prefix_error(&literal) {
        Some(error) => Err(fault(format_args!(
            "invalid {side} pattern '{pattern}': {error}"
        ))),
        None => Ok(()),
    }
}

/// Refuses a host side that would let the tenant into the control plane's namespace.
fn control_plane(
    host: &str,
    vcluster: &str,
    vcluster_namespace: &str,
) -> Result<(), InvalidMappings> {
    if host == "*" {
        return Err(fault(format_args!(
            "host pattern mappings must use a prefix before wildcard: *"
        )));
    }
    let expanded = expand(host, vcluster);
    match Pattern::parse(&expanded) {
        Some(pattern) if pattern.capture(vcluster_namespace).is_some() => Err(fault(format_args!(
            "host namespace pattern '{host}' conflicts with control plane namespace \
             '{vcluster_namespace}'"
        ))),
        None if expanded == vcluster_namespace => Err(fault(format_args!(
            "host namespace mapping '{host}' conflicts with control plane namespace \
             '{vcluster_namespace}'"
        ))),
        Some(_) | None => Ok(()),
    }
}

fn placeholder_fault(text: &str, subject: &str, vcluster: &str) -> Option<String> {
    let has_braces = |text: &str| text.contains("${") && text.contains('}');
    match text.matches(PLACEHOLDER).count() {
        0 => has_braces(text).then(|| {
            format!(
                "{subject} '{text}' contains an unsupported placeholder; only '{PLACEHOLDER}' is \
                 allowed"
            )
        }),
        1 => has_braces(&expand(text, vcluster)).then(|| {
            format!(
                "{subject} '{text}' contains an unsupported placeholder; only a single \
                 '{PLACEHOLDER}' is allowed"
            )
        }),
        _ => Some(format!(
            "{subject} '{text}' contains placeholder '{PLACEHOLDER}' multiple times"
        )),
    }
}

fn fault(text: fmt::Arguments<'_>) -> InvalidMappings {
    InvalidMappings(format!(": {text}"))
}
