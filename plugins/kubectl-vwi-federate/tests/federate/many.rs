//! Many records over several identities: written side by side, and one at a time on each.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use vwi_test_azure::{ClusterSpec, IdentitySpec, Seed, WorldSpec};

use crate::scene::{ISSUER, Scene, record, stream};

const IDENTITIES: usize = 8;
const EACH: usize = 15;
const LATENCY: Duration = Duration::from_millis(30);

#[test]
fn identities_are_served_side_by_side_and_records_keep_their_order() {
    let identity = |index: usize| IdentitySpec {
        name: format!("app-{index}"),
        ..IdentitySpec::default()
    };
    let scene = Scene::with(WorldSpec {
        seed: Seed {
            identities: (0..IDENTITIES).map(identity).collect(),
            clusters: vec![ClusterSpec::new("aks", ISSUER)],
            ..Seed::default()
        },
        ..WorldSpec::default()
    });
    scene.world.change_settings(|settings| {
        settings.latency_ms = u64::try_from(LATENCY.as_millis()).unwrap();
        settings.paging.page_size = Some(4);
    });
    let records: Vec<Value> = (0..IDENTITIES * EACH)
        .map(|index| {
            let mut record = record(&format!("sa-{index}"));
            record["spec"]["identity"] =
                json!({"resourceGroup": "rg", "name": format!("app-{}", index % IDENTITIES)});
            record
        })
        .collect();
    let start = Instant::now();
    let done = scene.run(
        &["--pace", "off", "--aks-cluster", "rg/aks"],
        &stream(&records),
    );
    let took = start.elapsed();
    assert_eq!(done.status, 0, "{}", done.stderr);
    let one_by_one = LATENCY * u32::try_from(IDENTITIES * EACH).unwrap();
    assert!(took < one_by_one, "{took:?} of {one_by_one:?}");
    let names: Vec<String> = done
        .records()
        .iter()
        .map(|record| record["metadata"]["name"].as_str().unwrap().to_owned())
        .collect();
    let expected: Vec<String> = (0..names.len())
        .map(|index| format!("sa-{index}"))
        .collect();
    assert_eq!(names, expected);
    let refused = scene.world.requests();
    let refused = refused.iter().filter(|request| request.error.is_some());
    assert_eq!(refused.count(), 0, "no two writes at once on an identity");
    for index in 0..IDENTITIES {
        assert_eq!(scene.credentials(&format!("app-{index}")).len(), EACH);
    }
    scene.world.clear_requests();
    let again = scene.run(&["--pace", "off", "--aks-cluster", "rg/aks"], &done.stdout);
    assert_eq!(again.status, 0, "{}", again.stderr);
    assert_eq!(scene.writes(), Vec::<String>::new());
}
