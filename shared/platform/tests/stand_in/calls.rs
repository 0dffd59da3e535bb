//! What the calls answer when nothing goes wrong.

use vwi_core::translation::VirtualClusterName;
use vwi_platform::Phase;

use crate::scene::{KEY, SCOPED, client, server};

#[tokio::test]
async fn an_instance_leads_to_helm_release_and_host_namespace() {
    let server = server();
    let found = client(&server, KEY)
        .instance("team", "blue-x7f2a")
        .await
        .unwrap();
    let which = VirtualClusterName {
        name: "blue".to_owned(),
        namespace: "team-x".to_owned(),
    };
    assert_eq!(found.which, Some(which));
    assert_eq!(found.cluster.as_deref(), Some("aks"));
    assert_eq!(found.display_name.as_deref(), Some("Blue one"));
    assert!(found.values.unwrap().contains("serviceAccounts"));
    let paths: Vec<_> = server
        .requests()
        .into_iter()
        .map(|request| request.path)
        .collect();
    let base = "/kubernetes/management/apis/management.loft.sh/v1";
    assert_eq!(
        paths,
        [
            format!("{base}/selves"),
            format!("{base}/namespaces/p-team/virtualclusterinstances/blue-x7f2a")
        ]
    );
}

#[tokio::test]
async fn project_namespaces_are_the_platforms_own() {
    let server = server();
    for (prefix, told) in [
        (Some("p-"), "p-"),
        (None, "loft-p-"),
        (Some("odd-"), "odd-"),
        (Some(""), ""),
    ] {
        server.change_settings(|settings| {
            settings.project_namespace_prefix = prefix.map(str::to_owned);
        });
        let platform = client(&server, KEY);
        let myself = platform.myself().await.unwrap();
        assert_eq!(myself.project_namespace_prefix, told);
        let found = platform.instance("team", "green").await.unwrap();
        assert_eq!(
            (found.project.as_str(), &found.phase),
            ("team", &Phase::Sleeping)
        );
    }
}

#[tokio::test]
async fn lists_are_read_to_their_end_and_show_what_the_key_may_see() {
    let server = server();
    server.change_settings(|settings| settings.page = 1);
    let names = async |key| {
        let found = client(&server, key).instances().await.unwrap();
        let names = found
            .into_iter()
            .map(|one| format!("{}/{}", one.project, one.name));
        names.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(KEY).await, "team/blue-x7f2a team/green other/red");
    assert_eq!(names(SCOPED).await, "team/blue-x7f2a team/green");
}

#[tokio::test]
async fn the_translate_call_is_taken_with_either_status() {
    let server = server();
    for created in [201, 200] {
        server.change_settings(|settings| settings.created = created);
        let name = client(&server, KEY)
            .translate("blue", "default", "app")
            .await;
        assert_eq!(name.unwrap(), "app-x-default-x-blue");
    }
    let sent = server.requests().pop().unwrap();
    assert_eq!(
        sent.body,
        r#"{"apiVersion":"management.loft.sh/v1","kind":"TranslateVClusterResourceName","metadata":{},"spec":{"name":"app","namespace":"default","vclusterName":"blue"}}"#
    );
}
