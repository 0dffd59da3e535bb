//! The API server's certificate: connects once and reads the leaf.

use std::time::Duration;

use http::Uri;
use hyper_rustls::MaybeHttpsStream;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use kube::Config;
use kube::client::ConfigExt;
use tower::Service;
use webpki::EndEntityCert;

use crate::error::ApiCause;
use crate::request::unreachable_because;

/// Returns the DNS names in the leaf's subject alternative names.
///
/// rustls has verified the chain and the server's name with the connection's own settings by then.
pub(crate) async fn dns_names(
    config: &Config,
    time_limit: Option<Duration>,
) -> Result<Vec<String>, ApiCause> {
    let mut direct = HttpConnector::new();
    direct.enforce_http(false);
    let names = async {
        match &config.proxy_url {
            None => names_through(config, direct).await,
            Some(proxy) if proxy.scheme_str() == Some("http") => {
                names_through(config, Tunnel::new(proxy.clone(), direct)).await
            }
            // A proxy that is itself spoken to through TLS, or another kind: the names are one of
            // several sources.
            Some(_) => Ok(Vec::new()),
        }
    };
    match time_limit {
        None => names.await,
        Some(limit) => tokio::time::timeout(limit, names)
            .await
            .unwrap_or(Err(ApiCause::TimedOut { after: limit })),
    }
}

async fn names_through<C>(config: &Config, connector: C) -> Result<Vec<String>, ApiCause>
where
    C: Service<Uri> + Send,
    C::Response: hyper_util::client::legacy::connect::Connection
        + hyper::rt::Read
        + hyper::rt::Write
        + Send
        + Unpin
        + 'static,
    C::Future: Send + 'static,
    C::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut connector = config
        .rustls_https_connector_with_connector(connector)
        .map_err(|error| ApiCause::Unsendable(Box::new(error)))?;
    std::future::poll_fn(|context| connector.poll_ready(context))
        .await
        .map_err(unreachable_because)?;
    let stream = connector
        .call(config.cluster_url.clone())
        .await
        .map_err(unreachable_because)?;
    let MaybeHttpsStream::Https(stream) = stream else {
        return Ok(Vec::new());
    };
    let (_, session) = stream.inner().get_ref();
    let Some(leaf) = session.peer_certificates().and_then(<[_]>::first) else {
        return Ok(Vec::new());
    };
    let leaf = EndEntityCert::try_from(leaf).map_err(|error| ApiCause::NotUnderstood {
        fault: format!("its certificate can't be read ({error})"),
    })?;
    Ok(leaf.valid_dns_names().map(str::to_owned).collect())
}
