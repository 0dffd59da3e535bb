//! The service that sends requests to one API server, made of the field's own parts.
//!
//! kube's client is used with this service in place of kube's own, which can run credential
//! plugins itself: it gives them standard input, swallows what they say, and puts the token that
//! they print into its errors. Nothing here can reach that code, so it is not linked either.

mod authorization;
mod server;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Uri};
use hyper_rustls::{
    FixedServerNameResolver, HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream,
};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;
use kube::client::retry::RetryPolicy;
use kube::client::{Body, ConfigExt};
use kube::{Client, Config};
use thiserror::Error;
use tokio::net::TcpStream;
use tower::filter::FilterLayer;
use tower::retry::RetryLayer;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, Service, ServiceBuilder, ServiceExt, service_fn};
use vwi_core::text::escape;

use authorization::Authorization;
pub(crate) use server::Server;

/// Longest time for a connection to come up, as of client-go's dialer. The limit of a whole request
/// is kept around it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// Why a connection can't be prepared. No credential is in here.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SetupError {
    /// What is said to be the system's or the cluster's certificate authority is none.
    #[error("the certificate authority can't be used")]
    Roots(#[source] rustls::Error),
    /// The client certificate or its key can't be read.
    #[error("the {what} of the user can't be read")]
    Identity {
        /// `client certificate` or `client key`.
        what: &'static str,
        /// Why not.
        #[source]
        source: BoxError,
    },
    /// One of the two is missing.
    #[error("the user has a client certificate or a client key, but not both")]
    HalfIdentity,
    /// The two do not go together, or are of a kind that TLS has no use for.
    #[error("the client certificate of the user can't be used")]
    UnusableIdentity(#[source] rustls::Error),
    /// The name that the server's certificate should have is none.
    #[error("`{}` is no server name for TLS", escape(.0))]
    ServerName(String),
    /// The proxy speaks a protocol that the suite does not.
    #[error("a proxy's URL has to begin with `http://` or `https://`")]
    Proxy,
    /// A name to act as can't be sent.
    #[error("the user or group to act as can't be sent")]
    Impersonation(#[source] Box<kube::Error>),
    /// The file with the token can't be read.
    #[error("cannot read the token in `{}`", escape(path))]
    TokenFile {
        /// The file.
        path: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The user name, password or token can't be sent. It is not quoted.
    #[error("the credential has characters that no credential has, such as a line feed")]
    Credential,
}

/// A connection before TLS to the API server: to it or through a proxy, which may be spoken to
/// through TLS itself.
type Link = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Connects to the API server. One type for all ways there, so that the client is compiled once.
type Connector = HttpsConnector<Linker>;

/// A connection to the API server.
type Stream = MaybeHttpsStream<Link>;

/// Returns kube's client on our service, and the service's connections.
pub(crate) fn client(config: &Config) -> Result<(Client, Arc<Server>), SetupError> {
    let headers = config
        .extra_headers_layer()
        .map_err(|error| SetupError::Impersonation(Box::new(error)))?;
    let retry = config
        .default_retry
        .then(|| RetryLayer::new(RetryPolicy::server_retry()));
    let server = Arc::new(Server::new(connector(config)?, config.cluster_url.clone()));
    let sender = Arc::clone(&server);
    let http = service_fn(move |request: Request<Body>| {
        let server = Arc::clone(&sender);
        async move { server.send(request).await }
    });
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(retry)
        .layer(FilterLayer::new(Authorization::new(&config.auth_info)?))
        .layer(headers)
        .service(http);
    let client = Client::new(service, config.default_namespace.clone());
    Ok((client, server))
}

/// Returns what connects to the API server.
fn connector(config: &Config) -> Result<Connector, SetupError> {
    let mut direct = HttpConnector::new();
    direct.enforce_http(false);
    direct.set_nodelay(true);
    direct.set_connect_timeout(Some(CONNECT_TIMEOUT));
    let link = match &config.proxy_url {
        None => boxed(direct.map_response(Link::Http)),
        Some(proxy) => through(proxy, config, direct)?,
    };
    let builder = HttpsConnectorBuilder::new()
        .with_tls_config(tls::client_config(config)?)
        .https_or_http();
    let builder = match &config.tls_server_name {
        None => builder,
        Some(name) => {
            let name = name.trim_start_matches('[').trim_end_matches(']');
            let name = name
                .to_owned()
                .try_into()
                .map_err(|_invalid| SetupError::ServerName(name.to_owned()))?;
            builder.with_server_name_resolver(FixedServerNameResolver::new(name))
        }
    };
    Ok(builder.enable_all_versions().wrap_connector(link))
}

/// What makes a link.
type Linker = BoxCloneSyncService<Uri, Link, BoxError>;

fn boxed<C>(connector: C) -> Linker
where
    C: Service<Uri, Response = Link> + Clone + Send + Sync + 'static,
    C::Error: Into<BoxError>,
    C::Future: Send,
{
    BoxCloneSyncService::new(connector.map_err(Into::into))
}

/// Connects through a proxy. User and password of its URL go to it alone.
fn through(proxy: &Uri, config: &Config, direct: HttpConnector) -> Result<Linker, SetupError> {
    let all = Matcher::builder().all(proxy.to_string()).build();
    let proxy = all
        .intercept(&config.cluster_url)
        .ok_or(SetupError::Proxy)?;
    let to_proxy = match proxy.uri().scheme_str() {
        Some("http") => boxed(direct.map_response(Link::Http)),
        // As in Go: the proxy's certificate has to be of the cluster's authority, where one is
        // named, or of the system's.
        Some("https") => boxed(
            HttpsConnectorBuilder::new()
                .with_tls_config(tls::client_config(config)?)
                .https_only()
                .enable_http1()
                .wrap_connector(direct),
        ),
        Some(_) | None => return Err(SetupError::Proxy),
    };
    let tunnel = Tunnel::new(proxy.uri().clone(), to_proxy);
    Ok(boxed(match proxy.basic_auth() {
        None => tunnel,
        Some(value) => tunnel.with_auth(value.clone()),
    }))
}

#[cfg(test)]
mod tests;
