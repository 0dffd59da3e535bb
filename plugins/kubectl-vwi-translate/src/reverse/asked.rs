//! What is asked about: host names, subjects, and federated credentials of Azure.

use std::collections::HashSet;
use std::io::Read;

use serde::Deserialize;
use serde_json::Deserializer;
use vwi_cli::flags::{UsageError, bad_usage};
use vwi_core::subject::Subject;

/// A host ServiceAccount that somebody wants to know the origin of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    /// Which one.
    pub host: Subject,
    /// The issuer that a federated credential trusts beside it.
    pub issuer: Option<String>,
}

/// All that is asked about, each once, and what of it can be no host ServiceAccount.
#[derive(Debug, Default)]
pub struct Question {
    asked: Vec<Asked>,
    seen: HashSet<Asked>,
    /// Federated credentials that trust something else than a ServiceAccount: name and what.
    pub others: Vec<(String, String)>,
}

impl Question {
    /// Returns what is asked about, in order.
    pub fn asked(&self) -> &[Asked] {
        &self.asked
    }

    fn ask(&mut self, asked: Asked) {
        if self.seen.insert(asked.clone()) {
            self.asked.push(asked);
        }
    }

    /// Takes an argument: `NAMESPACE/NAME`, a subject, or a name in `namespace`.
    ///
    /// # Errors
    ///
    /// [`UsageError`]
    pub fn argument(&mut self, typed: &str, namespace: Option<&str>) -> Result<(), UsageError> {
        let host = if typed.contains(':') {
            typed.parse()
        } else if let Some((namespace, name)) = typed.split_once('/') {
            Subject::new(namespace, name)
        } else if let Some(namespace) = namespace {
            Subject::new(namespace, typed)
        } else {
            return Err(bad_usage(
                format!("`{typed}` may be in any namespace of the host"),
                Some("give NAMESPACE/NAME, or the host's namespace with `-n`"),
            ));
        };
        let host = host.map_err(|_invalid| {
            bad_usage(
                format!("`{typed}` is no ServiceAccount of a host"),
                Some("give NAMESPACE/NAME or `system:serviceaccount:NAMESPACE:NAME`"),
            )
        })?;
        self.ask(Asked { host, issuer: None });
        Ok(())
    }

    /// Takes federated credentials as `az` and ARM print them, also several lists after another;
    /// returns how many documents there were. A list may be empty.
    ///
    /// # Errors
    ///
    /// The parser's, if it is something else.
    pub fn credentials(&mut self, reader: impl Read) -> serde_json::Result<usize> {
        let mut documents = 0;
        for printed in Deserializer::from_reader(reader).into_iter::<Printed>() {
            let credentials = match printed? {
                Printed::List(credentials) | Printed::Page { value: credentials } => credentials,
                Printed::One(credential) => vec![*credential],
            };
            documents += 1;
            for credential in credentials {
                self.credential(credential);
            }
        }
        Ok(documents)
    }

    fn credential(&mut self, credential: Credential) {
        let Trust { subject, issuer } = credential.properties.unwrap_or(credential.trust);
        let host = subject.as_deref().map(str::parse::<Subject>);
        if let Some(Ok(host)) = host {
            self.ask(Asked { host, issuer });
            return;
        }
        let trusts = subject.map_or_else(
            || "no one subject".to_owned(),
            |subject| format!("subject `{subject}`"),
        );
        self.others.push((credential.name, trusts));
    }
}

/// What `az` prints for `list` and `show`, and what ARM answers.
#[derive(Deserialize)]
#[serde(untagged)]
enum Printed {
    List(Vec<Credential>),
    Page { value: Vec<Credential> },
    One(Box<Credential>),
}

#[derive(Deserialize)]
struct Credential {
    name: String,
    #[serde(flatten)]
    trust: Trust,
    properties: Option<Trust>,
}

/// What a credential trusts; flexible ones have no subject.
#[derive(Deserialize)]
struct Trust {
    subject: Option<String>,
    issuer: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(question: &Question) -> Vec<String> {
        let shown = |asked: &Asked| {
            let issuer = asked.issuer.as_deref().unwrap_or("any");
            format!("{} {issuer}", asked.host)
        };
        question.asked().iter().map(shown).collect()
    }

    #[test]
    fn arguments_are_host_names_and_subjects() {
        let mut question = Question::default();
        for typed in ["ns/app", "system:serviceaccount:ns:app", "app"] {
            question.argument(typed, Some("ns")).unwrap();
        }
        assert_eq!(asked(&question), ["system:serviceaccount:ns:app any"]);
        for (typed, namespace) in [
            ("app", None),
            ("NS/app", None),
            ("a/b/c", None),
            ("repo:org/app", None),
            ("", Some("ns")),
        ] {
            assert!(question.argument(typed, namespace).is_err(), "{typed}");
        }
    }

    #[test]
    fn credentials_come_as_az_and_arm_print_them() {
        let one = r#"{"audiences": ["api://AzureADTokenExchange"], "id": "/subscriptions/s/x", "issuer": "https://i/",
            "name": "fic", "resourceGroup": "rg", "subject": "system:serviceaccount:ns:app", "systemData": null, "type": "t"}"#;
        let arm = r#"{"value": [{"name": "fic", "properties": {"issuer": "https://i/", "subject": "system:serviceaccount:ns:app"}}]}"#;
        let expected = ["system:serviceaccount:ns:app https://i/"];
        for (text, documents) in [
            (one.to_owned(), 1),
            (format!("[{one}]"), 1),
            (arm.to_owned(), 1),
            (format!("[{one}]\n[]\n[{one}]"), 3),
        ] {
            let mut question = Question::default();
            assert_eq!(question.credentials(text.as_bytes()).unwrap(), documents);
            assert_eq!(asked(&question), expected, "{text}");
        }
    }

    #[test]
    fn what_trusts_something_else_is_kept_apart() {
        let mut question = Question::default();
        let text = r#"[{"name": "github", "issuer": "https://i/", "subject": "repo:org/app:ref:refs/heads/main"},
            {"name": "flexible", "claimsMatchingExpression": {"value": "x"}, "subject": null}]"#;
        question.credentials(text.as_bytes()).unwrap();
        assert!(question.asked().is_empty());
        let names: Vec<_> = question
            .others
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(names, ["github", "flexible"]);
        for text in ["{", "[1]", "{\"a\": 1}", "no"] {
            assert!(question.credentials(text.as_bytes()).is_err(), "{text}");
        }
    }
}
