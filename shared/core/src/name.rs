//! Names: what Kubernetes allows, and what the host calls an object of a tenant.

/// Longest DNS-1123 label, in bytes.
pub const MAX_LABEL_BYTES: usize = 63;
/// Longest DNS-1123 subdomain, in bytes.
pub const MAX_SUBDOMAIN_BYTES: usize = 253;

/// Whether `text` may be a Namespace's name (RFC 1123 label, 1 to 63 bytes).
pub fn is_label(text: &str) -> bool {
    text.len() <= MAX_LABEL_BYTES && is_label_of_any_length(text)
}

/// Whether `text` may be a ServiceAccount's name (RFC 1123 subdomain, 1 to 253 bytes).
pub fn is_subdomain(text: &str) -> bool {
    text.len() <= MAX_SUBDOMAIN_BYTES && text.split('.').all(is_label_of_any_length)
}

fn is_label_of_any_length(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}
