//! Flags that turn translate round, or into another program's part.

use clap::Args;

/// Which way it goes
#[derive(Args, Clone, Copy, Debug, Default)]
#[command(next_help_heading = "Other ways")]
pub struct WayFlags {
    /// Go back: which tenant ServiceAccount is this one of the host? Give NAMESPACE/NAME, subjects,
    /// or what `az identity federated-credential list -o json` prints on standard input or with -f
    #[arg(long)]
    pub reverse: bool,
    /// Terraform's `external` data source protocol: a JSON object with key `serviceaccounts`
    /// (NAMESPACE/NAME, between commas or as a JSON array) on standard input, subjects by
    /// NAMESPACE/NAME on standard output
    #[arg(long, conflicts_with = "reverse")]
    pub terraform: bool,
}
