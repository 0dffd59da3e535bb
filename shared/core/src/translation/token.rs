//! What a pod of the tenant tells of the token that the host's webhook gave it.
//!
//! The pod cuts the signature off before it prints anything: what reaches a log is worth nothing to
//! whoever reads it. What it prints is the tenant's word all the same, so it is read strictly, and
//! never quoted in an error: a pod that does not do as it was told could print a whole token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use thiserror::Error;

use crate::check::exchange::is_cluster_internal;
use crate::federation::{IssuerError, IssuerSource, agree};
use crate::name::host_name;
use crate::record::Source;
use crate::subject::{InvalidSubject, Subject};
use crate::text::escape;

use super::Opinion;

/// What the pod runs: prints the payload of the injected token, and neither its head nor its
/// signature. It needs nothing but a POSIX shell.
///
/// The path comes from the variable, as it differs between versions of the webhook.
pub const SCRIPT: &str = r#"file=${AZURE_FEDERATED_TOKEN_FILE-}
if [ -z "$file" ]; then
  echo 'vwi-token none end'
else
  IFS=. read -r head payload signature <"$file" || :
  printf 'vwi-token payload %s end\n' "$payload"
fi
"#;

/// Longest log that is read, in bytes; a payload has some 900.
pub const LONGEST_LOG: usize = 16 * 1024;

/// The pod that printed it, as the tenant knows it.
#[derive(Clone, Copy, Debug)]
pub struct ProbePod<'a> {
    /// Its namespace in the tenant.
    pub namespace: &'a str,
    /// Its name in the tenant.
    pub name: &'a str,
    /// Its uid in the tenant.
    pub uid: &'a str,
    /// Name of the vCluster.
    pub vcluster: &'a str,
}

/// Why a pod's log says nothing of a token of the host.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenError {
    /// The webhook did not touch the pod.
    #[error("the host's webhook injected no token into the pod")]
    NotInjected,
    /// The log is not what the script prints.
    #[error("the pod's log is not what it was told to print: {0}")]
    Log(&'static str),
    /// The payload is not that of a ServiceAccount's token.
    #[error("the pod's token is not one of a ServiceAccount: {0}")]
    Claims(String),
    /// Its subject is none.
    #[error("the pod's token has a subject that can't be")]
    Subject(#[from] InvalidSubject),
    /// Its issuer can't be one.
    #[error("the pod's token can't be trusted by anybody: {0}")]
    Issuer(#[from] IssuerError),
    /// The tenant made the token.
    #[error(
        "the pod's token is the tenant's own, of issuer `{}`: the host's webhook injected none",
        escape(.0)
    )]
    TenantIssued(String),
    /// It belongs to another pod.
    #[error("the pod's token is for pod `{}`, which is not the one that was asked", escape(.0))]
    OtherPod(String),
}

impl TokenError {
    /// Returns what to do, where that is known.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotInjected => Some(
                "see whether the host has the Azure workload identity webhook, and whether its host \
                 namespace has the label `control-plane`, which keeps it away",
            ),
            Self::TenantIssued(_) => Some(
                "look for an Azure workload identity webhook inside the tenant: its token is of no use \
                 outside",
            ),
            Self::Log(_)
            | Self::Claims(_)
            | Self::Subject(_)
            | Self::Issuer(_)
            | Self::OtherPod(_) => None,
        }
    }
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    #[serde(rename = "kubernetes.io")]
    kubernetes: KubernetesClaims,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize)]
struct KubernetesClaims {
    namespace: String,
    pod: ObjectClaim,
    serviceaccount: ObjectClaim,
}

#[derive(Deserialize)]
struct ObjectClaim {
    name: String,
    uid: String,
}

/// Reads what the pod printed.
///
/// # Errors
///
/// [`TokenError`]; nothing of the log is in it but single claims, escaped.
pub fn opinion(log: &str, pod: &ProbePod<'_>) -> Result<Opinion, TokenError> {
    let payload = payload(log)?;
    let bytes = URL_SAFE_NO_PAD
        .decode(payload)
        .map_err(|_| TokenError::Log("its payload is no base64"))?;
    let claims: Claims = serde_json::from_slice(&bytes).map_err(|error| {
        let fault = format!("line {}, column {}", error.line(), error.column());
        TokenError::Claims(format!("unexpected claims at {fault}"))
    })?;
    if is_cluster_internal(&claims.iss) || claims.kubernetes.pod.uid == pod.uid {
        return Err(TokenError::TenantIssued(claims.iss));
    }
    let issuer = agree(&[(IssuerSource::Token, &claims.iss)])?.url;
    let subject: Subject = claims.sub.parse()?;
    let audience = match claims.aud {
        Audience::One(audience) => Some(audience),
        Audience::Several(audiences) => only(audiences),
    };
    let audience = audience
        .ok_or_else(|| TokenError::Claims("it does not have exactly one audience".to_owned()))?;
    let KubernetesClaims {
        namespace,
        pod: claimed_pod,
        serviceaccount,
    } = claims.kubernetes;
    if namespace != subject.namespace() || serviceaccount.name != subject.name() {
        let fault = "its subject and its claims of Kubernetes name two ServiceAccounts";
        return Err(TokenError::Claims(fault.to_owned()));
    }
    // A host pod is named by the formula, or as in the tenant where namespaces are mapped.
    let host_pod = host_name(pod.name, pod.namespace, pod.vcluster);
    if claimed_pod.name != host_pod && claimed_pod.name != pod.name {
        return Err(TokenError::OtherPod(claimed_pod.name));
    }
    Ok(Opinion {
        source: Source::Token,
        namespace: subject.namespace().to_owned(),
        name: subject.name().to_owned(),
        uid: Some(serviceaccount.uid),
        issuer: Some(issuer),
        audience: Some(audience),
    })
}

/// Returns the payload that is the whole of the log.
fn payload(log: &str) -> Result<&str, TokenError> {
    if log.len() > LONGEST_LOG {
        return Err(TokenError::Log("it is too long"));
    }
    let mut lines = log.lines();
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return Err(TokenError::Log("it does not have exactly one line"));
    };
    let said = line
        .strip_prefix("vwi-token ")
        .and_then(|line| line.strip_suffix(" end"))
        .ok_or(TokenError::Log("it was cut, or somebody else wrote it"))?;
    if said == "none" {
        return Err(TokenError::NotInjected);
    }
    match said.strip_prefix("payload ") {
        Some(payload) if !payload.is_empty() => Ok(payload),
        Some(_) | None => Err(TokenError::Log("there is no token in the file")),
    }
}

fn only(audiences: Vec<String>) -> Option<String> {
    let mut audiences = audiences.into_iter();
    let first = audiences.next()?;
    audiences.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const POD: ProbePod<'static> = ProbePod {
        namespace: "default",
        name: "vwi-token-abcde",
        uid: "tenant-pod",
        vcluster: "vc",
    };

    fn claims() -> Value {
        json!({
            "aud": ["api://AzureADTokenExchange"],
            "iss": "https://issuer.example/t/g/",
            "sub": "system:serviceaccount:hns:app-x-default-x-vc",
            "kubernetes.io": {
                "namespace": "hns",
                "pod": {"name": "vwi-token-abcde-x-default-x-vc", "uid": "host-pod"},
                "serviceaccount": {"name": "app-x-default-x-vc", "uid": "host-account"},
            },
        })
    }

    fn line(claims: &Value) -> String {
        let payload = URL_SAFE_NO_PAD.encode(claims.to_string());
        format!("vwi-token payload {payload} end\n")
    }

    fn changed(pointer: &str, value: Value) -> Result<Opinion, TokenError> {
        let mut claims = claims();
        *claims.pointer_mut(pointer).unwrap() = value;
        opinion(&line(&claims), &POD)
    }

    #[test]
    fn what_the_host_gave_is_read() {
        let found = opinion(&line(&claims()), &POD).unwrap();
        assert_eq!(
            found,
            Opinion {
                source: Source::Token,
                namespace: "hns".to_owned(),
                name: "app-x-default-x-vc".to_owned(),
                uid: Some("host-account".to_owned()),
                issuer: Some("https://issuer.example/t/g/".to_owned()),
                audience: Some("api://AzureADTokenExchange".to_owned()),
            }
        );
        assert_eq!(
            changed("/aud", json!("api://a"))
                .unwrap()
                .audience
                .as_deref(),
            Some("api://a")
        );
        let mapped = changed("/kubernetes.io/pod/name", json!("vwi-token-abcde"));
        assert!(
            mapped.is_ok(),
            "a mapped namespace leaves names as they are"
        );
    }

    #[test]
    fn what_the_host_did_not_give_is_refused() {
        let tenant = "https://kubernetes.default.svc.cluster.local";
        for (pointer, value, expected) in [
            (
                "/iss",
                json!(tenant),
                "the tenant's own, of issuer `https://kubernetes.default.svc",
            ),
            (
                "/kubernetes.io/pod/uid",
                json!("tenant-pod"),
                "the tenant's own",
            ),
            (
                "/kubernetes.io/pod/name",
                json!("other\u{7}"),
                "for pod `other\\u{7}`",
            ),
            (
                "/kubernetes.io/namespace",
                json!("kube-system"),
                "two ServiceAccounts",
            ),
            (
                "/kubernetes.io/serviceaccount/name",
                json!("a"),
                "two ServiceAccounts",
            ),
            ("/iss", json!("http://issuer/"), "is not an https URL"),
            ("/iss", json!("https://issuer/\n"), "white space"),
            (
                "/sub",
                json!("system:serviceaccount:hns"),
                "subject that can't be",
            ),
            ("/sub", json!("system:node:a"), "subject that can't be"),
            ("/aud", json!(["a", "b"]), "exactly one audience"),
            ("/aud", json!([]), "exactly one audience"),
            ("/aud", json!(1), "unexpected claims"),
            ("/kubernetes.io", json!({}), "unexpected claims"),
        ] {
            let error = changed(pointer, value).unwrap_err().to_string();
            assert!(error.contains(expected), "`{expected}` in {error}");
        }
    }

    #[test]
    fn a_log_is_one_whole_line_and_never_quoted() {
        let whole = line(&claims());
        let cut = whole.get(..whole.len() / 2).unwrap();
        let token = "vwi-token payload e30.c2lnbmF0dXJl end";
        for (log, expected) in [
            ("vwi-token none end\n", "injected no token"),
            ("", "exactly one line"),
            (cut, "it was cut"),
            (&*format!("{whole}{whole}"), "exactly one line"),
            ("vwi-token payload  end", "no token in the file"),
            (token, "no base64"),
            (&*" ".repeat(LONGEST_LOG + 1), "too long"),
        ] {
            let error = opinion(log, &POD).unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(shown.contains(expected), "`{expected}` in {shown}");
            assert!(!shown.contains("c2lnbmF0dXJl"), "{shown}");
        }
    }

    /// The script as a shell runs it, in front of a file with a token.
    fn run(shell: &str, token: &str) -> String {
        let folder = std::env::temp_dir().join(format!("vwi-token-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join(shell.replace('/', "-"));
        std::fs::write(&file, token).unwrap();
        let output = Command::new(shell)
            .args(["-c", SCRIPT])
            .env("AZURE_FEDERATED_TOKEN_FILE", &file)
            .output()
            .unwrap();
        std::fs::remove_file(&file).unwrap();
        assert!(output.stderr.is_empty());
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn the_script_prints_the_payload_and_nothing_else() {
        for shell in ["/bin/sh", "/bin/bash", "/bin/dash"] {
            if !std::path::Path::new(shell).exists() {
                continue;
            }
            for end in ["", "\n"] {
                let payload = URL_SAFE_NO_PAD.encode(claims().to_string());
                let log = run(shell, &format!("aGVhZA.{payload}.c2lnbmF0dXJl{end}"));
                assert!(
                    !log.contains("c2lnbmF0dXJl") && !log.contains("aGVhZA"),
                    "{log}"
                );
                assert!(opinion(&log, &POD).is_ok(), "{shell}: {log}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(log in "(vwi-token (payload [A-Za-z0-9_-]* end)?)?.*") {
            let _read = opinion(&log, &POD);
        }
    }
}
