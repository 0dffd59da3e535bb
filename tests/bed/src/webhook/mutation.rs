//! What the webhook does to a pod: values in, values out.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::num::IntErrorKind;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{WebhookGeneration, WebhookOptions, text};

/// The Entra tenant of pods whose ServiceAccount names none: `AZURE_TENANT_ID` of the ConfigMap.
pub(super) const DEFAULT_TENANT: &str = "11111111-1111-1111-1111-111111111111";

const CLIENT_ID: &str = "azure.workload.identity/client-id";
const TENANT_ID: &str = "azure.workload.identity/tenant-id";
const EXPIRATION: &str = "azure.workload.identity/service-account-token-expiration";
const SKIP: &str = "azure.workload.identity/skip-containers";
const PROXY: &str = "azure.workload.identity/inject-proxy-sidecar";
const PROXY_PORT: &str = "azure.workload.identity/proxy-sidecar-port";
const BINDING: &str = "azure.workload.identity/use-identity-binding";

/// The old generation's name of the volume and of the file in it.
const OLD_NAME: &str = "azure-identity-token";

/// What every container gets.
struct Gift {
    variables: Vec<(&'static str, String)>,
    keeps_empty: bool,
    volume: String,
    folder: &'static str,
    replaces: bool,
}

/// Returns the `spec` that the pod shall have, or the text of the refusal.
///
/// `annotations` are those of its ServiceAccount.
pub(super) fn spec(
    pod: &Value,
    annotations: &BTreeMap<String, String>,
    options: &WebhookOptions,
) -> Result<Value, String> {
    let mut spec = pod.get("spec").cloned().unwrap_or_default();
    if annotation(pod, PROXY).is_some() {
        add_proxy(pod, &mut spec)?;
    }
    let expiration = expiration(pod, annotations)?;
    let skipped: Vec<&str> = annotation(pod, SKIP)
        .unwrap_or_default()
        .split(';')
        .map(str::trim)
        .collect();
    let is_binding = options.identity_bindings
        && annotation(pod, BINDING).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let gift = gift(pod, annotations, options, is_binding);
    for list in ["initContainers", "containers"] {
        let containers = spec.get_mut(list).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            if !skipped.contains(&text(container, "/name")) {
                give(container, &gift);
            }
        }
    }
    let volume = volume(&gift, expiration, options, is_binding);
    add_volume(&mut spec, volume, &gift);
    Ok(spec)
}

fn annotation<'a>(pod: &'a Value, key: &str) -> Option<&'a str> {
    pod.pointer("/metadata/annotations")?.get(key)?.as_str()
}

/// Seconds that the token is valid: the pod's word, else the ServiceAccount's, else an hour.
fn expiration(pod: &Value, annotations: &BTreeMap<String, String>) -> Result<i64, String> {
    let of_account = annotations.get(EXPIRATION).map(String::as_str);
    let asked = annotation(pod, EXPIRATION).filter(|text| !text.is_empty());
    let asked = asked.or(of_account).filter(|text| !text.is_empty());
    let seconds = asked.map_or(Ok(3600), integer)?;
    if (3600..=86400).contains(&seconds) {
        return Ok(seconds);
    }
    Err(format!(
        "token expiration {seconds} not valid. Expected value to be between 3600 and 86400"
    ))
}

/// Reads a number, and complains as Go does.
fn integer(text: &str) -> Result<i64, String> {
    text.parse().map_err(|error: std::num::ParseIntError| {
        let too_large =
            [IntErrorKind::PosOverflow, IntErrorKind::NegOverflow].contains(error.kind());
        let why = if too_large {
            "value out of range"
        } else {
            "invalid syntax"
        };
        format!("strconv.ParseInt: parsing {text:?}: {why}")
    })
}

fn add_proxy(pod: &Value, spec: &mut Value) -> Result<(), String> {
    if spec.get("hostNetwork") == Some(&Value::Bool(true)) {
        return Err("hostNetwork is set to true, cannot inject proxy sidecar".to_owned());
    }
    let port = annotation(pod, PROXY_PORT).filter(|text| !text.is_empty());
    let port = port.map_or(Ok(8000), integer).and_then(|port| {
        i32::try_from(port)
            .map_err(|_| format!("strconv.ParseInt: parsing \"{port}\": value out of range"))
    });
    let port = port.map_err(|why| format!("failed to parse proxy sidecar port: {why}"))?;
    let image =
        |name: &str| format!("mcr.microsoft.com/oss/v2/azure/workload-identity/{name}:v1.6.0");
    let proxy = json!({
        "name": "azwi-proxy",
        "image": image("proxy"),
        "args": [format!("--proxy-port={port}")],
        "ports": [{"containerPort": port}],
        "restartPolicy": "Always",
    });
    let init = json!({
        "name": "azwi-proxy-init",
        "image": image("proxy-init"),
        "env": [{"name": "PROXY_PORT", "value": port.to_string()}],
        "securityContext": {"privileged": true, "runAsUser": 0},
    });
    let has = |containers: &[Value], name| containers.iter().any(|one| text(one, "/name") == name);
    change(spec, "initContainers", |containers| {
        if !has(containers, "azwi-proxy") {
            containers.insert(0, proxy);
        }
        if !has(containers, "azwi-proxy-init") {
            containers.push(init);
        }
    });
    Ok(())
}

fn gift(
    pod: &Value,
    annotations: &BTreeMap<String, String>,
    options: &WebhookOptions,
    is_binding: bool,
) -> Gift {
    let of_account = |key: &str| annotations.get(key).cloned();
    let is_new = options.generation == WebhookGeneration::Since160;
    let (volume, folder, path) = if is_new {
        (
            new_volume_name(pod),
            "/var/run/secrets/azure/wi",
            "token/azure-identity-token",
        )
    } else {
        (
            OLD_NAME.to_owned(),
            "/var/run/secrets/azure/tokens",
            OLD_NAME,
        )
    };
    let mut variables = vec![
        ("AZURE_CLIENT_ID", of_account(CLIENT_ID).unwrap_or_default()),
        // An empty annotation is one: it takes the default away.
        (
            "AZURE_TENANT_ID",
            of_account(TENANT_ID).unwrap_or_else(|| DEFAULT_TENANT.to_owned()),
        ),
        ("AZURE_FEDERATED_TOKEN_FILE", format!("{folder}/{path}")),
        (
            "AZURE_AUTHORITY_HOST",
            "https://login.microsoftonline.com/".to_owned(),
        ),
    ];
    if is_binding {
        variables.extend([
            (
                "AZURE_KUBERNETES_TOKEN_PROXY",
                "https://proxy.aks.example".to_owned(),
            ),
            ("AZURE_KUBERNETES_SNI_NAME", "proxy.aks.example".to_owned()),
            (
                "AZURE_KUBERNETES_CA_FILE",
                format!("{folder}/ca-cert/ca.crt"),
            ),
        ]);
    }
    Gift {
        variables,
        keeps_empty: options.generation == WebhookGeneration::UpTo150,
        volume,
        folder,
        replaces: is_new,
    }
}

/// A pod that a controller makes has no name yet: its prefix is what the name is made from.
fn new_volume_name(pod: &Value) -> String {
    let name = match text(pod, "/metadata/name") {
        "" => format!("{} (prefix)", text(pod, "/metadata/generateName")),
        name => name.to_owned(),
    };
    let digest = format!("{:x}", Sha256::digest(name));
    format!("azure-workload-identity-reserved-{digest:.30}")
}

/// Adds variables that are not there, whatever their value is, and the mount.
fn give(container: &mut Value, gift: &Gift) {
    change(container, "env", |variables| {
        for (name, value) in &gift.variables {
            let is_there = variables.iter().any(|one| text(one, "/name") == *name);
            if !is_there && (gift.keeps_empty || !value.is_empty()) {
                variables.push(json!({"name": name, "value": value}));
            }
        }
    });
    let mount = json!({"name": gift.volume, "mountPath": gift.folder, "readOnly": true});
    change(container, "volumeMounts", |mounts| {
        put(mounts, mount, gift.replaces);
    });
}

fn volume(gift: &Gift, expiration: i64, options: &WebhookOptions, is_binding: bool) -> Value {
    let path = if gift.replaces {
        "token/azure-identity-token"
    } else {
        OLD_NAME
    };
    let audience = if is_binding {
        "api://AKSIdentityBinding"
    } else {
        options.audience.as_str()
    };
    let mut sources = vec![json!({"serviceAccountToken": {
        "path": path,
        "expirationSeconds": expiration,
        "audience": audience,
    }})];
    if is_binding {
        let items = json!([{"key": "ca.crt", "path": "ca-cert/ca.crt"}]);
        let name = "azure-wi-token-proxy-ca";
        sources.push(json!({"configMap": {"name": name, "items": items, "optional": false}}));
    }
    json!({"name": gift.volume, "projected": {"sources": sources}})
}

fn add_volume(spec: &mut Value, volume: Value, gift: &Gift) {
    // The old generation looks at what is projected, and not at the volume's name.
    let has_token = |volume: &Value| {
        let sources = volume
            .pointer("/projected/sources")
            .and_then(Value::as_array);
        let mut sources = sources.into_iter().flatten();
        sources.any(|source| text(source, "/serviceAccountToken/path") == OLD_NAME)
    };
    change(spec, "volumes", |volumes| {
        if gift.replaces {
            put(volumes, volume, true);
        } else if !volumes.iter().any(has_token) {
            volumes.push(volume);
        }
    });
}

/// Adds an item; one of its name is replaced or kept.
fn put(items: &mut Vec<Value>, item: Value, replaces: bool) {
    let same = items
        .iter_mut()
        .find(|one| one.get("name") == item.get("name"));
    match same {
        // What the API server has added to it as a default is not a difference.
        Some(same) if replaces && !contains(same, &item) => *same = item,
        Some(_) => {}
        None => items.push(item),
    }
}

/// Whether everything in `part` is in `whole` too.
fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => part
            .iter()
            .all(|(key, part)| whole.get(key).is_some_and(|whole| contains(whole, part))),
        (Value::Array(whole), Value::Array(part)) => {
            whole.len() == part.len()
                && whole
                    .iter()
                    .zip(part)
                    .all(|(whole, part)| contains(whole, part))
        }
        (whole, part) => whole == part,
    }
}

/// Changes a list of an object, which is empty if it is not there.
fn change(object: &mut Value, name: &str, change: impl FnOnce(&mut Vec<Value>)) {
    let Some(object) = object.as_object_mut() else {
        return;
    };
    let mut items = match object.get_mut(name) {
        Some(Value::Array(items)) => std::mem::take(items),
        _ => Vec::new(),
    };
    change(&mut items);
    object.insert(name.to_owned(), Value::Array(items));
}
