//! Several processes that share the work.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::program::offline;

/// Names of few letters, so that many of them collide.
fn accounts() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = || "[ab](-x-[ab]){0,2}";
    vec((name(), name()), 0..30)
}

fn list(accounts: &[(String, String)]) -> String {
    let items: Vec<Value> = accounts
        .iter()
        .map(|(namespace, name)| {
            json!({"apiVersion": "v1", "kind": "ServiceAccount",
                   "metadata": {"name": name, "namespace": namespace}})
        })
        .collect();
    json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string()
}

struct Answer {
    records: Vec<String>,
    end: Value,
}

fn answer(input: &str, arguments: &[&str]) -> Answer {
    let found = offline(&[&["-f", "-"], arguments].concat(), input);
    let mut records: Vec<String> = found.stdout.lines().map(str::to_owned).collect();
    let end: Value = serde_json::from_str(&records.pop().unwrap()).unwrap();
    assert_eq!(end["status"]["records"], records.len());
    let failed = end["status"]["failed"].as_u64().unwrap();
    assert_eq!(found.status, i32::from(failed > 0), "{}", found.stderr);
    Answer { records, end }
}

/// Whether `part` is `whole` with some left out.
fn is_part(part: &[String], whole: &[String]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|record| whole.any(|other| other == record))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn all_shards_together_give_the_whole_answer_in_any_order_of_runs(
        accounts in accounts(),
        order in Just((0..4).collect::<Vec<u32>>()).prop_shuffle(),
        count in 1..=4_u32,
    ) {
        let input = list(&accounts);
        let whole = answer(&input, &[]);
        let mut together = Vec::new();
        let mut failed = 0;
        for index in order.into_iter().filter(|index| *index < count) {
            let shard = answer(&input, &["--shard", &format!("{index}/{count}")]);
            prop_assert!(is_part(&shard.records, &whole.records));
            // Whoever has the first of a pair has to know of it.
            prop_assert_eq!(&shard.end["status"]["collisions"], &whole.end["status"]["collisions"]);
            failed += shard.end["status"]["failed"].as_u64().unwrap();
            together.extend(shard.records);
        }
        together.sort_unstable();
        let mut records = whole.records;
        records.sort_unstable();
        prop_assert_eq!(together, records);
        prop_assert_eq!(Some(failed), whole.end["status"]["failed"].as_u64());
    }
}

#[test]
fn the_end_says_that_it_is_a_part() {
    let by = |arguments: &[&str]| {
        let end = offline(arguments, "").records().pop().unwrap();
        end["status"]["selection"]["narrowed"]["by"].clone()
    };
    assert_eq!(by(&["app", "--shard", "0/2"]), json!(["names", "shard"]));
    assert_eq!(by(&["app", "--shard=0/1"]), json!(["names"]));
}
