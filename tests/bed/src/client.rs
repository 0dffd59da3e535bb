//! A test's side of the bed.

use std::fs::{self, File, Metadata};
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::controlplane::{ControlPlane, say};
use crate::error::{BedError, Doing};
use crate::folder::RunFolder;
use crate::program::lock_path;
use crate::protocol::{Answer, Description, Request, SyncerOrder, TenantDescription};
use crate::vcluster::VirtualCluster;
use crate::{files, wait};

/// How long a bed may take to answer; it is ready after some three seconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(150);

/// A connection to the bed; the bed lives as long as one is open.
#[derive(Debug)]
pub struct Connection {
    stream: Mutex<BufReader<UnixStream>>,
    /// The bed, if it was started from here.
    started: Option<Child>,
    /// What the bed of a private place needs as long as it runs.
    folder: Option<Arc<RunFolder>>,
}

/// Where a bed is found or made.
#[derive(Clone, Debug)]
pub struct Place {
    /// The program `vwi-bed`.
    pub program: PathBuf,
    /// The socket of the bed.
    pub socket: PathBuf,
    /// How long it stays after its last client.
    pub linger: Duration,
    folder: Option<Arc<RunFolder>>,
}

impl Place {
    /// The bed of a socket.
    pub fn at(program: PathBuf, socket: PathBuf, linger: Duration) -> Self {
        Self {
            program,
            socket,
            linger,
            folder: None,
        }
    }

    /// The bed that all tests of this build share.
    ///
    /// Nothing of it is left two seconds after its last client, so it stays for one.
    ///
    /// # Errors
    ///
    /// When the program `vwi-bed` is not beside the tests.
    pub fn shared() -> Result<Self, BedError> {
        let (program, metadata) = bed_program()?;
        // A bed of an older build must not be taken for this one.
        let name = format!(
            "{} {} {} {} {}",
            program.display(),
            metadata.len(),
            metadata.mtime(),
            metadata.mtime_nsec(),
            std::env::var("KUBEBUILDER_ASSETS").unwrap_or_default(),
        );
        let name = format!("{:.16}", format!("{:x}", Sha256::digest(name)));
        let socket = home()?.join(name).with_extension("sock");
        Ok(Self::at(program, socket, Duration::from_secs(1)))
    }

    /// A bed of its own, which stays for `linger` after its last client.
    ///
    /// # Errors
    ///
    /// As for [`Place::shared`].
    pub fn private(linger: Duration) -> Result<Self, BedError> {
        let (program, _) = bed_program()?;
        let folder = RunFolder::new(&home()?)?;
        let mut place = Self::at(program, folder.path().join("bed.sock"), linger);
        place.folder = Some(Arc::new(folder));
        Ok(place)
    }
}

/// The program of the bed, which is of the same build as this program.
fn bed_program() -> Result<(PathBuf, Metadata), BedError> {
    let program = files::programs()?.join("vwi-bed");
    let metadata = fs::metadata(&program).doing(|| {
        let program = program.display();
        format!("cannot find the test bed `{program}`; `cargo build --workspace` makes it")
    })?;
    Ok((program, metadata))
}

/// The folder of all beds.
fn home() -> Result<PathBuf, BedError> {
    let home = files::target()?.join("bed");
    // A socket's path has at most 107 bytes.
    let home = if home.as_os_str().len() > 70 {
        short_home(&home)
    } else {
        home
    };
    files::make_folder(&home)?;
    Ok(home)
}

fn short_home(home: &Path) -> PathBuf {
    let digest = format!("{:x}", Sha256::digest(home.as_os_str().as_encoded_bytes()));
    std::env::temp_dir().join(format!("vwi-bed-{digest:.8}"))
}

impl Connection {
    /// Connects to the bed, starts it if need be, and waits until it is ready.
    ///
    /// # Errors
    ///
    /// When no bed can be started, with what it had to say.
    pub fn open(place: &Place) -> Result<(Self, Description), BedError> {
        let started = Instant::now();
        loop {
            let (stream, started_bed) = match UnixStream::connect(&place.socket) {
                Ok(stream) => (stream, None),
                Err(_) => start(place)?,
            };
            stream
                .set_read_timeout(Some(ANSWER_WITHIN))
                .doing(|| "cannot limit the wait for the bed".to_owned())?;
            let connection = Self {
                stream: Mutex::new(BufReader::new(stream)),
                started: started_bed,
                folder: place.folder.clone(),
            };
            match connection.try_ask(&Request::Describe {})? {
                Some(description) => return Ok((connection, description)),
                // The bed was just ending: the next one is ours.
                None if started.elapsed() < ANSWER_WITHIN => {}
                None => {
                    return Err(BedError::new(format!(
                        "the bed does not start:{}",
                        log(place)
                    )));
                }
            }
        }
    }

    /// Asks for one more vCluster, which goes with this connection.
    ///
    /// # Errors
    ///
    /// When the bed cannot start it.
    pub fn add_tenant(&self, wanted: VirtualCluster) -> Result<TenantDescription, BedError> {
        let answer = self.try_ask(&Request::AddTenant(wanted))?;
        answer.ok_or_else(|| BedError::new("the bed has ended"))
    }

    /// Gives an order to the syncer of a vCluster, and returns what that did so far.
    ///
    /// # Errors
    ///
    /// When there is no such vCluster.
    pub fn order(
        &self,
        vcluster: &VirtualCluster,
        order: SyncerOrder,
    ) -> Result<Vec<String>, BedError> {
        let (vcluster, namespace) = (vcluster.name.clone(), vcluster.namespace.clone());
        let answer = self.try_ask(&Request::Syncer {
            vcluster,
            namespace,
            order,
        })?;
        answer.ok_or_else(|| BedError::new("the bed has ended"))
    }

    /// Closes the connection, and waits for the bed's end if it was started from here.
    ///
    /// # Errors
    ///
    /// When it does not end in ten seconds: somebody else uses it, or it hangs.
    pub fn end(self) -> Result<(), BedError> {
        drop(self.stream);
        let Some(mut bed) = self.started else {
            return Ok(());
        };
        let doing = || "cannot wait for the end of the bed".to_owned();
        wait::until_blocking("the end of the bed", Duration::from_secs(10), || {
            bed.try_wait().doing(doing)
        })?;
        drop(self.folder);
        Ok(())
    }

    /// Asks; `None` is a bed that has gone.
    fn try_ask<T: DeserializeOwned>(&self, request: &Request) -> Result<Option<T>, BedError> {
        let doing = || "cannot ask the bed".to_owned();
        let mut line = serde_json::to_string(request).doing(doing)?;
        line.push('\n');
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        let mut answer = String::new();
        let asked = stream
            .get_mut()
            .write_all(line.as_bytes())
            .and_then(|()| stream.read_line(&mut answer));
        match asked {
            Ok(0) => return Ok(None),
            Ok(_) => {}
            Err(error) if is_gone(error.kind()) => return Ok(None),
            Err(error) => return Err(error).doing(doing),
        }
        match serde_json::from_str(&answer).doing(|| {
            "cannot read the bed's answer; `cargo build --workspace` makes a bed that fits"
                .to_owned()
        })? {
            Answer::Ok(value) => Ok(Some(value)),
            Answer::Error(message) => Err(BedError::new(format!("the bed says: {message}"))),
        }
    }
}

fn is_gone(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof
    )
}

/// Starts a bed, unless another process has done so meanwhile, and connects to it.
fn start(place: &Place) -> Result<(UnixStream, Option<Child>), BedError> {
    // Before the lock, for it can take minutes, and says so.
    let assets = std::env::var_os("KUBEBUILDER_ASSETS");
    ControlPlane::find_or_build(assets, &mut std::io::stderr())?;
    let lock = files::lock_file(&lock_path(&place.socket))?;
    lock.lock()
        .doing(|| format!("cannot lock `{}`", place.socket.display()))?;
    if let Ok(stream) = UnixStream::connect(&place.socket) {
        return Ok((stream, None));
    }
    // Nobody listens there, so a file of this name was left by a bed that was killed.
    let _removed = fs::remove_file(&place.socket);
    let started = Instant::now();
    let doing = || format!("cannot start `{}`", place.program.display());
    let output = File::create(log_path(place)).doing(doing)?;
    let mut child = Command::new(&place.program)
        .arg("serve")
        .arg(&place.socket)
        .arg(place.linger.as_millis().to_string())
        .stdin(Stdio::null())
        .stdout(output.try_clone().doing(doing)?)
        .stderr(output)
        // The bed must outlive the test that starts it: a terminal's or a test runner's signals
        // for that test are not for the bed.
        .process_group(0)
        .spawn()
        .doing(doing)?;
    let stream = wait::until_blocking("the socket of the bed", Duration::from_secs(20), || {
        if let Ok(stream) = UnixStream::connect(&place.socket) {
            return Ok(Some(stream));
        }
        match child.try_wait().doing(doing)? {
            Some(status) => Err(BedError::new(format!(
                "the bed ended ({status}):{}",
                log(place)
            ))),
            None => Ok(None),
        }
    })?;
    say(
        &mut std::io::stderr(),
        &format!("started in {} ms", started.elapsed().as_millis()),
    );
    Ok((stream, Some(child)))
}

fn log_path(place: &Place) -> PathBuf {
    place.socket.with_extension("log")
}

/// What the bed wrote on its standard error.
fn log(place: &Place) -> String {
    let text = fs::read_to_string(log_path(place)).unwrap_or_default();
    format!("\n{}", text.trim_end())
}
