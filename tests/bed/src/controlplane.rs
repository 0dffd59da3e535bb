//! The programs of the control planes: found, or built once.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use sha2::{Digest, Sha256};

use crate::error::{BedError, Doing};
use crate::files;

/// The version of Kubernetes that `tests/controlplane/go.mod` asks for.
const KUBERNETES: (&str, &str, &str) = ("v1.36.3", "1", "36");

/// Where the sources of the control plane are.
const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../controlplane");

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
    let sources = Path::new(SOURCES);
    let home = files::target()?.join("controlplane");
    let folder = home.join(digest(sources)?);
    let program = folder.join("controlplane");
    if program.is_file() {
        return Ok(program);
    }
    files::make_folder(&folder)?;
    let lock = files::lock_file(&home.join("lock"))?;
    lock.lock()
        .doing(|| format!("cannot lock `{}`", home.display()))?;
    // Another process may have built it while this one waited.
    if !program.is_file() {
        let started = Instant::now();
        say(
            talk,
            "building etcd and Kubernetes from tests/controlplane; the first time takes minutes",
        );
        go(sources, &folder)?;
        // Renamed when complete, so that a build that was cut short is never taken for one.
        fs::rename(folder.join("unfinished"), &program)
            .doing(|| format!("cannot keep `{}`", program.display()))?;
        let seconds = started.elapsed().as_secs();
        say(talk, &format!("built the control plane in {seconds} s"));
    }
    Ok(program)
}

fn go(sources: &Path, folder: &Path) -> Result<(), BedError> {
    let (version, major, minor) = KUBERNETES;
    let stamp =
        |name: &str, value: &str| format!("-X k8s.io/component-base/version.{name}={value}");
    // Clients refuse or misread an API server that does not know its version.
    let flags = [
        "-s -w".to_owned(),
        stamp("gitVersion", version),
        stamp("gitMajor", major),
        stamp("gitMinor", minor),
    ];
    let mut command = Command::new("go");
    command
        .args([
            "build",
            "-trimpath",
            "-buildvcs=false",
            "-mod=readonly",
            "-ldflags",
        ])
        .arg(flags.join(" "))
        .arg("-o")
        .arg(folder.join("unfinished"))
        .arg(".")
        .env("CGO_ENABLED", "0")
        .current_dir(sources)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let output = command.output().doing(|| {
        "cannot start `go`, which builds the control plane (or set `KUBEBUILDER_ASSETS`)".to_owned()
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(BedError::new(format!(
        "`go build` in `tests/controlplane` failed ({}):\n{said}",
        output.status
    )))
}

/// Names a build by its sources, so that a change of them is built and an old build is not mistaken.
fn digest(sources: &Path) -> Result<String, BedError> {
    let mut digest = Sha256::new();
    for name in ["go.mod", "go.sum", "main.go"] {
        let path = sources.join(name);
        let text = fs::read(&path).doing(|| format!("cannot read `{}`", path.display()))?;
        digest.update(text);
    }
    Ok(format!("{:.16}", format!("{:x}", digest.finalize())))
}

/// Says one line; where nobody listens, nothing is lost.
pub fn say(talk: &mut dyn Write, text: &str) {
    let _said = writeln!(talk, "bed: {text}").and_then(|()| talk.flush());
}
