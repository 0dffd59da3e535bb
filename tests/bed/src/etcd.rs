//! The store of all clusters of a bed.

use std::path::Path;

use crate::controlplane::{ControlPlane, ServerKind};
use crate::error::BedError;
use crate::files;
use crate::port::Port;
use crate::server::Server;

/// A running etcd, with one member and nothing to lose.
#[derive(Debug)]
pub(crate) struct Etcd {
    server: Server,
    url: String,
    _ports: [Port; 2],
}

impl Etcd {
    /// Starts etcd with its data below `folder`; API servers wait for it by themselves.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub(crate) fn start(control_plane: &ControlPlane, folder: &Path) -> Result<Self, BedError> {
        let folder = folder.join("etcd");
        files::make_folder(&folder)?;
        let ports = [Port::reserve()?, Port::reserve()?];
        let [url, peer] = ports
            .each_ref()
            .map(|port| format!("http://127.0.0.1:{}", port.number()));
        let arguments = [
            format!("--data-dir={}", folder.join("data").display()),
            format!("--listen-client-urls={url}"),
            format!("--advertise-client-urls={url}"),
            format!("--listen-peer-urls={peer}"),
            format!("--initial-advertise-peer-urls={peer}"),
            format!("--initial-cluster=default={peer}"),
            "--socket-reuse-port".to_owned(),
            // Nothing here outlives the bed, so nothing needs to survive a power cut.
            "--unsafe-no-fsync".to_owned(),
            // The only member has nobody to wait for.
            "--heartbeat-interval=10".to_owned(),
            "--election-timeout=100".to_owned(),
            "--log-level=warn".to_owned(),
        ];
        let server = Server::start(
            control_plane,
            ServerKind::Etcd,
            "the bed",
            &folder,
            &arguments,
        )?;
        Ok(Self {
            server,
            url,
            _ports: ports,
        })
    }

    /// Where API servers reach it.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The process.
    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    /// Ends it, which must come after the end of every API server: one whose store is gone hangs.
    pub(crate) async fn stop(self) {
        self.server.stop().await;
    }
}
