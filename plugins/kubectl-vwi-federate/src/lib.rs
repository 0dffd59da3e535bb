//! `kubectl vwi federate`: makes a managed identity trust a vCluster ServiceAccount.
//!
//! The records are read to their end, what is there is read in Azure and, with access to it, on the
//! host; then a plan is made, and only then is anything written.
//!
//! | subject | file |
//! |---|---|
//! | command line | `args` |
//! | what a record wants | `wish`, `work`, `issuers`, `one_subject` |
//! | what is there | `asked`, `gather` (Azure), `host` |
//! | the run, from input to plan | `run` |
//! | carrying the plan out | `apply`, `refused` |
//! | what is printed | `placed`, `write` |

mod apply;
mod args;
mod asked;
mod gather;
mod host;
mod issuers;
mod one_subject;
mod placed;
mod refused;
mod run;
mod wish;
mod work;
mod write;

use vwi_cli::Failure;
use vwi_cli::flags::OutputFlags;
use vwi_cli::plugin::Plugin;
use vwi_cli::session::Session;
use vwi_core::exit::Outcome;
use vwi_core::step::Step;

pub use args::FederateArgs;

/// The step.
#[derive(Clone, Copy, Debug)]
pub struct Federate;

impl Plugin for Federate {
    const STEP: Step = Step::Federate;
    const ABOUT: &'static str = "Make a managed identity trust a vCluster ServiceAccount";
    const EXAMPLES: &'static str = "\
  # make `app-identity` trust the ServiceAccount `app` of the current vCluster
  kubectl vwi translate app | {} --identity app-identity -g rg --aks-cluster aks

  # and let it read the resource group; show the plan first
  kubectl vwi translate app | {} --identity app-identity -g rg --aks-cluster aks \\
    --role Reader --scope /subscriptions/SUBSCRIPTION/resourceGroups/rg --dry-run

  # from manifests in Git that say all of it
  kubectl vwi translate -f identities/ | {}
";
    type Args = FederateArgs;

    fn output(arguments: &Self::Args) -> &OutputFlags {
        &arguments.output
    }

    fn run(arguments: &Self::Args, session: &mut Session) -> Result<Outcome, Failure> {
        run::run(arguments, session)
    }
}
