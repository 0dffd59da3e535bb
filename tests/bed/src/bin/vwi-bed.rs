//! The program of the test bed: tests start it and talk to it, see the library.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use vwi_bed::{BedError, Connection, ControlPlane, Doing, Place, ProgramOptions};

/// How it is called.
const USAGE: &str = "usage: vwi-bed build
       vwi-bed serve SOCKET LINGER_MILLISECONDS
       vwi-bed hold SOCKET LINGER_MILLISECONDS
       vwi-bed guard PROGRAM [ARGUMENT...]

build   builds the control plane, which is done once and takes minutes
serve   runs a bed for the clients of a socket; tests start it by themselves
hold    is a client: starts the bed if need be, prints what it says, and stays until
        standard input ends
guard   runs a program and ends it when standard input ends";

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let word = arguments.next().unwrap_or_default();
    let rest: Vec<_> = arguments.collect();
    let result = match (word.to_str(), rest.as_slice()) {
        (Some("build"), []) => control_plane().map(|_| ()),
        (Some("serve"), [socket, linger]) => serve(socket.into(), &linger.to_string_lossy()),
        (Some("hold"), [socket, linger]) => hold(socket.into(), &linger.to_string_lossy()),
        (Some("guard"), [program, arguments @ ..]) => vwi_bed::guard(program, arguments),
        _ => Err(BedError::new(USAGE)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            vwi_bed::say(&mut std::io::stderr(), &error.chain());
            ExitCode::FAILURE
        }
    }
}

fn control_plane() -> Result<ControlPlane, BedError> {
    let assets = std::env::var_os("KUBEBUILDER_ASSETS");
    ControlPlane::find_or_build(assets, &mut std::io::stderr())
}

fn serve(socket: PathBuf, linger: &str) -> Result<(), BedError> {
    let linger = milliseconds(linger)?;
    vwi_bed::serve(&ProgramOptions { socket, linger }, control_plane()?)
}

fn hold(socket: PathBuf, linger: &str) -> Result<(), BedError> {
    let linger = milliseconds(linger)?;
    let program = std::env::current_exe().doing(|| "cannot tell where this is".to_owned())?;
    let place = Place::at(program, socket, linger);
    let (_lease, description) = Connection::open(&place)?;
    let text = serde_json::to_string(&description).doing(|| "cannot print the bed".to_owned())?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{text}").doing(|| "cannot print the bed".to_owned())?;
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())
        .doing(|| "cannot wait for the end of standard input".to_owned())?;
    Ok(())
}

fn milliseconds(text: &str) -> Result<Duration, BedError> {
    let number = text
        .parse()
        .doing(|| format!("`{text}` is no number of milliseconds"))?;
    Ok(Duration::from_millis(number))
}
