//! One world of Azure, records, and the program run on them.

use std::ffi::OsString;
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use serde_json::{Value, json};
use vwi_test_azure::{
    ClusterSpec, IdentitySpec, Options, Recorded, Seed, Server, Tls, World, WorldInfo, WorldSpec,
    az_config, env_of,
};

static SERVER: LazyLock<Server> =
    LazyLock::new(|| Server::start(Options::new(Tls::generate().unwrap())).unwrap());

pub(crate) const ISSUER: &str = "https://westeurope.oic.prod-aks.azure.com/t/g/";
pub(crate) const AUDIENCE: &str = "api://AzureADTokenExchange";

pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) info: WorldInfo,
    folder: tempfile::TempDir,
    environment: Vec<(String, OsString)>,
}

/// The stand-in of Azure, for its issuers.
pub(crate) fn server() -> &'static Server {
    &SERVER
}

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    /// The records of the output, without its end.
    pub(crate) fn records(&self) -> Vec<Value> {
        let documents = self
            .stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap());
        documents
            .filter(|document: &Value| document["kind"] == "WorkloadIdentity")
            .collect()
    }

    /// Status and reason of our condition of each record.
    pub(crate) fn conditions(&self) -> Vec<(String, String)> {
        let conditions = self.records().into_iter().map(|record| {
            let condition = record["status"]["conditions"]
                .as_array()
                .unwrap()
                .iter()
                .find(|condition| condition["type"] == "Federated")
                .unwrap()
                .clone();
            let text = |key: &str| condition[key].as_str().unwrap().to_owned();
            (text("status"), text("reason"))
        });
        conditions.collect()
    }

    #[track_caller]
    pub(crate) fn expect(&self, status: i32, conditions: &[(&str, &str)]) {
        assert_eq!(self.status, status, "{}\n{}", self.stdout, self.stderr);
        let found = self.conditions();
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|(status, reason)| (status.as_str(), reason.as_str()))
            .collect();
        assert_eq!(found, conditions, "{}\n{}", self.stdout, self.stderr);
    }
}

impl Scene {
    /// A world with identity `app` and cluster `aks` in group `rg`.
    pub(crate) fn new() -> Self {
        Self::with(WorldSpec {
            seed: Seed {
                identities: vec![IdentitySpec {
                    name: "app".to_owned(),
                    ..IdentitySpec::default()
                }],
                clusters: vec![ClusterSpec::new("aks", ISSUER)],
                ..Seed::default()
            },
            ..WorldSpec::default()
        })
    }

    pub(crate) fn with(spec: WorldSpec) -> Self {
        let world = SERVER.worlds().create(spec).unwrap();
        let info = world.info();
        let folder = tempfile::tempdir().unwrap();
        az_config(folder.path(), &info).unwrap();
        let environment = env_of(&info, folder.path());
        Self {
            world,
            info,
            folder,
            environment,
        }
    }

    /// The program with an empty home, and standard input from `input`.
    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> Finished {
        self.run_with(arguments, input, &[])
    }

    pub(crate) fn run_with(
        &self,
        arguments: &[&str],
        input: &str,
        variables: &[(&str, &str)],
    ) -> Finished {
        let mut command = self.command(arguments);
        command.envs(variables.iter().copied());
        Self::fed(command, input)
    }

    /// Runs a command on this input.
    pub(crate) fn fed(mut command: Command, input: &str) -> Finished {
        let mut child = command.spawn().unwrap();
        // A program that refuses its arguments does not read.
        let _written = child.stdin.take().unwrap().write_all(input.as_bytes());
        Self::finished(child)
    }

    pub(crate) fn finished(child: Child) -> Finished {
        let output = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Finished {
            status: output.status.code().unwrap(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-vwi-federate"));
        command
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.folder.path())
            .envs(self.environment.clone())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// The home of the program, which is the Azure CLI's folder too.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub(crate) fn group(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/rg",
            self.info.subscription_id
        )
    }

    pub(crate) fn identity_id(&self, name: &str) -> String {
        format!(
            "{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}",
            self.group()
        )
    }

    /// Writes since the last look, as `METHOD path`.
    pub(crate) fn writes(&self) -> Vec<String> {
        let requests = self.world.requests();
        self.world.clear_requests();
        let writes = requests.into_iter().filter(Recorded::is_write);
        writes
            .map(|request| format!("{} {}", request.method, request.path))
            .collect()
    }

    /// Credentials of an identity: name, issuer, subject, audience.
    pub(crate) fn credentials(&self, identity: &str) -> Vec<[String; 4]> {
        let info = self.world.info();
        let identities = info.identities.into_iter();
        let identity = identities.filter(|found| found.name == identity);
        identity
            .flat_map(|identity| identity.credentials)
            .map(|credential| {
                [
                    credential.name,
                    credential.issuer,
                    credential.subject.unwrap_or_default(),
                    credential.audiences.join(","),
                ]
            })
            .collect()
    }
}

/// A record as translate leaves it: proven on the host.
pub(crate) fn record(name: &str) -> Value {
    let host_name = format!("{name}-x-default-x-vc");
    json!({
        "apiVersion": "vwi/v1alpha1",
        "kind": "WorkloadIdentity",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"virtualCluster": {"name": "vc", "namespace": "team-x"}, "unknown": {"b": 1, "a": 2}},
        "status": {
            "tenant": {"serviceAccountUid": format!("uid-{name}"), "serviceIP": "10.0.0.1"},
            "subject": format!("system:serviceaccount:team-x:{host_name}"),
            "hostServiceAccount": {"namespace": "team-x", "name": host_name, "uid": "host-uid"},
            "evidence": [],
            "issuer": ISSUER,
            "conditions": [{"type": "Translated", "status": "True", "reason": "Proven", "message": "seen"}],
        },
    })
}

pub(crate) fn subject(name: &str) -> String {
    format!("system:serviceaccount:team-x:{name}-x-default-x-vc")
}

/// A stream of translate with these records and its end.
pub(crate) fn stream(records: &[Value]) -> String {
    let failed = records
        .iter()
        .filter(|record| record["status"]["conditions"][0]["status"] == "False")
        .count();
    let end = json!({
        "apiVersion": "vwi/v1alpha1",
        "kind": "StreamEnd",
        "metadata": {"name": "translate"},
        "status": {
            "records": records.len(),
            "failed": failed,
            "selection": {"narrowed": {"by": ["names"]}},
        },
    });
    let mut text = String::new();
    for document in records.iter().chain([&end]) {
        text.push_str(&document.to_string());
        text.push('\n');
    }
    text
}

pub(crate) fn of(names: &[&str]) -> String {
    let records: Vec<Value> = names.iter().map(|name| record(name)).collect();
    stream(&records)
}

/// The usual flags.
pub(crate) const FLAGS: [&str; 4] = ["--identity", "app", "-g", "rg"];
