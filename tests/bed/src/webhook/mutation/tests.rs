//! The mutation against what the real webhook was seen to do.

use super::*;

const CLIENT: &str = "22222222-2222-2222-2222-222222222222";

fn account(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

fn pod(annotations: &Value) -> Value {
    json!({
        "metadata": {"name": "app-0-x-default-x-my-vcluster", "annotations": annotations},
        "spec": {
            "initContainers": [{"name": "before"}],
            "containers": [{"name": "main"}, {"name": "side"}],
        },
    })
}

fn of(generation: WebhookGeneration) -> WebhookOptions {
    WebhookOptions {
        generation,
        ..WebhookOptions::default()
    }
}

fn variables(spec: &Value, container: &str) -> Vec<String> {
    let variables = spec
        .pointer(&format!("{container}/env"))
        .and_then(Value::as_array);
    let show = |one: &Value| format!("{}={}", text(one, "/name"), text(one, "/value"));
    variables.into_iter().flatten().map(show).collect()
}

#[test]
fn a_pod_gains_what_the_real_webhook_was_seen_to_give() {
    let annotations = account(&[(CLIENT_ID, CLIENT)]);
    let spec = spec(&pod(&json!({})), &annotations, &WebhookOptions::default()).unwrap();
    let volume = "azure-workload-identity-reserved-ee7ffb2a9b10c36ebdb49846f25ea9";
    for container in ["/initContainers/0", "/containers/0", "/containers/1"] {
        let expected = [
            "AZURE_CLIENT_ID=22222222-2222-2222-2222-222222222222",
            "AZURE_TENANT_ID=11111111-1111-1111-1111-111111111111",
            "AZURE_FEDERATED_TOKEN_FILE=/var/run/secrets/azure/wi/token/azure-identity-token",
            "AZURE_AUTHORITY_HOST=https://login.microsoftonline.com/",
        ];
        assert_eq!(variables(&spec, container), expected);
        let mounts = &spec.pointer(container).unwrap()["volumeMounts"];
        let mount =
            json!({"name": volume, "mountPath": "/var/run/secrets/azure/wi", "readOnly": true});
        assert_eq!(mounts, &json!([mount]));
    }
    let token = json!({
        "path": "token/azure-identity-token",
        "expirationSeconds": 3600,
        "audience": "api://AzureADTokenExchange",
    });
    let sources = json!([{"serviceAccountToken": token}]);
    let expected = json!([{"name": volume, "projected": {"sources": sources}}]);
    assert_eq!(spec["volumes"], expected);
}

#[test]
fn a_result_that_comes_again_stays_as_it_is() {
    let generations = [
        WebhookGeneration::UpTo150,
        WebhookGeneration::V151,
        WebhookGeneration::Since160,
    ];
    for generation in generations {
        let mut again = pod(&json!({PROXY: "false"}));
        let annotations = account(&[(CLIENT_ID, CLIENT)]);
        let first = spec(&again, &annotations, &of(generation)).unwrap();
        again["spec"] = first.clone();
        assert_eq!(spec(&again, &annotations, &of(generation)).unwrap(), first);
    }
}

#[test]
fn without_a_client_id_only_the_oldest_injects_an_empty_one() {
    let client = |generation| {
        let spec = spec(&pod(&json!({})), &account(&[]), &of(generation)).unwrap();
        variables(&spec, "/containers/0").first().cloned()
    };
    let oldest = client(WebhookGeneration::UpTo150);
    assert_eq!(oldest.as_deref(), Some("AZURE_CLIENT_ID="));
    for generation in [WebhookGeneration::V151, WebhookGeneration::Since160] {
        let tenant = format!("AZURE_TENANT_ID={DEFAULT_TENANT}");
        assert_eq!(client(generation), Some(tenant));
    }
}

#[test]
fn an_empty_tenant_takes_the_default_away() {
    let annotations = account(&[(TENANT_ID, ""), (CLIENT_ID, CLIENT)]);
    let spec = spec(&pod(&json!({})), &annotations, &WebhookOptions::default()).unwrap();
    let names = variables(&spec, "/containers/0");
    assert!(
        !names.iter().any(|name| name.starts_with("AZURE_TENANT_ID")),
        "{names:?}"
    );
}

#[test]
fn what_is_there_wins_and_what_is_skipped_is_left_alone() {
    let mut pod = pod(&json!({SKIP: "before ; side"}));
    pod["spec"]["containers"][0]["env"] = json!([{"name": "AZURE_CLIENT_ID", "value": ""}]);
    let annotations = account(&[(CLIENT_ID, CLIENT)]);
    let spec = spec(&pod, &annotations, &WebhookOptions::default()).unwrap();
    assert_eq!(variables(&spec, "/containers/0")[0], "AZURE_CLIENT_ID=");
    assert_eq!(spec["containers"][1], json!({"name": "side"}));
    assert_eq!(spec["initContainers"][0], json!({"name": "before"}));
}

#[test]
fn refusals_have_the_words_of_the_real_one() {
    let out_of_range = "token expiration 60 not valid. Expected value to be between 3600 and 86400";
    for (annotations, expected) in [
        (json!({EXPIRATION: "60"}), out_of_range),
        (
            json!({EXPIRATION: "1h"}),
            r#"strconv.ParseInt: parsing "1h": invalid syntax"#,
        ),
        (
            json!({EXPIRATION: " 3600"}),
            r#"strconv.ParseInt: parsing " 3600": invalid syntax"#,
        ),
        (
            json!({EXPIRATION: "99999999999999999999"}),
            r#"strconv.ParseInt: parsing "99999999999999999999": value out of range"#,
        ),
        (
            json!({PROXY: "", PROXY_PORT: "80a"}),
            r#"failed to parse proxy sidecar port: strconv.ParseInt: parsing "80a": invalid syntax"#,
        ),
    ] {
        let refused = spec(
            &pod(&annotations),
            &account(&[]),
            &WebhookOptions::default(),
        );
        assert_eq!(refused.unwrap_err(), expected);
    }
    let accepted = pod(&json!({EXPIRATION: "+3600"}));
    assert!(spec(&accepted, &account(&[]), &WebhookOptions::default()).is_ok());
}
