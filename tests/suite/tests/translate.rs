//! translate on real API servers: what is proven, what is refused, and with whose rights.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "these are tests: a part of the bed that fails ends the test"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use kube::api::{Api, PostParams};
use kube::config::{ExecConfig, Kubeconfig};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use vwi_bed::{
    Bed, Finished, SyncerOrder, TenantDescription, VirtualCluster, client, unique, until,
};
use vwi_core::name::host_name;

/// A vCluster, and a namespace in it that is the test's own.
struct Scene {
    bed: Bed,
    tenant: TenantDescription,
    /// The tenant's namespace.
    inside: String,
}

impl Scene {
    /// The vCluster that all tests share.
    async fn new(name: &str) -> Self {
        let bed = Bed::connect().await.unwrap();
        let tenant = bed.description().tenant.clone();
        let inside = unique(name);
        create_namespace(client(&tenant.cluster).await.unwrap(), &inside).await;
        Self {
            bed,
            tenant,
            inside,
        }
    }

    /// A vCluster of the test's own, so that its syncer can be down.
    async fn alone(name: &str, change: impl FnOnce(VirtualCluster) -> VirtualCluster) -> Self {
        let bed = Bed::connect().await.unwrap();
        let vcluster = VirtualCluster::new(unique(name), unique(&format!("ns-{name}")));
        let tenant = bed.add_tenant(change(vcluster)).unwrap();
        Self {
            bed,
            tenant,
            inside: "default".to_owned(),
        }
    }

    fn name(&self) -> &str {
        &self.tenant.vcluster.name
    }

    fn namespace(&self) -> &str {
        &self.tenant.vcluster.namespace
    }

    /// What the host calls a ServiceAccount.
    fn host_name(&self, name: &str) -> String {
        host_name(name, &self.inside, self.name())
    }

    fn order(&self, order: SyncerOrder) {
        self.bed.syncer(&self.tenant.vcluster, order).unwrap();
    }

    /// Makes a ServiceAccount in the tenant and returns its uid.
    async fn account(&self, name: &str) -> String {
        let tenant = client(&self.tenant.cluster).await.unwrap();
        create(Api::namespaced(tenant, &self.inside), name, [], []).await
    }

    async fn host_accounts(&self, namespace: &str) -> Api<ServiceAccount> {
        Api::namespaced(self.bed.host().await.unwrap(), namespace)
    }

    /// Makes a ServiceAccount on the host that looks as if vCluster had synced it.
    async fn forge(&self, namespace: &str, name: &str, of: &str, uid: &str) {
        let annotations = [
            ("vcluster.loft.sh/object-name", of),
            ("vcluster.loft.sh/object-namespace", &*self.inside),
            ("vcluster.loft.sh/object-uid", uid),
        ];
        let labels = [("vcluster.loft.sh/managed-by", self.name())];
        create(
            self.host_accounts(namespace).await,
            name,
            labels,
            annotations,
        )
        .await;
    }

    /// Waits until the host has the ServiceAccount.
    async fn synced(&self, name: &str) {
        let accounts = self.host_accounts(self.namespace()).await;
        let host_name = self.host_name(name);
        until(
            "the host's ServiceAccount",
            Duration::from_secs(20),
            async || Ok(accounts.get_opt(&host_name).await.unwrap()),
        )
        .await
        .unwrap();
    }

    fn translate(&self, arguments: &[&str]) -> Finished {
        let program = self.bed.plugin("kubectl-vwi-translate").unwrap();
        program
            .env("KUBECONFIG", &self.tenant.kubeconfig)
            .args(["-n", &self.inside])
            .args(arguments)
            .run()
            .unwrap()
    }

    /// A changed copy of a kubeconfig.
    fn changed(&self, of: &Path, change: impl FnOnce(&mut Kubeconfig)) -> String {
        let text = std::fs::read_to_string(of).unwrap();
        let mut kubeconfig = Kubeconfig::from_yaml(&text).unwrap();
        change(&mut kubeconfig);
        let path = self.bed.folder().join(unique("kubeconfig"));
        let text = serde_json::to_string(&kubeconfig).unwrap();
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// A kubeconfig of the host whose user is somebody else.
    fn host_as(&self, user: &str) -> String {
        self.changed(&self.bed.description().host.kubeconfig, |kubeconfig| {
            let auth = kubeconfig.auth_infos[0].auth_info.as_mut().unwrap();
            auth.impersonate = Some(user.to_owned());
        })
    }
}

async fn create_namespace(client: kube::Client, name: &str) {
    let mut namespace = Namespace::default();
    namespace.metadata.name = Some(name.to_owned());
    let namespaces: Api<Namespace> = Api::all(client);
    namespaces
        .create(&PostParams::default(), &namespace)
        .await
        .unwrap();
}

async fn create<const L: usize, const A: usize>(
    accounts: Api<ServiceAccount>,
    name: &str,
    labels: [(&str, &str); L],
    annotations: [(&str, &str); A],
) -> String {
    let map = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    };
    let mut account = ServiceAccount::default();
    account.metadata.name = Some(name.to_owned());
    account.metadata.labels = Some(map(&labels));
    account.metadata.annotations = Some(map(&annotations));
    let made = accounts
        .create(&PostParams::default(), &account)
        .await
        .unwrap();
    made.metadata.uid.unwrap()
}

fn lines(finished: &Finished) -> Vec<Value> {
    let lines = finished.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The condition of the only record.
fn condition(finished: &Finished) -> Value {
    lines(finished)[0]["status"]["conditions"][0].clone()
}

fn failed_with(finished: &Finished, reason: &str, both_sides: [&str; 2]) {
    assert_eq!(finished.status, Some(1), "{}", finished.stderr);
    let condition = condition(finished);
    assert_eq!(condition["reason"], reason, "{condition}");
    assert!(lines(finished)[0]["status"].get("subject").is_none());
    for side in both_sides {
        let message = condition["message"].as_str().unwrap();
        assert!(message.contains(side), "`{side}` in {message}");
        assert!(finished.stderr.contains(side), "{}", finished.stderr);
    }
}

#[tokio::test]
async fn without_any_flag_it_is_proven_on_the_host() {
    let scene = Scene::new("proven").await;
    let uid = scene.account("app").await;
    scene.synced("app").await;
    let found = scene.translate(&["app"]);
    assert_eq!(found.status, Some(0), "{}", found.stderr);

    let host_name = scene.host_name("app");
    let accounts = scene.host_accounts(scene.namespace()).await;
    let host = accounts.get(&host_name).await.unwrap();
    let tenant = client(&scene.tenant.cluster).await.unwrap();
    let namespaces: Api<Namespace> = Api::all(tenant);
    let kube_system = namespaces.get("kube-system").await.unwrap();
    let record = &lines(&found)[0];
    assert_eq!(
        record["status"],
        json!({
            "tenant": {
                "serviceAccountUid": uid,
                "clusterUid": kube_system.metadata.uid,
                "serviceIP": scene.tenant.service_address,
            },
            "subject": format!("system:serviceaccount:{}:{host_name}", scene.namespace()),
            "hostServiceAccount": {
                "namespace": scene.namespace(), "name": host_name, "uid": host.metadata.uid,
            },
            "evidence": [
                {"source": "computed", "namespace": scene.namespace(), "name": host_name,
                 "message": "single namespace, configuration"},
                {"source": "host", "namespace": scene.namespace(), "name": host_name},
            ],
            "issuer": scene.bed.description().issuer,
            "conditions": [{
                "type": "Translated", "status": "True", "reason": "Proven",
                "message": format!("seen on the host as `{}/{host_name}`", scene.namespace()),
            }],
        })
    );
    assert_eq!(
        record["spec"]["virtualCluster"],
        json!({"name": scene.name(), "namespace": scene.namespace()})
    );
    let named = "the host is context `aks`, the parent in the context's name";
    assert_eq!(found.stderr.matches(named).count(), 1, "{}", found.stderr);
    assert_eq!(
        scene.translate(&["app"]).stdout,
        found.stdout,
        "twice the same bytes"
    );
}

#[tokio::test]
async fn a_host_that_does_not_have_it_yet_is_waited_for() {
    let scene = Scene::alone("wait", |vcluster| vcluster).await;
    scene.order(SyncerOrder::Pause);
    scene.account("app").await;
    let host_name = scene.host_name("app");
    failed_with(
        &scene.translate(&["app"]),
        "NotSynced",
        ["default/app", &host_name],
    );
    let late = scene.translate(&["app", "--wait", "--timeout", "300ms"]);
    assert_eq!(late.status, Some(124), "{}", late.stderr);

    let program = scene.bed.plugin("kubectl-vwi-translate").unwrap();
    let waiting = program
        .env("KUBECONFIG", &scene.tenant.kubeconfig)
        .args(["app", "--wait"])
        .start()
        .unwrap();
    scene.order(SyncerOrder::Resume);
    let found = waiting.finish().unwrap();
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    assert_eq!(condition(&found)["reason"], "Proven");
}

#[tokio::test]
async fn what_is_not_its_own_on_the_host_is_refused_and_both_sides_are_shown() {
    let scene = Scene::alone("forged", |vcluster| vcluster).await;
    scene.order(SyncerOrder::Pause);

    let uid = scene.account("other").await;
    let name = scene.host_name("other");
    scene
        .forge(scene.namespace(), &name, "other", "another-uid")
        .await;
    failed_with(
        &scene.translate(&["other"]),
        "OtherUid",
        [&uid, "another-uid"],
    );

    scene.account("squatted").await;
    let name = scene.host_name("squatted");
    create(scene.host_accounts(scene.namespace()).await, &name, [], []).await;
    let found = scene.translate(&["squatted"]);
    failed_with(&found, "ForeignHostServiceAccount", [&name, "managed-by"]);

    let uid = scene.account("twice").await;
    let first = scene.host_name("twice");
    scene.forge(scene.namespace(), &first, "twice", &uid).await;
    scene
        .forge(scene.namespace(), "second", "twice", &uid)
        .await;
    failed_with(
        &scene.translate(&["twice"]),
        "DuplicateUid",
        [&first, "second"],
    );
}

#[tokio::test]
async fn what_stands_in_other_namespaces_of_the_host_is_no_evidence() {
    let scene = Scene::alone("outside", |vcluster| vcluster).await;
    scene.order(SyncerOrder::Pause);
    let uid = scene.account("app").await;
    let elsewhere = unique("elsewhere");
    create_namespace(scene.bed.host().await.unwrap(), &elsewhere).await;
    let name = scene.host_name("app");
    scene.forge(&elsewhere, &name, "app", &uid).await;
    failed_with(
        &scene.translate(&["app"]),
        "NotSynced",
        ["default/app", &name],
    );
}

#[tokio::test]
async fn a_vcluster_that_does_not_sync_service_accounts_is_refused_with_the_fix() {
    let off = |vcluster: VirtualCluster| {
        vcluster
            .with("sync.toHost.serviceAccounts.enabled", false)
            .unwrap()
    };
    let scene = Scene::alone("off", off).await;
    scene.account("app").await;
    let found = scene.translate(&["app"]);
    let shared = format!("vc-workload-{}", scene.name());
    failed_with(
        &found,
        "ServiceAccountSyncOff",
        ["does not sync ServiceAccounts", &shared],
    );
    assert!(
        found
            .stderr
            .contains("hint: set `sync.toHost.serviceAccounts.enabled: true`"),
        "{}",
        found.stderr
    );
}

#[tokio::test]
async fn a_service_account_that_is_missing_fails_unless_it_is_allowed() {
    let scene = Scene::new("missing").await;
    let found = scene.translate(&["app"]);
    assert_eq!(found.status, Some(1));
    assert_eq!(condition(&found)["reason"], "ServiceAccountNotFound");
    let found = scene.translate(&["app", "--allow-missing"]);
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    let condition = condition(&found);
    assert_eq!(condition["reason"], "Configured");
    assert!(
        condition["message"]
            .as_str()
            .unwrap()
            .starts_with("awaited"),
        "{condition}"
    );
    let record = &lines(&found)[0];
    assert!(record["status"]["hostServiceAccount"].get("uid").is_none());
}

#[tokio::test]
async fn the_host_is_not_taken_for_a_tenant() {
    let scene = Scene::new("context").await;
    scene.account("app").await;
    scene.synced("app").await;
    for arguments in [
        &["--context", "aks", "app"][..],
        &["--context", "aks", "-A"],
    ] {
        let found = scene.translate(arguments);
        assert_eq!(found.status, Some(2), "{}", found.stderr);
        assert!(
            found.stderr.contains("is no vCluster but the host of"),
            "{}",
            found.stderr
        );
    }
    let which = [
        "--context",
        "aks",
        "--vcluster",
        scene.name(),
        "--vcluster-namespace",
        scene.namespace(),
    ];
    let found = scene.translate(&[&which[..], &["app"]].concat());
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    assert_eq!(condition(&found)["reason"], "Proven");
    let all = scene.translate(&[&which[..], &["-o", "name"]].concat());
    assert_eq!(all.stdout, "serviceaccount/app\n", "{}", all.stderr);
}

#[tokio::test]
async fn another_host_and_another_vcluster_are_refused() {
    let scene = Scene::new("wrong").await;
    scene.account("app").await;
    scene.synced("app").await;
    // A cluster without any vCluster: the tenant itself.
    let itself = scene.tenant.cluster.kubeconfig.to_str().unwrap();
    let found = scene.translate(&["app", "--host-kubeconfig", itself]);
    assert_eq!(found.status, Some(3), "{}", found.stderr);
    let address = scene.tenant.service_address.to_string();
    assert!(
        found.stderr.contains("is not the host of"),
        "{}",
        found.stderr
    );
    assert!(found.stderr.contains(&address), "{}", found.stderr);

    let found = scene.translate(&["app", "--vcluster", "other"]);
    assert_eq!(found.status, Some(3), "{}", found.stderr);
    let named = format!("vCluster `{}`", scene.name());
    for side in ["`--vcluster` says vCluster `other`", &named] {
        assert!(found.stderr.contains(side), "{}", found.stderr);
    }
    let end = &lines(&found)[0];
    assert_eq!(end["kind"], "StreamEnd");
    assert!(
        end["status"]["error"]
            .as_str()
            .unwrap()
            .contains("not certain")
    );
}

#[tokio::test]
async fn everybody_gets_as_far_as_his_rights_allow_and_is_told_what_he_could_not_see() {
    let scene = Scene::new("rights").await;
    scene.account("app").await;
    scene.synced("app").await;

    let tenant_alone = scene.translate(&["app", "--no-host"]);
    assert_eq!(tenant_alone.status, Some(1));
    assert_eq!(condition(&tenant_alone)["reason"], "Unproven");
    assert!(
        tenant_alone.stderr.contains("--host-context"),
        "{}",
        tenant_alone.stderr
    );
    let computed = scene.translate(&["app", "--no-host", "--accept=computed"]);
    assert_eq!(computed.status, Some(0), "{}", computed.stderr);
    assert_eq!(condition(&computed)["reason"], "Computed");

    let nobody = scene.host_as("nobody");
    let found = scene.translate(&["app", "--host-kubeconfig", &nobody, "--accept=computed"]);
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    assert_eq!(condition(&found)["reason"], "Computed");
    for unseen in ["Secret `", "ServiceAccounts in namespace"] {
        assert!(
            found.stderr.contains(unseen),
            "`{unseen}` in {}",
            found.stderr
        );
    }

    // Somebody who may read nothing of the tenant is still answered by the host.
    let found = scene.translate(&["app", "--as", "nobody", "--host-context", "aks"]);
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    assert_eq!(condition(&found)["reason"], "Proven");
}

#[tokio::test]
async fn all_in_scope_without_what_nobody_means() {
    let scene = Scene::alone("all", |vcluster| vcluster).await;
    for name in ["one", "two"] {
        scene.account(name).await;
        scene.synced(name).await;
    }
    let found = scene.translate(&["-A"]);
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    let records = lines(&found);
    let names: Vec<_> = records[..2]
        .iter()
        .map(|record| record["metadata"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["one", "two"]);
    assert!(
        records[2]["status"]["selection"].get("all").is_some(),
        "{}",
        records[2]
    );
    assert!(found.stderr.contains("left out"), "{}", found.stderr);
    let none = scene.translate(&["-l", "a=b"]);
    assert_eq!(
        (none.status, lines(&none).len()),
        (Some(0), 1),
        "{}",
        none.stderr
    );
    assert!(
        none.stderr.contains("No resources found"),
        "{}",
        none.stderr
    );
}

#[tokio::test]
async fn a_credential_plugin_gets_no_byte_of_the_input_and_shows_nothing() {
    let scene = Scene::new("exec").await;
    scene.account("app").await;
    scene.synced("app").await;
    let folder = scene.bed.folder();
    let credential = folder.join("credential");
    let runs = folder.join("runs");
    let script = format!(
        "test -z \"$(cat)\" || exit 7; echo run >> {}; echo log in >&2; cat {}",
        runs.display(),
        credential.display()
    );
    let kubeconfig = scene.changed(&scene.tenant.kubeconfig, |kubeconfig| {
        // The tenant's user is the last one.
        let user = kubeconfig.auth_infos.last_mut().unwrap();
        let auth = user.auth_info.take().unwrap();
        let decoded = |base64: &str| -> String {
            let bytes: k8s_openapi::ByteString = serde_json::from_value(base64.into()).unwrap();
            String::from_utf8(bytes.0).unwrap()
        };
        let key = serde_json::to_value(&auth).unwrap();
        let answer = json!({
            "kind": "ExecCredential",
            "apiVersion": "client.authentication.k8s.io/v1",
            "status": {
                "clientCertificateData": decoded(&auth.client_certificate_data.unwrap()),
                "clientKeyData": decoded(key["client-key-data"].as_str().unwrap()),
            },
        });
        std::fs::write(&credential, answer.to_string()).unwrap();
        let mut auth = kube::config::AuthInfo::default();
        auth.exec = Some(ExecConfig {
            api_version: Some("client.authentication.k8s.io/v1".to_owned()),
            command: Some("/bin/sh".to_owned()),
            args: Some(vec!["-c".to_owned(), script]),
            ..ExecConfig::default()
        });
        user.auth_info = Some(auth);
    });
    let input = json!({"apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": "app", "namespace": scene.inside}});
    let program = scene.bed.plugin("kubectl-vwi-translate").unwrap();
    let found = program
        .env("KUBECONFIG", kubeconfig)
        .args(["-f", "-"])
        .stdin(format!("{input}\n{input}\n"))
        .run()
        .unwrap();
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    assert_eq!(lines(&found).len(), 3);
    assert_eq!(condition(&found)["reason"], "Proven");
    assert_eq!(
        std::fs::read_to_string(runs).unwrap(),
        "run\n",
        "once in the process"
    );
    assert!(found.stderr.contains("log in"), "{}", found.stderr);
    assert!(!found.stderr.contains("PRIVATE KEY") && !found.stdout.contains("PRIVATE KEY"));
}

/// A proxy that connects wherever it is asked to, and counts.
async fn proxy() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(client.read_u8().await.unwrap());
                }
                let head = String::from_utf8(head).unwrap();
                let target = head.strip_prefix("CONNECT ").unwrap();
                let target = target.split_once(' ').unwrap().0;
                let mut server = TcpStream::connect(target).await.unwrap();
                client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
                copy_bidirectional(&mut client, &mut server).await.ok()
            });
        }
    });
    (url, count)
}

#[tokio::test]
async fn a_proxy_of_the_kubeconfig_is_used_for_all_of_it() {
    let scene = Scene::new("proxy").await;
    scene.account("app").await;
    scene.synced("app").await;
    let (url, count) = proxy().await;
    let kubeconfig = scene.changed(&scene.tenant.kubeconfig, |kubeconfig| {
        for named in &mut kubeconfig.clusters {
            named.cluster.as_mut().unwrap().proxy_url = Some(url.clone());
        }
    });
    let program = scene.bed.plugin("kubectl-vwi-translate").unwrap();
    let program = program
        .env("KUBECONFIG", kubeconfig)
        .args(["app", "-n", &scene.inside]);
    let found = tokio::task::spawn_blocking(|| program.run())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    assert_eq!(condition(&found)["reason"], "Proven");
    // Both clusters, and the handshake that reads the certificate.
    assert!(count.load(Ordering::Relaxed) >= 3);
}
