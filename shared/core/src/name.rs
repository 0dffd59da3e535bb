//! Host names: what the host cluster calls an object that lives in a vCluster.
//!
//! The functions are vCluster's own arithmetic and refuse nothing: they agree with it for every
//! text, also for one that no Kubernetes object can have. Who needs a refusal asks
//! [`crate::namespaces::host_service_account`].

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// Longest name the translation emits, in bytes.
///
/// Source: vCluster `pkg/util/translate/translate.go`, `SafeConcatName`, commit 487667546.
pub const MAX_BYTES: usize = 63;

/// Bytes of the readable prefix kept when a name is cut; a `-` and ten hex digits follow.
pub(crate) const KEPT_BYTES: usize = 52;

/// What stands between the parts of a host name.
pub(crate) const SEPARATOR: &str = "-x-";

/// Returns the host name of `name`, an object in `namespace` of the vCluster `vcluster`.
///
/// This is the single-namespace algorithm, vCluster's default. `vcluster` is the name of the Helm
/// release. The result is at most [`MAX_BYTES`] long. A longer join keeps its first 52 bytes and
/// ends in ten hex digits of the SHA-256 of the whole. An empty name stays empty.
///
/// Source: vCluster `pkg/util/translate/single_namespace.go`, commit 487667546.
///
/// # Examples
///
/// ```
/// # use vwi_core::name::host_name;
/// assert_eq!(host_name("api", "shop", "blue"), "api-x-shop-x-blue");
/// ```
pub fn host_name(name: &str, namespace: &str, vcluster: &str) -> String {
    let mut host_name = String::with_capacity(MAX_BYTES);
    write_host_name(&mut host_name, name, namespace, vcluster);
    host_name
}

/// Appends to `out` what [`host_name`] returns, without an allocation where `out` has room for
/// [`MAX_BYTES`] more.
pub fn write_host_name(out: &mut String, name: &str, namespace: &str, vcluster: &str) {
    if !name.is_empty() {
        write_joined(out, &[name, "x", namespace, "x", vcluster]);
    }
}

/// Whether [`host_name`] has to cut: the join is longer than [`MAX_BYTES`].
///
/// Only 40 bits of digest tell cut names apart.
pub fn is_cut(name: &str, namespace: &str, vcluster: &str) -> bool {
    !name.is_empty()
        && name.len() + namespace.len() + vcluster.len() + 2 * SEPARATOR.len() > MAX_BYTES
}

/// Whether the join has `-x-` at more than two places, so that other parts can give the same name.
///
/// Places may overlap: `a-x` in `b` and `a` in `x-b` both give `a-x-x-b`.
pub fn is_ambiguous_join(name: &str, namespace: &str, vcluster: &str) -> bool {
    let any_holds = [name, namespace, vcluster]
        .iter()
        .any(|part| part.contains(SEPARATOR));
    any_holds
        || ends_in_separator(name)
        || ends_in_separator(namespace)
        || starts_with_separator(namespace)
        || starts_with_separator(vcluster)
        || namespace == "x"
}

/// Whether `part` and the separator after it hold a second place.
fn ends_in_separator(part: &str) -> bool {
    part.ends_with("-x")
}

/// Whether `part` and the separator before it hold a second place.
fn starts_with_separator(part: &str) -> bool {
    part.starts_with("x-")
}

/// Returns the host name of the cluster-scoped object `name`.
///
/// `vcluster_namespace` is the host namespace of the vCluster's control plane. An empty name stays
/// empty.
pub fn host_name_cluster(name: &str, vcluster_namespace: &str, vcluster: &str) -> String {
    if name.is_empty() {
        return String::new();
    }
    safe_concat(&["vcluster", name, "x", vcluster_namespace, "x", vcluster])
}

/// Returns the value of label `vcluster.loft.sh/managed-by` of cluster-scoped host objects.
///
/// Namespaced objects carry the vCluster's name alone.
pub fn marker_label_cluster(vcluster_namespace: &str, vcluster: &str) -> String {
    safe_concat(&[vcluster_namespace, "x", vcluster])
}

/// Returns the ServiceAccount that host pods run as while ServiceAccounts are not synced, unless
/// `controlPlane.advanced.workloadServiceAccount.name` says otherwise.
///
/// Source: vCluster `pkg/config/validation.go`.
pub fn workload_service_account(vcluster: &str) -> String {
    format!("vc-workload-{vcluster}")
}

/// Returns `parts` joined by `-`, cut as in [`host_name`] if that is longer than [`MAX_BYTES`].
///
/// Source: vCluster `pkg/util/translate/translate.go`, `SafeConcatName`.
pub fn safe_concat(parts: &[&str]) -> String {
    let mut joined = String::with_capacity(MAX_BYTES);
    write_joined(&mut joined, parts);
    joined
}

fn write_joined(out: &mut String, parts: &[&str]) {
    let dashes = parts.len().saturating_sub(1);
    let bytes: usize = parts.iter().map(|part| part.len()).sum::<usize>() + dashes;
    if bytes <= MAX_BYTES {
        out.extend(pieces(parts));
        return;
    }

    let mut digest = Sha256::new();
    let mut room = KEPT_BYTES;
    let kept = out.len();
    for piece in pieces(parts) {
        digest.update(piece);
        // Upstream cuts between bytes. Kubernetes names are ASCII; any other text loses the
        // character that the cut would split.
        let head = piece.get(..piece.floor_char_boundary(room)).unwrap_or("");
        out.push_str(head);
        room = if head.len() == piece.len() {
            room - head.len()
        } else {
            0
        };
    }
    // Writing to a String can't fail.
    let _written = write!(out, "-{:.10x}", digest.finalize());

    // Upstream replaces every `.-` of a cut name, not only the one that the cut can leave behind;
    // inside, only an invalid name has one.
    let cut = out.get(kept..).unwrap_or("");
    if cut.contains(".-") {
        let replaced = cut.replace(".-", "-");
        out.truncate(kept);
        out.push_str(&replaced);
    }
}

/// Returns the parts with the dashes between them.
fn pieces<'a>(parts: &'a [&str]) -> impl Iterator<Item = &'a str> {
    parts
        .iter()
        .enumerate()
        .flat_map(|(index, part)| [if index == 0 { "" } else { "-" }, *part])
}

/// Whether a ServiceAccount is one of those that nobody means who asks for all: every namespace has
/// a `default`, and the control plane's own are in `kube-*`.
pub fn is_system(namespace: &str, name: &str) -> bool {
    name == "default" || namespace.starts_with("kube-")
}

/// Whether `text` is a DNS-1123 label, as namespaces and Services are named: 1 to 63 bytes of
/// lower-case letters, digits and `-`, with no `-` at either end.
pub fn is_label(text: &str) -> bool {
    text.len() <= MAX_BYTES && !text.contains('.') && are_labels(text)
}

/// Whether `text` is a DNS-1123 subdomain, as ServiceAccounts and pods are named: 1 to 253 bytes,
/// label after label with a `.` between them.
pub fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && are_labels(text)
}

/// Whether `text` is label after label. Kubernetes limits a subdomain as a whole and not each label
/// of it.
// Once for all who ask, who are many.
#[inline(never)]
fn are_labels(text: &str) -> bool {
    let mut before = b'.';
    for byte in text.bytes() {
        let fits = match byte {
            b'a'..=b'z' | b'0'..=b'9' => true,
            b'-' => before != b'.',
            b'.' => !matches!(before, b'.' | b'-'),
            _ => false,
        };
        if !fits {
            return false;
        }
        before = byte;
    }
    !matches!(before, b'.' | b'-')
}

#[cfg(test)]
mod tests;
