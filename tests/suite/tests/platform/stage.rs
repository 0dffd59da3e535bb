//! A tenant with a ServiceAccount, and a stand-in of the Platform for one test.

use std::path::PathBuf;

use serde_json::Value;
use vwi_bed::{Finished, Program};
use vwi_test_platform::{Contents, InstanceSpec, KeySpec, Options, Scope, Server};
use vwi_test_server::Tls;
use vwi_tests::Scene;

/// The key with all rights. No other text holds it.
pub(crate) const KEY: &str = "8c1f03e2b7geheim5d6a";
/// A key of project `my-project` alone.
pub(crate) const SCOPED: &str = "77e2scopedgeheim41bb";
/// The project.
pub(crate) const PROJECT: &str = "my-project";
/// The Platform's name for the shared vCluster, which is not its Helm release's.
pub(crate) const INSTANCE: &str = "demo-x7f2a";
/// What the user interface shows for it.
pub(crate) const DISPLAY_NAME: &str = "Demo cluster";

/// A scene with a Platform.
pub(crate) struct Stage {
    pub(crate) scene: Scene,
    pub(crate) server: Server,
}

impl Stage {
    /// A stand-in that knows the shared vCluster and a few others.
    pub(crate) async fn new(name: &str) -> Self {
        Self::with(name, Tls::generate().expect("certificates"), |_contents| {}).await
    }

    /// As [`Stage::new`], with another certificate or other contents.
    pub(crate) async fn with(name: &str, tls: Tls, change: impl FnOnce(&mut Contents)) -> Self {
        let scene = Scene::new(name).await;
        let mut contents = contents(&scene);
        change(&mut contents);
        let server = Server::start(Options::new(tls, contents)).expect("the stand-in");
        std::fs::write(scene.bed.folder().join("ca.pem"), server.ca_pem()).expect("a file");
        std::fs::write(scene.bed.folder().join("key"), KEY).expect("a file");
        Self { scene, server }
    }

    /// A file in the test's folder.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.scene.bed.folder().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder above")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        path
    }

    /// translate of the scene's ServiceAccount in the tenant.
    pub(crate) fn translate(&self) -> Program {
        self.scene.plugin("kubectl-vwi-translate").args([
            "app",
            "-n",
            &self.scene.namespace,
            "-o",
            "ndjson",
        ])
    }

    /// As [`Stage::translate`], at this Platform with the key of a file.
    pub(crate) fn at_platform(&self) -> Program {
        let folder = self.scene.bed.folder();
        self.translate()
            .args(["--platform", &self.server.url()])
            .arg("--access-key-file")
            .arg(folder.join("key"))
            .arg("--platform-certificate-authority")
            .arg(folder.join("ca.pem"))
    }

    /// The flags that lead to the bed's own Platform, which has tenant and host behind it.
    pub(crate) fn at_beds_platform(&self) -> [&str; 6] {
        let description = self.scene.bed.description();
        [
            "--platform",
            &description.platform.url,
            "--access-key-file",
            description.platform.key_file.to_str().expect("a path"),
            "--platform-certificate-authority",
            description.authority.to_str().expect("a path"),
        ]
    }

    /// Writes a login of the vcluster command line into the programs' home.
    pub(crate) fn log_in(&self, text: &str) {
        self.file(".vcluster/config.json", text);
    }

    /// A kubeconfig whose server is the Platform's path of an instance.
    pub(crate) fn kubeconfig(&self, instance: &str) -> PathBuf {
        let url = self.server.url();
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: renamed\n\
             clusters:\n- name: c\n  cluster:\n    server: {url}/kubernetes/project/{PROJECT}/virtualcluster/{instance}\n    \
             certificate-authority: {}\n\
             users:\n- name: u\n  user:\n    token: {KEY}\n\
             contexts:\n- name: renamed\n  context:\n    cluster: c\n    user: u\n",
            self.scene.bed.folder().join("ca.pem").display()
        );
        self.file("platform.yaml", &text)
    }
}

fn contents(scene: &Scene) -> Contents {
    let vcluster = &scene.bed.description().tenant.vcluster;
    let demo = InstanceSpec {
        release: vcluster.name.clone(),
        display_name: DISPLAY_NAME.to_owned(),
        values: vcluster.values.clone(),
        ..InstanceSpec::new(PROJECT, INSTANCE, &vcluster.namespace)
    };
    let scope = Scope {
        projects: vec![PROJECT.to_owned()],
        clusters: Vec::new(),
    };
    Contents {
        keys: vec![
            KeySpec::new(KEY, "admin"),
            KeySpec {
                scope: Some(scope),
                ..KeySpec::new(SCOPED, "ci")
            },
        ],
        instances: vec![
            demo,
            InstanceSpec {
                standalone: true,
                cluster: String::new(),
                release: String::new(),
                ..InstanceSpec::new("other", "metal", "")
            },
            InstanceSpec {
                display_name: "nice-name".to_owned(),
                ..InstanceSpec::new("other", "blue", "loft-other-v-blue")
            },
        ],
        clusters: Vec::new(),
    }
}

/// Runs a program to its end.
pub(crate) fn run(program: Program) -> Finished {
    program.run().expect("the program")
}

/// The record that a run has printed.
pub(crate) fn record(found: &Finished) -> Value {
    let line = found.stdout.lines().next().unwrap_or_default();
    serde_json::from_str(line).expect("a record")
}

/// Sources of the record's evidence.
pub(crate) fn sources(record: &Value) -> Vec<&str> {
    let evidence = record["status"]["evidence"].as_array();
    let sources = evidence.into_iter().flatten();
    sources.filter_map(|line| line["source"].as_str()).collect()
}

/// The record's condition.
pub(crate) fn condition(record: &Value) -> &Value {
    &record["status"]["conditions"][0]
}
