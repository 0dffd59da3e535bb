//! Whether the input was all of what was to come.

use super::*;

pub(super) fn record_of_a_step(name: &str) -> Record {
    let mut record = Record::new("n", name);
    record.set_condition(
        Step::Translate,
        ConditionStatus::True,
        "Proven",
        "seen on the host",
    );
    record
}

fn end(records: u64) -> StreamEnd {
    StreamEnd {
        step: "translate".to_owned(),
        records,
        selection: Some(Selection::all("file")),
        ..StreamEnd::default()
    }
}

fn stream(records: u64) -> Vec<u8> {
    let mut text = Vec::new();
    for number in 0..records {
        write_line(&mut text, &record_of_a_step(&format!("sa-{number}"))).unwrap();
    }
    write_line(&mut text, &end(records)).unwrap();
    text
}

fn list(records: u64) -> Vec<u8> {
    let mut text = Vec::new();
    let mut list = ListWriter::default();
    for number in 0..records {
        let record = record_of_a_step(&format!("sa-{number}"));
        list.item(&mut text, &record).unwrap();
    }
    list.finish(&mut text, &end(records)).unwrap();
    text
}

fn completeness(text: &[u8]) -> Completeness {
    read_all(text).unwrap().1.completeness
}

#[test]
fn a_stream_with_its_end_is_complete_without_it_is_not() {
    let whole = stream(2);
    assert_eq!(completeness(&whole), Completeness::Complete);
    assert_eq!(completeness(whole.trim_ascii_end()), Completeness::Complete);
    let twice = [whole.clone(), stream(0), stream(3)].concat();
    let (items, summary) = read_all(&twice).unwrap();
    assert_eq!((items.len(), summary.records), (8, 5));
    assert_eq!(summary.completeness, Completeness::Complete);
    for blank in ["", " \n", "\u{feff}", "\u{feff}\n\t\n"] {
        assert_eq!(completeness(blank.as_bytes()), Completeness::Empty);
    }
    for nothing_selected in ["[]", r#"{"kind":"List","apiVersion":"v1","items":null}"#] {
        assert_eq!(
            completeness(nothing_selected.as_bytes()),
            Completeness::Bare
        );
    }
    let whole = String::from_utf8(whole).unwrap();
    let miscounted = whole.replace(r#""records":2"#, r#""records":3"#);
    let without_first = whole.split_once('\n').unwrap().1;
    let reversed: Vec<&str> = whole.lines().rev().collect();
    let reversed = reversed.join("\n");
    for text in [&miscounted, without_first, &reversed] {
        let found = completeness(text.as_bytes());
        assert!(matches!(found, Completeness::Incomplete { .. }), "{text}");
    }
}

/// Cut at byte 0 included. A cut that takes only the last line feed leaves the stream whole.
#[test]
fn a_stream_that_is_cut_anywhere_is_never_whole() {
    let yaml = |records| {
        let list: serde_json::Value = serde_json::from_slice(&list(records)).unwrap();
        serde_saphyr::to_string(&list).unwrap().into_bytes()
    };
    let several = [stream(1), stream(2)].concat();
    for whole in [
        stream(0),
        stream(1),
        stream(3),
        list(0),
        list(2),
        yaml(2),
        several.clone(),
    ] {
        let whole = whole.trim_ascii_end();
        assert_eq!(completeness(whole), Completeness::Complete);
        for at in 0..whole.len() {
            // The end of the first of two streams is an end.
            let at_end = whole == several.trim_ascii_end()
                && [0, 1].contains(&at.abs_diff(stream(1).len() - 1));
            let cut = &whole[..at];
            let Ok((_, summary)) = read_all(cut) else {
                continue;
            };
            let taken = matches!(
                summary.completeness,
                Completeness::Complete | Completeness::Bare
            );
            assert_eq!(taken, at_end, "{at}: {}", String::from_utf8_lossy(cut));
        }
    }
}

#[test]
fn a_list_of_records_shows_its_end() {
    let (items, summary) = read_all(&list(2)).unwrap();
    assert_eq!(summary.completeness, Completeness::Complete);
    assert_eq!(items.last(), Some(&Item::End(end(2))));
}

#[test]
fn a_list_of_records_without_its_end_is_cut() {
    let text = r#"{"apiVersion":"vwi/v1alpha1","kind":"WorkloadIdentityList","items":[]}"#;
    assert!(matches!(
        completeness(text.as_bytes()),
        Completeness::Incomplete { .. }
    ));
}

#[test]
fn an_upstream_that_could_not_run_is_known() {
    let text = br#"{"apiVersion":"vwi/v1alpha1","kind":"StreamEnd","metadata":{"name":"translate"},"status":{"records":0,"failed":0,"error":"no cluster"}}"#;
    let (_, summary) = read_all(text).unwrap();
    assert_eq!(
        summary.upstream_errors,
        [("translate".to_owned(), "no cluster".to_owned())]
    );
}

#[test]
fn an_end_says_what_it_is_without() {
    let selection = Selection::all("file").without_system();
    let text = serde_json::json!({"all": {"scope": "file", "without": "system"}});
    assert_eq!(serde_json::to_value(&selection).unwrap(), text);
    assert_eq!(
        serde_json::from_value::<Selection>(text).unwrap(),
        selection
    );
}

#[test]
fn two_selections_are_all_only_if_both_are() {
    let all = |scope: &str| Some(Selection::all(scope));
    let narrowed = |by: &[&str]| {
        Some(Selection::Narrowed {
            by: by.iter().map(|&word| word.to_owned()).collect(),
        })
    };
    let cases = [
        (None, None, None),
        (all("a"), None, narrowed(&["input"])),
        (narrowed(&["names"]), None, narrowed(&["input", "names"])),
        (all("a"), all("a"), all("a")),
        (
            all("a").map(Selection::without_system),
            all("a"),
            all("a").map(Selection::without_system),
        ),
        (
            all("a"),
            narrowed(&["names"]),
            narrowed(&["input", "names"]),
        ),
        (
            narrowed(&["selector"]),
            narrowed(&["names", "selector"]),
            narrowed(&["names", "selector"]),
        ),
    ];
    for (one, other, merged) in cases {
        let of = |inputs: [&Option<Selection>; 2]| Selection::of_inputs(inputs.map(Clone::clone));
        assert_eq!(of([&one, &other]), merged);
        assert_eq!(of([&other, &one]), merged);
    }
    assert_eq!(Selection::of_inputs([all("a"), all("b")]), all("a, b"));
    assert_eq!(Selection::of_inputs([all("a")]), all("a"));
}

fn value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        ".{0,12}".prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            proptest::collection::vec((".{0,6}", inner), 0..4)
                .prop_map(|fields| serde_json::Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_the_same(
        extra in proptest::collection::vec(("x[a-zA-Z]{1,8}", value()), 0..4),
        name in "[a-z0-9]([a-z0-9.]{0,6}[a-z0-9])?".prop_filter("a name", |name| !name.contains("..")),
    ) {
        let mut record = record_of_a_step(&name);
        for (key, value) in extra {
            record.put_spec(&key, &value);
            record.put_status(&key, value);
        }
        let records = [record.clone(), record];
        let mut lines = Vec::new();
        let mut list_text = Vec::new();
        let mut list = ListWriter::default();
        for record in &records {
            write_line(&mut lines, record).unwrap();
            list.item(&mut list_text, record).unwrap();
        }
        write_line(&mut lines, &end(2)).unwrap();
        list.finish(&mut list_text, &end(2)).unwrap();
        let list: serde_json::Value = serde_json::from_slice(&list_text).unwrap();
        let yaml = serde_saphyr::to_string(&list).unwrap();
        for text in [lines.as_slice(), &list_text, yaml.as_bytes()] {
            let (items, summary) = read_all(text).unwrap();
            prop_assert_eq!(summary.completeness, Completeness::Complete);
            let read: Vec<Record> = items
                .into_iter()
                .filter_map(|item| match item {
                    Item::Record(record) => Some(*record),
                    Item::ServiceAccount(_) | Item::End(_) => None,
                })
                .collect();
            prop_assert_eq!(&read[..], &records[..]);
            let written: Vec<String> = read.iter().map(|record| serde_json::to_string(record).unwrap()).collect();
            let expected: Vec<String> = records.iter().map(|record| serde_json::to_string(record).unwrap()).collect();
            prop_assert_eq!(written, expected, "order of fields");
        }
    }
}
