use std::path::Path;

use super::*;

fn settings() -> HttpSettings {
    HttpSettings {
        user_agent: "kubectl-vwi/0 (check)".to_owned(),
        request_timeout: Some(Duration::from_secs(30)),
        insecure_skip_verify: false,
        roots: None,
        authority: None,
        proxies: Proxies::default(),
    }
}

#[test]
fn what_the_environment_says_wrong_is_named_without_its_secret() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "no certificates").unwrap();
    let proxied = |address: &str| HttpSettings {
        proxies: Proxies {
            https: Some(address.to_owned()),
            ..Proxies::default()
        },
        ..settings()
    };
    let trusting = |pem: &[u8]| HttpSettings {
        authority: Some(pem.to_owned()),
        ..settings()
    };
    let rooted = |path: &Path| HttpSettings {
        roots: Some(path.to_owned()),
        ..settings()
    };
    let cases = [
        (
            proxied("http://user:geheim@[bad/"),
            "proxy of `HTTPS_PROXY`",
        ),
        (rooted(&empty), "empty.pem"),
        (
            trusting(b"no certificates"),
            "the certificates of the authority",
        ),
        (
            rooted(Path::new("/nowhere/roots.pem")),
            "/nowhere/roots.pem",
        ),
    ];
    for (settings, expected) in cases {
        let error = client(&settings).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.contains(expected), "{shown}");
        assert!(!shown.contains("geheim"), "{shown}");
        assert_eq!(error.outcome(), Outcome::CouldNotRun);
        assert!(error.hint().is_some());
    }
    assert!(client(&settings()).is_ok());
    assert!(client(&proxied("http://user:geheim@proxy:3128")).is_ok());
}
