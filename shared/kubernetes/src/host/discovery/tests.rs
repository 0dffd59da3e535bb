use std::path::Path;

use super::*;

const KUBECONFIG: &str = r#"
current-context: vcluster_demo_team-x_aks
contexts:
- {name: aks, context: {cluster: aks, user: u}}
- {name: vcluster_demo_team-x_aks, context: {cluster: demo, user: u}}
- {name: vcluster_demo_team-x_gone, context: {cluster: demo, user: u}}
"#;

fn found(
    path: &Path,
    host: &HostChoice,
    context: Option<&str>,
) -> Option<(HostOrigin, Option<String>)> {
    let tenant = ClusterChoice {
        kubeconfig: KubeconfigFiles::Merged(vec![path.to_owned()]),
        context: context.map(str::to_owned),
        ..ClusterChoice::default()
    };
    HostCandidate::find(host, &tenant)
        .unwrap()
        .map(|candidate| {
            (
                candidate.origin,
                candidate.choice.and_then(|choice| choice.context),
            )
        })
}

#[test]
fn the_first_that_answers_is_the_host() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    std::fs::write(&path, KUBECONFIG).unwrap();
    let none = HostChoice::default();
    let all = HostChoice {
        context: Some("typed".to_owned()),
        environment_context: Some("set".to_owned()),
        in_cluster: true,
        ..HostChoice::default()
    };
    let pod_and_variable = HostChoice {
        context: None,
        ..all.clone()
    };
    let pod = HostChoice {
        environment_context: Some(String::new()),
        ..pod_and_variable.clone()
    };
    let off = HostChoice {
        none: true,
        ..all.clone()
    };
    let name = |name: &str| Some(name.to_owned());
    for (host, context, expected) in [
        (&all, None, Some((HostOrigin::Flag, name("typed")))),
        (
            &pod_and_variable,
            None,
            Some((HostOrigin::Environment, name("set"))),
        ),
        (&pod, None, Some((HostOrigin::InCluster, None))),
        (&none, None, Some((HostOrigin::ParentContext, name("aks")))),
        (&none, Some("vcluster_demo_team-x_gone"), None),
        (&none, Some("aks"), None),
        (&off, None, None),
    ] {
        assert_eq!(found(&path, host, context), expected);
    }
}

#[test]
fn the_tenants_own_credentials_do_not_go_to_the_host() {
    let tenant = ClusterChoice {
        token: Some("tenant".to_owned().into()),
        impersonate: Some("jane".to_owned()),
        server: Some("https://tenant".to_owned()),
        ..ClusterChoice::default()
    };
    let host = HostChoice {
        context: Some("aks".to_owned()),
        ..HostChoice::default()
    };
    let choice = HostCandidate::find(&host, &tenant)
        .unwrap()
        .unwrap()
        .choice
        .unwrap();
    assert!(choice.token.is_none() && choice.impersonate.is_none() && choice.server.is_none());
}

#[test]
fn what_is_typed_of_identity_and_tls_is_the_tenants_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    std::fs::write(&path, KUBECONFIG).unwrap();
    let tenant = ClusterChoice {
        kubeconfig: KubeconfigFiles::Merged(vec![path]),
        impersonate: Some("somebody".to_owned()),
        tls: TlsChoice {
            insecure_skip_verify: true,
            ..TlsChoice::default()
        },
        ..ClusterChoice::default()
    };
    let host = HostCandidate::find(&HostChoice::default(), &tenant).unwrap();
    let choice = host.unwrap().choice.unwrap();
    assert!(!choice.tls.insecure_skip_verify);
    assert_eq!(choice.impersonate, None);
}
