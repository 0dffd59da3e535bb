//! The management API: who am I, instances, the translate call.

use http::{Method, header};
use serde_json::{Value, json};
use vwi_test_server::{Reply, Request};

use crate::contents::{InstanceSpec, KeySpec};
use crate::dispatch::Shared;
use crate::server::lock;
use crate::settings::Settings;
use crate::{name, status};

/// Group and version of everything here.
const API_VERSION: &str = "management.loft.sh/v1";

/// Plural of the instances.
const INSTANCES: &str = "virtualclusterinstances";

/// Answers a request below `…/apis/management.loft.sh/v1`.
pub(crate) fn answer(
    shared: &Shared,
    request: &Request,
    segments: &[&str],
    key: &KeySpec,
) -> Reply {
    let settings = shared.settings();
    match segments {
        ["selves"] => created(request, "Self", |_body| Ok(myself(&settings, key))).map_or_else(
            |refused| refused,
            |value| Reply::json(settings.created, &value),
        ),
        ["translatevclusterresourcenames"] if settings.has_translate() => {
            if key.scope.is_some() && !settings.scoped_keys_translate {
                let what = format!("translatevclusterresourcenames.{API_VERSION}");
                return status::forbidden(&key.user, &what);
            }
            created(request, "TranslateVClusterResourceName", |body| {
                translate(&settings, body)
            })
            .map_or_else(
                |refused| refused,
                |value| Reply::json(settings.created, &value),
            )
        }
        [INSTANCES] if request.method == Method::GET => list(shared, &settings, request, key),
        ["namespaces", namespace, INSTANCES, name] if request.method == Method::GET => {
            get(shared, &settings, namespace, name, key)
        }
        _ => status::no_route(),
    }
}

/// Reads the body of a create as an API server does, and answers it.
fn created(
    request: &Request,
    kind: &str,
    answer: impl FnOnce(&Value) -> Result<Value, Reply>,
) -> Result<Value, Reply> {
    if request.method != Method::POST {
        let what = "the server does not allow this method on the requested resource";
        return Err(status::status(405, "MethodNotAllowed", what));
    }
    let content_type = request
        .header(header::CONTENT_TYPE.as_str())
        .unwrap_or_default();
    if content_type.split(';').next().map(str::trim) != Some("application/json") {
        let what = "the body of the request was in an unknown format";
        return Err(status::status(415, "UnsupportedMediaType", what));
    }
    let body = request.json().map_err(|error| {
        status::bad_request(&format!("the object provided is unrecognized: {error}"))
    })?;
    for (field, expected) in [("apiVersion", API_VERSION), ("kind", kind)] {
        // The vendor's own page leaves both out.
        if body.get(field).is_some_and(|found| found != expected) {
            let what = format!("{field} in the data does not match {expected}");
            return Err(status::bad_request(&what));
        }
    }
    answer(&body)
}

fn myself(settings: &Settings, key: &KeySpec) -> Value {
    let mut status = json!({
        "user": {"name": key.user, "displayName": key.user},
        "accessKey": "loft-access-key-1",
        "accessKeyType": "User",
        "subject": key.user,
        "groups": ["system:authenticated"],
        "uid": "u-1",
        "instanceID": "i-1",
    });
    if let Some(fields) = status.as_object_mut() {
        if let Some(scope) = &key.scope {
            fields.insert("accessKeyScope".to_owned(), scope.json());
        }
        if let Some(prefix) = &settings.project_namespace_prefix {
            fields.insert("projectNamespacePrefix".to_owned(), json!(prefix));
        }
    }
    json!({"apiVersion": API_VERSION, "kind": "Self", "metadata": {}, "spec": {}, "status": status})
}

fn translate(settings: &Settings, body: &Value) -> Result<Value, Reply> {
    let field = |name: &str| {
        let value = body
            .pointer(&format!("/spec/{name}"))
            .and_then(Value::as_str);
        value
            .filter(|value| !value.is_empty())
            .ok_or_else(|| status::status(422, "Invalid", &format!("spec.{name}: Required value")))
    };
    let (name, namespace, vcluster) = (field("name")?, field("namespace")?, field("vclusterName")?);
    let known = ["name", "namespace", "vclusterName"];
    let unknown = body
        .get("spec")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    if let Some((field, _)) = unknown
        .into_iter()
        .find(|(field, _)| !known.contains(&field.as_str()))
    {
        return Err(status::bad_request(&format!(
            "unknown field \"spec.{field}\""
        )));
    }
    let translated = settings
        .translates_to
        .clone()
        .unwrap_or_else(|| name::single_namespace(name, namespace, vcluster));
    Ok(json!({
        "apiVersion": API_VERSION,
        "kind": "TranslateVClusterResourceName",
        "metadata": {},
        "spec": {"name": name, "namespace": namespace, "vclusterName": vcluster},
        "status": {"name": translated},
    }))
}

fn sees(key: &KeySpec, instance: &InstanceSpec) -> bool {
    key.scope
        .as_ref()
        .is_none_or(|scope| scope.projects.contains(&instance.project))
}

fn list(shared: &Shared, settings: &Settings, request: &Request, key: &KeySpec) -> Reply {
    let number = |name| {
        request
            .query(name)
            .and_then(|text| text.parse::<usize>().ok())
    };
    let limit = number("limit")
        .filter(|&limit| limit > 0)
        .unwrap_or(settings.page);
    let limit = limit.min(settings.page).max(1);
    let token = request.query("continue").unwrap_or("from-0");
    let from = token
        .strip_prefix("from-")
        .and_then(|from| from.parse().ok());
    let Some(from) = from else {
        let what = "The provided continue parameter is too old";
        return status::status(410, "Expired", what);
    };
    let contents = lock(&shared.contents);
    let seen: Vec<_> = contents
        .instances
        .iter()
        .filter(|one| sees(key, one))
        .collect();
    let page = seen.iter().skip(from).take(limit);
    let items: Vec<Value> = page.map(|one| one.json(settings.prefix())).collect();
    let next = from + items.len();
    let more = if next < seen.len() {
        format!("from-{next}")
    } else {
        String::new()
    };
    Reply::json(
        200,
        &json!({
            "apiVersion": API_VERSION,
            "kind": "VirtualClusterInstanceList",
            "metadata": {"resourceVersion": "1", "continue": more},
            "items": items,
        }),
    )
}

fn get(shared: &Shared, settings: &Settings, namespace: &str, name: &str, key: &KeySpec) -> Reply {
    let contents = lock(&shared.contents);
    let found = contents.instances.iter().find(|one| {
        one.name == name && namespace.strip_prefix(settings.prefix()) == Some(one.project.as_str())
    });
    match found {
        Some(one) if sees(key, one) => Reply::json(200, &one.json(settings.prefix())),
        Some(_) => status::forbidden(&key.user, &format!("{INSTANCES} \"{name}\"")),
        None => status::no_object(INSTANCES, name),
    }
}
