//! The environment, read in one place.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use vwi_kubernetes::{KubeconfigFiles, Proxies};

/// The environment's variables as they were when the process started.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
}

impl Environment {
    /// Reads the process's environment.
    pub fn read() -> Self {
        std::env::vars_os().collect()
    }

    /// Returns a variable that is set and not empty; one that is no text counts as not set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(&OsString::from(name))
            .and_then(|value| value.to_str())
            .filter(|value| !value.is_empty())
    }

    /// Returns a variable that holds a path.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.variables
            .get(&OsString::from(name))
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    }

    /// Returns the user's home folder.
    pub fn home(&self) -> Option<PathBuf> {
        self.path("HOME").or_else(|| self.path("USERPROFILE"))
    }

    /// Returns the kubeconfig files that kubectl would merge.
    pub fn kubeconfig(&self) -> KubeconfigFiles {
        let listed = self.variables.get(&OsString::from("KUBECONFIG"));
        let files: Vec<PathBuf> = match listed.filter(|value| !value.is_empty()) {
            Some(list) => std::env::split_paths(list)
                .filter(|path| !path.as_os_str().is_empty())
                .collect(),
            None => self
                .home()
                .map(|home| home.join(".kube").join("config"))
                .into_iter()
                .collect(),
        };
        KubeconfigFiles::Merged(files)
    }

    /// Returns the proxies, in either case of their names as curl reads them.
    pub fn proxies(&self) -> Proxies {
        let either = |name: &str| {
            self.get(name)
                .or_else(|| self.get(&name.to_ascii_lowercase()))
                .map(str::to_owned)
        };
        Proxies {
            https: either("HTTPS_PROXY"),
            // In upper case it could be a header of a CGI request.
            http: self.get("http_proxy").map(str::to_owned),
            no: either("NO_PROXY"),
        }
    }
}

impl FromIterator<(OsString, OsString)> for Environment {
    fn from_iter<I: IntoIterator<Item = (OsString, OsString)>>(variables: I) -> Self {
        Self {
            variables: variables.into_iter().collect(),
        }
    }
}

/// Names only: values can be secrets.
impl std::fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_set()
            .entries(self.variables.keys())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        variables
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect()
    }

    #[test]
    fn kubeconfig_files_are_those_that_kubectl_merges() {
        type Variables = &'static [(&'static str, &'static str)];
        let cases: [(Variables, &[&str]); 4] = [
            (&[("HOME", "/h")], &["/h/.kube/config"]),
            (&[("HOME", "/h"), ("KUBECONFIG", "")], &["/h/.kube/config"]),
            (&[("HOME", "/h"), ("KUBECONFIG", "/a::/b")], &["/a", "/b"]),
            (&[], &[]),
        ];
        for (variables, files) in cases {
            let files = files.iter().map(PathBuf::from).collect();
            assert_eq!(
                environment(variables).kubeconfig(),
                KubeconfigFiles::Merged(files)
            );
        }
    }

    #[test]
    fn proxies_have_two_spellings_but_for_the_one_that_a_request_can_forge() {
        let proxies = environment(&[
            ("https_proxy", "http://a"),
            ("NO_PROXY", "b"),
            ("HTTP_PROXY", "http://c"),
        ])
        .proxies();
        assert_eq!(proxies.https.as_deref(), Some("http://a"));
        assert_eq!(proxies.no.as_deref(), Some("b"));
        assert_eq!(proxies.http, None);
    }

    #[test]
    fn an_empty_variable_is_none_and_no_value_is_shown() {
        let environment = environment(&[("A", ""), ("AZURE_CLIENT_SECRET", "geheim")]);
        assert_eq!(environment.get("A"), None);
        assert_eq!(environment.get("AZURE_CLIENT_SECRET"), Some("geheim"));
        assert!(!format!("{environment:?}").contains("geheim"));
    }
}
