//! Which instance it is, where it really runs, and that nobody is woken.

use serde_json::{Value, json};

use crate::stage::{INSTANCE, KEY, PROJECT, Stage, condition, record, run};

#[tokio::test]
async fn the_login_leads_through_the_platform_to_tenant_and_host() {
    let stage = Stage::new("through").await;
    let platform = &stage.scene.bed.description().platform;
    let login = std::fs::read_to_string(&platform.login_file).expect("the login");
    stage.log_in(&login);
    let found = run(stage.translate().env("KUBECONFIG", &platform.kubeconfig));
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    let record = record(&found);
    assert_eq!(condition(&record)["reason"], "Proven", "{record}");
    let which = &record["spec"]["virtualCluster"];
    let vcluster = &stage.scene.bed.description().tenant.vcluster;
    assert_eq!(which["name"], vcluster.name.as_str());
    assert_eq!(which["namespace"], vcluster.namespace.as_str());
    assert_eq!(which["instance"], platform.instance.as_str());
    assert!(
        found.stderr.contains("/kubernetes/cluster/aks"),
        "the host is named once: {}",
        found.stderr
    );
    // Without a host, the Platform's values say how the vCluster runs.
    let found = run(stage
        .translate()
        .env("KUBECONFIG", &platform.kubeconfig)
        .arg("--no-host"));
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    let record = crate::stage::record(&found);
    assert_eq!(condition(&record)["reason"], "Configured", "{record}");
}

#[tokio::test]
async fn the_platform_alone_leads_to_the_hosts_of_all_its_instances() {
    let stage = Stage::new("all").await;
    let platform = &stage.scene.bed.description().platform;
    let nothing = stage.file("nothing.yaml", "apiVersion: v1\nkind: Config\n");
    let program = stage.scene.plugin("kubectl-vwi-translate");
    let found = run(program
        .env("KUBECONFIG", nothing)
        .args(["--all-vclusters", "-n", &stage.scene.namespace])
        .args(["-o", "ndjson"])
        .args(stage.at_beds_platform()));
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    let record = record(&found);
    assert_eq!(condition(&record)["reason"], "Proven", "{record}");
    assert_eq!(record["status"]["subject"], stage.scene.subject("app"));
    let which = &record["spec"]["virtualCluster"];
    assert_eq!(which["project"], platform.project.as_str());
    assert_eq!(which["instance"], platform.instance.as_str());
    assert_eq!(which["hostCluster"], "aks");
}

#[tokio::test]
async fn without_a_kubeconfig_the_platform_leads_to_the_host() {
    let stage = Stage::new("no-config").await;
    let platform = &stage.scene.bed.description().platform;
    let found = run(stage
        .translate()
        .env("KUBECONFIG", "/absent")
        .args(["--vcluster", &platform.instance])
        .args(stage.at_beds_platform()));
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    let record = record(&found);
    assert_eq!(condition(&record)["reason"], "Proven", "{record}");
    assert_eq!(record["status"]["subject"], stage.scene.subject("app"));
    let which = &record["spec"]["virtualCluster"];
    assert_eq!(which["instance"], platform.instance.as_str());
    assert_eq!(which["hostCluster"], "aks");
}

#[tokio::test]
async fn a_tenant_that_sleeps_is_not_woken() {
    let stage = Stage::new("sleeping").await;
    stage.server.change_contents(|contents| {
        for instance in &mut contents.instances {
            if instance.name == INSTANCE {
                "Sleeping".clone_into(&mut instance.phase);
            }
        }
    });
    stage.log_in(&stage.server.login(KEY).text());
    let kubeconfig = stage.kubeconfig(INSTANCE);
    let host = &stage.scene.bed.description().host.kubeconfig;
    let found = run(stage
        .translate()
        .env("KUBECONFIG", &kubeconfig)
        .arg("--host-kubeconfig")
        .arg(host));
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    let record = record(&found);
    assert_eq!(condition(&record)["reason"], "Proven", "{record}");
    assert!(found.stderr.contains("is not woken"), "{}", found.stderr);
    let woken: Vec<_> = stage
        .server
        .requests()
        .into_iter()
        .filter(|request| request.path.contains("/virtualcluster/"))
        .collect();
    assert_eq!(woken, []);
    assert_eq!(
        stage.server.phase(PROJECT, INSTANCE).as_deref(),
        Some("Sleeping")
    );
}

#[tokio::test]
async fn what_a_record_says_of_the_platform_is_compared_and_used() {
    let stage = Stage::new("stated").await;
    let record = |which: Value| {
        let record = json!({
            "apiVersion": "vwi/v1alpha1", "kind": "WorkloadIdentity",
            "metadata": {"name": "app", "namespace": stage.scene.namespace},
            "spec": {"virtualCluster": which},
        });
        format!("{record}\n")
    };
    let folder = stage.scene.bed.folder();
    let translated = |which: Value, flags: &[&str]| {
        let program = stage.scene.plugin("kubectl-vwi-translate");
        let program = program
            .args(["-f", "-", "-o", "ndjson", "--platform", &stage.server.url()])
            .arg("--access-key-file")
            .arg(folder.join("key"))
            .arg("--platform-certificate-authority")
            .arg(folder.join("ca.pem"));
        run(program.args(flags).stdin(record(which)))
    };
    let vcluster = &stage.scene.bed.description().tenant.vcluster;
    let own = json!({"project": PROJECT, "instance": INSTANCE});
    let found = translated(own, &[]);
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    let which = &crate::stage::record(&found)["spec"]["virtualCluster"];
    assert_eq!(which["name"], vcluster.name.as_str());
    for (which, flags, reason, told) in [
        (
            json!({"project": PROJECT, "instance": "another"}),
            &[][..],
            "OtherVirtualCluster",
            "the record is for instance `another`",
        ),
        (
            json!({"name": vcluster.name, "hostCluster": "elsewhere"}),
            &[],
            "OtherVirtualCluster",
            "the record is for host cluster `elsewhere`",
        ),
        (
            json!({"project": "other"}),
            &["--project", PROJECT],
            "FlagAgainstRecord",
            "`--project` says `my-project`",
        ),
    ] {
        let found = translated(which, flags);
        assert_eq!(found.status, Some(1), "{}", found.stderr);
        let record = crate::stage::record(&found);
        assert_eq!(condition(&record)["reason"], reason, "{record}");
        assert!(found.stderr.contains(told), "{told}: {}", found.stderr);
    }
}
