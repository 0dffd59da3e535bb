//! Every form in which ServiceAccounts and records come in.

use std::fs;

use serde_json::Value;

use crate::program::{offline, translate};

/// `b/a` and `d/c`, in every form; of lists, the system's own are left out.
const FORMS: [(&str, &str); 14] = [
    (
        "kubectl get -o json: the kind comes after the items",
        r#"{"apiVersion":"v1","items":[
            {"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"a","namespace":"b","uid":"u1"}},
            {"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"default","namespace":"b"}},
            {"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"c","namespace":"d"}}],
            "kind":"List","metadata":{"resourceVersion":""}}"#,
    ),
    (
        "kubectl get --raw: the items have no kind",
        r#"{"kind":"ServiceAccountList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[
            {"metadata":{"name":"a","namespace":"b","uid":"u1"}},
            {"metadata":{"name":"coredns","namespace":"kube-system","uid":"u2"}},
            {"metadata":{"name":"c","namespace":"d","uid":"u3"}}]}"#,
    ),
    (
        "kubectl get -o yaml",
        "apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: ServiceAccount\n  metadata:\n    name: a\n    namespace: b\n\
         - apiVersion: v1\n  kind: ServiceAccount\n  metadata: {name: c, namespace: d}\nkind: List\n",
    ),
    (
        "JSON lines of ServiceAccounts",
        "{\"apiVersion\":\"v1\",\"kind\":\"ServiceAccount\",\"metadata\":{\"name\":\"a\",\"namespace\":\"b\"}}\n\
         {\"apiVersion\":\"v1\",\"kind\":\"ServiceAccount\",\"metadata\":{\"name\":\"c\",\"namespace\":\"d\"}}",
    ),
    (
        "JSON lines of records",
        "{\"apiVersion\":\"vwi/v1alpha1\",\"kind\":\"WorkloadIdentity\",\"metadata\":{\"name\":\"a\",\"namespace\":\"b\"}}\n\
         {\"apiVersion\":\"vwi/v1alpha1\",\"kind\":\"WorkloadIdentity\",\"metadata\":{\"name\":\"c\",\"namespace\":\"d\"}}\n",
    ),
    (
        "concatenated JSON, as jq prints it, of both kinds",
        "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"ServiceAccount\",\n  \"metadata\": {\"name\": \"a\", \"namespace\": \"b\"}\n}\n\
         {\n  \"apiVersion\": \"vwi/v1alpha1\",\n  \"kind\": \"WorkloadIdentity\",\n  \"metadata\": {\"name\": \"c\", \"namespace\": \"d\"}\n}",
    ),
    (
        "concatenated Lists",
        r#"{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"a","namespace":"b"}}]}
           {"apiVersion":"v1","kind":"List","items":[]}
           {"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"c","namespace":"d"}}]}"#,
    ),
    (
        "a JSON array",
        r#"[{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"a","namespace":"b"}},
            {"apiVersion":"vwi/v1alpha1","kind":"WorkloadIdentity","metadata":{"name":"c","namespace":"d"}}]"#,
    ),
    (
        "YAML documents of both kinds",
        "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: b}\n---\n# nothing\n---\n\
         apiVersion: vwi/v1alpha1\nkind: WorkloadIdentity\nmetadata:\n  name: c\n  namespace: d\n...\n",
    ),
    (
        "a list of records",
        r#"{"apiVersion":"vwi/v1alpha1","kind":"List","items":[
            {"apiVersion":"vwi/v1alpha1","kind":"WorkloadIdentity","metadata":{"name":"a","namespace":"b"}},
            {"apiVersion":"vwi/v1alpha1","kind":"WorkloadIdentity","metadata":{"name":"c","namespace":"d"}}]}"#,
    ),
    (
        "a ResourceList of KRM",
        r#"{"apiVersion":"config.kubernetes.io/v1","kind":"ResourceList","items":[
            {"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"a","namespace":"b"}},
            {"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"c","namespace":"d"}}],"results":[]}"#,
    ),
    (
        "with a byte order mark and blank lines",
        "\u{feff}\n\n  {\"apiVersion\":\"v1\",\"kind\":\"ServiceAccount\",\"metadata\":{\"name\":\"a\",\"namespace\":\"b\"}}\n\n\n\
         {\"apiVersion\":\"v1\",\"kind\":\"ServiceAccount\",\"metadata\":{\"name\":\"c\",\"namespace\":\"d\"}}\n\n",
    ),
    (
        "line ends of Windows",
        "apiVersion: v1\r\nkind: ServiceAccount\r\nmetadata:\r\n  name: a\r\n  namespace: b\r\n---\r\n\
         apiVersion: v1\r\nkind: ServiceAccount\r\nmetadata:\r\n  name: c\r\n  namespace: d\r\n",
    ),
    (
        "the kind last",
        r#"{"metadata":{"name":"a","namespace":"b"},"kind":"ServiceAccount","apiVersion":"v1"}
           {"metadata":{"name":"c","namespace":"d"},"kind":"WorkloadIdentity","apiVersion":"vwi/v1alpha1"}"#,
    ),
];

fn expected() -> [String; 2] {
    ["a-x-b", "c-x-d"].map(|name| format!("system:serviceaccount:team-x:{name}-x-my-vcluster"))
}

#[test]
fn every_form_is_read_from_standard_input_and_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    for (index, (form, text)) in FORMS.into_iter().enumerate() {
        let piped = offline(&["-f", "-"], text);
        assert_eq!(piped.status, 0, "{form}: {}", piped.stderr);
        assert_eq!(piped.subjects(), expected(), "{form}");
        let path = folder.path().join(format!("{index}.any"));
        fs::write(&path, text).unwrap();
        let filed = offline(&["-f", path.to_str().unwrap()], "");
        assert_eq!(filed.stdout, piped.stdout, "{form}: {}", filed.stderr);
    }
}

#[test]
fn what_translate_prints_it_reads() {
    let (_, lines) = FORMS[4];
    let first = offline(&["-f", "-"], lines);
    // What belongs in Git has an annotation that says so.
    let manifest = offline(&["-f", "-", "-o", "manifest"], lines).stdout;
    let again = translate(&["--offline", "-f", "-"], &manifest);
    assert_eq!(again.subjects(), first.subjects(), "{manifest}");
    for format in ["ndjson", "json", "yaml"] {
        let printed = offline(&["-f", "-", "-o", format], lines);
        let again = translate(&["--offline", "-f", "-"], &printed.stdout);
        assert_eq!(again.stdout, first.stdout, "{format}: {}", again.stderr);
    }
}

#[test]
fn a_list_that_is_cut_is_known_to_be() {
    let (_, lines) = FORMS[4];
    let whole = offline(&["-f", "-", "-o", "json"], lines).stdout;
    let list: Value = serde_json::from_str(&whole).unwrap();
    assert_eq!(list["kind"], "WorkloadIdentityList");
    assert_eq!(list["status"]["records"], 2);
    let mut cut = list.clone();
    cut["items"].as_array_mut().unwrap().pop();
    let found = translate(&["--offline", "-f", "-"], &cut.to_string());
    assert_eq!(found.status, 3, "{}", found.stdout);
    assert!(found.stderr.contains("ended early"), "{}", found.stderr);
    let half = whole.split_at(whole.len() / 2).0;
    assert_eq!(translate(&["--offline", "-f", "-"], half).status, 3);
}

#[test]
fn folders_are_read_by_name_and_with_r_the_folders_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).unwrap();
    let record = |namespace: &str, name: &str| {
        format!(
            "apiVersion: vwi/v1alpha1\nkind: WorkloadIdentity\nmetadata: {{name: {name}, namespace: {namespace}}}\n"
        )
    };
    fs::write(folder.path().join("1.yaml"), record("b", "a")).unwrap();
    fs::write(folder.path().join("readme.md"), "no record").unwrap();
    fs::write(inner.join("2.yml"), record("d", "c")).unwrap();
    let path = folder.path().to_str().unwrap();
    assert_eq!(offline(&["-f", path], "").subjects(), expected()[..1]);
    assert_eq!(offline(&["-R", "-f", path], "").subjects(), expected());
    let both = offline(&["-f", path, "-f", "-"], &record("d", "c"));
    assert_eq!(both.subjects(), expected());
}

#[test]
fn what_nobody_asked_for_by_name_is_left_out_and_counted() {
    let (_, list) = FORMS[0];
    let found = offline(&["-f", "-"], list);
    assert!(found.stderr.contains("1 left out"), "{}", found.stderr);
    let all = offline(&["-f", "-", "--include-system"], list);
    assert_eq!(all.subjects().len(), 3);
    assert!(!all.stderr.contains("left out"), "{}", all.stderr);
    let named = r#"{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"default","namespace":"kube-system"}}"#;
    assert_eq!(
        offline(&["-f", "-"], named).subjects().len(),
        1,
        "a document of its own is meant"
    );
    assert_eq!(offline(&["default"], "").subjects().len(), 1);
}

#[test]
fn what_is_no_input_ends_with_3_and_no_answer_that_could_be_used() {
    for (case, input) in [
        (
            "another kind",
            r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}"#,
        ),
        (
            "a list that turns out to be another",
            r#"{"apiVersion":"v1","items":[{"metadata":{"name":"a"}}],"kind":"PodList"}"#,
        ),
        (
            "a newer record",
            r#"{"apiVersion":"vwi/v1beta1","kind":"WorkloadIdentity","metadata":{"name":"a"}}"#,
        ),
        (
            "two values in one YAML document",
            "---\n{\"apiVersion\":\"v1\",\"kind\":\"ServiceAccount\",\"metadata\":{\"name\":\"a\"}}\n{\"a\":1}\n",
        ),
        (
            "cut",
            r#"{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"ServiceAccount""#,
        ),
        ("empty", ""),
    ] {
        let found = offline(&["-f", "-"], input);
        assert_eq!(found.status, 3, "{case}: {}", found.stdout);
        let last = found.stdout.lines().last().unwrap_or_default();
        assert!(
            !last.contains("StreamEnd") || last.contains("\"error\""),
            "{case}: {last}"
        );
    }
}

#[test]
fn what_says_no_namespace_is_where_kubectl_would_put_it() {
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = folder.path().join("config");
    let text = "apiVersion: v1\nkind: Config\ncurrent-context: c\n\
        contexts:\n- name: c\n  context: {cluster: c, user: u, namespace: team-b}\n\
        clusters:\n- name: c\n  cluster: {server: https://tenant.invalid}\n\
        users:\n- name: u\n  user: {}\n";
    fs::write(&kubeconfig, text).unwrap();
    let kubeconfig = kubeconfig.to_str().unwrap();
    let account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n";
    let record = "apiVersion: vwi/v1alpha1\nkind: WorkloadIdentity\nmetadata: {name: a}\n";
    for (document, flags, namespace) in [
        (account, &["-n", "team-a"][..], "team-a"),
        (record, &["-n", "team-a"], "team-a"),
        (account, &["--kubeconfig", kubeconfig], "team-b"),
        (record, &["--kubeconfig", kubeconfig], "team-b"),
        (account, &[], "default"),
        (record, &[], "default"),
    ] {
        let found = offline(&[&["-f", "-"], flags].concat(), document);
        assert_eq!(found.status, 0, "{}", found.stderr);
        let subject = format!("system:serviceaccount:team-x:a-x-{namespace}-x-my-vcluster");
        assert_eq!(found.subjects(), [subject], "{flags:?} {document}");
    }
}
