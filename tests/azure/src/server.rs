//! The listener: one https port that is ARM, Entra and Graph.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use vwi_test_server::{Bound, Listener, StartError, Tls};

use crate::dispatch::Shared;
use crate::entra::keys::Keys;
use crate::issuers::{Issuers, Upstream};
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

/// A running server on threads of its own; it stops when it is dropped.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    listener: Listener,
}

impl Server {
    /// Starts a server. Works with and without an async runtime around it.
    ///
    /// # Errors
    ///
    /// [`StartError`] if the certificates cannot be used or the port cannot be listened on.
    pub fn start(options: Options) -> Result<Self, StartError> {
        let bound = Bound::new(options.listener)?;
        let address = bound.address();
        let issuers = Issuers::default();
        for (name, upstream) in options.issuers {
            issuers.set(&name, upstream);
        }
        let mut roots = options.extra_roots_pem;
        roots.push(options.tls.ca_pem.clone());
        let shared = Arc::new(Shared {
            worlds: Worlds::new(Common {
                url: format!("https://{address}"),
                ca_pem: options.tls.ca_pem.clone(),
                token_key: crate::state::new_id().into_bytes(),
            }),
            issuers,
            keys: Keys::new(&roots)?,
            sequence: AtomicU64::new(1),
        });
        let listener = bound.serve("azure-stand-in", &options.tls, Arc::clone(&shared))?;
        Ok(Self { shared, listener })
    }

    /// Returns the URL, `https://127.0.0.1:PORT`, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.shared.worlds.common().url
    }

    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
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
