//! The bed as a program: it serves whoever connects, and ends after its last client.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UnixListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::controlplane::ControlPlane;
use crate::error::{BedError, Doing};
use crate::files;
use crate::folder::RunFolder;
use crate::running::Running;
use crate::session;

/// How long the first client may take to connect to a bed that it has started.
const FIRST_CLIENT: Duration = Duration::from_secs(10);

/// How a bed is run.
#[derive(Clone, Debug)]
pub struct ProgramOptions {
    /// The socket on which it serves.
    pub socket: PathBuf,
    /// How long it stays after its last client.
    pub linger: Duration,
}

/// What the bed can tell its clients by now: nothing yet, itself, or why it did not start.
pub(crate) type State = Option<Result<Arc<Running>, String>>;

/// Runs a bed until its last client has gone, or until a signal tells it to end.
///
/// # Errors
///
/// When it cannot serve on its socket, or cannot start; clients are told the latter too.
pub fn serve(options: &ProgramOptions, control_plane: ControlPlane) -> Result<(), BedError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = runtime.doing(|| "cannot make a runtime".to_owned())?;
    // Sessions are local tasks: nothing asks them to be moved between threads.
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, run(options, control_plane))
}

async fn run(options: &ProgramOptions, control_plane: ControlPlane) -> Result<(), BedError> {
    let socket = &options.socket;
    let home = socket
        .parent()
        .ok_or_else(|| BedError::new("the socket is in no folder"))?;
    let lock = files::lock_file(&lock_path(socket))?;
    let listener = UnixListener::bind(socket);
    let listener = listener.doing(|| format!("cannot serve on `{}`", socket.display()))?;
    let folder = RunFolder::new(home)?;

    let (state, _) = watch::channel::<State>(None);
    let result = {
        let mut start = pin!(start(
            control_plane,
            folder.path().to_owned(),
            state.clone()
        ));
        let mut service = pin!(accept(options, listener, &lock, &state));
        // Clients are served from the first moment, and a bed whose clients have all gone does not
        // wait until it is complete: its servers end when `start` is dropped.
        tokio::select! {
            result = &mut service => result,
            () = &mut start => service.await,
        }
    };
    match state.send_replace(None) {
        Some(Ok(running)) => {
            // All connections are closed by now, so nobody else holds it.
            if let Some(running) = Arc::into_inner(running) {
                running.stop().await;
            }
            result
        }
        Some(Err(error)) => Err(BedError::new(error)),
        None => result,
    }
}

/// The lock of whoever starts or ends the bed of a socket.
pub(crate) fn lock_path(socket: &Path) -> PathBuf {
    socket.with_extension("lock")
}

async fn start(control_plane: ControlPlane, folder: PathBuf, state: watch::Sender<State>) {
    let started = Running::start(control_plane, folder).await;
    state.send_replace(Some(started.map(Arc::new).map_err(|error| error.chain())));
}

/// Serves until nobody is left.
async fn accept(
    options: &ProgramOptions,
    listener: UnixListener,
    lock: &File,
    state: &watch::Sender<State>,
) -> Result<(), BedError> {
    let doing = || "cannot wait for signals".to_owned();
    let mut interrupt = signal(SignalKind::interrupt()).doing(doing)?;
    let mut terminate = signal(SignalKind::terminate()).doing(doing)?;
    let mut sessions = JoinSet::new();
    let mut linger = FIRST_CLIENT;
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted.doing(|| "cannot accept a client".to_owned())?;
                sessions.spawn_local(session::serve(stream, state.subscribe()));
                linger = options.linger;
            }
            // The time starts anew when a session has ended.
            Some(_) = sessions.join_next() => {}
            () = tokio::time::sleep(linger), if sessions.is_empty() => {
                if take_socket_away(options, lock)? {
                    break;
                }
            }
            _ = interrupt.recv() => break remove_socket(options)?,
            _ = terminate.recv() => break remove_socket(options)?,
        }
    }
    sessions.shutdown().await;
    Ok(())
}

/// Takes the socket away, unless somebody is just about to start or find a bed.
///
/// Who connects in the moment between gets a connection that is cut without an answer, and tries
/// again; who finds no socket starts a bed of its own.
fn take_socket_away(options: &ProgramOptions, lock: &File) -> Result<bool, BedError> {
    if lock.try_lock().is_err() {
        return Ok(false);
    }
    let removed = remove_socket(options);
    lock.unlock()
        .doing(|| "cannot release the lock of the bed".to_owned())?;
    removed.map(|()| true)
}

fn remove_socket(options: &ProgramOptions) -> Result<(), BedError> {
    match fs::remove_file(&options.socket) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed.doing(|| format!("cannot remove `{}`", options.socket.display())),
    }
}
