//! Clouds other than the public one: their endpoints, and the audience that their tokens carry.

use std::fs;

use vwi_test_azure::{ClusterSpec, IdentitySpec, Seed, WorldSpec};

use crate::scene::{ISSUER, Scene, of};

/// A world that the Azure CLI's folder knows by this cloud's name.
fn scene(cloud: &str) -> Scene {
    let scene = Scene::with(WorldSpec {
        seed: Seed {
            identities: vec![IdentitySpec {
                name: "app".to_owned(),
                ..IdentitySpec::default()
            }],
            clusters: vec![ClusterSpec::new("aks", ISSUER)],
            ..Seed::default()
        },
        ..WorldSpec::default()
    });
    let url = &scene.info.url;
    let section = format!(
        "[{cloud}]\nendpoint_resource_manager = {url}\nendpoint_active_directory = {url}\n\
         subscription = {}\n",
        scene.info.subscription_id
    );
    fs::write(scene.folder().join("clouds.config"), section).unwrap();
    let config =
        format!("[cloud]\nname = {cloud}\n\n[defaults]\ngroup = rg\nlocation = westeurope\n");
    fs::write(scene.folder().join("config"), config).unwrap();
    // As the Azure CLI writes it, with a byte order mark.
    let profile = format!(
        "\u{feff}{{\"subscriptions\": [{{\"id\": \"{}\", \"name\": \"Team\", \"tenantId\": \"{}\", \
         \"environmentName\": \"{cloud}\", \"isDefault\": true, \"state\": \"Enabled\"}}]}}",
        scene.info.subscription_id, scene.info.tenant_id
    );
    fs::write(scene.folder().join("azureProfile.json"), profile).unwrap();
    scene
}

/// Runs with nothing but the Azure CLI's folder to say where Azure is.
fn run(scene: &Scene, flags: &[&str]) -> crate::scene::Finished {
    let flags = [&["--identity", "app"], flags].concat();
    let mut command = scene.command(&flags);
    command
        .env_remove("AZURE_AUTHORITY_HOST")
        .env_remove("AZURE_SUBSCRIPTION_ID");
    Scene::fed(command, &of(&["app"]))
}

#[test]
fn each_cloud_has_its_audience_and_an_unknown_one_has_to_be_said() {
    for (cloud, audience) in [
        ("AzureCloud", "api://AzureADTokenExchange"),
        ("AzureUSGovernment", "api://AzureADTokenExchangeUSGov"),
        ("AzureChinaCloud", "api://AzureADTokenExchangeChina"),
        ("TeamCloud", "api://AzureADTokenExchange"),
    ] {
        let scene = scene(cloud);
        run(&scene, &[]).expect(0, &[("True", "Created")]);
        assert_eq!(scene.credentials("app")[0][3], audience, "{cloud}");
        run(&scene, &["--subscription", "Team"]).expect(0, &[("True", "Unchanged")]);
    }
    let scene = scene("AzureBleuCloud");
    let refused = run(&scene, &[]);
    assert_eq!(refused.status, 1, "{}", refused.stderr);
    assert!(refused.stderr.contains("--audience"), "{}", refused.stderr);
    assert!(scene.credentials("app").is_empty());
    run(&scene, &["--audience", "api://Bleu"]).expect(0, &[("True", "Created")]);
    assert_eq!(scene.credentials("app")[0][3], "api://Bleu");
}

#[test]
fn a_new_identity_is_made_in_the_default_group_and_region_of_the_azure_cli() {
    let scene = scene("TeamCloud");
    let flags = ["--identity", "fresh", "--create-identity"];
    let mut command = scene.command(&flags);
    command.env_remove("AZURE_AUTHORITY_HOST");
    Scene::fed(command, &of(&["app"])).expect(0, &[("True", "Created")]);
    let dump = scene.world.dump();
    let fresh = &dump["identities"][1];
    assert_eq!(fresh["location"], "westeurope");
    assert_eq!(fresh["tags"]["managed-by"], "kubectl-vwi");
    run(&scene, &[]).expect(0, &[("True", "Created")]);
    assert!(
        scene.world.dump()["identities"][0]["tags"]
            .as_object()
            .unwrap()
            .is_empty()
    );
}
