use std::fs;

use secrecy::ExposeSecret;

use super::*;

const FIRST: &str = r#"
apiVersion: v1
kind: Config
current-context: ""
clusters:
- name: one
  cluster: {server: https://one, certificate-authority: ca.crt}
contexts:
- name: a
  context: {cluster: one, user: u, namespace: team}
users:
- name: u
  user: {client-certificate: certs/u.crt, exec: {command: ./login, apiVersion: v1}}
- name: bare
  user: {exec: {command: kubelogin}}
"#;

const SECOND: &str = r#"{"current-context": "b", "clusters": [{"name": "one", "cluster": {"server": "https://other"}}],
 "contexts": [{"name": "b", "context": {"cluster": "one", "user": "u"}}], "preferences": {}, "users": null}"#;

fn files(folder: &Path, texts: &[(&str, &str)]) -> Vec<PathBuf> {
    texts
        .iter()
        .map(|(name, text)| {
            let path = folder.join(name);
            fs::write(&path, text).unwrap();
            path
        })
        .collect()
}

#[test]
fn files_are_merged_and_the_first_value_wins() {
    let folder = tempfile::tempdir().unwrap();
    let mut paths = files(folder.path(), &[("first", FIRST), ("second", SECOND)]);
    paths.insert(0, folder.path().join("absent"));
    paths.push(PathBuf::new());
    let kubeconfig = Kubeconfig::load(&KubeconfigFiles::Merged(paths)).unwrap();
    assert_eq!(kubeconfig.contexts().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(
        kubeconfig.current_context(),
        Some("b"),
        "an empty one is none"
    );
    assert_eq!(kubeconfig.server("b"), Some("https://one"));
    assert_eq!(kubeconfig.server("absent"), None);
}

#[test]
fn paths_are_relative_to_their_file_and_bare_commands_are_not_paths() {
    let folder = tempfile::tempdir().unwrap();
    let paths = files(folder.path(), &[("first", FIRST)]);
    let kubeconfig = Kubeconfig::load(&KubeconfigFiles::Merged(paths)).unwrap();
    let here = |name: &str| Some(folder.path().join(name).display().to_string());
    assert_eq!(
        kubeconfig.cluster("one").unwrap().certificate_authority,
        here("ca.crt")
    );
    let user = kubeconfig.user("u").unwrap();
    assert_eq!(user.client_certificate, here("certs/u.crt"));
    assert_eq!(user.exec.unwrap().command, here("./login"));
    let bare = kubeconfig.user("bare").unwrap();
    assert_eq!(bare.exec.unwrap().command.as_deref(), Some("kubelogin"));
}

#[test]
fn an_explicit_file_has_to_be_there() {
    let path = PathBuf::from("/nowhere/config");
    let error = Kubeconfig::load(&KubeconfigFiles::Explicit(path.clone())).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot read the kubeconfig `/nowhere/config`"
    );
    let none = Kubeconfig::load(&KubeconfigFiles::Merged(vec![path])).unwrap();
    assert!(none.is_empty());
    assert_eq!(
        none.missing().to_string(),
        "there is no kubeconfig at `/nowhere/config`"
    );
}

#[test]
fn an_error_tells_the_place_and_not_the_text() {
    let folder = tempfile::tempdir().unwrap();
    for (text, place) in [
        (
            "users:\n- name: u\n  user:\n    token: [secret-token]\n",
            "`users[0]`",
        ),
        ("users:\n- name: u\n  user: {token: secret-token", "line "),
        ("- secret-token\n", "its beginning"),
        ("clusters: secret-token\n", "`clusters`"),
    ] {
        let path = files(folder.path(), &[("broken", text)]).remove(0);
        let error = Kubeconfig::load(&KubeconfigFiles::Explicit(path)).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("secret-token"), "{shown}");
        let expected = format!("can't be understood at {place}");
        assert!(shown.contains(&expected), "{shown}");
    }
}

#[test]
fn what_looks_like_a_number_is_text() {
    let folder = tempfile::tempdir().unwrap();
    let text = "contexts:\n- name: 7\n  context: {cluster: 0x, user: 1, namespace: 0123}\n\
                users:\n- name: 1\n  user: {username: 2, password: 12345}\n";
    let path = files(folder.path(), &[("numbers", text)]).remove(0);
    let kubeconfig = Kubeconfig::load(&KubeconfigFiles::Explicit(path)).unwrap();
    assert_eq!(kubeconfig.namespace("7"), Some("0123"));
    let user = kubeconfig.user("1").unwrap();
    assert_eq!(user.username.as_deref(), Some("2"));
    assert_eq!(user.password.unwrap().expose_secret(), "12345");
}
