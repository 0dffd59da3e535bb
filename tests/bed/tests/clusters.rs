//! What a test finds in the bed: two real clusters, a vCluster's traces, and Azure.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::sync::Arc;

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{Secret, Service};
use k8s_openapi::api::rbac::v1::{PolicyRule, Role};
use kube::Api;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::Value;
use vwi_bed::{Bed, ClusterDescription, VirtualCluster, client, require_kubectl, unique};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

#[tokio::test]
async fn both_api_servers_are_real_and_know_their_version() {
    let bed = Bed::connect().await.unwrap();
    for client in [bed.host().await.unwrap(), bed.tenant().await.unwrap()] {
        let version = client.apiserver_version().await.unwrap();
        assert_eq!(version.git_version, "v1.36.3");
        assert_eq!(
            (version.major.as_str(), version.minor.as_str()),
            ("1", "36")
        );
    }
}

#[tokio::test]
async fn tenant_and_host_share_the_address_of_the_vclusters_service() {
    let bed = Bed::connect().await.unwrap();
    let shared = &bed.description().tenant;
    let added = bed
        .add_tenant(VirtualCluster::new(unique("vc"), unique("hns")))
        .unwrap();
    for tenant in [shared, &added] {
        let wanted = &tenant.vcluster;
        let host = Api::<Service>::namespaced(bed.host().await.unwrap(), &wanted.namespace);
        let on_host = host.get(&wanted.name).await.unwrap();
        let labels = on_host.metadata.labels.clone().unwrap();
        assert_eq!(labels["vcluster.loft.sh/service"], "true");
        assert_eq!(labels["release"], wanted.name);

        let inside = client(&tenant.cluster).await.unwrap();
        let inside = Api::<Service>::namespaced(inside, "default")
            .get("kubernetes")
            .await
            .unwrap();
        let address = |service: Service| service.spec.unwrap().cluster_ip.unwrap();
        let address_on_host = address(on_host);
        assert_eq!(address_on_host, tenant.service_address.to_string());
        assert_eq!(address(inside), address_on_host);
    }
}

#[tokio::test]
async fn the_tenants_certificate_has_the_names_of_a_real_vcluster() {
    let bed = Bed::connect().await.unwrap();
    let tenant = &bed.description().tenant;
    let chain = serving_chain(&tenant.cluster).await;
    assert_eq!(chain.len(), 2, "the leaf and its authority are sent");
    let (_, leaf) = X509Certificate::from_der(chain.first().unwrap()).unwrap();
    assert_eq!(leaf.subject().to_string(), "CN=kube-apiserver");
    assert_eq!(leaf.issuer().to_string(), "CN=kubernetes");
    let names = leaf.subject_alternative_name().unwrap().unwrap();
    let names: Vec<String> = names
        .value
        .general_names
        .iter()
        .map(|name| {
            if let GeneralName::DNSName(name) = name {
                return (*name).to_owned();
            }
            let GeneralName::IPAddress(bytes) = name else {
                panic!("{name:?}")
            };
            std::net::Ipv4Addr::from(<[u8; 4]>::try_from(*bytes).unwrap()).to_string()
        })
        .collect();
    let expected = [
        "kubernetes.default.svc.cluster.local",
        "kubernetes.default.svc",
        "kubernetes.default",
        "kubernetes",
        "localhost",
        "*.vcluster-demo.team-x.nodes.vcluster.com",
        "*.nodes.vcluster.com",
        "vcluster-demo",
        "vcluster-demo.team-x",
        "127.0.0.1",
        "10.244.1.2",
        "10.96.1.1",
    ];
    assert_eq!(names, expected);
}

#[tokio::test]
async fn azure_serves_the_hosts_discovery_document_and_keys() {
    let bed = Bed::connect().await.unwrap();
    let issuer = &bed.description().issuer;
    let http = bed.http().unwrap();
    let document: Value = http
        .get(format!("{issuer}.well-known/openid-configuration"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert!(issuer.ends_with('/'));
    assert_eq!(document["issuer"], issuer.as_str());
    let keys = document["jwks_uri"].as_str().unwrap();
    assert_eq!(keys, format!("{issuer}openid/v1/jwks"));
    let keys: Value = http.get(keys).send().await.unwrap().json().await.unwrap();
    assert_eq!(keys["keys"][0]["kty"], "RSA");
    assert_eq!(keys["keys"][0]["alg"], "RS256");
}

#[tokio::test]
async fn the_host_shows_a_running_vcluster_with_its_configuration() {
    let bed = Bed::connect().await.unwrap();
    let host = bed.host().await.unwrap();
    let sets: Api<StatefulSet> = Api::namespaced(host.clone(), "team-x");
    let set = sets.get("vcluster-demo").await.unwrap();
    let container = &set.spec.unwrap().template.spec.unwrap().containers[0];
    assert_eq!(container.name, "syncer");
    assert_eq!(
        container.image.as_deref(),
        Some("ghcr.io/loft-sh/vcluster-pro:0.36.1")
    );
    let secrets: Api<Secret> = Api::namespaced(host, "team-x");
    let secret = secrets.get("vc-config-vcluster-demo").await.unwrap();
    let values = &secret.data.unwrap()["config.yaml"].0;
    let values: Value = serde_saphyr::from_slice(values).unwrap();
    assert_eq!(values["sync"]["toHost"]["serviceAccounts"]["enabled"], true);
    let secret = secrets.get("vc-vcluster-demo").await.unwrap();
    let keys: Vec<_> = secret.data.unwrap().into_keys().collect();
    let expected = [
        "certificate-authority",
        "client-certificate",
        "client-key",
        "config",
        "token",
    ];
    assert_eq!(keys, expected);
}

#[tokio::test]
async fn an_administrator_of_one_cluster_is_nobody_in_the_other() {
    let bed = Bed::connect().await.unwrap();
    let description = bed.description();
    let host = std::fs::read_to_string(&description.host.kubeconfig).unwrap();
    // The host's user with the tenant's address and authority.
    let mut mixed: Value = serde_saphyr::from_str(&host).unwrap();
    let tenant = std::fs::read_to_string(&description.tenant.cluster.kubeconfig).unwrap();
    let tenant: Value = serde_saphyr::from_str(&tenant).unwrap();
    mixed["clusters"][0]["cluster"] = tenant["clusters"][0]["cluster"].clone();
    let kubeconfig = bed.folder().join("mixed.yaml");
    std::fs::write(&kubeconfig, mixed.to_string()).unwrap();
    let mut cluster = description.host.clone();
    cluster.kubeconfig = kubeconfig;
    let error = client(&cluster)
        .await
        .unwrap()
        .list_api_groups()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("Unauthorized"), "{error}");
}

#[tokio::test]
async fn a_vcluster_without_sync_of_service_accounts_goes_with_its_test() {
    let bed = Bed::connect().await.unwrap();
    let wanted = VirtualCluster::new(unique("plain"), unique("team-plain"))
        .with("sync.toHost.serviceAccounts.enabled", false)
        .unwrap();
    let tenant = bed.add_tenant(wanted.clone()).unwrap();
    let pids: Vec<u32> = tenant.servers.iter().map(|server| server.pid).collect();
    let role = format!("vc-{}", wanted.name);
    let api: Api<Role> = Api::namespaced(bed.host().await.unwrap(), &wanted.namespace);
    let rules = api.get(&role).await.unwrap().rules.unwrap();
    let accounts = |rule: &PolicyRule| {
        rule.resources
            .iter()
            .flatten()
            .any(|resource| resource == "serviceaccounts")
    };
    assert!(!rules.iter().any(accounts));

    // Another client keeps the bed.
    let other = Bed::connect().await.unwrap();
    drop(bed);
    let gone = || Ok((!pids.iter().any(|pid| exists(*pid))).then_some(()));
    vwi_bed::until_blocking(
        "the end of the tenant",
        std::time::Duration::from_secs(5),
        gone,
    )
    .unwrap();
    drop(other);
}

#[test]
fn kubectl_sees_both_clusters_under_the_names_of_their_command_lines() {
    let Some(kubectl) = require_kubectl() else {
        return;
    };
    let bed = Bed::connect_blocking().unwrap();
    let run = |arguments: &[&str]| {
        let finished = bed.program(&kubectl).args(arguments).run().unwrap();
        assert_eq!(finished.status, Some(0), "{}", finished.stderr);
        finished.stdout
    };
    let contexts = run(&["config", "get-contexts", "-o", "name"]);
    assert_eq!(contexts, "aks\nvcluster_vcluster-demo_team-x_aks\n");
    assert_eq!(
        run(&["config", "current-context"]),
        "vcluster_vcluster-demo_team-x_aks\n"
    );
    let uid = |context: &str| {
        run(&[
            "--context",
            context,
            "get",
            "ns",
            "kube-system",
            "-o",
            "jsonpath={.metadata.uid}",
        ])
    };
    assert_ne!(uid("aks"), uid("vcluster_vcluster-demo_team-x_aks"));
}

fn exists(pid: u32) -> bool {
    std::path::Path::new(&format!("/proc/{pid}")).exists()
}

/// The certificates that an API server shows, its own first.
async fn serving_chain(cluster: &ClusterDescription) -> Vec<CertificateDer<'static>> {
    let kubeconfig = std::fs::read_to_string(&cluster.kubeconfig).unwrap();
    let kubeconfig: Value = serde_saphyr::from_str(&kubeconfig).unwrap();
    let authority = kubeconfig.pointer("/clusters/0/cluster/certificate-authority-data");
    let authority = authority.unwrap().clone();
    let authority: k8s_openapi::ByteString = serde_json::from_value(authority).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(&authority.0).unwrap())
        .unwrap();
    let config = rustls::ClientConfig::builder().with_root_certificates(roots);
    let config = Arc::new(config.with_no_client_auth());
    let address = cluster.server.strip_prefix("https://").unwrap();
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
    let stream = tokio_rustls::TlsConnector::from(config)
        .connect(name, stream)
        .await
        .unwrap();
    let (_, connection) = stream.get_ref();
    connection
        .peer_certificates()
        .unwrap()
        .iter()
        .map(|one| one.clone().into_owned())
        .collect()
}
