//! The listener: one https port that is ARM, Entra and Graph.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio_rustls::TlsAcceptor;

use crate::connection::{Connection, ReplyBody, ResetSwitch};
use crate::dispatch::{Outcome, Shared};
use crate::entra::keys::Keys;
use crate::http::Request;
use crate::issuers::{Issuers, Upstream};
use crate::tls::{Tls, TlsError};
use crate::world::{Common, Worlds};

/// How a server is started.
#[derive(Debug)]
pub struct Options {
    /// Certificates of the listener.
    pub tls: Tls,
    /// A listener that is bound already; none: any free port of `127.0.0.1`.
    pub listener: Option<TcpListener>,
    /// Issuers under `/issuer/NAME/…`; more can be added later through [`Server::issuers`].
    pub issuers: Vec<(String, Upstream)>,
    /// Certificates in PEM that Entra trusts when it fetches an issuer's documents, beside
    /// [`Tls::ca_pem`].
    pub extra_roots_pem: Vec<String>,
}

impl Options {
    /// Returns options for any free port of `127.0.0.1`, without issuers.
    pub fn new(tls: Tls) -> Self {
        Self {
            tls,
            listener: None,
            issuers: Vec::new(),
            extra_roots_pem: Vec::new(),
        }
    }
}

/// Why a server cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The listener's certificates cannot be used.
    #[error("cannot set up TLS for the stand-in of Azure")]
    Tls(#[from] TlsError),
    /// The port cannot be listened on.
    #[error("cannot listen for the stand-in of Azure")]
    Listen(#[from] io::Error),
}

/// A running server on threads of its own; it stops when it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
}

impl Server {
    /// Starts a server. Works with and without an async runtime around it.
    ///
    /// # Errors
    ///
    /// [`StartError`] if the certificates cannot be used or the port cannot be listened on.
    pub fn start(options: Options) -> Result<Self, StartError> {
        let config = options.tls.server_config()?;
        let listener = match options.listener {
            Some(listener) => listener,
            None => TcpListener::bind(("127.0.0.1", 0))?,
        };
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let issuers = Issuers::default();
        for (name, upstream) in options.issuers {
            issuers.set(&name, upstream);
        }
        let mut roots = options.extra_roots_pem;
        roots.push(options.tls.ca_pem.clone());
        let shared = Arc::new(Shared {
            worlds: Worlds::new(Common {
                url: format!("https://{address}"),
                ca_pem: options.tls.ca_pem,
                token_key: crate::state::new_id().into_bytes(),
            }),
            issuers,
            keys: Keys::new(&roots)?,
            sequence: AtomicU64::new(1),
        });
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("azure-stand-in")
            .enable_all()
            .build()?;
        let listener = {
            let _context = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        runtime.spawn(listen(
            listener,
            TlsAcceptor::from(config),
            Arc::clone(&shared),
        ));
        Ok(Self {
            address,
            shared,
            runtime: Some(runtime),
        })
    }

    /// Returns the URL, `https://127.0.0.1:PORT`, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.shared.worlds.common().url
    }

    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the certificates in PEM that clients must trust.
    pub fn ca_pem(&self) -> &str {
        &self.shared.worlds.common().ca_pem
    }

    /// Returns the worlds.
    pub fn worlds(&self) -> Worlds {
        self.shared.worlds.clone()
    }

    /// Returns the issuers under `/issuer/NAME/…`.
    pub fn issuers(&self) -> Issuers {
        self.shared.issuers.clone()
    }

    /// Returns the URL of an issuer under this listener, with the slash at its end.
    pub fn issuer_url(&self, name: &str) -> String {
        format!("{}/issuer/{name}/", self.url())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Tokio refuses to block on a thread that runs async code, where tests often are.
            let stopping = thread::spawn(move || runtime.shutdown_timeout(Duration::from_secs(2)));
            // A panic of that thread leaves nothing to do.
            let _stopped = stopping.join();
        }
    }
}

async fn listen(listener: tokio::net::TcpListener, acceptor: TlsAcceptor, shared: Arc<Shared>) {
    let connections = AtomicU64::new(1);
    loop {
        let Ok((stream, _peer)) = listener.accept().await else {
            // Out of file descriptors, most likely: others are about to be closed.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let number = connections.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(serve(stream, acceptor.clone(), Arc::clone(&shared), number));
    }
}

/// Serves one connection. A client that goes away or speaks no TLS is no error of the server.
async fn serve(stream: TcpStream, acceptor: TlsAcceptor, shared: Arc<Shared>, number: u64) {
    let _set = stream.set_nodelay(true);
    let Ok(stream) = acceptor.accept(stream).await else {
        return;
    };
    let reset = ResetSwitch::default();
    let connection = Connection::new(stream, reset.clone());
    let service = service_fn(move |request| {
        let (shared, reset) = (Arc::clone(&shared), reset.clone());
        async move { respond(shared, request, reset, number).await }
    });
    let served = http1::Builder::new().serve_connection(TokioIo::new(connection), service);
    let _ended = served.await;
}

/// Why a request gets no answer.
#[derive(Debug, thiserror::Error)]
enum NoAnswer {
    #[error("cannot read the request")]
    Read(#[from] hyper::Error),
    #[error("reset on purpose")]
    Reset,
    #[error("cannot finish the answer")]
    Task(#[from] tokio::task::JoinError),
    #[error("cannot build the answer")]
    Build(#[from] http::Error),
}

async fn respond(
    shared: Arc<Shared>,
    request: http::Request<Incoming>,
    reset: ResetSwitch,
    number: u64,
) -> Result<http::Response<ReplyBody>, NoAnswer> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let request = Request::new(number, &parts, body);
    // A task of its own, as Azure too finishes what it has begun when the client goes away.
    match tokio::spawn(shared.handle(request)).await? {
        Outcome::Answer(reply, spoil) => {
            let (response, body) = reply.into_parts();
            Ok(response.body(spoil.apply(body))?)
        }
        Outcome::Reset => {
            reset.set();
            Err(NoAnswer::Reset)
        }
    }
}
