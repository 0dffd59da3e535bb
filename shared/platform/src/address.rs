//! Where a Platform is, and the paths below it.

use std::fmt;

use thiserror::Error;
use url::{Host, Url};
use vwi_core::exit::{Explain, Outcome};
use vwi_core::text::escape;

/// Base of the management API.
///
/// Source: vcluster command line, `pkg/platform/client.go`; this form works on multi-region
/// Platforms too.
const MANAGEMENT: [&str; 5] = [
    "kubernetes",
    "management",
    "apis",
    "management.loft.sh",
    "v1",
];

/// The URL of a Platform, without what follows its host and an optional path prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(Url);

/// Why a text is not the address of a Platform.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidAddress {
    /// It is no URL.
    #[error("`{}` is no URL of a vCluster Platform", escape(.0))]
    NotAUrl(String),
    /// The key would be sent in clear.
    #[error("`{}` is not https, and the access key must not go anywhere in clear", escape(.0))]
    NotHttps(String),
    /// It holds a user or a password, which would be shown.
    #[error("the URL of a vCluster Platform holds no user")]
    WithUser,
}

impl Explain for InvalidAddress {
    fn outcome(&self) -> Outcome {
        Outcome::Usage
    }

    fn hint(&self) -> Option<String> {
        Some(
            match self {
                Self::NotAUrl(_) => "it is such as `https://platform.example.com`",
                Self::NotHttps(_) => "use the `https://` address of the Platform",
                Self::WithUser => "give the key with `--access-key-file`",
            }
            .to_owned(),
        )
    }
}

impl Address {
    /// Reads an address as the vcluster command line takes it: `https://` is put in front where no
    /// scheme is, slashes at the end do not count.
    ///
    /// A URL that the Platform put into a kubeconfig is one too: what starts at `/kubernetes/` is
    /// left out.
    ///
    /// # Errors
    ///
    /// [`InvalidAddress`]
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        let text = text.trim();
        let with_scheme = if text.contains("://") {
            text.to_owned()
        } else {
            format!("https://{text}")
        };
        let mut url =
            Url::parse(&with_scheme).map_err(|_fault| InvalidAddress::NotAUrl(text.to_owned()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidAddress::WithUser);
        }
        let Some(host) = url.host() else {
            return Err(InvalidAddress::NotAUrl(text.to_owned()));
        };
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&host) => {}
            "http" => return Err(InvalidAddress::NotHttps(text.to_owned())),
            _ => return Err(InvalidAddress::NotAUrl(text.to_owned())),
        }
        url.set_query(None);
        url.set_fragment(None);
        let path = url.path();
        let end = path.find("/kubernetes/").unwrap_or(path.len());
        let prefix = path.get(..end).unwrap_or_default().trim_end_matches('/');
        let prefix = prefix.to_owned();
        url.set_path(&prefix);
        Ok(Self(url))
    }

    /// Returns an address below this one; each segment is escaped.
    fn below<'s>(&self, segments: impl IntoIterator<Item = &'s str>) -> Url {
        let mut url = self.0.clone();
        // An https URL always has a path.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// Returns the address of a resource of the management API.
    pub(crate) fn management(&self, segments: &[&str]) -> Url {
        self.below(MANAGEMENT.into_iter().chain(segments.iter().copied()))
    }

    /// Returns the address of the Platform's version.
    pub(crate) fn version(&self) -> Url {
        self.below(["version"])
    }

    /// Returns the address of a connected host cluster's API server.
    pub fn cluster(&self, cluster: &str) -> Url {
        self.below(["kubernetes", "cluster", cluster])
    }

    /// Returns the address of a virtual cluster instance's API server.
    pub fn virtual_cluster(&self, project: &str, instance: &str) -> Url {
        self.below(["kubernetes", "project", project, "virtualcluster", instance])
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => name.eq_ignore_ascii_case("localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Result<String, InvalidAddress> {
        Address::parse(text).map(|address| address.to_string())
    }

    #[test]
    fn addresses_are_taken_as_the_vcluster_command_line_takes_them() {
        for (text, expected) in [
            (
                "https://platform.example.com",
                "https://platform.example.com",
            ),
            ("platform.example.com", "https://platform.example.com"),
            (
                " https://Platform.Example.com// \n",
                "https://platform.example.com",
            ),
            (
                "https://platform.example.com:8443/a/",
                "https://platform.example.com:8443/a",
            ),
            (
                "https://platform.example.com/a/kubernetes/project/p/virtualcluster/v",
                "https://platform.example.com/a",
            ),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://localhost:8080/", "http://localhost:8080"),
            ("http://[::1]:8080/", "http://[::1]:8080"),
        ] {
            assert_eq!(shown(text), Ok(expected.to_owned()), "{text}");
        }
        let error = |text: &str| shown(text).unwrap_err();
        for text in ["", "https://", "ftp://platform.example.com", "https://a b"] {
            assert!(matches!(error(text), InvalidAddress::NotAUrl(_)), "{text}");
        }
        for text in [
            "http://platform.example.com",
            "http://127.0.0.1.example.com",
        ] {
            assert!(matches!(error(text), InvalidAddress::NotHttps(_)), "{text}");
        }
        let with_user = error("https://me:geheim@platform.example.com");
        assert_eq!(with_user, InvalidAddress::WithUser);
        assert!(!with_user.to_string().contains("geheim"));
    }

    #[test]
    fn paths_stand_below_the_prefix_and_no_segment_can_leave_its_place() {
        let address = Address::parse("https://platform.example.com/a").unwrap();
        assert_eq!(
            address
                .management(&["namespaces", "p-x", "virtualclusterinstances", "../../self"])
                .as_str(),
            "https://platform.example.com/a/kubernetes/management/apis/management.loft.sh/v1\
             /namespaces/p-x/virtualclusterinstances/..%2F..%2Fself"
        );
        assert_eq!(
            address.cluster("aks").as_str(),
            "https://platform.example.com/a/kubernetes/cluster/aks"
        );
        assert_eq!(
            address.virtual_cluster("p", "v").as_str(),
            "https://platform.example.com/a/kubernetes/project/p/virtualcluster/v"
        );
    }
}
