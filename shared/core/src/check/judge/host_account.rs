//! D: the host's ServiceAccount.

use super::service_account::client_id;
use super::{PASSED, failed, unknown};
use crate::annotation::{CLIENT_ID, KEYS, TENANT_ID, TOKEN_EXPIRATION};
use crate::check::facts::{Facts, ServiceAccountFact};
use crate::check::finding::{Evidence, Failure, Verdict};
use crate::namespaces::NamespaceMode;
use crate::step::Step;
use crate::text::escape;
use crate::vcluster_labels::{
    CONTROLLED_BY, HostMetadata, MANAGED_BY, OBJECT_NAME, OBJECT_NAMESPACE, OBJECT_UID, tenant_of,
};

pub(in crate::check) fn missing(facts: &Facts) -> Option<Verdict> {
    if is_sync_off(facts) || is_absent_in_tenant(facts) {
        return None;
    }
    let found = match &facts.host.service_account {
        Ok(found) => found,
        Err(unseen) => return unknown(unseen),
    };
    let expected = match &facts.expected_host {
        Ok(expected) => expected,
        Err(unseen) => return unknown(unseen),
    };
    if found.is_some() || facts.host.by_uid.is_some() {
        return PASSED;
    }
    let mut evidence = vec![Evidence::pair(
        "host ServiceAccount",
        format!("{}/{}", expected.namespace, expected.name),
        None::<&str>,
    )];
    let controller = facts.tenant_account().and_then(|account| {
        account
            .annotation(CONTROLLED_BY)
            .or_else(|| account.labels.get(CONTROLLED_BY).map(String::as_str))
    });
    let fix = if let Some(controller) = controller {
        evidence.push(Evidence::note(format!(
            "`{CONTROLLED_BY}` is `{}`, so vCluster leaves it to somebody else",
            escape(controller)
        )));
        let key = format!("{CONTROLLED_BY}-");
        let arguments = ["annotate", "sa", &facts.name, "-n", &facts.namespace, &key];
        facts.words.kubectl(&arguments)
    } else {
        facts.words.kubectl(&[
            "get",
            "events",
            "-n",
            &facts.namespace,
            "--field-selector",
            "reason=SyncError",
        ])
    };
    failed(Failure::error(evidence).fix(fix))
}

pub(in crate::check) fn foreign(facts: &Facts) -> Option<Verdict> {
    if is_sync_off(facts) {
        return None;
    }
    if let Some(failure) = other_in_record(facts) {
        return failed(failure);
    }
    let account = match &facts.host.service_account {
        Ok(account) => account.as_ref()?,
        Err(unseen) => return unknown(unseen),
    };
    let vcluster = match &facts.vcluster {
        Ok(vcluster) => vcluster,
        Err(unseen) => return unknown(unseen),
    };
    let uid = match &facts.tenant.service_account {
        Ok(tenant) => tenant.as_ref().map(|tenant| tenant.uid.as_str()),
        Err(unseen) => return unknown(unseen),
    };
    let mode = facts
        .host
        .configuration
        .as_ref()
        .map_or(&NamespaceMode::Single, |configuration| &configuration.mode);
    let metadata = HostMetadata {
        namespace: &account.namespace,
        name: &account.name,
        labels: &account.labels,
        annotations: &account.annotations,
    };
    let namespace = facts
        .host
        .configuration
        .as_ref()
        .map_or(vcluster.namespace.as_str(), |configuration| {
            configuration.host_namespace(vcluster)
        });
    let is_own = tenant_of(metadata, mode, &vcluster.name, namespace).is_ok_and(|tenant| {
        tenant.namespace == facts.namespace && tenant.name == facts.name && tenant.uid == uid
    });
    if is_own {
        return PASSED;
    }
    failed(foreign_failure(facts, account, &vcluster.name, uid))
}

/// The record claims another subject than that of the copy that was seen.
fn other_in_record(facts: &Facts) -> Option<Failure> {
    let stated = facts.stated_subject.as_deref()?;
    let is_seen = facts.host.by_uid.is_some() || matches!(facts.host.service_account, Ok(Some(_)));
    let subject = facts.subject().ok().filter(|_| is_seen)?;
    if subject == stated {
        return None;
    }
    let evidence = vec![Evidence::pair(
        "subject in the record",
        &subject,
        Some(stated),
    )];
    let arguments = [facts.name.as_str(), "-n", &facts.namespace];
    Some(Failure::error(evidence).fix(facts.words.step(Step::Translate, &arguments)))
}

fn foreign_failure(
    facts: &Facts,
    account: &ServiceAccountFact,
    vcluster: &str,
    uid: Option<&str>,
) -> Failure {
    let managed_by = account.labels.get(MANAGED_BY).map(String::as_str);
    let rows = [
        (format!("label `{MANAGED_BY}`"), vcluster, managed_by),
        (
            format!("annotation `{OBJECT_NAMESPACE}`"),
            &facts.namespace,
            account.annotation(OBJECT_NAMESPACE),
        ),
        (
            format!("annotation `{OBJECT_NAME}`"),
            &facts.name,
            account.annotation(OBJECT_NAME),
        ),
        (
            format!("annotation `{OBJECT_UID}`"),
            uid.unwrap_or("none: it is not in the tenant cluster"),
            account.annotation(OBJECT_UID),
        ),
    ];
    let mut evidence = vec![Evidence::note(format!(
        "host ServiceAccount `{}/{}` is not this one's copy",
        escape(&account.namespace),
        escape(&account.name)
    ))];
    evidence.extend(
        rows.into_iter()
            .filter(|(_, expected, found)| *found != Some(*expected))
            .map(|(of, expected, found)| Evidence::pair(of, expected, found)),
    );
    let is_bare = account.annotation(OBJECT_NAME).is_none();
    evidence.push(Evidence::note(if is_bare {
        format!(
            "somebody made it first: vCluster leaves it alone and never syncs this one, and its pods \
             run as the foreign one, until the owner of `{}/{}` takes it away",
            escape(&account.namespace),
            escape(&account.name)
        )
    } else {
        "the subject belongs to somebody else, or is being made anew".to_owned()
    }));
    if is_bare {
        // It is its owner's, who alone can say whether it may go.
        return Failure::error(evidence);
    }
    let arguments = [facts.name.as_str(), "-n", &facts.namespace, "--wait"];
    Failure::error(evidence).fix(facts.words.step(Step::Check, &arguments))
}

pub(in crate::check) fn other_name(facts: &Facts) -> Option<Verdict> {
    if is_sync_off(facts) || is_absent_in_tenant(facts) {
        return None;
    }
    let expected = match &facts.expected_host {
        Ok(expected) => expected,
        Err(unseen) => return unknown(unseen),
    };
    let Some(found) = &facts.host.by_uid else {
        return match &facts.host.service_account {
            Ok(Some(_)) => PASSED,
            Ok(None) => None,
            Err(unseen) => unknown(unseen),
        };
    };
    if found == expected {
        return PASSED;
    }
    let evidence = vec![
        Evidence::pair(
            "host ServiceAccount",
            format!("{}/{}", expected.namespace, expected.name),
            Some(format!("{}/{}", found.namespace, found.name)),
        ),
        Evidence::note(
            "vCluster keeps another name for it, or the vCluster was restored or renamed",
        ),
    ];
    let fix = super::credential::federate_again(facts);
    failed(Failure::warning(evidence).fix(fix))
}

pub(in crate::check) fn annotations_differ(facts: &Facts) -> Option<Verdict> {
    if is_sync_off(facts) {
        return None;
    }
    let tenant = match &facts.tenant.service_account {
        Ok(tenant) => tenant.as_ref()?,
        Err(unseen) => return unknown(unseen),
    };
    let host = match &facts.host.service_account {
        Ok(host) => host.as_ref()?,
        Err(unseen) => return unknown(unseen),
    };
    let evidence: Vec<Evidence> = KEYS
        .into_iter()
        .filter(|key| tenant.annotation(key) != host.annotation(key))
        .map(|key| {
            let of = format!("annotation `{key}` on the host");
            match tenant.annotation(key) {
                Some(expected) => Evidence::pair(of, expected, host.annotation(key)),
                None => Evidence::note(format!(
                    "{of} is `{}`, and the tenant has none",
                    escape(host.annotation(key).unwrap_or_default())
                )),
            }
        })
        .collect();
    if evidence.is_empty() {
        return PASSED;
    }
    let mut evidence = evidence;
    evidence.push(Evidence::note(
        "vCluster may be about to mend it; one that changed while it was down it mends only when \
         that very key changes in the tenant",
    ));
    failed(Failure::error(evidence).fix(annotate_anew(facts, tenant)))
}

/// Returns the commands that take the annotations away and set them again.
fn annotate_anew(facts: &Facts, tenant: &ServiceAccountFact) -> String {
    let of_it = [facts.name.as_str(), "-n", &facts.namespace];
    let remove = [of_it.as_slice(), &["--remove"]].concat();
    let value = |key: &str| tenant.annotation(key).filter(|value| !value.is_empty());
    let client_id = value(CLIENT_ID).unwrap_or_else(|| client_id(facts));
    let mut set = [of_it.as_slice(), &["--client-id", client_id]].concat();
    for (flag, key) in [
        ("--azure-tenant-id", TENANT_ID),
        ("--token-expiration", TOKEN_EXPIRATION),
    ] {
        if let Some(value) = value(key) {
            set.extend([flag, value]);
        }
    }
    format!(
        "{} && {}",
        facts.words.step(Step::Annotate, &remove),
        facts.words.step(Step::Annotate, &set)
    )
}

/// Where ServiceAccounts are not synced, there is no copy to judge.
fn is_sync_off(facts: &Facts) -> bool {
    facts
        .host
        .configuration
        .as_ref()
        .is_ok_and(|configuration| !configuration.syncs_service_accounts)
}

fn is_absent_in_tenant(facts: &Facts) -> bool {
    matches!(facts.tenant.service_account, Ok(None))
}
