//! `cargo sandbox`: the suite at work on a bed of real API servers, with one command.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use vwi_bed::{BedError, Doing, SandboxOptions, Spoil, sandbox};

/// Show the suite at work on a test bed, without an Azure subscription
///
/// Builds what is missing, starts two real Kubernetes API servers and stand-ins for Azure and for
/// vCluster's syncer, deploys a workload in a tenant, runs translate | federate | annotate | check,
/// shows what each step said, and leaves nothing running. The exit status is that of the last step.
#[derive(Debug, Parser)]
#[command(name = "cargo sandbox", version, after_help = format!("What --break can spoil:\n{}", Spoil::help()))]
struct Arguments {
    /// Stay until interrupted, and print what to export to play on
    #[arg(long)]
    keep: bool,

    /// Spoil one thing, so that the check has something to say
    #[arg(long = "break", value_name = "MODE", value_parser = mode)]
    spoil: Option<Spoil>,

    /// Take the programs as they are, without asking cargo
    #[arg(long)]
    no_build: bool,
}

fn mode(word: &str) -> Result<Spoil, String> {
    Spoil::of(word).ok_or_else(|| format!("the modes are:\n{}", Spoil::help()))
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let options = SandboxOptions {
        keep: arguments.keep,
        spoil: arguments.spoil,
        no_build: arguments.no_build,
    };
    match run(options) {
        Ok(status) => ExitCode::from(u8::try_from(status).unwrap_or(u8::MAX)),
        Err(error) => {
            // Nobody is left to tell if standard error is gone.
            let _said = writeln!(std::io::stderr(), "error: {}", error.chain());
            ExitCode::from(3)
        }
    }
}

/// Runs the sandbox until it is done or told to end; either way its servers end with it.
fn run(options: SandboxOptions) -> Result<i32, BedError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = runtime.doing(|| "cannot make a runtime".to_owned())?;
    let result = runtime.block_on(async {
        let doing = || "cannot wait for signals".to_owned();
        let mut interrupt = signal(SignalKind::interrupt()).doing(doing)?;
        let mut terminate = signal(SignalKind::terminate()).doing(doing)?;
        let mut stdout = std::io::stdout();
        tokio::select! {
            status = sandbox(options, &mut stdout) => status,
            _ = interrupt.recv() => Ok(if options.keep { 0 } else { 130 }),
            _ = terminate.recv() => Ok(if options.keep { 0 } else { 143 }),
        }
    });
    // A build or a start that was interrupted goes on in a thread that nobody waits for.
    runtime.shutdown_background();
    result
}
