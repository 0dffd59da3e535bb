//! Every form of input, and what is wrong with others.

use std::convert::Infallible;

use proptest::prelude::*;

use super::*;
use crate::exit::Explain;
use crate::record::ConditionStatus;
use crate::step::Step;

const ANY: Accept = Accept {
    service_accounts: true,
};

fn read_all(text: &[u8]) -> Result<(Vec<Item>, Summary), StreamError> {
    let mut items = Vec::new();
    let read = read::<Infallible>("standard input", text, ANY, &mut |item| {
        items.push(item);
        Ok(())
    });
    match read {
        Ok(summary) => Ok((items, summary)),
        Err(ReadError::Stream(error)) => Err(error),
        Err(ReadError::Sink(never)) => match never {},
    }
}

fn names(text: &str) -> (Vec<String>, Completeness) {
    let (items, summary) =
        read_all(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"));
    let names = items
        .iter()
        .filter_map(|item| match item {
            Item::Record(record) => Some(record.key()),
            Item::ServiceAccount(account) => {
                Some(format!("{}/{}", account.namespace, account.name))
            }
            Item::End(_) => None,
        })
        .collect();
    (names, summary.completeness)
}

const RECORD: &str = r#"{"apiVersion":"vwi/v1alpha1","kind":"WorkloadIdentity","metadata":{"name":"a","namespace":"n"}}"#;
const ACCOUNT: &str = r#"{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"a","namespace":"n","uid":"u"}}"#;

#[test]
fn every_form_gives_the_same_documents() {
    let bare = ACCOUNT.replace(r#""apiVersion":"v1","kind":"ServiceAccount","#, "");
    let forms = [
        RECORD.to_owned(),
        format!("\u{feff}\n {RECORD}\n\n"),
        ACCOUNT.to_owned(),
        format!("[{ACCOUNT}]"),
        format!(r#"{{"apiVersion":"v1","items":[{ACCOUNT}],"kind":"List","metadata":{{"resourceVersion":""}}}}"#),
        format!(r#"{{"kind":"ServiceAccountList","apiVersion":"v1","metadata":{{}},"items":[{bare}]}}"#),
        format!(r#"{{"items":[{bare}],"kind":"ServiceAccountList"}}"#),
        format!(r#"{{"apiVersion":"vwi/v1alpha1","kind":"WorkloadIdentityList","items":[{RECORD}]}}"#),
        "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: a\n  namespace: n\n".to_owned(),
        "---\n---\napiVersion: v1\nitems:\n- apiVersion: v1\n  kind: ServiceAccount\n  metadata: {name: a, namespace: n}\nkind: List\n".to_owned(),
        "apiVersion: vwi/v1alpha1\nkind: WorkloadIdentity\nmetadata: {name: a, namespace: n}\n...\n".to_owned(),
        format!("# a comment\n{RECORD}\n"),
    ];
    for form in forms {
        assert_eq!(
            names(&form),
            (vec!["n/a".to_owned()], Completeness::Bare),
            "{form}"
        );
    }
}

#[test]
fn documents_may_follow_each_other_without_a_line_feed() {
    let (found, _) = names(&format!("{RECORD}{ACCOUNT}\n\n{RECORD}"));
    assert_eq!(found.len(), 3);
}

#[test]
fn names_that_look_like_numbers_stay_names() {
    for name in ["012", "1e3", "0x1f", "123", "y", "on", "1.5"] {
        let yaml = format!("apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {name}\n");
        assert_eq!(names(&yaml).0, [format!("default/{name}")]);
    }
}

#[test]
fn what_is_no_input_is_an_error() {
    let cases: &[(&str, &str)] = &[
        ("---\n{\"a\":1}\n{\"b\":2}\n", "as YAML"),
        (
            r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}"#,
            "kind `Pod`",
        ),
        (
            r#"{"items":[{"metadata":{"name":"a"}}],"kind":"PodList"}"#,
            "kind `PodList`",
        ),
        (
            r#"{"items":[{"metadata":{"name":"a"}}],"kind":"List"}"#,
            "kind `List`",
        ),
        (
            "[{\"apiVersion\":\"v1\",\"kind\":\"ServiceAccount\",\"metadata\":{\"name\":\"a\"}}] x",
            "line 1",
        ),
        ("\n\n{\"a\":", "line 3"),
        ("[[1]]", "line 1"),
        ("hello", "(no object)"),
        ("a: &a [*a]\n", "as YAML"),
        (
            r#"{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"\u001b[2J"}}"#,
            "without a usable name",
        ),
        (
            r#"{"apiVersion":"vwi/v1beta1","kind":"WorkloadIdentity","metadata":{"name":"a"}}"#,
            "cannot use a record",
        ),
        (
            r#"{"apiVersion":"vwi/v1alpha1","kind":"WorkloadIdentity","metadata":{"name":"A"}}"#,
            "cannot use a record",
        ),
    ];
    for (text, expected) in cases {
        let error = read_all(text.as_bytes()).map(|_| ()).unwrap_err();
        let shown = error.to_string();
        assert!(shown.contains(expected), "{text}: {shown}");
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
        assert_eq!(error.outcome().code(), 3);
    }
}

#[test]
fn a_newer_version_says_upgrade() {
    let text = RECORD.replace("v1alpha1", "v2");
    let error = read_all(text.as_bytes()).map(|_| ()).unwrap_err();
    assert_eq!(error.hint().as_deref(), Some("upgrade this plugin"));
}

fn record_of_a_step(name: &str) -> Record {
    let mut record = Record::new("n", name);
    record.set_condition(
        Step::Translate,
        ConditionStatus::True,
        "Proven",
        "seen on the host",
    );
    record
}

fn stream(records: usize) -> Vec<u8> {
    let mut text = Vec::new();
    for number in 0..records {
        write_line(&mut text, &record_of_a_step(&format!("sa-{number}"))).unwrap();
    }
    let end = StreamEnd {
        step: "translate".to_owned(),
        records: records as u64,
        selection: Some(Selection::All {
            scope: "file".to_owned(),
        }),
        ..StreamEnd::default()
    };
    write_line(&mut text, &end).unwrap();
    text
}

#[test]
fn a_stream_with_its_end_is_complete_without_it_is_not() {
    let whole = stream(2);
    assert_eq!(
        read_all(&whole).unwrap().1.completeness,
        Completeness::Complete
    );
    let trimmed = whole.trim_ascii_end();
    assert_eq!(
        read_all(trimmed).unwrap().1.completeness,
        Completeness::Complete
    );
    let twice = [whole.clone(), stream(0), stream(3)].concat();
    let (items, summary) = read_all(&twice).unwrap();
    assert_eq!((items.len(), summary.records), (8, 5));
    assert_eq!(summary.completeness, Completeness::Complete);
    assert_eq!(
        read_all(b" \n").unwrap().1.completeness,
        Completeness::Empty
    );
    let miscounted = String::from_utf8(whole)
        .unwrap()
        .replace(r#""records":2"#, r#""records":3"#);
    assert!(matches!(
        read_all(miscounted.as_bytes()).unwrap().1.completeness,
        Completeness::Incomplete { .. }
    ));
}

#[test]
fn a_list_of_records_shows_its_end() {
    let mut text = Vec::new();
    let mut list = ListWriter::default();
    for name in ["a", "b"] {
        list.item(&mut text, &record_of_a_step(name)).unwrap();
    }
    let end = StreamEnd {
        step: "translate".to_owned(),
        records: 2,
        ..StreamEnd::default()
    };
    list.finish(&mut text, &end).unwrap();
    let (items, summary) = read_all(&text).unwrap();
    assert_eq!(summary.completeness, Completeness::Complete);
    assert_eq!(items.last(), Some(&Item::End(end)));
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
fn unknown_fields_travel_on_in_their_order() {
    let text = r#"{"apiVersion":"vwi/v1alpha1","kind":"WorkloadIdentity","x":1,"metadata":{"name":"a","z":[1.50,{"q":null}]},"spec":{"b":1,"a":2}}"#;
    let (items, _) = read_all(text.as_bytes()).unwrap();
    let Some(Item::Record(record)) = items.first() else {
        panic!("no record");
    };
    let mut written = Vec::new();
    write_line(&mut written, record.as_ref()).unwrap();
    assert_eq!(
        String::from_utf8(written).unwrap().trim_end(),
        text.replace("1.50", "1.5")
    );
}

#[test]
fn the_sink_can_stop_the_reader() {
    let text = format!("{RECORD}\n{RECORD}\n");
    let mut seen = 0;
    let read = read("-", text.as_bytes(), ANY, &mut |_| {
        seen += 1;
        Err("enough")
    });
    assert!(matches!(read, Err(ReadError::Sink("enough"))));
    assert_eq!(seen, 1);
}

proptest! {
    #[test]
    fn any_bytes_are_an_answer_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _answer = read_all(&bytes);
    }

    #[test]
    fn a_cut_stream_is_never_complete(records in 0usize..4, cut in 0.0f64..1.0) {
        let whole = stream(records);
        let whole = whole.trim_ascii_end();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a position in a short text")]
        let at = (whole.len() as f64 * cut) as usize;
        if let Ok((_, summary)) = read_all(&whole[..at]) {
            prop_assert!(!matches!(summary.completeness, Completeness::Complete | Completeness::Bare), "{:?}", summary);
        }
    }
}
