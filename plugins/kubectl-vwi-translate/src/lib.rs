//! The step `translate`: which vCluster this is, what its host calls a ServiceAccount, and proof.
//!
//! [`wanted`] says which ServiceAccounts, [`place`] which vCluster and what its host says, and
//! `vwi_core::translation` judges; [`answer`] turns judgements into records. Without a network
//! ([`offline`]) documents pass one by one, however many there are. The way back from the host is
//! [`reverse`].

pub mod answer;
pub mod args;
pub mod clues;
pub mod error;
pub mod format;
pub mod offline;
pub mod online;
pub mod place;
pub mod reverse;
pub mod terraform;
pub mod wanted;

use std::io::Write;

use vwi_cli::Failure;
use vwi_cli::flags::OutputFlags;
use vwi_cli::output::Format;
use vwi_cli::plugin::{Plugin, nothing_to_do};
use vwi_cli::session::Session;
use vwi_core::exit::Outcome;
use vwi_core::step::Step;

pub use args::TranslateArgs;

/// The step as a program.
#[derive(Debug)]
pub struct Translate;

impl Plugin for Translate {
    const STEP: Step = Step::Translate;
    const ABOUT: &'static str =
        "Name the host ServiceAccount behind a ServiceAccount of a vCluster, and prove it";
    const EXAMPLES: &'static str =
        "  # What Azure has to trust for ServiceAccount app of the current context's vCluster
  {} app -n default

  # The same as shell variables
  eval \"$({} app -n default -o env)\"

  # Without any cluster: flags and vCluster's algorithm alone
  {} app -n default --vcluster my-vcluster --vcluster-namespace team-x --offline -o subject

  # All ServiceAccounts with a label, from kubectl
  kubectl get serviceaccounts -A -l team=x -o json | {} -f -

  # Who is trusted by an identity: from its federated credentials back to the tenants
  az identity federated-credential list --identity-name app -g rg -o json | {} --reverse -o table
";
    const FORMATS: &'static [Format] = &format::FORMATS;
    type Args = TranslateArgs;

    fn output(arguments: &Self::Args) -> &OutputFlags {
        &arguments.output
    }

    fn run(arguments: &Self::Args, session: &mut Session) -> Result<Outcome, Failure> {
        if !arguments.is_asked() {
            return Ok(nothing_to_do::<Self>(session));
        }
        arguments.check()?;
        if arguments.input.names_stdin() {
            session.end_at_signals();
        }
        let outcome = if arguments.way.reverse {
            reverse::run(arguments, session)
        } else if arguments.proof.offline {
            offline::run(arguments, session)
        } else {
            online::run(arguments, session)
        };
        if outcome.is_err() && arguments.output.output == Some(Format::Env) {
            // Whoever does not read has nothing to evaluate.
            let _written = session.stdout().write_all(format::FAILED_ENV.as_bytes());
        }
        Ok(outcome?)
    }
}
