//! Access keys: read from where a user keeps one, never shown.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use vwi_core::exit::{Explain, Outcome};
use zeroize::Zeroizing;

/// Longest key, in bytes; the Platform's own have some 60, OIDC tokens some thousand.
const LONGEST: usize = 16 * 1024;

/// An access key of the Platform. It has all rights of its user.
#[derive(Clone, Debug)]
pub struct AccessKey(SecretString);

/// Why a key can't be had. What was read is never shown.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The file can't be read.
    #[error("cannot read the access key from `{}`", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Standard input can't be read.
    #[error("cannot read the access key from standard input")]
    Stdin(#[source] io::Error),
    /// The variable is not set.
    #[error("the environment has no variable `{name}` with an access key")]
    NoVariable {
        /// The variable.
        name: String,
    },
    /// What is there is no key.
    #[error("{place} holds no access key: {fault}")]
    NotAKey {
        /// Where it was read.
        place: String,
        /// What is wrong with it, without its text.
        fault: &'static str,
    },
}

impl Explain for KeyError {
    fn outcome(&self) -> Outcome {
        Outcome::CouldNotRun
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NotAKey { .. } => Some(
                "it has to be the key alone, on one line; `vcluster platform create accesskey` \
                 makes one"
                    .to_owned(),
            ),
            Self::NoVariable { name } => Some(format!(
                "set `{name}`, or use `--access-key-file`, which keeps the key out of the \
                 environment of other programs"
            )),
            Self::File { .. } | Self::Stdin(_) => None,
        }
    }
}

impl AccessKey {
    /// Reads a key from a file.
    ///
    /// # Errors
    ///
    /// [`KeyError`]
    pub fn from_file(path: &Path) -> Result<Self, KeyError> {
        let failed = |source| KeyError::File {
            path: path.to_owned(),
            source,
        };
        let text = read(fs::File::open(path).map_err(failed)?).map_err(failed)?;
        Self::of(&text, &format!("`{}`", path.display()))
    }

    /// Reads a key from a stream to its end; it is called standard input in messages.
    ///
    /// # Errors
    ///
    /// [`KeyError`]
    pub fn from_stdin(stream: impl Read) -> Result<Self, KeyError> {
        Self::of(&read(stream).map_err(KeyError::Stdin)?, "standard input")
    }

    /// Takes a key from a variable of the environment.
    ///
    /// # Errors
    ///
    /// [`KeyError`]
    pub fn from_variable(name: &str, value: Option<&str>) -> Result<Self, KeyError> {
        let value = value.ok_or_else(|| KeyError::NoVariable {
            name: name.to_owned(),
        })?;
        Self::of(value.as_bytes(), &format!("the variable `{name}`"))
    }

    /// Takes a key; white space around it does not count.
    pub(crate) fn of(text: &[u8], place: &str) -> Result<Self, KeyError> {
        let failed = |fault| KeyError::NotAKey {
            place: place.to_owned(),
            fault,
        };
        let key = text.trim_ascii();
        if key.is_empty() {
            return Err(failed("it is empty"));
        }
        if key.len() > LONGEST {
            return Err(failed("it is too long"));
        }
        if key.contains(&b'\n') {
            return Err(failed("it has several lines"));
        }
        if key.first() == Some(&b'{') {
            return Err(failed("it is JSON"));
        }
        // What a header can hold, and no key has spaces.
        match std::str::from_utf8(key) {
            Ok(key) if key.bytes().all(|byte| byte.is_ascii_graphic()) => {
                Ok(Self(SecretString::from(key.to_owned())))
            }
            Ok(_) | Err(_) => Err(failed("it has spaces or characters that no key has")),
        }
    }

    /// Returns the key, for a client that sends it to the Platform.
    pub fn secret(&self) -> &SecretString {
        &self.0
    }

    /// Returns the header that carries it, marked so that no client shows it.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        let text = Zeroizing::new(format!("Bearer {}", self.0.expose_secret()));
        let mut value = HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

fn read(stream: impl Read) -> io::Result<Zeroizing<Vec<u8>>> {
    // Enough room from the start: a buffer that grows leaves copies behind.
    let mut text = Zeroizing::new(Vec::with_capacity(LONGEST + 2));
    let limit = u64::try_from(LONGEST + 1).unwrap_or(u64::MAX);
    stream.take(limit).read_to_end(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_line_and_nothing_of_it_is_ever_shown() {
        let key = AccessKey::from_stdin(&b" \tkey-geheim\r\n"[..]).unwrap();
        assert_eq!(key.secret().expose_secret(), "key-geheim");
        assert!(!format!("{key:?}").contains("geheim"));
        assert!(!format!("{:?}", key.header()).contains("geheim"));
        let long = vec![b'a'; LONGEST + 1];
        for (text, fault) in [
            (&b""[..], "it is empty"),
            (b" \n", "it is empty"),
            (b"geheim\nzwei", "it has several lines"),
            (b"{\"accesskey\":\"geheim\"}", "it is JSON"),
            (
                b"geheim zwei",
                "it has spaces or characters that no key has",
            ),
            (b"geheim\xff", "it has spaces or characters that no key has"),
            (&long, "it is too long"),
        ] {
            let error = AccessKey::from_stdin(text).unwrap_err();
            let said = format!("{error} {error:?}");
            assert!(said.contains(fault), "{said}");
            assert!(!said.contains("geheim"), "{said}");
        }
    }

    #[test]
    fn a_variable_has_to_be_set_and_a_file_to_be_there() {
        let error = AccessKey::from_variable("MY_KEY", None).unwrap_err();
        assert!(error.to_string().contains("`MY_KEY`"), "{error}");
        assert!(AccessKey::from_variable("MY_KEY", Some("k")).is_ok());
        let error = AccessKey::from_file(Path::new("/nonexistent/key")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot read the access key from `/nonexistent/key`"
        );
    }
}
