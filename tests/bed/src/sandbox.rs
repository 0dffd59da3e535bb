//! The sandbox: one command that shows the suite at work, on a bed of its own.

mod build;
mod guide;
mod pipe;
mod spoil;
mod workload;

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use vwi_test_azure::IdentitySpec;

use crate::bed::Bed;
use crate::client::Place;
use crate::error::{BedError, Doing};
use crate::tools;
use crate::world::AzureWorld;

pub use spoil::Spoil;

/// The managed identity that the pipe federates.
const IDENTITY: &str = "app-identity";

/// What the sandbox is asked to do.
#[derive(Clone, Copy, Debug, Default)]
pub struct SandboxOptions {
    /// Whether it stays until it is interrupted.
    pub keep: bool,
    /// What it spoils.
    pub spoil: Option<Spoil>,
    /// Whether it takes the suite's programs as they are.
    pub no_build: bool,
}

/// The bed with what the steps work on.
struct Stage {
    bed: Bed,
    world: AzureWorld,
    /// The real one, or none: then the suite's programs are called directly.
    kubectl: Option<PathBuf>,
}

impl Stage {
    /// What the host calls the app's ServiceAccount.
    fn host_name(&self) -> String {
        let vcluster = &self.bed.description().tenant.vcluster.name;
        format!("{}-x-default-x-{vcluster}", workload::APP)
    }

    /// The host namespace of the vCluster.
    fn namespace(&self) -> &str {
        &self.bed.description().tenant.vcluster.namespace
    }
}

/// Runs the sandbox, and returns the exit status of the final check.
///
/// Dropping the future ends everything that it has started.
///
/// # Errors
///
/// When something cannot be built or started. A step that fails is no error: it is what is shown.
pub async fn sandbox(options: SandboxOptions, out: &mut dyn Write) -> Result<i32, BedError> {
    if !options.no_build {
        build::programs(out).await?;
    }
    build::control_plane().await?;
    let stage = set_up(options, out).await?;
    let piped = pipe::run(&stage, out).await?;
    // The webhook looks at a pod when it is made, so the pods come after the annotations.
    workload::start(&stage, out).await?;
    if let Some(spoil) = options.spoil.filter(|spoil| spoil.comes_after_the_pipe()) {
        say(out, &format!("\n== spoilt: {}", spoil.what()))?;
        spoil::after(spoil, &stage).await?;
    }
    let status = pipe::check_again(&stage, &piped.records, out).await?;
    if options.keep {
        say(out, &guide::text(&stage)?)?;
        std::future::pending::<()>().await;
    }
    end(stage).await?;
    Ok(status)
}

/// Starts the bed and puts the workload into the tenant.
async fn set_up(options: SandboxOptions, out: &mut dyn Write) -> Result<Stage, BedError> {
    let started = Instant::now();
    let place = Place::private(Duration::ZERO)?;
    let bed = tokio::task::spawn_blocking(move || Bed::connect_to(&place)).await;
    let bed = bed.doing(|| "starting the bed was cut short".to_owned())??;
    let mut spec = bed.world_spec();
    let identity = IdentitySpec {
        name: IDENTITY.to_owned(),
        ..IdentitySpec::default()
    };
    spec.seed.identities.push(identity);
    let world = bed.world_of(&spec).await?;
    let description = bed.description();
    say(
        out,
        &format!(
            "== bed, ready in {:.1} s\n\
             host    {} (context `{}`)\n\
             tenant  {} (context `{}`)\n\
             Azure   {} (identity `{IDENTITY}` and AKS cluster `aks` in group `rg`)\n\
             issuer  {}",
            started.elapsed().as_secs_f32(),
            description.host.server,
            description.host.context,
            description.tenant.cluster.server,
            description.tenant.cluster.context,
            description.azure.url,
            description.issuer,
        ),
    )?;
    let stage = Stage {
        bed,
        world,
        kubectl: tools::find("kubectl", "VWI_TEST_KUBECTL"),
    };
    if let Some(spoil) = options.spoil.filter(|spoil| !spoil.comes_after_the_pipe()) {
        say(out, &format!("\n== spoilt: {}", spoil.what()))?;
        spoil::before(spoil, &stage).await?;
    }
    workload::deploy(&stage, options.spoil, out).await?;
    Ok(stage)
}

/// Ends the bed and waits until nothing of it is left.
async fn end(stage: Stage) -> Result<(), BedError> {
    let ended = tokio::task::spawn_blocking(move || stage.bed.end()).await;
    ended.doing(|| "ending the bed was cut short".to_owned())?
}

/// Says something at once.
fn say(out: &mut dyn Write, text: &str) -> Result<(), BedError> {
    let said = writeln!(out, "{text}").and_then(|()| out.flush());
    said.doing(|| "cannot write to standard output".to_owned())
}
