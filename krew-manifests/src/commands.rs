//! The commands of the program.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use semver::Version;
use vwi_krew::archive::Archive;
use vwi_krew::lint::lint;
use vwi_krew::pack::{Release, Sources, pack};
use vwi_krew::platform::Platform;
use vwi_krew::{KrewError, render};

/// Version of the workspace, with `v`.
const VERSION: &str = concat!("v", env!("CARGO_PKG_VERSION"));

/// Packs release archives of kubectl-vwi, renders krew's manifest, checks both
#[derive(Debug, Parser)]
#[command(name = "vwi-krew", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Packs the archive of one platform, and prints its path
    Pack {
        /// The built `kubectl-vwi`
        #[arg(long)]
        binary: PathBuf,
        /// Version of the release
        #[arg(long, default_value = VERSION, value_parser = Release::version)]
        version: Version,
        /// Operating system, in Go's words: linux, darwin, windows
        #[arg(long)]
        os: String,
        /// Architecture, in Go's words: amd64, arm64
        #[arg(long)]
        arch: String,
        /// The licence
        #[arg(long, default_value = "LICENSE")]
        license: PathBuf,
        /// The README
        #[arg(long, default_value = "README.md")]
        readme: PathBuf,
        /// Folder of the archive
        #[arg(long)]
        out: PathBuf,
    },
    /// Writes `vwi.yaml` for the platforms whose archives are given, and prints its path
    Render {
        /// An archive that `pack` has made (repeats)
        #[arg(long = "archive", required = true)]
        archives: Vec<PathBuf>,
        /// Where the archives are published [default: the releases of the homepage]
        #[arg(long)]
        base_url: Option<String>,
        /// Folder of the manifest
        #[arg(long, default_value = "krew-manifests")]
        out: PathBuf,
    },
    /// Checks manifests, and archives that they name
    Lint {
        /// Manifests
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// An archive that the manifests name (repeats)
        #[arg(long = "archive")]
        archives: Vec<PathBuf>,
        /// Version that the manifests must have
        #[arg(long, default_value = VERSION)]
        version: String,
    },
}

/// Runs a command: 0 done, 1 a rule is broken, 3 could not run.
pub(crate) fn run(
    arguments: &Arguments,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> ExitCode {
    let done = match &arguments.command {
        Command::Pack {
            binary,
            version,
            os,
            arch,
            license,
            readme,
            out,
        } => {
            let sources = Sources {
                binary: binary.clone(),
                license: license.clone(),
                readme: readme.clone(),
            };
            pack_one(version, (os, arch), &sources, out, stdout)
        }
        Command::Render {
            archives,
            base_url,
            out,
        } => render_all(archives, base_url.as_deref(), out, stdout),
        Command::Lint {
            files,
            archives,
            version,
        } => lint_all(files, archives, version, stderr),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // Nothing is left to tell if stderr is gone.
            let _told = report(&error, stderr);
            ExitCode::from(3)
        }
    }
}

fn pack_one(
    version: &Version,
    (os, arch): (&str, &str),
    sources: &Sources,
    out: &Path,
    stdout: &mut dyn Write,
) -> Result<bool, KrewError> {
    let release = Release {
        version: version.clone(),
        platform: Platform::find(os, arch)?,
    };
    tell(stdout, &pack(&release, sources, out)?.display().to_string())
}

fn render_all(
    archives: &[PathBuf],
    base_url: Option<&str>,
    out: &Path,
    stdout: &mut dyn Write,
) -> Result<bool, KrewError> {
    let text = render::yaml(&render::manifest(&read(archives)?, base_url)?)?;
    let path = out.join(format!("{}.yaml", render::NAME));
    let written = fs::create_dir_all(out).and_then(|()| fs::write(&path, text));
    written.map_err(|source| KrewError::Write {
        path: path.clone(),
        source,
    })?;
    tell(stdout, &path.display().to_string())
}

fn lint_all(
    files: &[PathBuf],
    archives: &[PathBuf],
    version: &str,
    stderr: &mut dyn Write,
) -> Result<bool, KrewError> {
    let archives = read(archives)?;
    let mut clean = true;
    for file in files {
        let text = fs::read_to_string(file).map_err(|source| KrewError::Read {
            path: file.clone(),
            source,
        })?;
        for finding in lint(file, &text, version, &archives) {
            clean = false;
            tell(stderr, &format!("{}: {finding}", file.display()))?;
        }
    }
    Ok(clean)
}

fn read(archives: &[PathBuf]) -> Result<Vec<Archive>, KrewError> {
    archives.iter().map(|path| Archive::read(path)).collect()
}

fn tell(stream: &mut dyn Write, line: &str) -> Result<bool, KrewError> {
    let written = writeln!(stream, "{line}").map(|()| true);
    written.map_err(|source| KrewError::Write {
        path: PathBuf::from("-"),
        source,
    })
}

fn report(error: &KrewError, stderr: &mut dyn Write) -> io::Result<()> {
    writeln!(stderr, "error: {error}")?;
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    for cause in causes {
        writeln!(stderr, "  caused by: {cause}")?;
    }
    Ok(())
}
