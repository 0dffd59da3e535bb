//! The images that the kubelet knows; what a pod does is chosen by its image.

/// What becomes of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Image {
    /// It runs its script.
    Runs,
    /// No node takes it.
    NeverScheduled,
    /// Its image can't be pulled.
    Absent,
    /// Its container ends at once with a status.
    Crashes,
    /// Its container runs until it is removed, or its deadline.
    Hangs,
    /// It runs its script, and its log is cut in the middle.
    CutLog,
    /// Whatever its script is, it prints the whole token.
    Shouts,
}

/// The image that translate uses by default.
pub const DEFAULT: &str = "mcr.microsoft.com/azurelinux/busybox:1.36";
/// Another one with a shell.
pub const SHELL: &str = "registry.example/shell:1";
/// No node takes a pod of this image.
pub const NEVER_SCHEDULED: &str = "registry.example/never-scheduled:1";
/// No registry has this image.
pub const ABSENT: &str = "registry.example/absent:1";
/// This image has no shell: its container ends at once.
pub const CRASHES: &str = "registry.example/crashes:1";
/// A container of this image does not end by itself.
pub const HANGS: &str = "registry.example/hangs:1";
/// The log of a container of this image is cut in the middle.
pub const CUT_LOG: &str = "registry.example/cut-log:1";
/// A container of this image prints its whole token, whatever it is told to do.
pub const SHOUTS: &str = "registry.example/shouts:1";

pub(super) fn known(image: &str) -> Option<Image> {
    let image = match image {
        DEFAULT | SHELL => Image::Runs,
        NEVER_SCHEDULED => Image::NeverScheduled,
        ABSENT => Image::Absent,
        CRASHES => Image::Crashes,
        HANGS => Image::Hangs,
        CUT_LOG => Image::CutLog,
        SHOUTS => Image::Shouts,
        _ => return None,
    };
    Some(image)
}
