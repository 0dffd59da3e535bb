//! The logs that API servers ask kubelets for: the host's from a file, a tenant's through vCluster.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::Full;
use k8s_openapi::api::core::v1::Pod;
use kube::api::LogParams;
use kube::{Api, Client};
use vwi_test_syncer::Config;

use super::Shared;
use crate::certificate::{Authority, Identity};
use crate::error::BedError;
use crate::https::{Https, refused};

/// What an API server asks for.
struct Asked {
    namespace: String,
    pod: String,
    container: String,
    limit: Option<usize>,
}

impl Asked {
    /// Reads `/containerLogs/NAMESPACE/POD/CONTAINER?limitBytes=N`.
    fn of(uri: &http::Uri) -> Option<Self> {
        let mut parts = uri.path().strip_prefix("/containerLogs/")?.split('/');
        let (namespace, pod, container) = (parts.next()?, parts.next()?, parts.next()?);
        let limit = uri.query().into_iter().flat_map(|query| query.split('&'));
        let mut limit = limit.filter_map(|pair| pair.strip_prefix("limitBytes="));
        Some(Self {
            namespace: namespace.to_owned(),
            pod: pod.to_owned(),
            container: container.to_owned(),
            limit: limit.next_back().and_then(|number| number.parse().ok()),
        })
    }

    fn answer(&self, mut log: Vec<u8>) -> Response<Full<Bytes>> {
        log.truncate(self.limit.unwrap_or(usize::MAX));
        Response::new(Full::from(log))
    }
}

fn identity(authority: &Authority, name: &str) -> Result<Identity, BedError> {
    authority.server(name, &[], &[IpAddr::V4(Ipv4Addr::LOCALHOST)])
}

/// Serves the logs of the host's node.
pub(super) async fn serve_host(
    authority: &Authority,
    shared: Arc<Shared>,
) -> Result<Https, BedError> {
    let identity = identity(authority, "system:node:host")?;
    Https::start(&identity, Some(authority), move |request| {
        let shared = Arc::clone(&shared);
        async move {
            let Some(asked) = Asked::of(request.uri()) else {
                return refused(StatusCode::NOT_FOUND);
            };
            match std::fs::read(shared.log(&asked.namespace, &asked.pod)) {
                Ok(log) => asked.answer(log),
                Err(_) => refused(StatusCode::NOT_FOUND),
            }
        }
    })
    .await
}

/// The kubelet that a tenant's API server sees: vCluster itself, which asks the host's API server
/// for the log of the host pod.
pub(crate) struct TenantKubelet(Https);

impl TenantKubelet {
    /// Starts it.
    pub(crate) async fn start(
        authority: &Authority,
        host: Client,
        config: Config,
    ) -> Result<Self, BedError> {
        let identity = identity(authority, "vcluster")?;
        let server = Https::start(&identity, Some(authority), move |request| {
            let (host, config) = (host.clone(), config.clone());
            async move {
                let Some(asked) = Asked::of(request.uri()) else {
                    return refused(StatusCode::NOT_FOUND);
                };
                let Some((namespace, name)) = config.on_host(&asked.namespace, &asked.pod) else {
                    return refused(StatusCode::NOT_FOUND);
                };
                let pods: Api<Pod> = Api::namespaced(host, &namespace);
                let parameters = LogParams {
                    container: Some(asked.container.clone()),
                    ..LogParams::default()
                };
                match pods.logs(&name, &parameters).await {
                    Ok(log) => asked.answer(log.into_bytes()),
                    Err(_) => refused(StatusCode::NOT_FOUND),
                }
            }
        });
        Ok(Self(server.await?))
    }

    /// The port that it listens on.
    pub(crate) fn port(&self) -> u16 {
        self.0.port()
    }
}
