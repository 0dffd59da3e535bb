//! The API server's certificate: connects once and reads the leaf.

use std::time::Duration;

use hyper_rustls::MaybeHttpsStream;
use kube::Config;
use tower::ServiceExt;
use webpki::EndEntityCert;

use crate::connection;
use crate::error::ApiCause;
use crate::request::unreachable_because;

/// Returns the DNS names in the leaf's subject alternative names.
///
/// rustls has verified the chain and the server's name with the connection's own settings by then.
pub(crate) async fn dns_names(
    config: &Config,
    time_limit: Option<Duration>,
) -> Result<Vec<String>, ApiCause> {
    let names = names_of(config);
    match time_limit {
        None => names.await,
        Some(limit) => tokio::time::timeout(limit, names)
            .await
            .unwrap_or(Err(ApiCause::TimedOut { after: limit })),
    }
}

async fn names_of(config: &Config) -> Result<Vec<String>, ApiCause> {
    let connector =
        connection::connector(config).map_err(|error| ApiCause::Unsendable(Box::new(error)))?;
    let stream = connector
        .oneshot(config.cluster_url.clone())
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
