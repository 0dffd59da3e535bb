//! The Platform's second opinion on a host name.

use crate::stage::{INSTANCE, PROJECT, Stage, condition, record, run, sources};

#[tokio::test]
async fn sources_that_agree_stand_in_the_record_together() {
    let stage = Stage::new("agree").await;
    let found = run(stage.at_platform());
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    let record = record(&found);
    assert_eq!(condition(&record)["reason"], "Proven");
    let sources = sources(&record);
    for source in ["computed", "host", "platform"] {
        assert!(sources.contains(&source), "{sources:?}");
    }
    let which = &record["spec"]["virtualCluster"];
    assert_eq!(which["project"], PROJECT);
    assert_eq!(which["instance"], INSTANCE);
    assert_eq!(which["hostCluster"], "aks");
}

#[tokio::test]
async fn sources_that_differ_stop_it_and_are_shown_side_by_side() {
    let stage = Stage::new("differ").await;
    stage
        .server
        .change_settings(|settings| settings.translates_to = Some("somebody-else".to_owned()));
    let found = run(stage.at_platform());
    assert_eq!(found.status, Some(1), "{}", found.stderr);
    let record = record(&found);
    let condition = condition(&record);
    assert_eq!(condition["reason"], "SourcesDisagree");
    let message = condition["message"].as_str().expect("a message");
    let namespace = stage.scene.host_namespace();
    let seen = format!("{namespace}/{}", stage.scene.host_name("app"));
    let said = format!("platform `{namespace}/somebody-else`");
    assert!(
        message.contains(&seen) && message.contains(&said),
        "{message}"
    );
    assert!(record["status"]["subject"].is_null(), "{record}");
}
