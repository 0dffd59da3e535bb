//! A server with one world, and a client that has logged in.

use std::collections::BTreeMap;

use reqwest::{Client, Method, Response, StatusCode};
use rustls::crypto::ring;
use serde_json::{Value, json};
use vwi_test_azure::{
    CallerInfo, IdentitySpec, Options, PUBLIC_AUDIENCE, Seed, Server, TestIssuer, TestKey, Tls,
    Upstream, World, WorldInfo, WorldSpec,
};

/// What a client got.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Value,
}

impl Got {
    /// Returns `error.code`, or the AADSTS number, or nothing.
    pub(crate) fn code(&self) -> String {
        if let Some(number) = self.body["error_codes"][0].as_u64() {
            return number.to_string();
        }
        let code = &self.body["error"]["code"];
        code.as_str().unwrap_or_default().to_owned()
    }

    /// Returns the text of the error.
    pub(crate) fn text(&self) -> String {
        let arm = self.body["error"]["message"].as_str();
        let text = arm.or_else(|| self.body["error_description"].as_str());
        text.unwrap_or_default().to_owned()
    }

    pub(crate) async fn read(response: Response) -> Self {
        let status = response.status().as_u16();
        let headers = response.headers().iter();
        let headers = headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        let bytes = response.bytes().await.unwrap();
        Self {
            status,
            headers,
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
        }
    }
}

/// A server, a world in it, and a client.
pub(crate) struct Scene {
    pub(crate) server: Server,
    pub(crate) world: World,
    pub(crate) info: WorldInfo,
    pub(crate) http: Client,
    /// Token of the first caller for ARM.
    pub(crate) token: String,
    pub(crate) issuer: TestIssuer,
}

/// Resource of public ARM.
pub(crate) const ARM: &str = "https://management.azure.com";

/// Subject that the tests' credentials trust.
pub(crate) const SUBJECT: &str = "system:serviceaccount:team-x:app-x-default-x-demo";

impl Scene {
    /// Starts with the default world and an identity `app`.
    pub(crate) async fn new() -> Self {
        Self::with(WorldSpec {
            seed: Seed {
                identities: vec![IdentitySpec {
                    name: "app".to_owned(),
                    ..IdentitySpec::default()
                }],
                ..Seed::default()
            },
            ..WorldSpec::default()
        })
        .await
    }

    /// Starts with a world.
    pub(crate) async fn with(spec: WorldSpec) -> Self {
        // Another test of this process may have been first.
        let _first = ring::default_provider().install_default();
        let server = Server::start(Options::new(Tls::generate().unwrap())).unwrap();
        let documents = TestIssuer::documents(&[TestKey::First]);
        server.issuers().set("host", Upstream::Documents(documents));
        let issuer = TestIssuer::new(&server.issuer_url("host"));
        let ca = reqwest::Certificate::from_pem(server.ca_pem().as_bytes()).unwrap();
        let http = Client::builder()
            .tls_certs_only([ca])
            .no_proxy()
            .build()
            .unwrap();
        let world = server.worlds().create(spec).unwrap();
        let info = world.info();
        let mut scene = Self {
            server,
            world,
            info,
            http,
            token: String::new(),
            issuer,
        };
        let caller = scene.info.callers[0].clone();
        scene.token = scene.login(&caller).await;
        scene
    }

    /// Logs a caller in with its secret, for ARM.
    pub(crate) async fn login(&self, caller: &CallerInfo) -> String {
        let got = self.ask_with_secret(caller, ARM).await;
        got.body["access_token"].as_str().unwrap().to_owned()
    }

    /// Asks for a token with a caller's secret.
    pub(crate) async fn ask_with_secret(&self, caller: &CallerInfo, resource: &str) -> Got {
        self.ask(&[
            ("grant_type", "client_credentials"),
            ("client_id", &caller.client_id),
            ("client_secret", &caller.client_secret),
            ("scope", &format!("{resource}/.default")),
        ])
        .await
    }

    /// Asks for a token with an assertion.
    pub(crate) async fn exchange(&self, client_id: &str, assertion: &str) -> Got {
        self.ask(&[
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
            ("client_assertion", assertion),
            ("scope", &format!("{ARM}/.default")),
        ])
        .await
    }

    /// Asks the token endpoint.
    pub(crate) async fn ask(&self, form: &[(&str, &str)]) -> Got {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let url = format!(
            "{}/{}/oauth2/v2.0/token",
            self.server.url(),
            self.info.tenant_id
        );
        let request = self.http.post(url).body(body);
        let kind = "application/x-www-form-urlencoded";
        let response = request.header("content-type", kind).send().await.unwrap();
        Got::read(response).await
    }

    /// Asks ARM at a path below the resource group, with the version that fits the path.
    pub(crate) async fn arm(&self, method: Method, path: &str, body: Option<Value>) -> Got {
        let group = format!(
            "/subscriptions/{}/resourceGroups/rg",
            self.info.subscription_id
        );
        let version = if path.contains("Microsoft.Authorization") {
            "2022-04-01"
        } else {
            "2024-11-30"
        };
        let mark = if path.contains('?') { '&' } else { '?' };
        let path = format!("{group}{path}{mark}api-version={version}");
        self.raw(method, &path, Some(&self.token), body).await
    }

    /// Asks the server at a path.
    pub(crate) async fn raw(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<Value>,
    ) -> Got {
        let url = format!("{}{path}", self.server.url());
        Got::read(self.send(method, &url, token, body).await.unwrap()).await
    }

    /// Sends a request.
    pub(crate) async fn send(
        &self,
        method: Method,
        url: &str,
        token: Option<&str>,
        body: Option<Value>,
    ) -> reqwest::Result<Response> {
        let mut request = self.http.request(method, url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await
    }

    /// Writes a credential of `app` for a subject of the scene's issuer.
    pub(crate) async fn put_credential(&self, name: &str, subject: &str) -> Got {
        let body = credential(self.issuer.url(), subject);
        self.arm(Method::PUT, &credential_path(name), Some(body))
            .await
    }

    /// Returns the client id of `app`.
    pub(crate) fn client_id(&self) -> String {
        self.world.info().identities[0].client_id.clone()
    }

    /// Exchanges a valid token of [`SUBJECT`] for one of `app`.
    pub(crate) async fn exchange_valid(&self) -> Got {
        let token = self.issuer.token(SUBJECT, PUBLIC_AUDIENCE);
        self.exchange(&self.client_id(), &token.sign().unwrap())
            .await
    }

    /// Writes a role assignment of `app` at the resource group.
    pub(crate) async fn put_reader(&self, name: &str) -> Got {
        let principal = self.world.info().identities[0].principal_id.clone();
        let body = assignment(&self.info.subscription_id, READER, &principal);
        let path = format!("/providers/Microsoft.Authorization/roleAssignments/{name}");
        self.arm(Method::PUT, &path, Some(body)).await
    }
}

/// GUID of the role Reader.
pub(crate) const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";

/// Returns the body of a role assignment.
pub(crate) fn assignment(subscription: &str, role: &str, principal: &str) -> Value {
    let roles = format!("/subscriptions/{subscription}/providers/Microsoft.Authorization");
    json!({"properties": {
        "roleDefinitionId": format!("{roles}/roleDefinitions/{role}"),
        "principalId": principal,
        "principalType": "ServicePrincipal",
    }})
}

/// Returns the path of a credential of `app` below the resource group.
pub(crate) fn credential_path(name: &str) -> String {
    let app = "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app";
    format!("{app}/federatedIdentityCredentials/{name}")
}

/// Returns the body of a credential with the public audience.
pub(crate) fn credential(issuer: &str, subject: &str) -> Value {
    json!({"properties": {"issuer": issuer, "subject": subject, "audiences": [PUBLIC_AUDIENCE]}})
}

/// Asserts status and code, and shows the body otherwise.
#[track_caller]
pub(crate) fn assert_error(got: &Got, status: StatusCode, code: &str) {
    assert_eq!(
        (got.status, got.code().as_str()),
        (status.as_u16(), code),
        "{got:?}"
    );
}
