//! How a call of the Platform fails, each way with its own words.
//!
//! What is known of live Platforms is that the management API is a Kubernetes API server; single
//! sign-on pages and proxies in front of it answer too.

use std::error::Error;
use std::fmt;

use thiserror::Error;
use vwi_core::arm::Failure;
use vwi_core::exit::{Explain, Outcome};
use vwi_core::text::escape;
use vwi_http::GaveUp;

/// A call that did not succeed: what was tried, and why it failed.
#[derive(Debug, Error)]
#[error("cannot {doing} on the vCluster Platform `{platform}`{}", gave_up.map_or("", GaveUp::words))]
pub struct PlatformError {
    /// What was tried, as in "cannot …"; already safe to show.
    pub doing: String,
    /// The Platform's address.
    pub platform: String,
    /// Why it was not tried again, where a fault of the moment would have been.
    pub gave_up: Option<GaveUp>,
    /// Why it failed, the last time.
    #[source]
    pub cause: Box<PlatformCause>,
}

/// Why one call failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum PlatformCause {
    /// 401: the key is wrong, expired, or was deleted when its user's password changed.
    Unauthorized {
        /// The server's own words, safe to show.
        message: String,
    },
    /// 403: the key's scope or the user's rights do not cover it.
    Forbidden {
        /// The server's own words, safe to show.
        message: String,
    },
    /// 404 on the path itself: an older Platform, or not a Platform.
    NoRoute {
        /// Path that was asked.
        path: String,
        /// What the server says its version is.
        version: Option<String>,
    },
    /// There is no such instance.
    NoInstance {
        /// Names that are like it, safe to show.
        near: Vec<String>,
    },
    /// A web page where JSON is due: a login page of a proxy, or another server.
    Html {
        /// HTTP status.
        status: u16,
        /// `Content-Type`, safe to show.
        content_type: String,
    },
    /// A redirect. It is not followed: the key would go where it points.
    Redirected {
        /// HTTP status.
        status: u16,
        /// Where it points, without query, safe to show.
        to: Option<String>,
    },
    /// JSON that is not what this call answers, or no JSON at all.
    Garbled {
        /// HTTP status.
        status: u16,
        /// What is wrong with it.
        what: String,
    },
    /// Any other refusal.
    Refused {
        /// HTTP status.
        status: u16,
        /// The server's own words, safe to show.
        message: String,
    },
    /// No answer.
    Transport {
        /// How the connection failed.
        failure: Failure<'static>,
        /// What the HTTP library says.
        source: Option<reqwest::Error>,
        /// Whether the login asks not to verify the certificate.
        login_is_insecure: bool,
    },
}

/// Puts a server's words behind its status.
fn words(message: &str) -> String {
    if message.is_empty() {
        String::new()
    } else {
        format!(": {message}")
    }
}

impl fmt::Display for PlatformCause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unauthorized { message } => write!(
                formatter,
                "it does not accept the access key (401){}",
                words(message)
            ),
            Self::Forbidden { message } => write!(
                formatter,
                "the access key may not do that (403){}",
                words(message)
            ),
            Self::NoRoute { path, version } => {
                write!(formatter, "it has no `{}` (404)", escape(path))?;
                match version {
                    Some(version) => write!(formatter, "; its version is {}", escape(version)),
                    None => Ok(()),
                }
            }
            Self::NoInstance { near } if near.is_empty() => {
                formatter.write_str("it has no such virtual cluster instance")
            }
            Self::NoInstance { near } => write!(
                formatter,
                "it has no such virtual cluster instance, but {}",
                near.join(", ")
            ),
            Self::Html {
                status,
                content_type,
            } => write!(
                formatter,
                "it answered {status} with a web page (`{content_type}`) where JSON is due"
            ),
            Self::Redirected { status, to } => {
                write!(formatter, "it answered {status}, a redirect")?;
                if let Some(to) = to {
                    write!(formatter, " to `{to}`")?;
                }
                formatter.write_str(", which is not followed: the key would go there")
            }
            Self::Garbled { status, what } => write!(formatter, "it answered {status}, but {what}"),
            Self::Refused { status, message } => {
                write!(formatter, "it answered {status}{}", words(message))
            }
            Self::Transport { failure, .. } => formatter.write_str(match failure {
                Failure::NotConnected => "no connection",
                Failure::Tls => {
                    "its certificate can't be verified, or TLS failed; the access key was not sent"
                }
                Failure::Cut | Failure::Garbled | Failure::Status { .. } => {
                    "the connection ended before the answer"
                }
            }),
        }
    }
}

impl Error for PlatformCause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Transport {
                source: Some(source),
                ..
            } => Some(source),
            Self::Transport { source: None, .. }
            | Self::Unauthorized { .. }
            | Self::Forbidden { .. }
            | Self::NoRoute { .. }
            | Self::NoInstance { .. }
            | Self::Html { .. }
            | Self::Redirected { .. }
            | Self::Garbled { .. }
            | Self::Refused { .. } => None,
        }
    }
}

impl PlatformCause {
    /// Returns the failure in the retry table's words; `None` if asking again is pointless.
    pub(crate) fn failure(&self) -> Option<Failure<'_>> {
        match self {
            Self::Refused { status, .. } => Some(Failure::Status {
                status: *status,
                code: None,
            }),
            Self::Garbled { .. } => Some(Failure::Garbled),
            Self::Transport { failure, .. } => Some(*failure),
            Self::Unauthorized { .. }
            | Self::Forbidden { .. }
            | Self::NoRoute { .. }
            | Self::NoInstance { .. }
            | Self::Html { .. }
            | Self::Redirected { .. } => None,
        }
    }

    fn hint(&self, platform: &str) -> Option<String> {
        match self {
            Self::Unauthorized { .. } => Some(format!(
                "create a new access key, or log in again: `vcluster platform login {platform}` (a \
                 change of its user's password deletes every key)"
            )),
            Self::Forbidden { .. } => Some(
                "use a key whose scope covers it, or do without the Platform: the host \
                 (`--host-context`), or `--vcluster` with `--vcluster-namespace`"
                    .to_owned(),
            ),
            Self::NoRoute { .. } => Some(
                "see whether this is the Platform's address, without a path; Platforms before 4.0 \
                 lack this call"
                    .to_owned(),
            ),
            Self::NoInstance { .. } => Some(
                "`vcluster platform list vclusters` lists the instances and their projects; the \
                 display name is not the name"
                    .to_owned(),
            ),
            Self::Html { .. } => Some(
                "see whether the address is the Platform's own, not that of a login page in front \
                 of it"
                    .to_owned(),
            ),
            Self::Redirected { .. } => {
                Some("give the address that the Platform really has with `--platform`".to_owned())
            }
            Self::Transport {
                failure: Failure::Tls,
                login_is_insecure: true,
                ..
            } => Some(
                "the login says `insecure`, which is not followed; name the Platform's CA with \
                 `--platform-certificate-authority FILE`"
                    .to_owned(),
            ),
            Self::Transport {
                failure: Failure::Tls,
                ..
            } => Some(
                "name the Platform's CA with `--platform-certificate-authority FILE`".to_owned(),
            ),
            Self::Transport {
                failure: Failure::NotConnected,
                ..
            } => Some("see whether the address is right and reachable from here".to_owned()),
            Self::Garbled { .. } | Self::Refused { .. } | Self::Transport { .. } => None,
        }
    }
}

impl PlatformError {
    /// Whether the key may not do that.
    pub fn is_forbidden(&self) -> bool {
        matches!(*self.cause, PlatformCause::Forbidden { .. })
    }

    /// Whether the Platform is too old for the call.
    pub fn is_without_route(&self) -> bool {
        matches!(*self.cause, PlatformCause::NoRoute { .. })
    }

    /// Returns the message and its causes in one line, for a record or a warning.
    pub fn in_one_line(&self) -> String {
        let mut line = self.to_string();
        let mut next = self.source();
        while let Some(cause) = next {
            line.push_str(": ");
            line.push_str(&cause.to_string());
            next = cause.source();
        }
        line
    }
}

impl Explain for PlatformError {
    fn outcome(&self) -> Outcome {
        self.gave_up.map_or(Outcome::CouldNotRun, GaveUp::outcome)
    }

    fn hint(&self) -> Option<String> {
        self.cause.hint(&self.platform)
    }
}
