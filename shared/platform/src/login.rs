//! The login of the vcluster command line, read as that writes it.
//!
//! Source: vcluster command line, `pkg/cli/config/{config,types}.go`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use thiserror::Error;
use vwi_core::exit::{Explain, Outcome};
use zeroize::Zeroizing;

use crate::address::{Address, InvalidAddress};
use crate::key::{AccessKey, KeyError};

/// The login of the vcluster command line.
#[derive(Clone, Debug)]
pub struct CliLogin {
    /// Where the Platform is.
    pub address: Address,
    /// The user's key.
    pub key: AccessKey,
    /// Certificates that the Platform's must be under, in PEM, in place of the system's.
    pub authority: Option<Vec<u8>>,
    /// Whether the command line itself would not verify the certificate. Never followed: the key
    /// would go to whoever answers.
    pub insecure: bool,
}

/// Why the login can't be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoginError {
    /// The file can't be read.
    #[error("cannot read the login of the vcluster command line, `{}`", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The file is not what the command line writes.
    #[error("the login of the vcluster command line, `{}`, is not the JSON that it writes: line {line}, column {column}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Where it fails; the library's words could show the key.
        line: usize,
        /// The same.
        column: usize,
    },
    /// Its host can't be used.
    #[error("the login of the vcluster command line, `{}`, names no usable host", path.display())]
    Host {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: InvalidAddress,
    },
    /// Its key can't be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Its certificates can't be used.
    #[error("`certificateAuthorityData` in `{}` is not base64", path.display())]
    Authority {
        /// The file.
        path: PathBuf,
    },
}

impl Explain for LoginError {
    fn outcome(&self) -> Outcome {
        Outcome::CouldNotRun
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::File { .. } => None,
            Self::Json { .. } | Self::Host { .. } | Self::Key(_) | Self::Authority { .. } => Some(
                "log in again with `vcluster platform login`, or give `--platform` and \
                 `--access-key-file`"
                    .to_owned(),
            ),
        }
    }
}

#[derive(Default, Deserialize)]
struct File {
    platform: Option<Section>,
}

/// The part about the Platform; `virtualClusterAccessKey` and what else is there is not needed.
#[derive(Default, Deserialize)]
struct Section {
    host: Option<String>,
    // All in lower case, as the command line writes it.
    accesskey: Option<SecretString>,
    insecure: Option<bool>,
    #[serde(rename = "certificateAuthorityData")]
    authority: Option<String>,
}

impl CliLogin {
    /// Returns where the command line keeps its login.
    pub fn usual_path(home: &Path) -> PathBuf {
        home.join(".vcluster").join("config.json")
    }

    /// Reads the login; `None` if there is no file, or nobody is logged in: without host or key,
    /// as the command line sees it too.
    ///
    /// # Errors
    ///
    /// [`LoginError`]
    pub fn read(path: &Path) -> Result<Option<Self>, LoginError> {
        let path_of = || path.to_owned();
        let text = match fs::read(path) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                let path = path_of();
                return Err(LoginError::File { path, source });
            }
        };
        let file: File = serde_json::from_slice(&text).map_err(|error| LoginError::Json {
            path: path_of(),
            line: error.line(),
            column: error.column(),
        })?;
        let section = file.platform.unwrap_or_default();
        let host = section.host.filter(|host| !host.is_empty());
        let key = section
            .accesskey
            .filter(|key| !key.expose_secret().is_empty());
        let (Some(host), Some(key)) = (host, key) else {
            return Ok(None);
        };
        let authority = section.authority.filter(|text| !text.is_empty());
        Ok(Some(Self {
            address: Address::parse(&host).map_err(|source| LoginError::Host {
                path: path_of(),
                source,
            })?,
            key: AccessKey::of(
                key.expose_secret().as_bytes(),
                &format!("`{}`", path.display()),
            )?,
            authority: authority
                .map(|text| BASE64_STANDARD.decode(text))
                .transpose()
                .map_err(|_fault| LoginError::Authority { path: path_of() })?,
            insecure: section.insecure.unwrap_or(false),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes the home of a user with this login.
    fn home(text: &str) -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        let path = CliLogin::usual_path(home.path());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        home
    }

    fn read(text: &str) -> Result<Option<CliLogin>, LoginError> {
        let home = home(text);
        CliLogin::read(&CliLogin::usual_path(home.path()))
    }

    /// Byte for byte what the command line writes.
    const WRITTEN: &str = r#"{"driver":{"type":"platform"},"previousContext":"aks","platform":{"kind":"Config","apiVersion":"storage.loft.sh/v1","virtualClusterAccessKey":"old-geheim","virtualClusterAccessPointCertificates":{"p-v":{"lastRequested":"2026-08-21T10:00:00Z","expirationTime":"2026-08-22T10:00:00Z","certificateData":"Y2VydA==","keyData":"a2V5"}},"host":"https://platform.example.com","lastInstallContext":"aks","accesskey":"key-geheim","insecure":true,"certificateAuthorityData":"LS0tLS1CRUdJTg=="},"telemetryDisabled":true}"#;

    #[test]
    fn the_login_is_read_as_the_command_line_writes_it() {
        let login = read(WRITTEN).unwrap().unwrap();
        assert_eq!(login.address.to_string(), "https://platform.example.com");
        assert_eq!(login.key.secret().expose_secret(), "key-geheim");
        assert_eq!(login.authority.as_deref(), Some(&b"-----BEGIN"[..]));
        assert!(login.insecure);
        assert!(!format!("{login:?}").contains("geheim"));
    }

    #[test]
    fn nobody_is_logged_in_without_host_or_key() {
        for text in [
            "{}",
            r#"{"platform":null}"#,
            r#"{"driver":{"type":"helm"},"platform":{"kind":"Config"}}"#,
            r#"{"platform":{"host":"https://platform.example.com"}}"#,
            r#"{"platform":{"host":"https://platform.example.com","accesskey":""}}"#,
            r#"{"platform":{"accesskey":"geheim"}}"#,
            // Deprecated, and no login.
            r#"{"platform":{"host":"https://platform.example.com","virtualClusterAccessKey":"geheim"}}"#,
            r#"{"manager":{"type":"helm"}}"#,
        ] {
            assert!(read(text).unwrap().is_none(), "{text}");
        }
        assert!(
            CliLogin::read(Path::new("/nonexistent/config.json"))
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn a_login_that_can_not_be_used_says_so_and_never_shows_the_key() {
        let login =
            |fields: &str| format!(r#"{{"platform":{{"accesskey":"key-geheim",{fields}}}}}"#);
        for (text, said) in [
            (
                r#"{"platform":{"accesskey":"key-geheim""#.to_owned(),
                "is not the JSON that it writes",
            ),
            (
                r#"{"platform":"key-geheim"}"#.to_owned(),
                "is not the JSON that it writes",
            ),
            (
                login(r#""host":"http://platform.example.com""#),
                "names no usable host",
            ),
            (
                login(r#""host":"https://a","certificateAuthorityData":"*""#),
                "is not base64",
            ),
            (
                login(r#""host":"https://a""#).replace("key-", "key "),
                "holds no access key",
            ),
        ] {
            let error = read(&text).unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(shown.contains(said), "{shown}");
            assert!(!shown.contains("geheim"), "{shown}");
            assert_eq!(error.outcome(), Outcome::CouldNotRun);
        }
    }
}
