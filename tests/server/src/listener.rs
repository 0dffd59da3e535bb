//! One https port, and the threads that serve it.

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
use crate::http::Request;
use crate::outcome::Outcome;
use crate::tls::{Tls, TlsError};

/// What answers the requests of a [`Listener`].
pub trait Service: Send + Sync + 'static {
    /// Answers a request.
    fn handle(self: Arc<Self>, request: Request) -> impl Future<Output = Outcome> + Send;
}

/// Why a listener cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The listener's certificates cannot be used.
    #[error("cannot set up TLS for a stand-in")]
    Tls(#[from] TlsError),
    /// The port cannot be listened on.
    #[error("cannot listen for a stand-in")]
    Listen(#[from] io::Error),
}

/// A port that is taken and not yet served, so that the service can know its address.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
}

impl Bound {
    /// Takes a listener that is bound already; none: any free port of `127.0.0.1`.
    ///
    /// # Errors
    ///
    /// [`io::Error`] if no port can be had.
    pub fn new(listener: Option<TcpListener>) -> io::Result<Self> {
        let listener = match listener {
            Some(listener) => listener,
            None => TcpListener::bind(("127.0.0.1", 0))?,
        };
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves the port on threads called `name`. Works with and without an async runtime around it.
    ///
    /// # Errors
    ///
    /// [`StartError`] if the certificates cannot be used or the port cannot be served.
    pub fn serve<S: Service>(
        self,
        name: &str,
        tls: &Tls,
        service: Arc<S>,
    ) -> Result<Listener, StartError> {
        let acceptor = TlsAcceptor::from(tls.server_config()?);
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name(name)
            .enable_all()
            .build()?;
        let listener = {
            let _context = runtime.enter();
            tokio::net::TcpListener::from_std(self.listener)?
        };
        runtime.spawn(listen(listener, acceptor, service));
        Ok(Listener {
            address: self.address,
            runtime: Some(runtime),
        })
    }
}

/// A port that is served on threads of its own; it stops when it is dropped.
#[derive(Debug)]
pub struct Listener {
    address: SocketAddr,
    runtime: Option<Runtime>,
}

impl Listener {
    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Tokio refuses to block on a thread that runs async code, where tests often are.
            let stopping = thread::spawn(move || runtime.shutdown_timeout(Duration::from_secs(2)));
            // A panic of that thread leaves nothing to do.
            let _stopped = stopping.join();
        }
    }
}

async fn listen<S: Service>(
    listener: tokio::net::TcpListener,
    acceptor: TlsAcceptor,
    service: Arc<S>,
) {
    let connections = AtomicU64::new(1);
    loop {
        let Ok((stream, _peer)) = listener.accept().await else {
            // Out of file descriptors, most likely: others are about to be closed.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let number = connections.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(serve(
            stream,
            acceptor.clone(),
            Arc::clone(&service),
            number,
        ));
    }
}

/// Serves one connection. A client that goes away or speaks no TLS is no error of the server.
async fn serve<S: Service>(stream: TcpStream, acceptor: TlsAcceptor, service: Arc<S>, number: u64) {
    let _set = stream.set_nodelay(true);
    let Ok(stream) = acceptor.accept(stream).await else {
        return;
    };
    let reset = ResetSwitch::default();
    let connection = Connection::new(stream, reset.clone());
    let answering = service_fn(move |request| {
        let (service, reset) = (Arc::clone(&service), reset.clone());
        async move { respond(service, request, reset, number).await }
    });
    let served = http1::Builder::new().serve_connection(TokioIo::new(connection), answering);
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

async fn respond<S: Service>(
    service: Arc<S>,
    request: http::Request<Incoming>,
    reset: ResetSwitch,
    number: u64,
) -> Result<http::Response<ReplyBody>, NoAnswer> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let request = Request::new(number, &parts, body);
    // A task of its own, as a cloud too finishes what it has begun when the client goes away.
    match tokio::spawn(service.handle(request)).await? {
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
