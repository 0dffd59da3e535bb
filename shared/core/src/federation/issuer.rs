//! Which issuer: everybody who knows one must say the same, byte for byte.

use std::fmt;

use thiserror::Error;

use crate::text::escape;

use super::MAX_TEXT;

/// Who names an issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssuerSource {
    /// `--issuer`.
    Flag,
    /// The record's `spec.issuer`.
    Spec,
    /// The record's `status.issuer`, which translate has found.
    Record,
    /// The host's discovery document.
    Host,
    /// The token that a pod was given.
    Token,
    /// ARM, for this AKS cluster.
    Cluster(String),
}

impl IssuerSource {
    /// Whether this source is where the issuer comes from, and not somebody's word.
    fn confirms(&self) -> bool {
        matches!(self, Self::Host | Self::Cluster(_))
    }
}

impl fmt::Display for IssuerSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => formatter.write_str("`--issuer`"),
            Self::Spec => formatter.write_str("`spec.issuer`"),
            Self::Record => formatter.write_str("`status.issuer`"),
            Self::Host => formatter.write_str("the host's discovery document"),
            Self::Token => formatter.write_str("the pod's token"),
            Self::Cluster(name) => write!(formatter, "AKS cluster `{}`", escape(name)),
        }
    }
}

/// The issuer that all sources name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// The URL, verbatim.
    pub url: String,
    /// Whether the host or ARM says so too.
    pub confirmed: bool,
}

/// Why there is no issuer.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum IssuerError {
    /// Nobody names one.
    #[error("no issuer is known")]
    Unknown,
    /// Two sources name different ones.
    #[error(
        "{first} says `{}`, {second} says `{}`; they differ at byte {} ({})",
        escape(first_url), escape(second_url), at + 1, difference(first_url, second_url, *at)
    )]
    Differ {
        /// One source.
        first: IssuerSource,
        /// What it says.
        first_url: String,
        /// The other one.
        second: IssuerSource,
        /// What that says.
        second_url: String,
        /// Offset of the first byte that differs.
        at: usize,
    },
    /// Entra fetches the issuer's keys over https.
    #[error("issuer `{}` of {source_name} {fault}", escape(url))]
    Unusable {
        /// Who names it.
        source_name: IssuerSource,
        /// The issuer.
        url: String,
        /// What is wrong, as the end of a sentence.
        fault: &'static str,
    },
}

/// Returns the offset of the first byte in which two texts differ.
pub fn first_difference(one: &str, other: &str) -> Option<usize> {
    if one == other {
        return None;
    }
    Some(
        one.bytes()
            .zip(other.bytes())
            .take_while(|(one, other)| one == other)
            .count(),
    )
}

fn difference(one: &str, other: &str, at: usize) -> String {
    let shown = |text: &str| match text.as_bytes().get(at) {
        Some(&byte) if byte.is_ascii_graphic() => format!("`{}`", char::from(byte)),
        Some(&byte) => format!("byte 0x{byte:02x}"),
        None => "nothing".to_owned(),
    };
    format!("{} against {}", shown(one), shown(other))
}

/// Returns the issuer that all sources name.
///
/// # Errors
///
/// [`IssuerError`] if there is none, two differ in a byte, or it can't be an issuer.
pub fn agree(sources: &[(IssuerSource, &str)]) -> Result<Issuer, IssuerError> {
    let Some(((first, url), rest)) = sources.split_first() else {
        return Err(IssuerError::Unknown);
    };
    for (second, other) in rest {
        if let Some(at) = first_difference(url, other) {
            return Err(IssuerError::Differ {
                first: first.clone(),
                first_url: (*url).to_owned(),
                second: second.clone(),
                second_url: (*other).to_owned(),
                at,
            });
        }
    }
    if let Some(fault) = fault(url) {
        return Err(IssuerError::Unusable {
            source_name: first.clone(),
            url: (*url).to_owned(),
            fault,
        });
    }
    Ok(Issuer {
        url: (*url).to_owned(),
        confirmed: sources.iter().any(|(source, _)| source.confirms()),
    })
}

fn fault(url: &str) -> Option<&'static str> {
    if !url.starts_with("https://") || url.len() == "https://".len() {
        Some("is not an https URL, and Entra fetches keys from nowhere else")
    } else {
        text_fault(url)
    }
}

/// Returns why a text can be no issuer and no audience of a credential, as the end of a sentence.
pub fn text_fault(text: &str) -> Option<&'static str> {
    let odd = |character: char| character.is_whitespace() || character.is_control();
    if text.chars().any(odd) {
        Some("has white space in it, which blocks every exchange")
    } else if text.chars().count() > MAX_TEXT {
        Some("is longer than the 600 characters that Azure allows")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AKS: &str = "https://westeurope.oic.prod-aks.azure.com/t/g/";

    #[test]
    fn all_sources_must_say_the_same_byte() {
        let cluster = || IssuerSource::Cluster("aks".to_owned());
        let agreed = agree(&[(IssuerSource::Record, AKS), (cluster(), AKS)]).unwrap();
        assert_eq!((agreed.url.as_str(), agreed.confirmed), (AKS, true));
        let alone = agree(&[(IssuerSource::Flag, AKS), (IssuerSource::Record, AKS)]).unwrap();
        assert!(!alone.confirmed, "two words, and nobody who knows");
        assert_eq!(agree(&[]), Err(IssuerError::Unknown));
        let without_slash = AKS.trim_end_matches('/');
        let error = agree(&[(cluster(), AKS), (IssuerSource::Flag, without_slash)]).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "AKS cluster `aks` says `{AKS}`, `--issuer` says `{without_slash}`; they differ at \
                 byte 46 (`/` against nothing)"
            )
        );
    }

    #[test]
    fn what_can_be_no_issuer_is_refused() {
        for bad in [
            "",
            "https://",
            "http://issuer/",
            "https://issuer/ ",
            "https://issuer/\n",
            "https://kubernetes.default.svc\u{a0}",
            &format!("https://{}", "a".repeat(600)),
        ] {
            let error = agree(&[(IssuerSource::Flag, bad)]).unwrap_err();
            assert!(matches!(error, IssuerError::Unusable { .. }), "{bad}");
        }
    }
}
