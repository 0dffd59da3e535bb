//! The way back: which tenant ServiceAccounts host ones are, by the host's annotations.

use std::time::Instant;

use vwi_cli::host;
use vwi_cli::input::{self, InputError, Source};
use vwi_cli::limit::limited;
use vwi_cli::session::Session;
use vwi_cli::talk::Talk;
use vwi_core::exit::Outcome;
use vwi_core::record::{
    ConditionStatus, Evidence, HostServiceAccount, Record, Source as EvidenceSource, TenantStatus,
    VirtualClusterRef,
};
use vwi_core::step::Step;
use vwi_core::stream::Selection;
use vwi_core::text::escape;
use vwi_core::translation::Grade;
use vwi_core::translation::reverse::{NoOrigin, Origin};
use vwi_kubernetes::host::HostOrigin;
use vwi_kubernetes::{Cluster, ClusterChoice, ConnectSettings, Host, HostChoice, Kubeconfig};

use crate::answer::Answers;
use crate::args::TranslateArgs;
use crate::error::TranslateError;

mod asked;
mod facts;

pub use asked::{Asked, Question};
use facts::Facts;

/// Answers which tenant ServiceAccounts these of the host are.
///
/// # Errors
///
/// [`TranslateError`]
pub fn run(args: &TranslateArgs, session: &mut Session) -> Result<Outcome, TranslateError> {
    let question = ask(args, &session.talk)?;
    for (credential, trusts) in &question.others {
        session.talk.say(&format!(
            "credential `{}` left out: it trusts {}, which is no ServiceAccount",
            escape(credential),
            escape(trusts)
        ));
    }
    let settings = session.connect_settings(&args.kubectl);
    let interrupt = session.interrupt.clone();
    let choice = args.kubectl.choice(&session.environment);
    let host_choice = args.host.choice(&session.environment);
    let talk = session.talk.clone();
    let gathered = Box::pin(gather(&choice, &host_choice, &settings, &talk, &question));
    let deadline = args.change.timeout().map(|time| Instant::now() + time);
    let facts = session.block_on(limited(gathered, &interrupt, deadline))???;
    for line in &facts.unread {
        session.talk.warn(line);
    }
    let mut answers = Answers::new(args, session)?;
    let origins = facts.origins();
    for asked in question.asked() {
        let origin = facts
            .trusts_other_issuer(asked)
            .map_or_else(|| facts.origin(&origins, asked), Err);
        answers.put_judged(&record(asked, origin, facts.issuer.as_deref()))?;
    }
    let by = if args.selection.names.is_empty() {
        "input"
    } else {
        "names"
    };
    let counts = answers.finish(args.shard.selection(Selection::Narrowed {
        by: vec![by.to_owned()],
    }))?;
    Ok(counts.outcome())
}

/// Reads what is asked about: arguments, and files or standard input.
fn ask(args: &TranslateArgs, talk: &Talk) -> Result<Question, TranslateError> {
    let mut question = Question::default();
    let namespaces = (&args.kubectl.namespace, &args.which.vcluster_namespace);
    let namespace = namespaces.0.as_deref().or(namespaces.1.as_deref());
    for name in &args.selection.names {
        question.argument(name, namespace)?;
    }
    let selected = args.selection.is_given();
    for source in input::sources(&args.input, selected, talk)?.unwrap_or_default() {
        let documents =
            question
                .credentials(source.open()?)
                .map_err(|error| TranslateError::Credentials {
                    origin: source.label(),
                    source: error,
                })?;
        if documents == 0 && source == Source::Stdin {
            return Err(InputError::Empty.into());
        }
    }
    Ok(question)
}

/// Connects to the host and reads what it says. Without anything that leads to one, the current
/// context is taken for it.
async fn gather(
    choice: &ClusterChoice,
    host_choice: &HostChoice,
    settings: &ConnectSettings,
    talk: &Talk,
    question: &Question,
) -> Result<Facts, TranslateError> {
    let found = host::connect(host_choice, choice, settings, talk)
        .await
        .map_err(TranslateError::Host)?;
    let host = if let Some(host) = found {
        if !host.origin().is_typed() {
            talk.say(&format!("the host is {}", host.cluster().label()));
        }
        host
    } else {
        let kubeconfig = Kubeconfig::load(&choice.kubeconfig)
            .map_err(|error| TranslateError::Host(error.into()))?;
        let cluster = Cluster::connect_with(&kubeconfig, choice, settings)
            .await
            .map_err(TranslateError::Host)?;
        Host::new(cluster, HostOrigin::Flag)
    };
    if host.cluster().is_insecure() {
        talk.warn("certificates are not verified (`--insecure-skip-tls-verify`)");
    }
    Facts::read(&host, question).await
}

/// Writes the record of what was found. One that leads nowhere is named as the host names it.
fn record(asked: &Asked, origin: Result<&Origin, NoOrigin>, issuer: Option<&str>) -> Record {
    let (host_namespace, host_name) = (asked.host.namespace(), asked.host.name());
    let origin = match origin {
        Ok(origin) => origin,
        Err(unknown) => {
            let mut record = Record::new(host_namespace, host_name);
            record.set_condition(
                Step::Translate,
                ConditionStatus::False,
                unknown.reason,
                &unknown.message,
            );
            return record;
        }
    };
    let mut record = Record::new(&origin.namespace, &origin.name);
    record.put_spec(
        "virtualCluster",
        VirtualClusterRef {
            name: Some(origin.which.name.clone()),
            namespace: Some(origin.which.namespace.clone()),
            ..VirtualClusterRef::default()
        },
    );
    if origin.tenant_uid.is_some() {
        record.put_status(
            "tenant",
            TenantStatus {
                service_account_uid: origin.tenant_uid.clone(),
                ..TenantStatus::default()
            },
        );
    }
    record.put_status("subject", &asked.host);
    record.put_status(
        "hostServiceAccount",
        HostServiceAccount {
            namespace: host_namespace.to_owned(),
            name: host_name.to_owned(),
            uid: Some(origin.host_uid.clone()),
        },
    );
    record.put_status(
        "evidence",
        [Evidence {
            source: EvidenceSource::Host,
            namespace: Some(host_namespace.to_owned()),
            name: Some(host_name.to_owned()),
            virtual_cluster: None,
            message: None,
        }],
    );
    if let Some(issuer) = issuer {
        record.put_status("issuer", issuer);
    }
    record.set_condition(
        Step::Translate,
        ConditionStatus::True,
        Grade::Proven.reason(),
        &format!("`{host_namespace}/{host_name}` on the host is this one's, by its annotations"),
    );
    record
}
