//! The connections to one API server. The first of them tells which HTTP is spoken and who the
//! server is, and all requests wait for it.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_util::TryFutureExt;
use futures_util::future::BoxFuture;
use http::{Request, Response, Uri};
use hyper::body::Incoming;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::Connection;
use hyper_util::rt::TokioExecutor;
use kube::client::Body;
use tokio::sync::OnceCell;
use tower::{BoxError, Service, ServiceExt};

use super::{Connector, Stream};
use crate::certificate;

/// One API server, as the user of one credential.
pub(crate) struct Server {
    connector: Connector,
    url: Uri,
    opened: OnceCell<Opened>,
}

struct Opened {
    client: legacy::Client<Prepared, Body>,
    /// DNS names of the certificate, or why it can't be read.
    names: Result<Vec<String>, webpki::Error>,
}

impl Server {
    pub(super) fn new(connector: Connector, url: Uri) -> Self {
        Self {
            connector,
            url,
            opened: OnceCell::new(),
        }
    }

    /// Makes the first connection, unless there has been one.
    ///
    /// Requests are sent several at once, and a client that does not know yet that the server
    /// speaks HTTP/2 would shake hands for each of them.
    async fn opened(&self) -> Result<&Opened, BoxError> {
        let open = || self.connect().map_ok(|stream| self.opened_by(stream));
        self.opened.get_or_try_init(open).await
    }

    fn connect(&self) -> BoxFuture<'static, Result<Stream, BoxError>> {
        Box::pin(self.connector.clone().oneshot(self.url.clone()))
    }

    fn opened_by(&self, stream: Stream) -> Opened {
        let names = certificate::dns_names(&stream);
        let client = legacy::Client::builder(TokioExecutor::new())
            .http2_only(stream.connected().is_negotiated_h2())
            .build(Prepared {
                connector: self.connector.clone(),
                first: Arc::new(Mutex::new(Some(stream))),
            });
        Opened { client, names }
    }

    /// Sends a request.
    pub(super) async fn send(
        &self,
        request: Request<Body>,
    ) -> Result<Response<Incoming>, BoxError> {
        match self.opened().await {
            Ok(opened) => opened.client.request(request).await.map_err(BoxError::from),
            Err(error) => Err(error),
        }
    }

    /// Returns the DNS names of the certificate, which has been verified with the connection's own
    /// settings; none where there is no TLS.
    pub(crate) async fn dns_names(&self) -> Result<Result<Vec<String>, webpki::Error>, BoxError> {
        Ok(self.opened().await?.names.clone())
    }
}

/// Connects, at first with the connection that is there already.
#[derive(Clone)]
struct Prepared {
    connector: Connector,
    first: Arc<Mutex<Option<Stream>>>,
}

impl Service<Uri> for Prepared {
    type Response = Stream;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Stream, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.connector.poll_ready(context)
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        match first.take() {
            Some(stream) => Box::pin(std::future::ready(Ok(stream))),
            None => Box::pin(self.connector.call(url)),
        }
    }
}
