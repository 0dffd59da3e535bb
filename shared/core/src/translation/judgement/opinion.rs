//! Second opinions on a host name: what a token or the Platform says of it.
//!
//! Sources that disagree stop the work, and all of them are shown. None is believed more than the
//! others: an outsider cannot tell which one is mistaken, and a wrong subject fails only in the pod.
//!
//! What a token opinion proves: a pod of this ServiceAccount was given a token with this subject and
//! issuer, as far as the tenant's own API server tells the truth of that pod. The tenant runs the
//! pod, so it is never taken against the host: where the host was looked at, its object, its uid and
//! its issuer have to say the same.

use crate::federation::{IssuerSource, agree};
use crate::name::{host_name, workload_service_account};
use crate::namespaces::HostServiceAccount as HostName;
use crate::record::{Evidence, Source};
use crate::text::escape;
use crate::translation::Grade;

use super::{
    DISAGREE, Failure, HostFact, Judgement, OTHER_UID, Question, host_account, seen, shown,
    tenant_key,
};

/// What one source beside formula and host calls the ServiceAccount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opinion {
    /// Who says so: [`Source::Token`] or [`Source::Platform`].
    pub source: Source,
    /// Host namespace.
    pub namespace: String,
    /// Name on the host.
    pub name: String,
    /// The host object's own uid, where the source knows it.
    pub uid: Option<String>,
    /// The issuer of a token.
    pub issuer: Option<String>,
    /// The audience of a token.
    pub audience: Option<String>,
}

/// A source that was asked and gave nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// Who was asked.
    pub source: Source,
    /// Why it gave nothing, as a whole sentence without a full stop; already safe to show.
    pub why: String,
}

impl Opinion {
    fn host(&self) -> HostName {
        HostName {
            namespace: self.namespace.clone(),
            name: self.name.clone(),
        }
    }

    /// Returns it as it stands in a record.
    fn evidence(&self) -> Evidence {
        let issuer = self
            .issuer
            .as_ref()
            .map(|issuer| format!("issuer `{}`", escape(issuer)));
        let audience = self.audience.as_ref();
        let audience = audience.map(|audience| format!("audience `{}`", escape(audience)));
        let said: Vec<String> = issuer.into_iter().chain(audience).collect();
        Evidence {
            source: self.source,
            namespace: Some(self.namespace.clone()),
            name: Some(self.name.clone()),
            virtual_cluster: None,
            message: (!said.is_empty()).then(|| said.join(", ")),
        }
    }
}

/// Every source that was picked has answered.
pub(super) fn demanded(question: &Question<'_>) -> Result<(), Failure> {
    for source in question.via {
        let (answered, reason) = match source {
            // What tells the vCluster is asked in any case.
            Source::Computed
            | Source::Stated
            | Source::ServiceIp
            | Source::Certificate
            | Source::PlatformUrl
            | Source::ContextName
            | Source::OnlyOne => (true, ""),
            Source::Host => (
                !matches!(question.host, HostFact::NotRead),
                "HostUnavailable",
            ),
            Source::Token => (question.has_opinion(Source::Token), "TokenUnavailable"),
            Source::Platform => (
                question.has_opinion(Source::Platform),
                "PlatformUnavailable",
            ),
        };
        if !answered {
            let silence = question
                .silences
                .iter()
                .find(|silence| silence.source == *source);
            let why = silence.map_or("it was not looked at", |silence| &silence.why);
            return Err(Failure::new(
                reason,
                format!(
                    "`--via={source}` gives no answer for `{}`: {why}",
                    tenant_key(question)
                ),
            ));
        }
    }
    Ok(())
}

/// Returns the one name that all sources give; the computed one where nobody else was asked.
pub(super) fn one_name(
    question: &Question<'_>,
    computed: HostName,
    judgement: &mut Judgement,
) -> Result<HostName, Failure> {
    if question.opinions.is_empty() {
        return Ok(computed);
    }
    is_own(question).inspect_err(|_| {
        let said = question.opinions.iter().map(Opinion::evidence);
        judgement.evidence.extend(said);
    })?;
    let sides = sides(question, &computed);
    let Some((_, first)) = sides.first() else {
        return Ok(computed);
    };
    if sides.iter().all(|(_, name)| name == first) {
        return Ok(first.clone());
    }
    let others = sides.iter().filter(|(source, _)| *source == Source::Host);
    judgement
        .evidence
        .extend(others.map(|(source, name)| Evidence::of(*source, name, None)));
    let said = question.opinions.iter().map(Opinion::evidence);
    judgement.evidence.extend(said);
    let shown: Vec<String> = sides
        .iter()
        .map(|(source, name)| format!("{source} `{}`", shown(name)))
        .collect();
    Err(Failure::new(
        DISAGREE,
        format!(
            "sources disagree about `{}`: {}",
            tenant_key(question),
            shown.join(", ")
        ),
    )
    .hint(
        "this may be another vCluster than was meant, or its namespaces are mapped: give its host \
         (`--host-context`) or its values (`--vcluster-values`)",
    ))
}

/// Returns who says which name.
///
/// The formula is a side if it was picked, or if the vCluster's own configuration says how it runs.
/// Where only a token was picked, a mode that was merely assumed stands against nothing.
fn sides(question: &Question<'_>, computed: &HostName) -> Vec<(Source, HostName)> {
    let mut sides = Vec::new();
    if question.asks(Source::Computed) || question.vcluster.mode_source.is_own() {
        sides.push((Source::Computed, computed.clone()));
    }
    if let HostFact::Found(found) = question.host
        && seen(question, computed, found).is_ok()
    {
        sides.push((Source::Host, computed.clone()));
    }
    let elsewhere = question.same_uid.iter().map(|other| HostName {
        namespace: other.metadata.namespace.to_owned(),
        name: other.metadata.name.to_owned(),
    });
    let elsewhere = elsewhere.filter(|name| name != computed);
    sides.extend(elsewhere.map(|name| (Source::Host, name)));
    let opinions = question.opinions.iter();
    sides.extend(opinions.map(|opinion| (opinion.source, opinion.host())));
    sides
}

/// A token that nothing but itself speaks for is of this ServiceAccount's own, as far as vCluster has
/// two ways to name one: the formula's name in the namespace of synced objects, or its own name in a
/// namespace that is mapped.
///
/// Any other is the one that all pods share while ServiceAccounts are not synced, or of another
/// vCluster than was meant.
fn is_own(question: &Question<'_>) -> Result<(), Failure> {
    let facts = question.vcluster;
    let which = facts.which;
    let mut opinions = question.opinions.iter();
    let token = opinions.find(|opinion| opinion.source == Source::Token);
    let Some(token) = token.filter(|_| !facts.mode_source.is_own()) else {
        return Ok(());
    };
    let is_shared = token.name == workload_service_account(&which.name);
    if question.asks(Source::Computed) && !is_shared {
        // The formula is a side itself, and all sides are shown.
        return Ok(());
    }
    let key = tenant_key(question);
    let host = token.host();
    let shown = shown(&host);
    let elsewhere = ![facts.host_namespace(), &which.namespace].contains(&&*token.namespace);
    if token.name == host_name(question.name, question.namespace, &which.name) {
        return if token.namespace == facts.host_namespace() {
            Ok(())
        } else {
            Err(Failure::new(
                DISAGREE,
                format!(
                    "a pod of `{key}` was given a token of `{shown}`, but the objects of vCluster \
                     `{which}` are in host namespace `{}`",
                    escape(facts.host_namespace())
                ),
            )
            .hint(
                "correct `--vcluster-namespace`, or give the vCluster's values with \
                 `--vcluster-values`: they may name a target namespace",
            ))
        };
    }
    if token.name == question.name && elsewhere {
        return Ok(());
    }
    let (message, hint) = if is_shared {
        (
            format!(
                "vCluster `{which}` does not sync ServiceAccounts: a pod of `{key}` was given a token \
                 of `{shown}`"
            ),
            "",
        )
    } else {
        (
            format!(
                "a pod of `{key}` was given a token of `{shown}`, which is not its own: vCluster \
                 `{which}` does not sync ServiceAccounts, or the pod is of another one"
            ),
            ", if it is this vCluster",
        )
    };
    Err(Failure::new("ServiceAccountSyncOff", message).hint(format!(
        "set `sync.toHost.serviceAccounts.enabled: true` in its vcluster.yaml{hint}, or say \
         `--workload-service-account` to give all its pods the identity"
    )))
}

/// Adds the opinions to what formula and host have given; all of them name `agreed`.
pub(super) fn weigh(
    question: &Question<'_>,
    agreed: &HostName,
    judgement: &mut Judgement,
    (grade, message): (Grade, String),
) -> Result<(Grade, String), Failure> {
    let opinions = question.opinions;
    judgement
        .evidence
        .extend(opinions.iter().map(Opinion::evidence));
    for opinion in opinions {
        same_object(question, agreed, opinion)?;
    }
    let Some(token) = opinions
        .iter()
        .find(|opinion| opinion.source == Source::Token)
    else {
        return Ok((grade, message));
    };
    judgement.issuer = one_issuer(question, token)?;
    match question.host {
        HostFact::Found(_) => Ok((grade, format!("{message}, and so in a token"))),
        HostFact::Absent | HostFact::NotRead => {
            judgement.host = Some(host_account(agreed, token.uid.as_deref()));
            let message = format!(
                "`{}`, by the token that the host gave a pod of it",
                shown(agreed)
            );
            Ok((Grade::Proven, message))
        }
    }
}

/// The source speaks of the very object that is on the host now.
fn same_object(
    question: &Question<'_>,
    agreed: &HostName,
    opinion: &Opinion,
) -> Result<(), Failure> {
    match (question.host, &opinion.uid) {
        (HostFact::Found(found), Some(uid)) if found.uid != uid => Err(Failure::new(
            OTHER_UID,
            format!(
                "host ServiceAccount `{}` has uid `{}`, but {} says `{}`",
                shown(agreed),
                escape(found.uid),
                opinion.source,
                escape(uid)
            ),
        )
        .hint("run it again: the host's object may have been made anew meanwhile")),
        _ => Ok(()),
    }
}

/// Token and host name one issuer, byte for byte.
fn one_issuer(question: &Question<'_>, token: &Opinion) -> Result<Option<String>, Failure> {
    let Some(issuer) = token.issuer.as_deref() else {
        return Ok(None);
    };
    let host = question.host_issuer.map(|url| (IssuerSource::Host, url));
    let sources: Vec<_> = host
        .into_iter()
        .chain([(IssuerSource::Token, issuer)])
        .collect();
    match agree(&sources) {
        Ok(agreed) => Ok(Some(agreed.url)),
        Err(error) => Err(Failure::new("IssuerDiffers", error.to_string())
            .hint("a host has one issuer: `--host-context` may lead to another cluster than this vCluster's host")),
    }
}
