//! The real az command line accepts the stand-in.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use vwi_test_azure::{ClusterSpec, PUBLIC_AUDIENCE, Seed, WorldInfo, WorldSpec, az_config, env_of};

use crate::scene::{SUBJECT, Scene};

/// Returns az: `VWI_TEST_AZ`, else from PATH.
fn az() -> Option<PathBuf> {
    match env::var_os("VWI_TEST_AZ") {
        Some(path) => Some(PathBuf::from(path)),
        None => which::which("az").ok(),
    }
}

/// One az with a configuration of its own.
struct Az {
    program: PathBuf,
    variables: Vec<(String, OsString)>,
}

impl Az {
    fn new(program: &Path, world: &WorldInfo, folder: &Path) -> Self {
        az_config(folder, world).unwrap();
        Self {
            program: program.to_owned(),
            variables: env_of(world, folder),
        }
    }

    /// Runs a command line, split at spaces, with the further words as they are.
    fn run(&self, line: &str, words: &[&str]) -> Result<Value, String> {
        let mut command = Command::new(&self.program);
        command
            .args(line.split(' '))
            .args(words)
            .args(["-o", "json"]);
        command.envs(self.variables.iter().cloned());
        let output = command.output().unwrap();
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        Ok(serde_json::from_slice(&output.stdout).unwrap_or_default())
    }

    /// Runs a command line that must succeed.
    fn must(&self, line: &str, words: &[&str]) -> Value {
        self.run(line, words).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_az_logs_in_and_does_what_the_documented_procedure_does() {
    let Some(program) = az() else {
        eprintln!("skipped: no az on PATH, and VWI_TEST_AZ is not set");
        return;
    };
    let scene = Scene::with(WorldSpec {
        seed: Seed {
            clusters: vec![ClusterSpec {
                name: "aks".to_owned(),
                workload_identity_off: true,
                ..ClusterSpec::default()
            }],
            ..Seed::default()
        },
        ..WorldSpec::default()
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let az = Az::new(&program, &scene.info, folder.path());
    let (caller, tenant) = (&scene.info.callers[0], scene.info.tenant_id.as_str());
    let secret = [
        "-u",
        &caller.client_id,
        "-p",
        &caller.client_secret,
        "--tenant",
        tenant,
    ];
    az.must("login --service-principal", &secret);
    assert_eq!(
        az.must("account show", &[])["id"],
        scene.info.subscription_id
    );

    clusters(&az);
    let identity = az.must("identity create -g rg -n app", &[]);
    assert_eq!(az.must("identity show -g rg -n app", &[]), identity);
    let list = az.must("identity list -g rg", &[]);
    assert_eq!(list.as_array().unwrap().len(), 1);
    credentials(&az, scene.issuer.url());
    roles(&az, &scene.info, &identity);
    federated_login(&program, &scene, identity["clientId"].as_str().unwrap());
    az.must("identity delete -g rg -n app", &[]);
}

fn clusters(az: &Az) {
    az.must(
        "aks update -g rg -n aks --enable-oidc-issuer --enable-workload-identity",
        &[],
    );
    let cluster = az.must("aks show -g rg -n aks", &[]);
    assert_eq!(cluster["oidcIssuerProfile"]["enabled"], true);
    assert!(cluster["oidcIssuerProfile"]["issuerUrl"].is_string());
    assert_eq!(
        cluster["securityProfile"]["workloadIdentity"]["enabled"],
        true
    );
}

fn credentials(az: &Az, issuer: &str) {
    let command = "identity federated-credential";
    let of = "-g rg --identity-name app";
    for name in ["fic-a", "fic-b"] {
        let line = format!("{command} create {of} -n {name} --subject s:{name}");
        az.must(&line, &["--issuer", issuer]);
    }
    let line = format!("{command} update {of} -n fic-a --subject {SUBJECT}");
    az.must(&line, &["--issuer", issuer]);
    az.must(&format!("{command} delete {of} -n fic-b --yes"), &[]);
    let list = az.must(&format!("{command} list {of}"), &[]);
    let one = az.must(&format!("{command} show {of} -n fic-a"), &[]);
    assert_eq!(list, Value::Array(vec![one.clone()]));
    assert_eq!(one["subject"], SUBJECT);
    assert_eq!(one["issuer"], issuer);
    assert_eq!(one["audiences"][0], PUBLIC_AUDIENCE);
}

fn roles(az: &Az, info: &WorldInfo, identity: &Value) {
    let principal = identity["principalId"].as_str().unwrap();
    let client = identity["clientId"].as_str().unwrap();
    let scope = format!("/subscriptions/{}/resourceGroups/rg", info.subscription_id);
    let create = "role assignment create --role Reader --assignee-principal-type ServicePrincipal";
    // az itself makes the second run adopt the first one's assignment.
    for _ in 0..2 {
        az.must(
            create,
            &["--assignee-object-id", principal, "--scope", &scope],
        );
    }
    for assignee in [principal, client] {
        let words = [scope.as_str(), "--assignee", assignee];
        let list = az.must("role assignment list --scope", &words);
        assert_eq!(list.as_array().unwrap().len(), 1);
        assert_eq!(list[0]["roleDefinitionName"], "Reader");
        assert_eq!(list[0]["principalName"], client);
    }
    let all = az.must("role assignment list --all", &[]);
    assert_eq!(all.as_array().unwrap().len(), 1);
}

/// MSAL keeps tokens by client id, so each login gets a folder of its own.
fn federated_login(program: &Path, scene: &Scene, client: &str) {
    let token = |subject| scene.issuer.token(subject, PUBLIC_AUDIENCE).sign().unwrap();
    for (token, refusal) in [
        (token(SUBJECT), None),
        (token("system:serviceaccount:a:b"), Some("AADSTS700213")),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let az = Az::new(program, &scene.info, folder.path());
        let tenant = scene.info.tenant_id.as_str();
        let words = [
            "-u",
            client,
            "--tenant",
            tenant,
            "--federated-token",
            &token,
        ];
        let login = az.run("login --service-principal", &words);
        if let Some(code) = refusal {
            let error = login.unwrap_err();
            assert!(error.contains(code), "{error}");
        } else {
            login.unwrap();
            let group = az.must("group show -n rg", &[]);
            assert_eq!(group["location"], "westeurope");
        }
    }
}
