//! The pod as it is asked for, and whether it is still that pod.

use serde_json::{Value, json};

use super::OneShot;

/// Name of the only container.
pub const CONTAINER: &str = "main";

/// Annotation: the second since 1970 after which anybody may remove the pod.
pub const EXPIRES: &str = "vwi/expires";

/// A user that is nobody in every image; `runAsNonRoot` needs a number.
const NOBODY: u32 = 65534;

/// Seconds that a pod may run on top of what it is waited for.
const SLACK: u64 = 30;

/// Returns the pod, fit for namespaces that enforce the `restricted` Pod Security Standard.
pub(super) fn manifest(wanted: &OneShot, name: &str, now: u64) -> Value {
    let lifetime = wanted.patience.as_secs().saturating_add(SLACK);
    let owners: Vec<Value> = wanted
        .service_account_uid
        .iter()
        .map(|uid| {
            json!({
                "apiVersion": "v1",
                "kind": "ServiceAccount",
                "name": wanted.service_account,
                "uid": uid,
            })
        })
        .collect();
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": wanted.namespace,
            "labels": wanted.labels,
            "annotations": {EXPIRES: now.saturating_add(lifetime).to_string()},
            "ownerReferences": owners,
        },
        "spec": {
            "serviceAccountName": wanted.service_account,
            "restartPolicy": "Never",
            "activeDeadlineSeconds": lifetime,
            "automountServiceAccountToken": false,
            "enableServiceLinks": false,
            "nodeSelector": {"kubernetes.io/os": "linux"},
            "securityContext": {
                "runAsNonRoot": true,
                "runAsUser": NOBODY,
                "runAsGroup": NOBODY,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [{
                "name": CONTAINER,
                "image": wanted.image,
                "command": ["/bin/sh", "-c", wanted.script],
                "securityContext": {
                    "allowPrivilegeEscalation": false,
                    "capabilities": {"drop": ["ALL"]},
                    "readOnlyRootFilesystem": true,
                },
                "resources": {
                    "requests": {"cpu": "10m", "memory": "16Mi"},
                    "limits": {"cpu": "100m", "memory": "32Mi"},
                },
            }],
        },
    })
}

/// What decides what the container prints; all else may be changed by admission as it likes.
const OF_CONTAINER: [&str; 9] = [
    "image",
    "command",
    "args",
    "env",
    "envFrom",
    "volumeMounts",
    "volumeDevices",
    "workingDir",
    "lifecycle",
];

/// The same of the pod: another ServiceAccount, and what lets others reach into the container.
const OF_POD: [&str; 5] = [
    "serviceAccountName",
    "ephemeralContainers",
    "shareProcessNamespace",
    "hostPID",
    "hostNetwork",
];

/// Returns the first field in which a pod's `spec` is not what was asked for.
///
/// A tenant can change pods on admission, and the image later; other containers beside this one, as
/// a service mesh adds them, do not speak for it.
pub(super) fn changed(asked: &Value, spec: &Value) -> Option<&'static str> {
    let asked = asked.get("spec");
    let container = |spec: Option<&Value>| -> Option<Value> {
        let containers = spec?.get("containers")?.as_array()?;
        let mut named = containers
            .iter()
            .filter(|container| container.get("name").and_then(Value::as_str) == Some(CONTAINER));
        named.next().cloned()
    };
    let (Some(wanted), Some(found)) = (container(asked), container(Some(spec))) else {
        return Some("containers");
    };
    let of_container = OF_CONTAINER
        .into_iter()
        .find(|field| !same(wanted.get(field), found.get(field)));
    of_container.or_else(|| {
        let asked = asked.unwrap_or(&Value::Null);
        OF_POD
            .into_iter()
            .find(|field| !same(asked.get(field), spec.get(field)))
    })
}

/// Absent, empty and `false` are one.
fn same(asked: Option<&Value>, found: Option<&Value>) -> bool {
    let told = |value: &&Value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::String(text) => !text.is_empty(),
        Value::Bool(true) | Value::Number(_) => true,
    };
    asked.filter(told) == found.filter(told)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn wanted() -> OneShot {
        OneShot {
            namespace: "default".to_owned(),
            service_account: "app".to_owned(),
            service_account_uid: Some("u1".to_owned()),
            prefix: "vwi-token-",
            labels: [("a".to_owned(), "b".to_owned())].into(),
            image: "registry.example/sh:1".to_owned(),
            script: "true",
            patience: Duration::from_mins(1),
            longest_log: 10,
        }
    }

    #[test]
    fn it_ends_by_itself_and_goes_with_its_service_account() {
        let pod = manifest(&wanted(), "p", 100);
        assert_eq!(pod["spec"]["activeDeadlineSeconds"], 90);
        assert_eq!(pod["metadata"]["annotations"][EXPIRES], "190");
        assert_eq!(pod["metadata"]["ownerReferences"][0]["uid"], "u1");
        assert_eq!(pod["metadata"]["name"], "p");
    }

    #[test]
    fn what_decides_its_words_may_not_change() {
        let asked = manifest(&wanted(), "p", 0);
        let spec = &asked["spec"];
        assert_eq!(changed(&asked, spec), None);
        for (pointer, value, expected) in [
            ("/containers/0/image", json!("evil"), "image"),
            ("/containers/0/command", json!(["echo"]), "command"),
            ("/containers/0/args", json!(["x"]), "args"),
            (
                "/containers/0/env",
                json!([{"name": "PATH", "value": "/evil"}]),
                "env",
            ),
            (
                "/containers/0/volumeMounts",
                json!([{"name": "v", "mountPath": "/bin"}]),
                "volumeMounts",
            ),
            ("/containers/0/name", json!("other"), "containers"),
            (
                "/serviceAccountName",
                json!("default"),
                "serviceAccountName",
            ),
            (
                "/ephemeralContainers",
                json!([{"name": "debug"}]),
                "ephemeralContainers",
            ),
            (
                "/shareProcessNamespace",
                json!(true),
                "shareProcessNamespace",
            ),
        ] {
            let mut spec = spec.clone();
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            spec.pointer_mut(parent).unwrap()[key] = value;
            assert_eq!(changed(&asked, &spec), Some(expected), "{pointer}");
        }
        let mut beside = spec.clone();
        beside["containers"] = json!([{"name": "mesh"}, spec["containers"][0]]);
        beside["containers"][1]["args"] = json!([]);
        beside["tolerations"] = json!([{"key": "node"}]);
        assert_eq!(changed(&asked, &beside), None);
    }
}
