//! Groups of flags, each written once for all steps, with kubectl's names and meaning.

mod azure;
mod change;
mod format;
mod host;
mod input;
mod kubectl;
mod output;
mod platform;
mod selection;
mod value;

pub use azure::AzureFlags;
pub use change::{ChangeFlags, DryRun};
pub use format::FormatParser;
pub use host::HostFlags;
pub use input::InputFlags;
pub use kubectl::KubectlFlags;
pub use output::OutputFlags;
pub use platform::PlatformFlags;
pub use selection::{SelectionFlags, ShardFlags};
pub use value::{DurationFlag, UsageError, bad_usage, go_bool};
