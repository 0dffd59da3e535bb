//! `--via`: which sources of a host name are asked.

use clap::Args;
use vwi_cli::flags::{UsageError, bad_usage};
use vwi_core::record::Source;

/// Image of the pod that `--via=token` runs: it has a POSIX shell, is small, and comes from the
/// registry that every node of AKS has to reach anyway, without a login or a limit.
///
/// Source: <https://learn.microsoft.com/azure/aks/outbound-rules-control-egress>.
pub const TOKEN_IMAGE: &str = "mcr.microsoft.com/azurelinux/busybox:1.36";

/// Sources that can be picked.
const SOURCES: [Source; 4] = [
    Source::Computed,
    Source::Host,
    Source::Token,
    Source::Platform,
];

/// Which sources of a host name are asked
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Proof")]
pub struct ViaFlags {
    /// Ask these sources, each of which has to answer: computed, host, token (runs a pod in the
    /// tenant, and removes it) or platform [default: those at hand, without token]
    ///
    /// token: a pod of the ServiceAccount prints the payload, never the signature, of the token that
    /// the host's webhook gave it: subject, issuer and audience as Entra will see them. It needs no
    /// host access, and is the tenant's word: who may change pods in the tenant could forge it, so
    /// the host has to agree wherever one can be read.
    #[arg(long, value_name = "SOURCE", value_delimiter = ',', value_parser = source)]
    pub via: Vec<Source>,
    /// Image of the pod of --via=token; it needs /bin/sh [default: mcr.microsoft.com/azurelinux/busybox:1.36]
    #[arg(long, value_name = "IMAGE")]
    pub token_image: Option<String>,
}

impl ViaFlags {
    /// Whether a source is picked by name.
    pub fn picks(&self, source: Source) -> bool {
        self.via.contains(&source)
    }

    /// Whether what the host says of single ServiceAccounts counts: it was picked, or nothing was;
    /// and a token never stands alone where a host can be read.
    pub fn looks_at_host(&self) -> bool {
        self.via.is_empty() || self.picks(Source::Host) || self.picks(Source::Token)
    }

    /// Returns the sources as they are typed.
    pub fn words(&self) -> String {
        let words: Vec<&str> = self.via.iter().map(|source| source.word()).collect();
        words.join(",")
    }

    /// Returns the image of the pod that `--via=token` runs.
    pub fn image(&self) -> &str {
        self.token_image.as_deref().unwrap_or(TOKEN_IMAGE)
    }

    /// Refuses what can't be meant.
    ///
    /// # Errors
    ///
    /// [`UsageError`]
    pub fn check(&self, offline: bool) -> Result<(), UsageError> {
        let online = self.via.iter().find(|source| **source != Source::Computed);
        if let Some(source) = online.filter(|_| offline) {
            return Err(bad_usage(
                format!(
                    "`--offline` looks at no cluster, so `--via={source}` can't be given with it"
                ),
                None,
            ));
        }
        if self.token_image.is_some() && !self.picks(Source::Token) {
            return Err(bad_usage(
                "`--token-image` is the image of the pod that `--via=token` runs",
                Some("add `--via=token`"),
            ));
        }
        if self.image().is_empty() || self.image().contains(char::is_whitespace) {
            return Err(bad_usage(
                format!("`--token-image {}` is no image", self.image()),
                None,
            ));
        }
        Ok(())
    }
}

fn source(text: &str) -> Result<Source, String> {
    SOURCES
        .into_iter()
        .find(|source| source.word() == text)
        .ok_or_else(|| {
            let words = SOURCES.map(Source::word).join(", ");
            format!("it is none of {words}")
        })
}
