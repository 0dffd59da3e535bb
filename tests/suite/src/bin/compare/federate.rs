//! A thousand credentials over fifty identities: against the bound that Azure's rule of one write
//! at a time on an identity sets, against the real `az`, and against the documented pace's bound.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use vwi_bed::require_az;
use vwi_core::arm::{Kind, ResourceId};
use vwi_core::federation::estimate;
use vwi_test_azure::{
    ClusterSpec, IdentitySpec, Options, Seed, Server, Tls, World, WorldInfo, WorldSpec, az_config,
    env_of,
};

use crate::Suite;
use crate::measure::median;

const IDENTITIES: usize = 50;
const EACH: usize = 20;
const LATENCY: Duration = Duration::from_millis(100);
const RUNS: usize = 5;
/// Requests one after another before the first write: the token, then everything that is read.
const READS: u32 = 2;
/// Credentials that `az` makes: all of one identity.
const SAMPLE: usize = EACH;
/// How many samples all of it is.
const FIFTY: u32 = 50;
const ISSUER: &str = "https://westeurope.oic.prod-aks.azure.com/t/g/";

/// One world, and what points programs at it.
struct Stage {
    world: World,
    info: WorldInfo,
    folder: TempDir,
}

impl Stage {
    fn new(server: &Server, throttled: bool) -> Self {
        let identity = |index: usize| IdentitySpec {
            name: format!("app-{index:02}"),
            ..IdentitySpec::default()
        };
        let spec = WorldSpec {
            seed: Seed {
                identities: (0..IDENTITIES).map(identity).collect(),
                clusters: vec![ClusterSpec::new("aks", ISSUER)],
                ..Seed::default()
            },
            ..WorldSpec::default()
        };
        let world = server.worlds().create(spec).expect("a world");
        world.change_settings(|settings| {
            settings.latency_ms = u64::try_from(LATENCY.as_millis()).unwrap_or(u64::MAX);
            settings.throttle.identity_service = throttled;
        });
        let info = world.info();
        let folder = tempfile::tempdir().expect("a folder");
        az_config(folder.path(), &info).expect("az's configuration");
        Self {
            world,
            info,
            folder,
        }
    }

    /// The records, as translate leaves them.
    fn records(&self) -> PathBuf {
        let mut text = String::new();
        for index in 0..IDENTITIES * EACH {
            let (identity, host) = (index % IDENTITIES, host_name(index));
            writeln!(
                text,
                r#"{{"apiVersion":"vwi/v1alpha1","kind":"WorkloadIdentity","metadata":{{"name":"sa-{index}","namespace":"default"}},"spec":{{"virtualCluster":{{"name":"vc","namespace":"team-x"}},"identity":{{"resourceGroup":"rg","name":"app-{identity:02}"}}}},"status":{{"subject":"system:serviceaccount:team-x:{host}","hostServiceAccount":{{"namespace":"team-x","name":"{host}","uid":"u-{index}"}},"issuer":"{ISSUER}","conditions":[{{"type":"Translated","status":"True","reason":"Proven","message":"seen"}}]}}}}"#
            )
            .expect("a String takes it");
        }
        let records = IDENTITIES * EACH;
        writeln!(
            text,
            r#"{{"apiVersion":"vwi/v1alpha1","kind":"StreamEnd","metadata":{{"name":"translate"}},"status":{{"records":{records},"failed":0,"selection":{{"all":{{"scope":"vc"}}}}}}}}"#
        )
        .expect("a String takes it");
        let path = self.folder.path().join("records.ndjson");
        fs::write(&path, text).expect("the records");
        path
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.folder.path())
            .envs(env_of(&self.info, self.folder.path()));
        command
    }

    /// Returns how long federate takes for all records.
    fn federate(&self, suite: &Suite, flags: &[&str]) -> Duration {
        let input = File::open(self.records()).expect("the records");
        let started = Instant::now();
        let output = self
            .command(&suite.step("federate"))
            .args(["--aks-cluster", "rg/aks", "--timeout", "0", "--no-host"])
            .args(flags)
            .stdin(input)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .output()
            .expect("federate");
        let took = started.elapsed();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let identities = self.world.info().identities;
        let full = identities.iter().all(|one| one.credentials.len() == EACH);
        assert!(full, "every identity has its credentials");
        took
    }

    /// How many requests were refused, throttled ones and those of two writers at once.
    fn refused(&self) -> usize {
        let requests = self.world.requests();
        requests.iter().filter(|one| one.error.is_some()).count()
    }
}

fn host_name(index: usize) -> String {
    format!("sa-{index}-x-default-x-vc")
}

fn server() -> Server {
    let tls = Tls::generate().expect("certificates");
    Server::start(Options::new(tls)).expect("the stand-in of Azure")
}

/// As fast as Azure answers, and `az` for a sample.
pub(crate) fn compare(suite: &Suite) {
    let server = server();
    let serial = u32::try_from(EACH).unwrap_or(u32::MAX);
    let bound = LATENCY * (serial + READS);
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let stage = Stage::new(&server, false);
        times.push(stage.federate(suite, &["--pace", "off", "--concurrency", "128"]));
        assert_eq!(stage.refused(), 0, "no two writes at once on an identity");
    }
    let took = median(&mut times);
    println!(
        "{} credentials on {IDENTITIES} identities at {LATENCY:?}: {took:.2?}; {EACH} serial writes \
         and {READS} reads: {bound:.2?}; ratio {:.3}; {RUNS} runs: {times:.2?}",
        IDENTITIES * EACH,
        took.as_secs_f64() / bound.as_secs_f64(),
    );
    let Some(az) = require_az() else {
        println!("no real `az` to compare with");
        return;
    };
    let stage = Stage::new(&server, false);
    let sample = az_makes(&stage, &az);
    let ratio = sample.as_secs_f64() / took.as_secs_f64() * f64::from(FIFTY);
    println!(
        "az: {SAMPLE} credentials of one identity in {sample:.2?}; federate made {FIFTY} times as \
         many in {took:.2?}: {ratio:.0} times as fast",
    );
}

/// Returns how long `az` takes for one identity's credentials, its login not counted.
fn az_makes(stage: &Stage, az: &Path) -> Duration {
    let caller = stage.info.callers.first().expect("a caller");
    let run = |arguments: &[&str]| {
        let output = stage.command(az).args(arguments).output().expect("az");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    };
    run(&[
        "login",
        "--service-principal",
        "--tenant",
        &stage.info.tenant_id,
        "-u",
        &caller.client_id,
        "-p",
        &caller.client_secret,
    ]);
    let started = Instant::now();
    for index in 0..SAMPLE {
        let subject = format!("system:serviceaccount:team-x:{}", host_name(index));
        let name = format!("sample-{index}");
        run(&[
            "identity",
            "federated-credential",
            "create",
            "-g",
            "rg",
            "--identity-name",
            "app-00",
            "-n",
            &name,
            "--issuer",
            ISSUER,
            "--subject",
            &subject,
            "--audiences",
            "api://AzureADTokenExchange",
        ]);
    }
    started.elapsed()
}

/// At the documented pace, with Azure's throttles on: about eight minutes.
pub(crate) fn compare_pace(suite: &Suite) {
    let server = server();
    let stage = Stage::new(&server, true);
    let id = |index: usize| {
        let subscription = &stage.info.subscription_id;
        let name = format!("app-{index:02}");
        ResourceId::new(Kind::Identity, subscription, "rg", &name).expect("an id")
    };
    let identities: Vec<ResourceId> = (0..IDENTITIES).map(id).collect();
    let bound = estimate(identities.iter().map(|identity| (identity, EACH)));
    let took = stage.federate(suite, &["--pace", "documented"]);
    let writes_refused = stage
        .world
        .requests()
        .iter()
        .filter(|request| request.is_write() && request.error.is_some())
        .count();
    println!(
        "{} credentials on {IDENTITIES} identities at the documented pace: {took:.2?}; the pace's \
         bound: {bound:.2?}; ratio {:.3}; throttled writes: {writes_refused}",
        IDENTITIES * EACH,
        took.as_secs_f64() / bound.as_secs_f64(),
    );
}
