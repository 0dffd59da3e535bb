//! Reading JSON that others wrote.

use serde::{Deserialize, Deserializer};

/// Reads a field whose null means that it is absent, as in every manifest.
///
/// # Errors
///
/// The deserializer's, for a value that is neither null nor what is read.
pub fn null_is_absent<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
