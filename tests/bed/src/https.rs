//! A server of the bed on a free port of this machine, with TLS.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::certificate::{Authority, Identity};
use crate::error::{BedError, Doing};

/// A running server; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Https {
    port: u16,
    task: JoinHandle<()>,
}

impl Https {
    /// Starts a server. With `clients`, only those that show a certificate of that authority are let
    /// in.
    pub(crate) async fn start<A, F>(
        identity: &Identity,
        clients: Option<&Authority>,
        answer: A,
    ) -> Result<Self, BedError>
    where
        A: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Response<Full<Bytes>>> + Send + 'static,
    {
        let doing = || "cannot start a server of the bed".to_owned();
        let acceptor = TlsAcceptor::from(Arc::new(tls(identity, clients).doing(doing)?));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .doing(doing)?;
        let port = listener.local_addr().doing(doing)?.port();
        let task = tokio::spawn(listen(listener, acceptor, answer));
        Ok(Self { port, task })
    }

    /// The port that it listens on.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Https {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An answer without a body.
pub(crate) fn refused(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

fn tls(
    identity: &Identity,
    clients: Option<&Authority>,
) -> Result<ServerConfig, Box<dyn std::error::Error + Send + Sync>> {
    let chain = CertificateDer::pem_slice_iter(identity.certificate.as_bytes());
    let chain = chain.collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes())?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?;
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes())?)?;
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build()?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    Ok(builder.with_single_cert(chain, key)?)
}

async fn listen<A, F>(listener: TcpListener, acceptor: TlsAcceptor, answer: A)
where
    A: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<Full<Bytes>>> + Send + 'static,
{
    // An error of one connection, such as one that was reset early, is not the next one's.
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, acceptor.clone(), answer.clone()));
        }
    }
}

/// Serves one connection of an API server, which goes away when it likes.
async fn serve<A, F>(stream: TcpStream, acceptor: TlsAcceptor, answer: A)
where
    A: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<Full<Bytes>>> + Send + 'static,
{
    let Ok(stream) = acceptor.accept(stream).await else {
        return;
    };
    let answer = service_fn(move |request| {
        let answer = answer(request);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let served = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), answer)
        .await;
    let _gone = served;
}
