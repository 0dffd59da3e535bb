//! The proxy paths: host clusters and tenants behind the Platform.
//!
//! Every key goes there as the administrator that the stand-in was given; a real Platform
//! impersonates its user.

use std::collections::HashMap;

use http::header;
use vwi_test_server::{Reply, Request, TlsError, client_as};

use crate::contents::{Contents, KeySpec, UpstreamSpec};
use crate::dispatch::Shared;
use crate::server::lock;
use crate::status;

/// Headers that are passed on, in both directions.
const PASSED: [header::HeaderName; 4] = [
    header::ACCEPT,
    header::CONTENT_TYPE,
    header::USER_AGENT,
    header::CACHE_CONTROL,
];

/// Clients of the clusters behind the paths.
#[derive(Debug)]
pub(crate) struct Proxies {
    clusters: HashMap<String, Upstream>,
    tenants: HashMap<(String, String), Upstream>,
}

#[derive(Clone, Debug)]
struct Upstream {
    server: String,
    http: reqwest::Client,
}

impl Upstream {
    fn new(spec: &UpstreamSpec) -> Result<Self, TlsError> {
        let identity = (spec.certificate_pem.as_str(), spec.key_pem.as_str());
        Ok(Self {
            server: spec.server.clone(),
            http: client_as(std::slice::from_ref(&spec.ca_pem), Some(identity))?,
        })
    }

    /// Passes a request on, and its answer back.
    async fn pass(&self, request: &Request, path: &str) -> Result<Reply, reqwest::Error> {
        let query = match request.raw_query.as_str() {
            "" => String::new(),
            query => format!("?{query}"),
        };
        let url = format!("{}/{path}{query}", self.server);
        let mut passed = self.http.request(request.method.clone(), url);
        for name in PASSED {
            if let Some(value) = request.headers.get(&name) {
                passed = passed.header(name, value);
            }
        }
        let answer = passed.body(request.body.clone()).send().await?;
        let mut reply = Reply::empty(answer.status().as_u16());
        for name in PASSED {
            let value = answer
                .headers()
                .get(&name)
                .and_then(|value| value.to_str().ok());
            if let Some(value) = value {
                reply = reply.header(name.as_str(), value);
            }
        }
        reply.body = answer.bytes().await?;
        Ok(reply)
    }
}

impl Proxies {
    pub(crate) fn new(contents: &Contents) -> Result<Self, TlsError> {
        let mut clusters = HashMap::new();
        for cluster in &contents.clusters {
            clusters.insert(cluster.name.clone(), Upstream::new(&cluster.upstream)?);
        }
        let mut tenants = HashMap::new();
        for instance in &contents.instances {
            if let Some(tenant) = &instance.tenant {
                let key = (instance.project.clone(), instance.name.clone());
                tenants.insert(key, Upstream::new(&tenant.upstream)?);
            }
        }
        Ok(Self { clusters, tenants })
    }

    /// Answers a request below `/kubernetes`.
    pub(crate) async fn answer(
        &self,
        shared: &Shared,
        request: &Request,
        segments: &[&str],
        key: &KeySpec,
    ) -> Reply {
        let (upstream, rest) = match segments {
            ["cluster", name, rest @ ..] => {
                let scope = key.scope.as_ref();
                if scope.is_some_and(|scope| !scope.clusters.iter().any(|one| one == name)) {
                    return status::forbidden(&key.user, &format!("cluster \"{name}\""));
                }
                (self.clusters.get(*name), rest)
            }
            ["project", project, "virtualcluster", name, rest @ ..] => {
                (self.tenant(shared, project, name), rest)
            }
            ["virtualcluster", cluster, namespace, release, rest @ ..] => {
                let found = {
                    let contents = lock(&shared.contents);
                    let mut instances = contents.instances.iter();
                    let found = instances.find(|one| {
                        one.cluster == *cluster
                            && one.namespace == *namespace
                            && one.release == *release
                    });
                    found.map(|one| (one.project.clone(), one.name.clone()))
                };
                let tenant = found.and_then(|(project, name)| self.tenant(shared, &project, &name));
                (tenant, rest)
            }
            _ => (None, &[][..]),
        };
        let Some(upstream) = upstream else {
            return status::no_route();
        };
        match upstream.pass(request, &rest.join("/")).await {
            Ok(reply) => reply,
            Err(error) => status::status(502, "BadGateway", &error.to_string()),
        }
    }

    /// Finds a tenant; whoever asks for one that sleeps has woken it.
    fn tenant(&self, shared: &Shared, project: &str, name: &str) -> Option<&Upstream> {
        let mut contents = lock(&shared.contents);
        let mut instances = contents.instances.iter_mut();
        let found = instances.find(|one| one.project == project && one.name == name)?;
        if found.phase == "Sleeping" {
            "Ready".clone_into(&mut found.phase);
        }
        self.tenants.get(&(project.to_owned(), name.to_owned()))
    }
}
