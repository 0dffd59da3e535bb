//! How long a bed lives: as long as its last client and two seconds, whatever happens to either.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use vwi_bed::{Connection, Description, Place, Program, Running, Signal, until_blocking};

/// What the issue allows, and nothing on top.
const GONE_WITHIN: Duration = Duration::from_secs(2);

/// A place for one test alone, with the time to stay that tests share.
fn place() -> (Place, File) {
    let place = Place::private(Duration::from_secs(1)).unwrap();
    let lock = one_after_the_other(&place);
    (place, lock)
}

/// Holds back the other tests of this file, in whatever process: a bed takes a gigabyte.
fn one_after_the_other(place: &Place) -> File {
    let home = place.socket.parent().unwrap().parent().unwrap();
    let lock = File::create(home.join("lease-tests.lock")).unwrap();
    lock.lock().unwrap();
    lock
}

/// A process that is a client of the bed at `place`.
fn client(place: &Place) -> Running {
    let mut program = Program::new(&place.program)
        .arg("hold")
        .arg(&place.socket)
        .arg(place.linger.as_millis().to_string())
        .stdin_from(Stdio::piped())
        .within(Duration::from_mins(10));
    // Go keeps its cache below the home, should the control plane have to be built.
    for name in ["PATH", "HOME", "GOFLAGS", "GOPROXY", "KUBEBUILDER_ASSETS"] {
        program = program.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    program.start().unwrap()
}

/// Every process of the bed, itself included.
fn processes(description: &Description) -> Vec<u32> {
    let servers = description.servers.iter().map(|server| server.pid);
    std::iter::once(description.pid).chain(servers).collect()
}

fn is_alive(pid: u32) -> bool {
    // A process that has ended and that nobody has waited for is gone for all that matters.
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = status
        .rsplit(") ")
        .next()
        .and_then(|rest| rest.chars().next());
    state.is_some_and(|state| state != 'Z')
}

/// Waits until none of the processes is left, and fails when that takes too long.
fn all_gone(processes: &[u32]) {
    until_blocking("the end of all servers", GONE_WITHIN, || {
        Ok((!processes.iter().copied().any(is_alive)).then_some(()))
    })
    .unwrap();
}

#[test]
fn a_killed_client_leaves_no_server_after_two_seconds() {
    let (place, _lock) = place();
    let client = client(&place);
    let (connection, description) = Connection::open(&place).unwrap();
    let processes = processes(&description);
    assert!(processes.iter().copied().all(is_alive));
    drop(connection);
    client.signal(Signal::KILL).unwrap();
    all_gone(&processes);
    assert!(!description.folder.exists(), "the bed removes its folder");
}

#[test]
fn a_killed_bed_leaves_no_server_after_two_seconds_and_the_next_client_gets_a_new_bed() {
    let (place, _lock) = place();
    let (_connection, description) = Connection::open(&place).unwrap();
    kill(description.pid, Signal::KILL);
    all_gone(&processes(&description));

    let (_connection, next) = Connection::open(&place).unwrap();
    assert_ne!(next.pid, description.pid);
    assert!(
        !description.folder.exists(),
        "the next bed removes the folder of a dead one"
    );
}

#[test]
fn an_interrupted_bed_ends_with_all_its_servers_while_clients_are_connected() {
    let (place, _lock) = place();
    let (_connection, description) = Connection::open(&place).unwrap();
    kill(description.pid, Signal::INT);
    all_gone(&processes(&description));
    assert!(!description.folder.exists());
}

#[test]
fn clients_that_start_at_once_share_one_bed() {
    let (place, _lock) = place();
    let open = || Connection::open(&place).unwrap();
    let beds: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(open)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let first = beds.first().unwrap().1.pid;
    assert!(beds.iter().all(|(_, description)| description.pid == first));
}

#[test]
fn a_client_that_comes_while_the_bed_ends_gets_a_bed() {
    // It ends as soon as nobody is there, so that each round meets it somewhere in its end.
    let place = Place::private(Duration::ZERO).unwrap();
    let _lock = one_after_the_other(&place);
    for _ in 0..2 {
        let (connection, _) = Connection::open(&place).unwrap();
        drop(connection);
        let (_connection, description) = Connection::open(&place).unwrap();
        assert!(is_alive(description.pid));
    }
}

#[test]
fn a_client_that_dies_while_the_bed_starts_leaves_nothing() {
    let (place, _lock) = place();
    let client = client(&place);
    let log = place.socket.with_extension("log");
    let started = || Ok(Path::new(&place.socket).exists().then_some(()));
    until_blocking("the socket", Duration::from_mins(5), started).unwrap();
    client.signal(Signal::KILL).unwrap();
    until_blocking("the end of the bed", Duration::from_secs(15), || {
        Ok((!place.socket.exists()).then_some(()))
    })
    .unwrap_or_else(|error| panic!("{error}: {:?}", std::fs::read_to_string(&log)));
}

fn kill(pid: u32, signal: Signal) {
    let pid = rustix::process::Pid::from_raw(pid.cast_signed()).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
}
