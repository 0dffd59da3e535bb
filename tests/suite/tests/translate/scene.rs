//! A vCluster and a namespace in it for one test, and what the answers say.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use k8s_openapi::api::rbac::v1::ClusterRoleBinding;
use kube::api::{Api, PostParams};
use kube::config::Kubeconfig;
use serde_json::{Value, json};
use vwi_bed::{
    Bed, Finished, SyncerOrder, TenantDescription, VirtualCluster, client, unique, until,
};
use vwi_core::name::host_name;

/// A vCluster, and a namespace in it that is the test's own.
pub(crate) struct Scene {
    pub(crate) bed: Bed,
    pub(crate) tenant: TenantDescription,
    /// The tenant's namespace.
    pub(crate) inside: String,
}

impl Scene {
    /// The vCluster that all tests share.
    pub(crate) async fn new(name: &str) -> Self {
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
    pub(crate) async fn alone(
        name: &str,
        change: impl FnOnce(VirtualCluster) -> VirtualCluster,
    ) -> Self {
        let bed = Bed::connect().await.unwrap();
        let vcluster = VirtualCluster::new(unique(name), unique(&format!("ns-{name}")));
        let tenant = bed.add_tenant(change(vcluster)).unwrap();
        Self {
            bed,
            tenant,
            inside: "default".to_owned(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.tenant.vcluster.name
    }

    pub(crate) fn namespace(&self) -> &str {
        &self.tenant.vcluster.namespace
    }

    /// What the host calls a ServiceAccount.
    pub(crate) fn host_name(&self, name: &str) -> String {
        host_name(name, &self.inside, self.name())
    }

    pub(crate) fn order(&self, order: SyncerOrder) {
        self.bed.syncer(&self.tenant.vcluster, order).unwrap();
    }

    /// Makes a ServiceAccount in the tenant and returns its uid.
    pub(crate) async fn account(&self, name: &str) -> String {
        let tenant = client(&self.tenant.cluster).await.unwrap();
        create(Api::namespaced(tenant, &self.inside), name, [], []).await
    }

    pub(crate) async fn host_accounts(&self, namespace: &str) -> Api<ServiceAccount> {
        Api::namespaced(self.bed.host().await.unwrap(), namespace)
    }

    /// Makes a ServiceAccount on the host that looks as if vCluster had synced it.
    pub(crate) async fn forge(&self, namespace: &str, name: &str, of: &str, uid: &str) {
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
    pub(crate) async fn synced(&self, name: &str) {
        self.synced_at(self.namespace(), &self.host_name(name))
            .await;
    }

    /// Waits until the host has a ServiceAccount.
    pub(crate) async fn synced_at(&self, namespace: &str, name: &str) {
        let accounts = self.host_accounts(namespace).await;
        until(
            "the host's ServiceAccount",
            Duration::from_secs(20),
            async || Ok(accounts.get_opt(name).await.unwrap()),
        )
        .await
        .unwrap();
    }

    pub(crate) fn translate(&self, arguments: &[&str]) -> Finished {
        let program = self.bed.plugin("kubectl-vwi-translate").unwrap();
        program
            .env("KUBECONFIG", &self.tenant.kubeconfig)
            .args(["-n", &self.inside])
            .args(arguments)
            .run()
            .unwrap()
    }

    /// A changed copy of a kubeconfig.
    pub(crate) fn changed(&self, of: &Path, change: impl FnOnce(&mut Kubeconfig)) -> String {
        let text = std::fs::read_to_string(of).unwrap();
        let mut kubeconfig = Kubeconfig::from_yaml(&text).unwrap();
        change(&mut kubeconfig);
        let path = self.bed.folder().join(unique("kubeconfig"));
        let text = serde_json::to_string(&kubeconfig).unwrap();
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// A kubeconfig of the host whose user may read all but Secrets.
    pub(crate) async fn host_reader(&self) -> String {
        let user = unique("auditor");
        let group = "rbac.authorization.k8s.io";
        let binding: ClusterRoleBinding = serde_json::from_value(json!({
            "metadata": {"name": user},
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "view"},
            "subjects": [{"apiGroup": group, "kind": "User", "name": user}],
        }))
        .unwrap();
        let bindings: Api<ClusterRoleBinding> = Api::all(self.bed.host().await.unwrap());
        bindings
            .create(&PostParams::default(), &binding)
            .await
            .unwrap();
        self.host_as(&user)
    }

    /// A kubeconfig of the host whose user is somebody else.
    pub(crate) fn host_as(&self, user: &str) -> String {
        self.changed(&self.bed.description().host.kubeconfig, |kubeconfig| {
            let auth = kubeconfig.auth_infos[0].auth_info.as_mut().unwrap();
            auth.impersonate = Some(user.to_owned());
        })
    }
}

pub(crate) async fn create_namespace(client: kube::Client, name: &str) {
    let mut namespace = Namespace::default();
    namespace.metadata.name = Some(name.to_owned());
    let namespaces: Api<Namespace> = Api::all(client);
    namespaces
        .create(&PostParams::default(), &namespace)
        .await
        .unwrap();
}

pub(crate) async fn create<const L: usize, const A: usize>(
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

pub(crate) fn lines(finished: &Finished) -> Vec<Value> {
    let lines = finished.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The condition of the only record.
pub(crate) fn condition(finished: &Finished) -> Value {
    lines(finished)[0]["status"]["conditions"][0].clone()
}

pub(crate) fn failed_with(finished: &Finished, reason: &str, both_sides: [&str; 2]) {
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
