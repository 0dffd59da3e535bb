//! Which Platform, with which key, and whom to trust: flags first, then the vcluster command line's
//! login.

use thiserror::Error;
use vwi_core::exit::{Explain, Outcome};

use crate::address::Address;
use crate::key::AccessKey;
use crate::login::CliLogin;

/// What a command line says of the Platform.
#[derive(Clone, Debug, Default)]
pub struct PlatformChoice {
    /// `--platform`.
    pub address: Option<Address>,
    /// The key, where a flag leads to one.
    pub key: Option<AccessKey>,
    /// Certificates in PEM that the Platform's must be under.
    pub authority: Option<Vec<u8>>,
}

/// Everything that is needed to ask a Platform.
#[derive(Clone, Debug)]
pub struct Access {
    /// Where it is.
    pub address: Address,
    /// As whom.
    pub key: AccessKey,
    /// Certificates in PEM that the Platform's must be under, in place of the system's.
    pub authority: Option<Vec<u8>>,
    /// Whether the login asks not to verify the certificate, which is not done.
    pub login_is_insecure: bool,
}

/// Why it is not clear which Platform is meant, or as whom.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessError {
    /// There is a Platform and no key.
    #[error("there is no access key for the vCluster Platform `{address}`{}", elsewhere(login.as_deref()))]
    NoKey {
        /// The Platform.
        address: String,
        /// Where the vcluster command line is logged in.
        login: Option<String>,
    },
    /// Nothing leads to a Platform.
    #[error("no vCluster Platform is known: the vcluster command line is not logged in")]
    Nobody,
    /// There is a key, and no Platform that it is for.
    #[error("an access key was given, but not which vCluster Platform it is for")]
    NoAddress,
}

fn elsewhere(login: Option<&str>) -> String {
    match login {
        Some(login) => format!(": the vcluster command line is logged in to `{login}`"),
        None => ": the vcluster command line is not logged in".to_owned(),
    }
}

impl Explain for AccessError {
    fn outcome(&self) -> Outcome {
        Outcome::Usage
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoKey { address, .. } => format!(
                "give the key with `--access-key-file FILE`, or log in: `vcluster platform login \
                 {address}`"
            ),
            Self::Nobody => {
                "give `--platform` and `--access-key-file`, or log in: `vcluster platform login URL`"
                    .to_owned()
            }
            Self::NoAddress => "give its URL with `--platform`".to_owned(),
        })
    }
}

impl Access {
    /// Chooses; `None` if no flag names a Platform and nobody is logged in to one.
    ///
    /// The login's key goes to the login's own Platform only.
    ///
    /// # Errors
    ///
    /// [`AccessError`]
    pub fn choose(
        choice: PlatformChoice,
        login: Option<CliLogin>,
    ) -> Result<Option<Self>, AccessError> {
        let PlatformChoice {
            address,
            key,
            authority,
        } = choice;
        let Some(login) = login else {
            return match (address, key) {
                (Some(address), Some(key)) => Ok(Some(Self {
                    address,
                    key,
                    authority,
                    login_is_insecure: false,
                })),
                (Some(address), None) => Err(AccessError::NoKey {
                    address: address.to_string(),
                    login: None,
                }),
                (None, Some(_)) => Err(AccessError::NoAddress),
                (None, None) => Ok(None),
            };
        };
        let address = address.unwrap_or_else(|| login.address.clone());
        let is_logins = address == login.address;
        let key = match key {
            Some(key) => key,
            None if is_logins => login.key,
            None => {
                return Err(AccessError::NoKey {
                    address: address.to_string(),
                    login: Some(login.address.to_string()),
                });
            }
        };
        Ok(Some(Self {
            address,
            key,
            authority: authority.or_else(|| login.authority.filter(|_| is_logins)),
            login_is_insecure: is_logins && login.insecure,
        }))
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn key(text: &str) -> AccessKey {
        AccessKey::of(text.as_bytes(), "the test").unwrap()
    }

    fn login() -> CliLogin {
        CliLogin {
            address: Address::parse("https://login.example.com").unwrap(),
            key: key("logins"),
            authority: Some(b"logins".to_vec()),
            insecure: true,
        }
    }

    fn choice(address: Option<&str>, typed: Option<&str>) -> PlatformChoice {
        PlatformChoice {
            address: address.map(|address| Address::parse(address).unwrap()),
            key: typed.map(key),
            authority: None,
        }
    }

    #[test]
    fn flags_go_first_and_a_key_goes_to_its_own_platform_only() {
        let other = "https://other.example.com";
        let own = "https://login.example.com/";
        for (address, typed, logged_in, expected) in [
            (
                None,
                None,
                true,
                "logins@https://login.example.com with its CA",
            ),
            (
                Some(own),
                None,
                true,
                "logins@https://login.example.com with its CA",
            ),
            (
                None,
                Some("typed"),
                true,
                "typed@https://login.example.com with its CA",
            ),
            (
                Some(other),
                Some("typed"),
                true,
                "typed@https://other.example.com",
            ),
            (
                Some(other),
                Some("typed"),
                false,
                "typed@https://other.example.com",
            ),
            (
                Some(other),
                None,
                true,
                "there is no access key for the vCluster Platform `https://other.example.com`: the \
                 vcluster command line is logged in to `https://login.example.com`",
            ),
            (
                Some(other),
                None,
                false,
                "there is no access key for the vCluster Platform `https://other.example.com`: the \
                 vcluster command line is not logged in",
            ),
            (
                None,
                Some("typed"),
                false,
                "an access key was given, but not which vCluster Platform it is for",
            ),
            (None, None, false, "nobody"),
        ] {
            let chosen = Access::choose(choice(address, typed), logged_in.then(login));
            let said = match chosen {
                Ok(Some(access)) => {
                    assert_eq!(access.authority.is_some(), access.login_is_insecure);
                    let authority = if access.authority.is_some() {
                        " with its CA"
                    } else {
                        ""
                    };
                    let key = access.key.secret().expose_secret();
                    format!("{key}@{}{authority}", access.address)
                }
                Ok(None) => "nobody".to_owned(),
                Err(error) => error.to_string(),
            };
            assert_eq!(said, expected);
        }
    }
}
