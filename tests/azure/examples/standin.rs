//! Runs the stand-in alone with one world, for trying real clients on it by hand.
//!
//! `cargo run -p vwi-test-azure --example standin -- FOLDER` writes az's configuration into
//! FOLDER, prints what to export, and ends when its stdin is closed.

use std::error::Error;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use vwi_test_azure::{ClusterSpec, Options, Seed, Server, Tls, WorldSpec, az_config, env_of};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.ok_or("usage: standin FOLDER")?;
    let server = Server::start(Options::new(Tls::generate()?))?;
    let world = server.worlds().create(WorldSpec {
        seed: Seed {
            clusters: vec![ClusterSpec::new("aks", &server.issuer_url("host"))],
            ..Seed::default()
        },
        ..WorldSpec::default()
    })?;
    az_config(&folder, &world.info())?;
    let mut stdout = io::stdout().lock();
    for (name, value) in env_of(&world.info(), &folder) {
        writeln!(stdout, "export {name}='{}'", value.display())?;
    }
    writeln!(stdout, "export STANDIN_URL='{}'", server.url())?;
    stdout.flush()?;
    let mut rest = Vec::new();
    io::stdin().read_to_end(&mut rest)?;
    Ok(())
}
