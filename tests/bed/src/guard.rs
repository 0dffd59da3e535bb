//! Lets a program that knows nothing of the bed end with it.

use std::ffi::{OsStr, OsString};
use std::process::{Command, Stdio};

use crate::error::{BedError, Doing};

/// Runs a program until it ends, or until standard input ends, which then ends the program.
///
/// # Errors
///
/// When the program cannot be started, or ends without success by itself.
pub fn guard(program: &OsStr, arguments: &[OsString]) -> Result<(), BedError> {
    let doing = || format!("cannot run `{}`", program.display());
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .spawn()
        .doing(doing)?;
    let (ended, next) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        // Whatever comes, and an error too, is no reason to stop waiting before the end.
        let _read = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _told = ended.send(());
    });
    loop {
        if let Some(status) = child.try_wait().doing(doing)? {
            if status.success() {
                return Ok(());
            }
            return Err(BedError::new(format!(
                "`{}` ended ({status})",
                program.display()
            )));
        }
        if next
            .recv_timeout(std::time::Duration::from_millis(100))
            .is_ok()
        {
            child.kill().doing(doing)?;
            child.wait().doing(doing)?;
            return Ok(());
        }
    }
}
