//! Reads the JSON on standard input and keeps nothing of it: what is the least that anything costs
//! which understands JSON. `cargo compare stream` holds translate against it.

use std::io::{self, BufReader};

use serde::de::IgnoredAny;

/// Bytes read at a time, as by the steps.
const BUFFER_BYTES: usize = 256 * 1024;

fn main() -> serde_json::Result<()> {
    let input = BufReader::with_capacity(BUFFER_BYTES, io::stdin().lock());
    let _nothing: IgnoredAny = serde_json::from_reader(input)?;
    Ok(())
}
