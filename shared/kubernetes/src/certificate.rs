//! The API server's certificate.

use hyper_rustls::MaybeHttpsStream;
use webpki::EndEntityCert;

/// Returns the DNS names in the leaf's subject alternative names; none where there is no TLS.
///
/// rustls has verified the chain and the server's name with the connection's own settings by then.
pub(crate) fn dns_names<T>(stream: &MaybeHttpsStream<T>) -> Result<Vec<String>, webpki::Error> {
    let MaybeHttpsStream::Https(stream) = stream else {
        return Ok(Vec::new());
    };
    let (_, session) = stream.inner().get_ref();
    let Some(leaf) = session.peer_certificates().and_then(<[_]>::first) else {
        return Ok(Vec::new());
    };
    let leaf = EndEntityCert::try_from(leaf)?;
    Ok(leaf.valid_dns_names().map(str::to_owned).collect())
}
