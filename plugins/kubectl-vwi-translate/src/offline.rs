//! Without a network: flags, context name and vCluster's algorithm alone, document by document.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;

use vwi_cli::input::{self, Source};
use vwi_cli::session::Session;
use vwi_core::exit::Outcome;
use vwi_core::name::is_system;
use vwi_core::stream::{Accept, Item, StreamError};
use vwi_core::translation::context_name::context_clue;
use vwi_core::translation::{Candidates, Clue, PlatformUrl, identify};
use vwi_kubernetes::Kubeconfig;

use crate::answer::Answers;
use crate::args::TranslateArgs;
use crate::clues::{self, Stated};
use crate::error::TranslateError;
use crate::place::Place;
use crate::terraform;
use crate::wanted::{Fault, Wanted};

/// Translates without asking any cluster.
///
/// # Errors
///
/// [`TranslateError`]
pub fn run(args: &TranslateArgs, session: &Session) -> Result<Outcome, TranslateError> {
    let mut places = Places::new(args, session);
    let mut answers = Answers::new(args, session)?;
    let names = args.selection.accounts()?;
    for name in names {
        let namespace = places.namespace.clone();
        places.answer(&mut answers, Wanted::named(&namespace, name))?;
    }
    if args.way.terraform {
        for wanted in terraform::query(io::stdin().lock())? {
            places.answer(&mut answers, wanted)?;
        }
    }
    let mut left_out = 0;
    let namespace = places.namespace.clone();
    for source in input::sources(&args.input, true, &session.talk)?.unwrap_or_default() {
        left_out += read(&source, &namespace, args, session, &mut |wanted| {
            places.answer(&mut answers, wanted)
        })?;
    }
    answers.left_out(left_out);
    let counts = answers.finish(args.selection_of("input"))?;
    Ok(counts.outcome())
}

/// Returns the namespace of names, and of documents that leave it open, as kubectl does: that of
/// `-n`, else the context's, else `default`.
pub fn namespace<'a>(args: &'a TranslateArgs, kubeconfig: &'a Kubeconfig) -> &'a str {
    let context = args.kubectl.context.as_deref();
    let context = context.or_else(|| kubeconfig.current_context());
    args.kubectl
        .namespace
        .as_deref()
        .or_else(|| kubeconfig.namespace(context?))
        .unwrap_or("default")
}

/// Reads the documents of an input, one by one; returns how many were left out of lists, since
/// nobody means them who asks for all. What says no namespace is in `namespace`.
///
/// # Errors
///
/// [`TranslateError`] if it can't be read, is incomplete, or `sink` says so.
pub fn read(
    source: &Source,
    namespace: &str,
    args: &TranslateArgs,
    session: &Session,
    sink: &mut dyn FnMut(Wanted) -> Result<(), TranslateError>,
) -> Result<usize, TranslateError> {
    let mut left_out = 0;
    let accept = Accept {
        service_accounts: true,
    };
    let summary = input::read_ahead(source, accept, &mut |item| match item {
        Item::ServiceAccount(account)
            if account.listed
                && !args.include_system
                && is_system(
                    account.namespace.as_deref().unwrap_or(namespace),
                    &account.name,
                ) =>
        {
            left_out += 1;
            Ok(())
        }
        Item::ServiceAccount(account) => sink(Wanted::of_service_account(account, namespace, args)),
        Item::Record(record) => {
            let wanted = Wanted::of_record(*record, namespace, args);
            let wanted = wanted.map_err(|error| StreamError::Record {
                origin: source.label(),
                source: error,
            })?;
            sink(wanted)
        }
        Item::End(_) => Ok(()),
    })?;
    input::require_complete(source, &summary, args.input.partial, &session.talk)?;
    Ok(left_out)
}

/// The vClusters that records of this run name.
struct Places<'a> {
    args: &'a TranslateArgs,
    session: &'a Session,
    /// Namespace of names: `-n`, else the context's, else `default`.
    namespace: String,
    clues: Vec<Clue>,
    known: HashMap<Stated, Result<Place, Fault>>,
}

impl<'a> Places<'a> {
    fn new(args: &'a TranslateArgs, session: &'a Session) -> Self {
        // A kubeconfig is no network; without a usable one, flags have to say everything.
        let choice = args.kubectl.choice(&session.environment);
        let kubeconfig = Kubeconfig::load(&choice.kubeconfig).unwrap_or_default();
        let context = args
            .kubectl
            .context
            .as_deref()
            .or_else(|| kubeconfig.current_context());
        let namespace = namespace(args, &kubeconfig);
        let mut clues = clues::typed(args);
        let server = context.and_then(|context| kubeconfig.server(context));
        clues.extend(server.and_then(PlatformUrl::parse).map(|url| url.clue()));
        clues.extend(context.and_then(context_clue));
        Self {
            args,
            session,
            namespace: namespace.to_owned(),
            clues,
            known: HashMap::new(),
        }
    }

    fn answer(&mut self, answers: &mut Answers<'_>, wanted: Wanted) -> Result<(), TranslateError> {
        if let Some(fault) = &wanted.fault {
            return answers.put_fault(wanted.record.into_record(), fault);
        }
        let place = match self.known.entry(wanted.stated()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let place = find(&self.clues, new.key(), self.args, self.session)?;
                new.insert(place)
            }
        };
        match place {
            Ok(place) => {
                let judgement = place.judge(&wanted, self.args);
                answers.put(wanted, place, judgement)
            }
            Err(fault) => answers.put_fault(wanted.record.into_record(), fault),
        }
    }
}

/// Tells which vCluster a record means. Where flags and context alone must tell and can't, nothing can
/// be answered at all; what only one record leaves open fails that record.
fn find(
    clues: &[Clue],
    stated: &Stated,
    args: &TranslateArgs,
    session: &Session,
) -> Result<Result<Place, Fault>, TranslateError> {
    let mut clues = clues.to_vec();
    clues.extend(stated.clue());
    match identify(&clues, Candidates::default()) {
        Ok(found) => {
            for warning in &found.warnings {
                session.talk.warn(warning);
            }
            Ok(Ok(Place::new(found, args)?))
        }
        Err(error) => Ok(Err(stated.fault(error)?)),
    }
}
