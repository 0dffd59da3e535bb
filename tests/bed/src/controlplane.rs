//! The programs of the control planes: found, or built once.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;

use crate::error::BedError;
use crate::go::GoProgram;

/// The version of Kubernetes that `tests/controlplane/go.mod` asks for.
const KUBERNETES: (&str, &str, &str) = ("v1.36.3", "1", "36");

/// One of the three servers of a control plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServerKind {
    /// The store, one for all clusters of a bed.
    Etcd,
    /// The API server, one for each cluster.
    ApiServer,
    /// The controllers, one process for each cluster.
    ControllerManager,
}

/// The programs of the control planes.
#[derive(Clone, Debug)]
pub enum ControlPlane {
    /// Built from `tests/controlplane`: one file, whose servers end with their standard input.
    Built(PathBuf),
    /// Separate files from a folder (`KUBEBUILDER_ASSETS`), which know nothing of that.
    Assets(PathBuf),
}

impl ServerKind {
    /// The name of the program, upstream's own.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::ApiServer => "kube-apiserver",
            Self::ControllerManager => "kube-controller-manager",
        }
    }
}

impl ControlPlane {
    /// Finds the programs, and builds them if need be, which takes about four minutes once.
    ///
    /// `assets` is the value of `KUBEBUILDER_ASSETS`, if it is set. What happens and how long it took
    /// is said on `talk`. Processes that need a build at the same time make one.
    ///
    /// # Errors
    ///
    /// When a file is missing in `assets`, or when Go is missing or fails.
    pub fn find_or_build(assets: Option<OsString>, talk: &mut dyn Write) -> Result<Self, BedError> {
        match assets.filter(|folder| !folder.is_empty()) {
            Some(folder) => Self::in_assets(PathBuf::from(folder)),
            None => build(talk).map(Self::Built),
        }
    }

    /// The program of a server and its first arguments.
    pub(crate) fn program(&self, server: ServerKind) -> (PathBuf, Option<&'static str>) {
        match self {
            Self::Built(file) => (file.clone(), Some(server.name())),
            Self::Assets(folder) => (folder.join(server.name()), None),
        }
    }

    fn in_assets(folder: PathBuf) -> Result<Self, BedError> {
        let servers = [
            ServerKind::Etcd,
            ServerKind::ApiServer,
            ServerKind::ControllerManager,
        ];
        for server in servers {
            if !folder.join(server.name()).is_file() {
                return Err(BedError::new(format!(
                    "`KUBEBUILDER_ASSETS` is `{}`, where `{}` is missing; unset it, and the bed builds its own",
                    folder.display(),
                    server.name()
                )));
            }
        }
        Ok(Self::Assets(folder))
    }
}

fn build(talk: &mut dyn Write) -> Result<PathBuf, BedError> {
    let (version, major, minor) = KUBERNETES;
    let stamp =
        |name: &str, value: &str| format!("-X k8s.io/component-base/version.{name}={value}");
    // Clients refuse or misread an API server that does not know its version.
    let link = [
        "-s -w".to_owned(),
        stamp("gitVersion", version),
        stamp("gitMajor", major),
        stamp("gitMinor", minor),
    ];
    let program = GoProgram {
        module: "controlplane",
        package: ".",
        name: "controlplane",
        what: "etcd and Kubernetes",
        link: link.join(" "),
    };
    program.find_or_build(talk)
}

/// Says one line; where nobody listens, nothing is lost.
pub fn say(talk: &mut dyn Write, text: &str) {
    let _said = writeln!(talk, "bed: {text}").and_then(|()| talk.flush());
}
