//! Each way to fail has its own words and its own hint.

use vwi_core::exit::{Explain, Outcome};
use vwi_platform::PlatformError;
use vwi_test_server::{Answer, Fault, Times};

use crate::scene::{KEY, SCOPED, at, client, server};

/// Everything that is said of an error, with its address struck out.
fn said(error: &PlatformError) -> String {
    let text = format!(
        "{}\nhint: {}",
        error.in_one_line(),
        error.hint().unwrap_or_default()
    );
    text.replace(&error.platform, "URL")
}

#[tokio::test]
async fn a_key_that_is_not_accepted() {
    let server = server();
    let error = client(&server, "wrong").myself().await.unwrap_err();
    assert_eq!(
        said(&error),
        "cannot ask who the access key's user is on the vCluster Platform `URL`: it does not accept \
         the access key (401): Unauthorized\n\
         hint: create a new access key, or log in again: `vcluster platform login URL` (a change of \
         its user's password deletes every key)"
    );
    assert_eq!(error.outcome(), Outcome::CouldNotRun);
    assert_eq!(server.requests().len(), 1, "a refusal is not repeated");
}

#[tokio::test]
async fn a_key_whose_scope_does_not_cover_it() {
    let server = server();
    let scoped = client(&server, SCOPED);
    let error = scoped
        .translate("blue", "default", "app")
        .await
        .unwrap_err();
    assert!(error.is_forbidden());
    let text = said(&error);
    assert!(
        text.starts_with(
            "cannot translate ServiceAccount `default/app` of vCluster `blue` on the vCluster \
             Platform `URL`: the access key may not do that (403): translatevclusterresourcenames"
        ),
        "{text}"
    );
    assert!(text.contains("User \"ci\""), "{text}");
    let error = scoped.instance("other", "red").await.unwrap_err();
    assert!(error.is_forbidden());
}

#[tokio::test]
async fn an_old_platform_says_its_version() {
    let server = server();
    server.change_settings(|settings| "v3.4.10".clone_into(&mut settings.version));
    let error = client(&server, KEY)
        .translate("blue", "default", "app")
        .await
        .unwrap_err();
    assert!(error.is_without_route());
    let text = said(&error);
    assert!(
        text.contains(
            "it has no `/kubernetes/management/apis/management.loft.sh/v1/translatevclusterresourcenames` \
             (404); its version is v3.4.10"
        ),
        "{text}"
    );
    assert!(
        text.contains("Platforms before 4.0 lack this call"),
        "{text}"
    );
}

#[tokio::test]
async fn names_that_are_not_there_are_answered_with_those_that_are() {
    let server = server();
    let platform = client(&server, KEY);
    for (project, name, near) in [
        (
            "team",
            "blue",
            ", but `blue` is the Helm release of `blue-x7f2a` of project `team`",
        ),
        (
            "team",
            "Blue one",
            ", but `Blue one` is the display name of `blue-x7f2a` of project `team`",
        ),
        ("team", "red", ", but there is `red` of project `other`"),
        ("nowhere", "nothing", ""),
    ] {
        let error = platform.instance(project, name).await.unwrap_err();
        let expected = format!(
            "cannot look up virtual cluster instance `{name}` of project `{project}` on the vCluster \
             Platform `URL`: it has no such virtual cluster instance{near}\nhint: `vcluster platform \
             list vclusters` lists the instances and their projects; the display name is not the name"
        );
        assert_eq!(said(&error), expected);
    }
}

#[tokio::test]
async fn a_web_page_in_place_of_json() {
    let server = server();
    server.change_settings(|settings| settings.login_page = true);
    let error = client(&server, KEY).myself().await.unwrap_err();
    let text = said(&error);
    assert!(
        text.contains(
            "it answered 200 with a web page (`text/html; charset=utf-8`) where JSON is due"
        ),
        "{text}"
    );
    assert_eq!(server.requests().len(), 1, "a page is not asked for again");
    // The user interface answers every path below another one.
    server.change_settings(|settings| settings.login_page = false);
    let url = format!("{}/ui", server.url());
    let error = at(&url, KEY, &[server.ca_pem().to_owned()])
        .myself()
        .await
        .unwrap_err();
    assert!(said(&error).contains("with a web page"), "{error}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (server, other) = (server(), server_that_is_asked_nothing());
    server.change_settings(|settings| settings.redirect_to = Some(other.url()));
    let error = client(&server, KEY).myself().await.unwrap_err();
    let text = said(&error);
    assert!(
        text.contains("it answered 302, a redirect to `https://127.0.0.1:"),
        "{text}"
    );
    assert!(
        text.contains("which is not followed: the key would go there"),
        "{text}"
    );
    assert_eq!(other.requests(), []);
}

fn server_that_is_asked_nothing() -> vwi_test_platform::Server {
    server()
}

#[tokio::test]
async fn answers_that_are_no_json_or_not_that_of_the_call() {
    let server = server();
    let body = |status, body: &str| Answer::Body {
        status,
        content_type: "application/json".to_owned(),
        body: body.to_owned(),
    };
    for (answer, said_of_it) in [
        (body(200, "{"), "it answered 200, but the body is no JSON"),
        (
            Answer::Garbage { status: 200 },
            "it answered 200, but the body is no JSON",
        ),
        // An error of which a proxy has changed the status: here `status` is a word.
        (
            body(200, r#"{"kind":"Status","status":"Failure","code":401}"#),
            "it answered 200, but the JSON is not what this call answers",
        ),
        (
            body(201, r#"{"status":{}}"#),
            "it answered 200, but its `status.name` is empty",
        ),
        (
            body(201, r#"{"status":{"name":""}}"#),
            "its `status.name` is empty",
        ),
        (body(418, "\u{1b}[2J"), "it answered 418"),
    ] {
        server.clear_faults();
        server
            .add_fault(Fault::new("POST", "translate", answer))
            .unwrap();
        let error = client(&server, KEY)
            .translate("blue", "default", "app")
            .await
            .unwrap_err();
        let text = said(&error);
        assert!(text.contains(said_of_it), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}

#[tokio::test]
async fn what_passes_by_itself_is_asked_again() {
    let server = server();
    let throttled = Fault::new("POST", "selves", Answer::throttled(Some(0)));
    server.add_fault(throttled.times(Times::First(2))).unwrap();
    let unavailable = Answer::error(503, "ServiceUnavailable", "later");
    let unavailable = Fault::new("POST", "selves", unavailable);
    server.add_fault(unavailable.times(Times::Nth(3))).unwrap();
    let cut = Fault::new("POST", "selves", Answer::Reset);
    server.add_fault(cut.times(Times::Nth(4))).unwrap();
    let platform = client(&server, KEY);
    assert_eq!(
        platform.myself().await.unwrap().name.as_deref(),
        Some("admin")
    );
    assert_eq!(server.requests().len(), 5);
}

#[tokio::test]
async fn nobody_answers() {
    let url = server().url();
    let error = at(&url, KEY, &[]).myself().await.unwrap_err();
    let text = said(&error);
    assert!(text.contains("no connection"), "{text}");
    assert!(
        text.contains("hint: see whether the address is right and reachable"),
        "{text}"
    );
}
