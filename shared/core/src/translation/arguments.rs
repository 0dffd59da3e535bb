//! How a vCluster 0.19 runs, read from the arguments of its container `syncer`: it has no Secret
//! with a configuration.
//!
//! Source: vCluster v0.19.0 `cmd/vcluster/cmd/start.go`.

use crate::name::workload_service_account;
use crate::namespaces::NamespaceMode;

use super::configuration::{Configuration, ConfigurationError, PodPlace};
use super::identification::VirtualClusterName;

/// The name that 0.19 takes where no argument gives one.
const DEFAULT_NAME: &str = "vcluster";

impl Configuration {
    /// Reads the arguments of a 0.19 vCluster; `None` if they are not those of one.
    ///
    /// # Errors
    ///
    /// [`ConfigurationError::OtherName`] if host names are not made from the Helm release.
    pub fn from_arguments(
        arguments: &[String],
        which: &VirtualClusterName,
    ) -> Result<Option<Self>, ConfigurationError> {
        let flags = Flags::read(arguments);
        if flags.is_empty() {
            return Ok(None);
        }
        let name = flags.last("name").or_else(|| flags.last("suffix"));
        let name = name.unwrap_or(DEFAULT_NAME);
        if name != which.name {
            return Err(ConfigurationError::OtherName {
                name: name.to_owned(),
            });
        }
        Ok(Some(Self {
            syncs_service_accounts: flags.syncs("serviceaccounts", false),
            pods: if flags.syncs("pods", true) {
                PodPlace::Host
            } else {
                PodPlace::Nowhere
            },
            mode: if flags.is_on("multi-namespace-mode") {
                NamespaceMode::LegacyMulti
            } else {
                NamespaceMode::Single
            },
            target_namespace: flags.last("target-namespace").map(str::to_owned),
            workload_service_account: flags
                .last("service-account")
                .map_or_else(|| workload_service_account(&which.name), str::to_owned),
        }))
    }
}

/// Flags with their values, in the order given.
struct Flags<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Flags<'a> {
    fn read(arguments: &'a [String]) -> Self {
        let mut flags = Vec::new();
        let mut arguments = arguments.iter().map(String::as_str).peekable();
        while let Some(argument) = arguments.next() {
            let Some(flag) = argument.strip_prefix("--") else {
                continue;
            };
            let (name, value) = match flag.split_once('=') {
                Some(both) => both,
                // `--name value`; a switch stands alone.
                None => match arguments.next_if(|next| !next.starts_with('-')) {
                    Some(value) => (flag, value),
                    None => (flag, "true"),
                },
            };
            flags.push((name, value));
        }
        Self(flags)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &'a str> {
        let name = name.to_owned();
        let of = move |(flag, value): &(&'a str, &'a str)| (*flag == name).then_some(*value);
        self.0.iter().filter_map(of)
    }

    fn last(&self, name: &str) -> Option<&'a str> {
        self.all(name).last().filter(|value| !value.is_empty())
    }

    fn is_on(&self, name: &str) -> bool {
        self.last(name) == Some("true")
    }

    /// Whether `--sync` switches a resource on, or `-resource` off.
    fn syncs(&self, resource: &str, default: bool) -> bool {
        self.all("sync")
            .flat_map(|list| list.split(','))
            .map(str::trim)
            .fold(default, |on, item| match item.strip_prefix('-') {
                Some(off) if off == resource => false,
                None if item == resource => true,
                Some(_) | None => on,
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<Option<Configuration>, ConfigurationError> {
        let arguments: Vec<_> = arguments.iter().map(|&text| text.to_owned()).collect();
        let which = VirtualClusterName {
            name: "vc".to_owned(),
            namespace: "hns".to_owned(),
        };
        Configuration::from_arguments(&arguments, &which)
    }

    fn known(arguments: &[&str]) -> Configuration {
        read(arguments).unwrap().unwrap()
    }

    #[test]
    fn the_flags_of_the_charts_are_read() {
        let plain = known(&["--name=vc", "--kube-config=/data/config"]);
        assert!(!plain.syncs_service_accounts);
        assert_eq!(plain.workload_service_account, "vc-workload-vc");
        assert_eq!(
            (plain.mode, plain.pods),
            (NamespaceMode::Single, PodPlace::Host)
        );

        let all = known(&[
            "--name",
            "vc",
            "--sync=ingresses,serviceaccounts",
            "--sync",
            "-pods",
            "--target-namespace=elsewhere",
            "--service-account=runner",
            "--multi-namespace-mode=true",
            "--leader-elect",
        ]);
        assert!(all.syncs_service_accounts);
        assert_eq!(all.target_namespace.as_deref(), Some("elsewhere"));
        assert_eq!(all.workload_service_account, "runner");
        assert_eq!(all.mode, NamespaceMode::LegacyMulti);
        let off = known(&["--name=vc", "--sync=serviceaccounts,-serviceaccounts,-pods"]);
        assert!(!off.syncs_service_accounts);
        assert_eq!(off.pods, PodPlace::Nowhere);
    }

    #[test]
    fn a_name_that_is_not_the_releases_is_refused() {
        assert_eq!(read(&[]), Ok(None));
        assert!(known(&["--suffix=vc"]).mode == NamespaceMode::Single);
        for (arguments, name) in [
            (&["--name=other"][..], "other"),
            (&["--suffix=old", "--name=other"], "other"),
            (&["--sync=serviceaccounts"], "vcluster"),
        ] {
            let expected = ConfigurationError::OtherName {
                name: name.to_owned(),
            };
            assert_eq!(read(arguments), Err(expected));
        }
    }
}
