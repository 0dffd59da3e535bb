use serde_json::json;
use vwi_core::record::ConditionStatus;
use vwi_core::stream::{self, Accept, Completeness, Item};

use super::*;
use crate::kept::Kept;

const TABLE: TableSpec = TableSpec {
    headers: &["NAMESPACE", "NAME", "ISSUER"],
    wide_from: 2,
    row: |record| {
        let issuer = record.status().unwrap_or_default().issuer;
        vec![
            record.namespace().to_owned(),
            record.name().to_owned(),
            issuer.unwrap_or_default(),
        ]
    },
};

fn records() -> [Record; 2] {
    let mut good = Record::new("on", "012");
    good.put_status("issuer", "https://x/");
    good.set_condition(
        Step::Translate,
        ConditionStatus::True,
        "Proven",
        "two\nlines",
    );
    let mut bad = Record::new("n", "b");
    bad.set_condition(Step::Translate, ConditionStatus::False, "Unproven", "");
    [good, bad]
}

fn written(format: Format, records: &[Record]) -> (String, Counts) {
    let kept = Kept::default();
    let mut writer = RecordWriter::new(Stdout::new(kept.clone()), Step::Translate, format, TABLE);
    for record in records {
        writer.write(record).unwrap();
    }
    let facts = EndFacts {
        selection: Some(Selection::all("no")),
        ..EndFacts::default()
    };
    let counts = writer.finish(facts).unwrap();
    (kept.text(), counts)
}

#[test]
fn what_can_be_handed_on_is_read_the_same_and_whole() {
    for records in [&records()[..], &[]] {
        for format in [Format::Ndjson, Format::Json, Format::Yaml] {
            let (text, counts) = written(format, records);
            assert_eq!(counts.records, records.len() as u64);
            let mut read = Vec::new();
            let accept = Accept {
                service_accounts: false,
            };
            let summary = stream::read::<()>("-", text.as_bytes(), accept, &mut |item| {
                if let Item::Record(record) = item {
                    read.push(*record);
                }
                Ok(())
            });
            let summary = summary.unwrap();
            assert_eq!(summary.completeness, Completeness::Complete, "{text}");
            assert_eq!(read, records, "{text}");
            assert!(summary.selection.is_some());
        }
    }
}

#[test]
fn formats_look_like_kubectls() {
    let (counts, expected) = (
        Counts {
            records: 2,
            failed: 1,
        },
        Outcome::Failed,
    );
    let cases = [
        (
            Format::Table,
            "NAMESPACE   NAME\non          012\nn           b\n",
        ),
        (
            Format::Wide,
            "NAMESPACE   NAME   ISSUER\non          012    https://x/\nn           b      <none>\n",
        ),
        (Format::Name, "serviceaccount/012\nserviceaccount/b\n"),
    ];
    for (format, text) in cases {
        let found = written(format, &records());
        assert_eq!(found, (text.to_owned(), counts));
        assert_eq!(found.1.outcome(), expected);
    }
    let (manifest, _) = written(Format::Manifest, &records()[..1]);
    assert_eq!(
        manifest,
        "---\napiVersion: vwi/v1alpha1\nkind: WorkloadIdentity\nmetadata:\n  name: \"012\"\n  namespace: \"on\"\n  annotations:\n    config.kubernetes.io/local-config: \"true\"\nspec: {}\n"
    );
}

#[test]
fn yaml_is_read_the_same_by_version_1_1() {
    let words = [
        "y",
        "N",
        "yes",
        "no",
        "on",
        "off",
        "true",
        "~",
        "null",
        "012",
        "1e3",
        "0x1f",
        "1_000",
        "1:30",
        ".inf",
        "2026-01-01",
        "<<",
        "=",
    ];
    for word in words {
        let text = yaml(&json!({"name": word})).unwrap();
        let value = text.strip_prefix("name: ").unwrap().trim_end();
        assert!(value.starts_with(['\'', '"']), "{text}");
    }
    let lines = yaml(&json!({"text": "a\nb", "long": "x ".repeat(100)})).unwrap();
    assert_eq!(lines.lines().count(), 2, "{lines}");
}

#[test]
fn the_record_stream_leaves_record_by_record_unless_it_is_buffered() {
    for buffered in [false, true] {
        let kept = Kept::default();
        let stdout = Stdout::new(kept.clone());
        let mut writer = RecordWriter::new(stdout, Step::Translate, Format::Ndjson, TABLE);
        if buffered {
            writer = writer.buffered();
        }
        writer.write(&records()[0]).unwrap();
        assert_eq!(kept.text().lines().count(), usize::from(!buffered));
        writer.finish(EndFacts::default()).unwrap();
        assert_eq!(kept.text().lines().count(), 2);
    }
}
