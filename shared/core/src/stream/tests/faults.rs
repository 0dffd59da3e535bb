//! What is no input, and what is said of it.

use super::*;

fn fault(text: &str) -> StreamError {
    match read_all(text.as_bytes()) {
        Ok(_) => panic!("taken: {text}"),
        Err(error) => error,
    }
}

/// The message with its causes, as a user reads it.
fn shown(error: &StreamError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[test]
fn what_is_no_input_is_an_error_that_says_where() {
    let twice = format!("---\n{RECORD}\n{RECORD}\n");
    let late = format!(
        "{ACCOUNT}\n\n[{ACCOUNT},\n{}]",
        ACCOUNT.replace("ServiceAccount", "Pod")
    );
    let cases: &[(&str, &str)] = &[
        (&twice, "standard input, document 1, as YAML"),
        (&late, "standard input, line 4 has a document of kind `Pod`"),
        (
            "# x\n---\nkind: List\napiVersion: v1\nitems: []\n---\n\nkind: Pod\n",
            "standard input, document 2, line 6 has a document of kind `Pod`",
        ),
        ("{\"a\":1}\n", "line 1 has a document of kind `(none)`"),
        (
            r#"{"items":[{"metadata":{"name":"a"}}],"kind":"PodList"}"#,
            "line 1 has a document of kind `PodList`",
        ),
        (
            r#"{"items":[{"metadata":{"name":"a"}}],"kind":"List"}"#,
            "kind `List`",
        ),
        (r#"{"items":[]}"#, "kind `(none)`"),
        (
            r#"{"apiVersion":"v1","kind":"WorkloadIdentity","metadata":{"name":"a"}}"#,
            "kind `WorkloadIdentity of v1`",
        ),
        (
            r#"{"kind":"WorkloadIdentity","metadata":{"name":"a"}}"#,
            "kind `WorkloadIdentity without apiVersion`",
        ),
        (
            "[{\"apiVersion\":\"v1\",\"kind\":\"ServiceAccount\",\"metadata\":{\"name\":\"a\"}}] x",
            "line 1",
        ),
        ("\n\n{\"a\":", "line 3: EOF"),
        ("[[1]]", "line 1"),
        ("hello", "as YAML"),
        ("a: &a [*a]\n", "as YAML"),
        ("a: 1\n---\nb: {\n---\nc: 1\n", "kind `(none)`"),
        (
            "kind: List\napiVersion: v1\nitems: []\n---\n\nb: [\n...\n",
            "document 2, as YAML: ",
        ),
        (
            r#"{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"\u001b[2J"}}"#,
            "without a usable name",
        ),
        (
            r#"{"apiVersion":"vwi/v1beta1","kind":"WorkloadIdentity","metadata":{"name":"a"}}"#,
            "line 1: `apiVersion` is `vwi/v1beta1`",
        ),
        (
            r#"{"apiVersion":"vwi/v1alpha1","kind":"WorkloadIdentity","metadata":{"name":"A"}}"#,
            "cannot use a record",
        ),
        (
            r#"{"apiVersion":"vwi/v1alpha1","kind":"WorkloadIdentity","metadata":{"name":1}}"#,
            "expected a string",
        ),
        (
            r#"{"apiVersion":"vwi/v1alpha1","kind":"StreamEnd","status":{"records":"x"}}"#,
            "an end that can't be read",
        ),
        (
            "apiVersion: vwi/v1alpha1\nkind: WorkloadIdentity\nmetadata: {name: a}\nspec: {identity: 1e3}\n",
            "put it in quotes",
        ),
    ];
    for (text, expected) in cases {
        let error = fault(text);
        let shown = shown(&error);
        assert!(shown.contains(expected), "{text}\n{shown}");
        assert!(!shown.contains(char::is_control), "{shown:?}");
        assert_eq!(error.outcome().code(), 3);
    }
}

#[test]
fn lines_of_yaml_are_counted_from_the_beginning_of_the_input() {
    let good = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n---\n".repeat(10);
    let text = shown(&fault(&format!("{good}apiVersion: v1\nkind: [\n")));
    assert!(text.contains("document 11,"), "{text}");
    assert!(
        text.contains("line 42") || text.contains("line 43"),
        "{text}"
    );
}

#[test]
fn aliases_that_explode_are_refused() {
    let mut lines = vec!["a0: &a0 [x, x, x, x, x, x, x, x, x, x]".to_owned()];
    for level in 1..9 {
        let before = level - 1;
        let uses = format!("*a{before}, ").repeat(10);
        lines.push(format!("a{level}: &a{level} [{uses}]"));
    }
    assert!(shown(&fault(&lines.join("\n"))).contains("as YAML"));
}

#[test]
fn deep_nesting_is_refused_in_either_language() {
    let deep = "[".repeat(100_000);
    for text in [
        format!("{{\"a\":{deep}"),
        format!("---\na: {deep}"),
        format!("{}x", "- ".repeat(100_000)),
    ] {
        let _error = fault(&text);
    }
}

#[test]
fn what_is_too_long_to_read_is_not_quoted_whole() {
    let long = "x".repeat(3_000_000);
    for text in [
        format!(
            "apiVersion: vwi/v1alpha1\nkind: WorkloadIdentity\nmetadata: {{name: a}}\nspec: {long}\n"
        ),
        format!("a: [{long}\n---\n"),
        format!("kind: {long}\n"),
        format!(r#"{{"kind":"{long}"}}"#),
        format!(r#"{{"items":"{long}"}}"#),
        format!(r#"{{"apiVersion":"vwi/{long}","kind":"WorkloadIdentity"}}"#),
        RECORD.replace(r#""name":"a""#, &format!(r#""name":"{long}""#)),
        RECORD.replace("}}", &format!(r#"}},"spec":{{"roles":"{long}"}}}}"#)),
        ACCOUNT.replace(r#""name":"a""#, &format!(r#""name":"{long}""#)),
        format!(r#"{{"apiVersion":"vwi/v1alpha1","kind":"StreamEnd","status":"{long}"}}"#),
    ] {
        let shown = shown(&fault(&text));
        assert!(shown.len() < 1_000, "{} bytes: {:.300}", shown.len(), shown);
    }
}

#[test]
fn a_newer_version_says_upgrade() {
    for text in [
        RECORD.replace("v1alpha1", "v2"),
        r#"{"apiVersion":"vwi/v2","kind":"FederationPlan"}"#.to_owned(),
        r#"{"apiVersion":"vwi/v2","items":[],"kind":"WorkloadIdentityList"}"#.to_owned(),
    ] {
        assert_eq!(fault(&text).hint().as_deref(), Some("upgrade this plugin"));
    }
}

#[test]
fn a_service_account_is_no_input_where_a_subject_is_needed() {
    let accept = Accept {
        service_accounts: false,
    };
    let read = read::<Infallible>("-", ACCOUNT.as_bytes(), accept, &mut |_| Ok(()));
    let Err(ReadError::Stream(error)) = read else {
        panic!("taken");
    };
    assert!(error.hint().unwrap().contains("translate"));
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
    fn any_text_that_looks_like_ours_is_an_answer_or_an_error(
        words in proptest::collection::vec(
            prop_oneof![
                Just("{"), Just("}"), Just("["), Just("]"), Just(":"), Just(","), Just("\n"), Just("---\n"),
                Just("- "), Just("  "), Just("\"kind\""), Just("kind: "), Just("\"List\""), Just("items"),
                Just("\"items\""), Just("\"metadata\""), Just("\"ServiceAccount\""), Just("null"), Just("&a "),
                Just("*a"), Just("1e3"), Just("\"apiVersion\""), Just("\"vwi/v1alpha1\""), Just("\u{feff}"),
            ],
            0..40,
        )
    ) {
        let _answer = read_all(words.concat().as_bytes());
    }
}
