//! What happens to a request: found a world, recorded, spoilt, answered.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::header;
use serde_json::{Value, json};
use tokio::time::Instant;
use vwi_test_server::{Answer, Fault, Outcome, Reply, Request, spoil};

use crate::arm::errors::ArmError;
use crate::entra::assertion;
use crate::entra::errors::EntraError;
use crate::entra::keys::Keys;
use crate::issuers::Issuers;
use crate::log::Recorded;
use crate::token::{self, Bearer};
use crate::world::{World, Worlds};
use crate::{admin, arm, clock, entra, graph, issuers};

/// What all requests of a server share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) worlds: Worlds,
    pub(crate) issuers: Issuers,
    pub(crate) keys: Keys,
    pub(crate) sequence: AtomicU64,
}

/// Which service of Azure a path belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    Arm,
    Entra,
    Graph,
}

impl Service {
    fn of(segments: &[&str]) -> Self {
        match segments {
            ["v1.0" | "beta", ..] => Self::Graph,
            [_, "oauth2" | "v2.0" | "discovery" | "msi", ..] => Self::Entra,
            _ => Self::Arm,
        }
    }
}

impl vwi_test_server::Service for Shared {
    async fn handle(self: Arc<Self>, request: Request) -> Outcome {
        let segments = request.segments();
        match segments.as_slice() {
            ["_standin", rest @ ..] => Outcome::from(admin::answer(&self, &request, rest)),
            ["issuer", name, rest @ ..] => Outcome::from(issuers::answer(&self, name, rest).await),
            ["metadata", "endpoints"] => Outcome::from(arm::metadata::answer(&self, &request)),
            ["common", "discovery", "instance"] => {
                Outcome::from(entra::instance_discovery(&self, &request))
            }
            _ => {
                let service = Service::of(&segments);
                self.serve(service, &request, &segments).await
            }
        }
    }
}

impl Shared {
    async fn serve(&self, service: Service, request: &Request, segments: &[&str]) -> Outcome {
        let bearer = token::read(request, self.worlds.common());
        let Some(world) = self.find_world(service, segments, bearer.as_ref()) else {
            return Outcome::from(match service {
                Service::Entra => entra::unknown_tenant(request, segments),
                Service::Arm | Service::Graph => {
                    let url = &self.worlds.common().url;
                    arm::without_world(request, bearer.as_ref(), url)
                }
            });
        };
        let sequence = self.sequence.fetch_add(1, Ordering::Relaxed);
        let started = Instant::now();
        let fault = world.hit_fault(request.method.as_str(), &request.target());
        let recorded = record(&world, request, sequence, bearer.as_ref(), fault.as_ref());
        world.log().push(recorded);
        let delay = fault.as_ref().map_or(0, |fault| fault.delay_ms);
        let latency = world.settings().latency_ms.saturating_add(delay);
        // From the arrival on, so that the stand-in's own work is part of it.
        let until = started + Duration::from_millis(latency);

        let has_effect = fault.as_ref().is_none_or(Fault::has_effect);
        let usual = if has_effect {
            Some(match service {
                Service::Arm => arm::answer(&world, request, bearer, until).await,
                Service::Entra => entra::answer(self, &world, request, segments, until).await,
                Service::Graph => graph::answer(&world, request, segments, bearer, until).await,
            })
        } else {
            clock::reached(until).await;
            None
        };
        let error =
            |status, code: &str, message: &str| error_reply(service, &world, status, code, message);
        if fault
            .as_ref()
            .is_some_and(|fault| fault.answer == Answer::Hang)
        {
            world.hold();
        }
        let outcome = spoil(fault, usual, error).await;
        world.log().amend(sequence, |entry| {
            if let Outcome::Answer(reply, _) = &outcome {
                entry.status = Some(reply.status);
                entry.error.clone_from(&reply.error);
            }
            entry.elapsed_ms = u64::try_from(started.elapsed().as_millis()).ok();
        });
        outcome
    }

    /// Finds the world by tenant or subscription in the path, else by the token.
    fn find_world(
        &self,
        service: Service,
        segments: &[&str],
        bearer: Option<&Bearer>,
    ) -> Option<World> {
        let by_path = match (service, segments) {
            (Service::Entra, [tenant, ..]) => return self.worlds.by_tenant(tenant),
            (Service::Arm, [first, id, ..]) if first.eq_ignore_ascii_case("subscriptions") => {
                self.worlds.get(id).ok()
            }
            _ => None,
        };
        by_path.or_else(|| {
            let claims = bearer?.claims()?;
            self.worlds.get(&claims.tid).ok()
        })
    }
}

/// Makes the entry of a request, without its secrets.
fn record(
    world: &World,
    request: &Request,
    sequence: u64,
    bearer: Option<&Bearer>,
    fault: Option<&Fault>,
) -> Recorded {
    let headers: BTreeMap<String, String> = request
        .headers
        .iter()
        .filter(|(name, _)| *name != header::AUTHORIZATION)
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        })
        .collect();
    Recorded {
        sequence,
        connection: request.connection,
        time: world.time(),
        elapsed_ms: None,
        method: request.method.as_str().to_owned(),
        path: request.path.clone(),
        query: request.raw_query.clone(),
        headers,
        body: recorded_body(request),
        principal: bearer
            .and_then(Bearer::claims)
            .map(|claims| claims.oid.clone()),
        status: None,
        error: None,
        fault: fault.map(|fault| fault.id.clone()),
    }
}

fn recorded_body(request: &Request) -> Value {
    if request.body.is_empty() {
        return Value::Null;
    }
    let content_type = request.header(header::CONTENT_TYPE.as_str());
    if content_type.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
        let fields = request.form().into_iter().map(|(name, value)| {
            let value = match name.as_str() {
                "client_secret" => json!("[struck out]"),
                "client_assertion" => assertion::for_record(&value),
                _ => json!(value),
            };
            (name, value)
        });
        return Value::Object(fields.collect());
    }
    request
        .json()
        .unwrap_or_else(|_| json!(String::from_utf8_lossy(&request.body)))
}

fn error_reply(service: Service, world: &World, status: u16, code: &str, message: &str) -> Reply {
    match (service, code.parse::<u32>()) {
        (Service::Entra, Ok(number)) => EntraError::new(number, message)
            .with_status(status)
            .reply(&world.settings().entra, None),
        (Service::Entra, Err(_)) | (Service::Arm | Service::Graph, _) => {
            ArmError::new(status, code, message).reply()
        }
    }
}
