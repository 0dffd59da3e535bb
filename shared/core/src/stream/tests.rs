//! Every form of input, and what is wrong with others.

use std::convert::Infallible;

use proptest::prelude::*;

use super::*;
use crate::exit::Explain as _;
use crate::record::ConditionStatus;
use crate::step::Step;

mod faults;
mod whole;

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
                let namespace = account.namespace.as_deref().unwrap_or("default");
                Some(format!("{namespace}/{}", account.name))
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
        format!(r#"{{"apiVersion":"v1","kind":"List","items":[{RECORD}]}}"#),
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

/// Gives one byte at a time, as a slow pipe may.
struct Slow<'a>(&'a [u8]);

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.0.len().min(buffer.len()).min(1);
        let (now, later) = self.0.split_at(count);
        buffer[..count].copy_from_slice(now);
        self.0 = later;
        Ok(count)
    }
}

#[test]
fn a_slow_pipe_changes_nothing() {
    for text in [
        format!("\u{feff}\n\n{RECORD}\n{ACCOUNT}"),
        "\u{feff}  apiVersion: v1\n  kind: ServiceAccount\n  metadata:\n    name: a\n".to_owned(),
        String::new(),
    ] {
        let mut items = Vec::new();
        let summary = read::<Infallible>("-", Slow(text.as_bytes()), ANY, &mut |item| {
            items.push(item);
            Ok(())
        });
        let expected = read_all(text.as_bytes()).unwrap();
        assert_eq!((items, summary.unwrap()), expected);
    }
}

#[test]
fn fields_may_stand_in_any_order() {
    let record = r#"{"metadata":{"name":"a","namespace":"n"},"spec":{},"kind":"WorkloadIdentity","apiVersion":"vwi/v1alpha1"}"#;
    let account = r#"{"metadata":{"uid":"u","namespace":"n","name":"a"},"secrets":[],"kind":"ServiceAccount","apiVersion":"v1"}"#;
    for text in [record, account] {
        for form in [
            text.to_owned(),
            format!("[{text}]"),
            format!(r#"{{"items":[{text}],"kind":"List","apiVersion":"v1"}}"#),
        ] {
            assert_eq!(names(&form).0, ["n/a"], "{form}");
        }
    }
}

#[test]
fn texts_of_a_manifest_are_texts_whatever_they_look_like() {
    let yaml = "\
apiVersion: vwi/v1alpha1
kind: WorkloadIdentity
metadata: {name: 012, namespace: 1e3}
spec:
  virtualCluster: {name: 0x10, namespace: on}
  identity: {resourceGroup: 1_000, name: 5}
  aksCluster: rg/no
  roles:
  - {role: y, scope: /subscriptions/1}
  - Reader@/subscriptions/1
  x: {name: 012, list: [1, true, ~]}
";
    let (items, _) = read_all(yaml.as_bytes()).unwrap();
    let Some(Item::Record(record)) = items.first() else {
        panic!("no record");
    };
    let spec = serde_json::to_string(&record.document()["spec"]).unwrap();
    assert_eq!(record.key(), "1e3/012");
    assert_eq!(
        spec,
        r#"{"virtualCluster":{"name":"0x10","namespace":"on"},"identity":{"resourceGroup":"1_000","name":"5"},"aksCluster":"rg/no","roles":[{"role":"y","scope":"/subscriptions/1"},"Reader@/subscriptions/1"],"x":{"name":"012","list":[1,true,null]}}"#
    );
}

#[test]
fn documents_of_yaml_are_told_apart() {
    let document =
        |name: &str| format!("apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: {name}}}\n");
    let (a, b) = (document("a"), document("b"));
    for text in [
        format!("{a}---\n{b}"),
        format!("%YAML 1.2\n---\n{a}...\n%YAML 1.2\n---\n{b}...\n"),
        format!("--- # first\n{a}---\n---\n# nothing\n---\n{b}"),
        format!("{a}...\n{b}"),
        format!(
            "{a}---\n{{\"apiVersion\":\"v1\",\"kind\":\"ServiceAccount\",\"metadata\":{{\"name\":\"b\"}}}}\n"
        ),
        format!("{a}---\r\n{b}"),
        format!(
            "--- &x {{apiVersion: v1, kind: ServiceAccount, metadata: {{name: a}}}}\n--- ~\n---\n{b}---\n"
        ),
    ] {
        assert_eq!(names(&text).0, ["default/a", "default/b"], "{text}");
    }
}

/// The library's own limit ends at 115,000 lines.
#[test]
fn a_long_document_of_yaml_is_read() {
    let items: String = (0..40_000)
        .map(|number| {
            [
                "- apiVersion: v1\n  kind: ServiceAccount\n  metadata: {name: sa-",
                &number.to_string(),
                ",\n    namespace: n}\n",
            ]
            .concat()
        })
        .collect();
    let text = ["apiVersion: v1\nkind: List\nitems:\n", &items].concat();
    assert_eq!(names(&text).0.len(), 40_000);
}
