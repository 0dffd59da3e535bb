//! What works passes, without a change and with few questions.

use vwi_tests::scene::ACCOUNT;

use crate::checked::{Checked, SEEDED};

#[tokio::test]
async fn what_works_passes_up_to_a_token() {
    let checked = Checked::federated("works").await;
    let finished = checked.check(&["--probe=token"]);
    assert_eq!(
        finished.status,
        Some(0),
        "{}\n{}",
        finished.stdout,
        finished.stderr
    );
    let text = &finished.stdout;
    assert!(text.contains("√ Entra gives a token"), "{text}");
    for mark in ["×", "‼", "?"] {
        assert!(!text.contains(&format!("\n{mark} ")), "{text}");
    }
    let chain = text.lines().next().unwrap();
    let host = format!(
        "{}/{}",
        checked.scene.host_namespace(),
        checked.scene.host_name(ACCOUNT)
    );
    assert!(chain.contains(&host) && chain.contains(SEEDED), "{chain}");
    assert!(
        !text.contains("eyJ") && !finished.stderr.contains("eyJ"),
        "no token is shown"
    );
}

#[tokio::test]
async fn nothing_is_changed_and_few_questions_are_asked() {
    let checked = Checked::federated("few").await;
    let scene = &checked.scene;
    let before = scene.tenant_accounts().await.get(ACCOUNT).await.unwrap();
    scene.forget_requests().await;
    let (status, _) =
        checked.findings(&["--identity", SEEDED, "-g", "rg", "--aks-cluster", "rg/aks"]);
    assert_eq!(status, Some(0));
    let requests: Vec<String> = scene
        .requests()
        .await
        .iter()
        .map(|request| request.method.clone())
        .collect();
    // A login, the identity, its credentials, the cluster.
    let gets = requests.iter().filter(|method| *method == "GET").count();
    assert_eq!(gets, 3, "{requests:?}");
    assert_eq!(scene.writes().await, Vec::<String>::new());
    let after = scene.tenant_accounts().await.get(ACCOUNT).await.unwrap();
    assert_eq!(before, after);
}
