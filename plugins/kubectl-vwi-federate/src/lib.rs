//! `kubectl vwi federate`: makes a managed identity trust a vCluster ServiceAccount.
//!
//! The records are read to their end, what is there is read in Azure and, with access to it, on the
//! host; then a plan is made, and only then is anything written.
//!
//! | subject | file |
//! |---|---|
//! | command line | `args` |
//! | what a record wants | `wish`, `named`, `identities`, `defaults`, `work`, `issuers`, `one_subject` |
//! | what is there | `asked`, `gather` (Azure), `host`, `census` |
//! | the plan | `planning`, `deleting`, `dangling` |
//! | the run, from input to output | `run`, `connect` |
//! | carrying the plan out | `apply`, `refused` |
//! | what is printed | `placed`, `taken`, `tally`, `emitted`, `write` |

mod apply;
mod args;
mod asked;
mod census;
mod connect;
mod dangling;
mod defaults;
mod deleting;
mod emitted;
mod gather;
mod host;
mod identities;
mod issuers;
mod named;
mod one_subject;
mod placed;
mod planning;
mod refused;
mod run;
mod taken;
mod tally;
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

  # what the owner `shop` wants, and nothing else of its own
  kubectl vwi translate -A | {} --identity-map map.yaml --owner shop --prune removed

  # which credentials of a resource group belong to nobody on the host any more
  {} --prune dangling -g rg --host-context HOST --dry-run

  # the same plan for a pipeline that does the writing
  kubectl vwi translate app | {} --identity app-identity -g rg --aks-cluster aks -o terraform
";
    type Args = FederateArgs;

    fn output(arguments: &Self::Args) -> &OutputFlags {
        &arguments.output
    }

    fn run(arguments: &Self::Args, session: &mut Session) -> Result<Outcome, Failure> {
        run::run(arguments, session)
    }
}
