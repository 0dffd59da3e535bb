//! What happens to a request: recorded, spoilt, answered.

use std::sync::{Arc, Mutex};

use http::header;
use serde_json::json;
use vwi_test_server::{Fault, Faults, Outcome, Reply, Request, Service, spoil};

use crate::contents::{Contents, KeySpec};
use crate::proxy::Proxies;
use crate::server::lock;
use crate::settings::Settings;
use crate::{management, status};

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) contents: Mutex<Contents>,
    pub(crate) settings: Mutex<Settings>,
    pub(crate) faults: Mutex<Faults>,
    pub(crate) log: Mutex<Vec<Recorded>>,
    pub(crate) proxies: Proxies,
}

/// One request, with the secret that it bore: a test says where a key has been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Number of the connection that it came on.
    pub connection: u64,
    /// HTTP method.
    pub method: String,
    /// Path as it was sent.
    pub path: String,
    /// Query as it was sent, without `?`.
    pub query: String,
    /// `User-Agent`.
    pub user_agent: String,
    /// `Authorization`.
    pub authorization: Option<String>,
    /// The body as text.
    pub body: String,
    /// HTTP status; none: the connection was reset.
    pub status: Option<u16>,
}

impl Service for Shared {
    async fn handle(self: Arc<Self>, request: Request) -> Outcome {
        let fault = lock(&self.faults).hit(request.method.as_str(), &request.target());
        let text = |name| request.header(name).map(str::to_owned);
        let mut recorded = Recorded {
            connection: request.connection,
            method: request.method.as_str().to_owned(),
            path: request.path.clone(),
            query: request.raw_query.clone(),
            user_agent: text(header::USER_AGENT.as_str()).unwrap_or_default(),
            authorization: text(header::AUTHORIZATION.as_str()),
            body: String::from_utf8_lossy(&request.body).into_owned(),
            status: None,
        };
        let usual = if fault.as_ref().is_none_or(Fault::has_effect) {
            Some(self.answer(&request).await)
        } else {
            None
        };
        let outcome = spoil(fault, usual, status::status).await;
        if let Outcome::Answer(reply, _) = &outcome {
            recorded.status = Some(reply.status);
        }
        lock(&self.log).push(recorded);
        outcome
    }
}

impl Shared {
    pub(crate) fn settings(&self) -> Settings {
        lock(&self.settings).clone()
    }

    async fn answer(&self, request: &Request) -> Reply {
        let settings = self.settings();
        if let Some(to) = &settings.redirect_to {
            let to = format!("{to}{}", request.target());
            return Reply::empty(302).header("Location", &to);
        }
        if settings.login_page {
            return Reply::body(200, "text/html; charset=utf-8", LOGIN_PAGE);
        }
        let segments = request.segments();
        match segments.as_slice() {
            ["version"] => Reply::json(200, &json!({"version": settings.version})),
            ["kubernetes", rest @ ..] => match self.key(request) {
                Some(key) => self.kubernetes(request, rest, &key).await,
                None => status::unauthorized(),
            },
            // Everything else is the user interface, which finds its way by itself.
            _ => Reply::body(200, "text/html; charset=utf-8", USER_INTERFACE),
        }
    }

    async fn kubernetes(&self, request: &Request, segments: &[&str], key: &KeySpec) -> Reply {
        match segments {
            ["management", "apis", "management.loft.sh", "v1", rest @ ..] => {
                management::answer(self, request, rest, key)
            }
            ["cluster" | "project" | "virtualcluster", ..] => {
                self.proxies.answer(self, request, segments, key).await
            }
            _ => status::no_route(),
        }
    }

    /// Returns the key that a request bears, if it is one.
    fn key(&self, request: &Request) -> Option<KeySpec> {
        let authorization = request.header(header::AUTHORIZATION.as_str())?;
        let bearer = authorization.strip_prefix("Bearer ")?;
        let contents = lock(&self.contents);
        contents.keys.iter().find(|key| key.key == bearer).cloned()
    }
}

/// What a proxy with single sign-on shows.
const LOGIN_PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head>\
    <body><form action=\"/sso\">Sign in</form></body></html>\n";

/// What the user interface starts with.
const USER_INTERFACE: &str = "<!DOCTYPE html>\n<html><head><title>vCluster Platform</title></head>\
    <body><div id=\"root\"></div></body></html>\n";
