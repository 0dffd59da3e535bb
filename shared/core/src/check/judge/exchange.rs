//! I: the exchange of a token.

use super::credential::{federate_again, matched};
use super::{PASSED, failed, skipped, unknown};
use crate::check::credential_match::Match;
use crate::check::exchange::{PROPAGATION, Presented, Probe, Refusal, link, suspect};
use crate::check::facts::Facts;
use crate::check::finding::{Evidence, Failure, Verdict};
use crate::federation::Credential;
use crate::step::Step;
use crate::text::escape;

pub(in crate::check) fn propagation(facts: &Facts) -> Option<Verdict> {
    let Ok(probe) = facts.probe.as_ref()? else {
        return None;
    };
    let Probe::Refused {
        presented,
        refusal,
        tries,
        elapsed,
    } = probe
    else {
        return matches!(probe, Probe::Exchanged { .. }).then_some(Verdict::Passed);
    };
    if !refusal.code.is_some_and(|code| PROPAGATION.contains(&code)) {
        return None;
    }
    let Ok(Match::Exact(credential)) = matched(facts) else {
        return None;
    };
    let evidence = vec![
        Evidence::note(format!(
            "Azure shows credential `{}` for exactly what was presented: issuer `{}`, subject `{}`, \
             audience `{}`",
            escape(&credential.name),
            escape(&presented.issuer),
            escape(&presented.subject),
            escape(&presented.audience)
        )),
        Evidence::note(format!(
            "refused {tries} times in {} s; Entra learns of a credential node by node",
            elapsed.as_secs()
        )),
    ];
    let arguments = [
        facts.name.as_str(),
        "-n",
        &facts.namespace,
        "--probe=token",
        "--settle=10m",
    ];
    failed(Failure::warning(evidence).fix(facts.words.step(Step::Check, &arguments)))
}

pub(in crate::check) fn expired(facts: &Facts) -> Option<Verdict> {
    let Ok(Probe::Refused { refusal, .. }) = facts.probe.as_ref()? else {
        return None;
    };
    if refusal.code != Some(700_024) {
        return None;
    }
    let evidence = vec![
        Evidence::note(words_of(refusal)),
        Evidence::note("a token that was minted a moment ago is not valid: a clock is wrong"),
    ];
    failed(Failure::error(evidence))
}

pub(in crate::check) fn refused(facts: &Facts) -> Option<Verdict> {
    let probe = match &facts.probe {
        None => return skipped("not tried: `--probe=token`"),
        Some(Err(unseen)) => return unknown(unseen),
        Some(Ok(probe)) => probe,
    };
    match probe {
        Probe::Exchanged { .. } => PASSED,
        Probe::Unreachable { reason } => failed(Failure::error(vec![
            Evidence::note(reason.clone()),
            Evidence::note("nothing came through from here; the pod's way out may be another"),
        ])),
        Probe::NotMinted { reason } => failed(Failure::error(vec![Evidence::note(format!(
            "the host gave no token: {reason}"
        ))])),
        Probe::Refused {
            presented, refusal, ..
        } => failed(explain(facts, presented, refusal)),
    }
}

/// Explains a refusal by what was presented and what is registered, side by side.
fn explain(facts: &Facts, presented: &Presented, refusal: &Refusal) -> Failure {
    let mut evidence = vec![Evidence::note(words_of(refusal))];
    let nearest = match matched(facts) {
        Ok(
            Match::Exact(credential)
            | Match::Audience(credential)
            | Match::Case(credential)
            | Match::Issuer(credential)
            | Match::Subject(credential)
            | Match::Flexible(credential),
        ) => Some(credential),
        Ok(Match::Nothing) | Err(_) => None,
    };
    evidence.extend(presented_and_registered(presented, nearest));
    let check = refusal.code.and_then(suspect);
    match check {
        Some("exchange-blocked") => evidence.push(Evidence::note(
            "a policy of the Entra tenant, or another cloud, stands against it: an administrator can \
             tell",
        )),
        Some(id) => evidence.push(Evidence::note(format!("this is about `{id}`"))),
        None => {}
    }
    if let (None, Some(code)) = (check, refusal.code) {
        evidence.push(Evidence::note(format!("see {}", link(code))));
    }
    let failure = Failure::error(evidence);
    match check {
        Some(
            "issuer-mismatch" | "audience-mismatch" | "subject-mismatch" | "case-mismatch"
            | "no-fic",
        ) if !matches!(matched(facts), Ok(Match::Exact(_))) => failure.fix(federate_again(facts)),
        Some(_) | None => failure,
    }
}

fn presented_and_registered(
    presented: &Presented,
    registered: Option<&Credential>,
) -> Vec<Evidence> {
    let Some(registered) = registered else {
        return [
            ("issuer", &presented.issuer),
            ("subject", &presented.subject),
            ("audience", &presented.audience),
            ("client id", &presented.client_id),
        ]
        .into_iter()
        .map(|(of, value)| Evidence::note(format!("presented {of} `{}`", escape(value))))
        .collect();
    };
    let of = |what: &str| format!("{what} of credential {}", escape(&registered.name));
    vec![
        Evidence::pair(of("issuer"), &presented.issuer, Some(&registered.issuer)),
        Evidence::pair(
            of("subject"),
            &presented.subject,
            registered.subject.as_deref(),
        ),
        Evidence::pair(
            of("audience"),
            &presented.audience,
            Some(registered.audiences.join(", ")),
        ),
    ]
}

fn words_of(refusal: &Refusal) -> String {
    format!("Entra says: {}", escape(&refusal.description))
}
