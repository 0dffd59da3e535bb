//! Compares the suite with what a user would use instead, in one run: `cargo compare`.
//!
//! | subject | rival |
//! |---|---|
//! | the pipe, once through kubectl and once called directly | the vendor's documented procedure with the real `az` and `kubectl` |
//! | start of `translate --offline`, of the umbrella and of the step alone | `/bin/true` |
//! | federate: 1,000 credentials over 50 identities | the bound of 20 serial writes, and the real `az` for 20 |
//! | the same at the documented pace (only as `cargo compare pace`: eight minutes) | the pace's own bound |
//! | `translate --all-vclusters` over 200 vClusters with 10,000 ServiceAccounts | the raw paged lists |
//! | a List of ServiceAccounts through `translate --offline` | `jq -c '.items[]'`, `cat`, and `serde_json` alone |
//!
//! The suite's binary is the umbrella as it is released, which this builds first.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a program for developers, whose answer is its output"
)]

mod federate;
mod fleet;
mod measure;
mod pipe;
mod start;
mod stream;
mod suite;

use suite::Suite;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|word| word == name);
    let suite = Suite::build();
    if is_wanted("start") {
        start::compare(&suite);
    }
    if is_wanted("stream") {
        stream::compare(&suite);
    }
    if is_wanted("federate") {
        federate::compare(&suite);
    }
    if wanted.iter().any(|word| word == "pace") {
        federate::compare_pace(&suite);
    }
    if is_wanted("fleet") {
        fleet::compare(&suite);
    }
    if is_wanted("pipe") {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(pipe::compare(&suite));
    }
}
