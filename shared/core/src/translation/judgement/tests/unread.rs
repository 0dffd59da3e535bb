//! What is said where the tenant did not answer, or where all pods share one ServiceAccount.

use super::*;

#[test]
fn nothing_is_said_of_a_tenant_that_did_not_answer() {
    let line = |unread, allow_missing| {
        line(|case| {
            case.tenant = TenantFact::NotRead(unread);
            case.host = Answer::Absent;
            case.same_uid.clear();
            case.allow_missing = allow_missing;
        })
    };
    let absent = "the host has no `hns/app-x-default-x-vc` for ServiceAccount `default/app`, and";
    for (unread, expected) in [
        (
            Unread::NotAsked,
            format!("NotOnHost: {absent} the tenant was not asked"),
        ),
        (
            Unread::Forbidden,
            format!("NotOnHost: {absent} you may not read it in the tenant"),
        ),
        (
            Unread::Asleep,
            format!("Asleep: {absent} the tenant is asleep and was not asked"),
        ),
    ] {
        assert_eq!(line(unread, false), expected);
        assert_eq!(
            line(unread, true),
            "Configured: awaited: the host will call it `hns/app-x-default-x-vc`"
        );
    }
}

#[test]
fn two_of_one_uid_are_found_out_without_the_tenant_too() {
    let found = line(|case| {
        case.tenant = TenantFact::NotRead(Unread::NotAsked);
        case.same_uid.push(Object::synced("default", "other", "u1"));
    });
    assert_eq!(
        found,
        "DuplicateUid: uid `u1` of the tenant's ServiceAccount is on several of the host: \
         `hns/app-x-default-x-vc` and `hns/other-x-default-x-vc`"
    );
}

#[test]
fn the_shared_service_account_is_taken_knowingly() {
    let off = || Some(Configuration::parse("{}", &which()).unwrap());
    let shared = |configuration, host| {
        line(|case| {
            case.configuration = configuration;
            case.host = host;
            case.workload_account = true;
            case.accept = Grade::Configured;
        })
    };
    let there = || {
        Answer::There(Object {
            name: "vc-workload-vc".to_owned(),
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
        })
    };
    for (configuration, host, expected) in [
        (
            off(),
            there(),
            "Proven: seen on the host as `hns/vc-workload-vc`: every pod of the vCluster runs as it \
             and gets the identity",
        ),
        (
            off(),
            Answer::NotRead,
            "Configured: `hns/vc-workload-vc`, by the vCluster's own configuration: every pod of \
             the vCluster runs as it and gets the identity",
        ),
        (
            off(),
            Answer::Absent,
            "NotOnHost: the host has no `hns/vc-workload-vc`, which all pods of vCluster `hns/vc` \
             are to run as",
        ),
        // The chart makes it in every vCluster: seeing it does not tell that pods run as it.
        (
            None,
            there(),
            "Unproven: seen on the host as `hns/vc-workload-vc`: every pod of the vCluster runs as \
             it and gets the identity; that is `computed`, not `configured`",
        ),
        (
            Some(on()),
            there(),
            "ServiceAccountSyncOn: vCluster `hns/vc` syncs ServiceAccounts, so that no pod runs as \
             the shared one",
        ),
    ] {
        assert_eq!(shared(configuration, host), expected);
    }
}

#[test]
fn a_name_that_a_neighbour_in_the_namespace_holds_is_said_to_be_whose() {
    let found = line(|case| {
        case.host = host(|object| {
            object
                .labels
                .insert(MANAGED_BY.to_owned(), "x-vc".to_owned());
            object
                .annotations
                .insert(OBJECT_NAME.to_owned(), "a\u{1b}[2J".to_owned());
        });
    });
    assert_eq!(
        found,
        "ForeignHostServiceAccount: host ServiceAccount `hns/app-x-default-x-vc` is not one that \
         vCluster `hns/vc` made for `default/app`: its label `vcluster.loft.sh/managed-by` says \
         `x-vc`, and its annotations name `default/a\\u{1b}[2J`"
    );
}

#[test]
fn the_flag_that_leaves_the_host_out_is_named_and_not_another_one() {
    let hint = |flag: Option<&'static str>| {
        let mut case = whole();
        case.host = Answer::NotRead;
        case.same_uid.clear();
        case.configuration = None;
        case.blinded_by = flag;
        judged(&case).hint.unwrap()
    };
    assert_eq!(
        hint(Some("--offline")),
        "`--offline` looks at no host: leave it out, or say `--accept=computed`"
    );
    assert!(hint(None).contains("--host-context"));
}

#[test]
fn what_no_service_account_is_called_is_no_answer() {
    let found = line(|case| {
        let text = "controlPlane: {advanced: {workloadServiceAccount: {name: \"Bad \\e[2J\"}}}";
        case.configuration = Some(Configuration::parse(text, &which()).unwrap());
        case.values = true;
        case.host = Answer::NotRead;
        case.same_uid.clear();
        case.accept = Grade::Computed;
        case.workload_account = true;
    });
    assert_eq!(
        found,
        r"NoHostName: `hns/Bad \u{1b}[2J` is no name that a ServiceAccount of the host can have"
    );
}

#[test]
fn where_no_configuration_was_read_the_sync_may_be_off() {
    let hint = |configuration: Option<Configuration>| {
        let mut case = whole();
        case.host = Answer::Absent;
        case.same_uid.clear();
        case.configuration = configuration;
        judged(&case).hint.unwrap()
    };
    assert!(hint(None).contains("it seems not to sync ServiceAccounts"));
    assert!(!hint(Some(on())).contains("seems not"));
}
