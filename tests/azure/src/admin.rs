//! The admin calls, `/_standin/…`: worlds, their switches, faults, records and contents.
//!
//! | call | body | answer |
//! |---|---|---|
//! | `POST worlds` | `WorldSpec` | `WorldInfo` |
//! | `GET`, `DELETE worlds/ID` | | `WorldInfo` |
//! | `GET`, `DELETE worlds/ID/requests` | | list of `Recorded` |
//! | `GET`, `PUT worlds/ID/settings` | JSON merge patch of `Settings` | `Settings` |
//! | `GET`, `POST`, `DELETE worlds/ID/faults` | `Fault` | `Fault`, with its id |
//! | `DELETE worlds/ID/faults/FAULT` | | |
//! | `GET worlds/ID/state` | | identities, credentials, assignments, bindings |
//! | `POST worlds/ID/seed` | `Seed` | `WorldInfo` |
//! | `POST worlds/ID/callers` | `CallerSpec` | `CallerInfo` |
//! | `POST worlds/ID/remove` | `{"id": ARM ID}` | `{"removed": true}` |
//! | `POST worlds/ID/advance` | `{"seconds": 60}` | `{"time": …}` |
//! | `PUT`, `DELETE issuers/NAME` | `{"server": …}` or `{"documents": …}` | |
//!
//! Whoever reaches the port may call them: it is on the loopback interface, and holds nothing
//! that is true outside the tests.

use http::Method;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vwi_test_server::{Reply, Request};

use crate::clock::milliseconds;
use crate::dispatch::Shared;
use crate::issuers::{IssuerDocuments, Upstream, UpstreamServer};
use crate::settings::Settings;
use crate::world::{World, WorldError};

/// Answers an admin call; the segments are those behind `_standin`.
pub(crate) fn answer(shared: &Shared, request: &Request, segments: &[&str]) -> Reply {
    let method = &request.method;
    let outcome = match segments {
        ["worlds"] if *method == Method::POST => create(shared, request),
        ["worlds", id, rest @ ..] => match shared.worlds.get(id) {
            Ok(world) => of_world(shared, &world, request, rest),
            Err(error) => Err(error),
        },
        ["issuers", name] if *method == Method::PUT => set_issuer(shared, name, request),
        ["issuers", name] if *method == Method::DELETE => {
            shared.issuers.remove(name);
            Ok(nothing())
        }
        _ => Ok(no_such_call()),
    };
    outcome.unwrap_or_else(|error| refusal(&error))
}

fn of_world(
    shared: &Shared,
    world: &World,
    request: &Request,
    segments: &[&str],
) -> Result<Reply, WorldError> {
    Ok(match (request.method.as_str(), segments) {
        ("GET", []) => ok(&world.info()),
        ("DELETE", []) => {
            shared.worlds.remove(world.id());
            nothing()
        }
        ("GET", ["requests"]) => ok(&world.requests()),
        ("DELETE", ["requests"]) => {
            world.clear_requests();
            nothing()
        }
        ("GET", ["settings"]) => ok(&world.settings()),
        ("PUT" | "PATCH", ["settings"]) => {
            world.set_settings(patched(&world.settings(), request)?);
            ok(&world.settings())
        }
        ("GET", ["faults"]) => {
            let faults = world.faults().into_iter();
            let faults = faults.map(|(fault, seen)| json!({"fault": fault, "matched": seen}));
            ok(&faults.collect::<Vec<_>>())
        }
        ("POST", ["faults"]) => ok(&world.add_fault(read(request, "fault")?)?),
        ("DELETE", ["faults"]) => {
            world.remove_faults(None);
            nothing()
        }
        ("DELETE", ["faults", id]) => {
            world.remove_faults(Some(id));
            nothing()
        }
        ("GET", ["state"]) => ok(&world.dump()),
        ("POST", ["seed"]) => {
            world.seed(&read(request, "seed")?)?;
            ok(&world.info())
        }
        ("POST", ["callers"]) => ok(&world.add_caller(read(request, "caller")?)),
        ("POST", ["remove"]) => {
            let removal: Removal = read(request, "removal")?;
            ok(&json!({"removed": world.remove(&removal.id)}))
        }
        ("POST", ["advance"]) => {
            let advance: Advance = read(request, "advance")?;
            world.advance_milliseconds(milliseconds(advance.seconds));
            ok(&json!({"time": world.time()}))
        }
        _ => no_such_call(),
    })
}

/// Body of `remove`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Removal {
    id: String,
}

/// Body of `advance`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: f64,
}

/// Body of `issuers/NAME`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
enum IssuerBody {
    Server(UpstreamServer),
    Documents(IssuerDocuments),
}

fn create(shared: &Shared, request: &Request) -> Result<Reply, WorldError> {
    let spec = if request.body.is_empty() {
        crate::seed::WorldSpec::default()
    } else {
        read(request, "world")?
    };
    Ok(ok(&shared.worlds.create(spec)?.info()))
}

fn set_issuer(shared: &Shared, name: &str, request: &Request) -> Result<Reply, WorldError> {
    let upstream = match read(request, "issuer")? {
        IssuerBody::Server(server) => Upstream::Server(server),
        IssuerBody::Documents(documents) => Upstream::Documents(documents),
    };
    shared.issuers.set(name, upstream);
    Ok(nothing())
}

/// Returns the switches with those of a JSON merge patch (RFC 7396) changed.
fn patched(settings: &Settings, request: &Request) -> Result<Settings, WorldError> {
    let what = "settings";
    let as_error = |source| WorldError::Json { what, source };
    let patch: Value = read(request, what)?;
    let mut value = serde_json::to_value(settings).map_err(as_error)?;
    merge(&mut value, patch);
    serde_json::from_value(value).map_err(as_error)
}

fn merge(value: &mut Value, patch: Value) {
    match (value, patch) {
        (Value::Object(fields), Value::Object(changes)) => {
            for (name, change) in changes {
                merge(fields.entry(name).or_insert(Value::Null), change);
            }
        }
        // A null sets an optional switch to none, which is what removing it would do.
        (value, patch) => *value = patch,
    }
}

fn read<T: DeserializeOwned>(request: &Request, what: &'static str) -> Result<T, WorldError> {
    serde_json::from_slice(&request.body).map_err(|source| WorldError::Json { what, source })
}

fn ok(value: &impl Serialize) -> Reply {
    Reply::json(200, value)
}

fn nothing() -> Reply {
    ok(&json!({}))
}

fn no_such_call() -> Reply {
    Reply::body(404, "text/plain", "no such admin call")
}

fn refusal(error: &WorldError) -> Reply {
    let status = match error {
        WorldError::NoWorld { .. } => 404,
        WorldError::Taken { .. } => 409,
        WorldError::Missing { .. } | WorldError::Json { .. } | WorldError::Fault(_) => 400,
    };
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    Reply::body(status, "text/plain", text)
}
