//! What the user typed to get here, so that usage and hints say the same.

use std::ffi::OsStr;
use std::path::Path;

use vwi_core::step::Step;

/// The words in front of a step's arguments, such as `kubectl vwi translate`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    words: String,
    step: Step,
    family: Family,
}

/// How the other steps are called, given how this one was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    /// `kubectl vwi STEP`.
    Words,
    /// `kubectl vwi-STEP`, as krew links a plugin of its own for each step.
    Dash,
    /// Some other name of the file.
    Unknown,
}

impl Invocation {
    /// Reads the name of the program of one step.
    ///
    /// kubectl runs `kubectl-vwi-check` for `kubectl vwi check`, and `kubectl-vwi_check` for
    /// `kubectl vwi-check` (kubectl, `pkg/cmd/plugin`; krew links the second).
    pub fn of_step(program: &OsStr, step: Step) -> Self {
        let name = stem(program);
        let (words, family) = match name.strip_prefix("kubectl-") {
            Some(rest) if rest == format!("vwi_{step}") => {
                (format!("kubectl vwi-{step}"), Family::Dash)
            }
            Some(rest) if rest == format!("vwi-{step}") => {
                (format!("kubectl vwi {step}"), Family::Words)
            }
            Some(_) | None => (name, Family::Unknown),
        };
        Self {
            words,
            step,
            family,
        }
    }

    /// Reads the name of the umbrella, which was given the step as its first word.
    pub fn of_umbrella(program: &OsStr, step: Step) -> Self {
        let family = if stem(program).starts_with("kubectl-") {
            Family::Words
        } else {
            Family::Unknown
        };
        Self {
            words: format!("{} {step}", umbrella_words(program)),
            step,
            family,
        }
    }

    /// Returns the words that the user typed.
    pub fn words(&self) -> &str {
        &self.words
    }

    /// Returns the step.
    pub fn step(&self) -> Step {
        self.step
    }

    /// Returns the words for another step, for a hint that works as this one was installed.
    pub fn words_of(&self, step: Step) -> String {
        match self.family {
            Family::Dash => format!("kubectl vwi-{step}"),
            Family::Words | Family::Unknown => format!("kubectl vwi {step}"),
        }
    }
}

/// Returns the step that a program's name says, for a binary that is several.
pub fn step_of(program: &OsStr) -> Option<Step> {
    let name = stem(program).replace('_', "-");
    let word = name.strip_prefix("kubectl-vwi-")?;
    Step::ALL.into_iter().find(|step| step.word() == word)
}

/// Returns the words in front of the step, for a binary that is several: `kubectl vwi`.
pub fn umbrella_words(program: &OsStr) -> String {
    let stem = stem(program);
    match stem.strip_prefix("kubectl-") {
        Some(rest) => format!("kubectl {}", rest.replace('_', "-")),
        None => stem,
    }
}

fn stem(program: &OsStr) -> String {
    let name = Path::new(program)
        .file_name()
        .unwrap_or(program)
        .to_string_lossy();
    name.strip_suffix(".exe").unwrap_or(&name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_says_what_was_typed() {
        let cases = [
            (
                "/usr/bin/kubectl-vwi-check",
                "kubectl vwi check",
                "kubectl vwi federate",
            ),
            (
                "kubectl-vwi_check",
                "kubectl vwi-check",
                "kubectl vwi-federate",
            ),
            (
                "C/kubectl-vwi_check.exe",
                "kubectl vwi-check",
                "kubectl vwi-federate",
            ),
            ("check", "check", "kubectl vwi federate"),
        ];
        for (program, words, other) in cases {
            let invocation = Invocation::of_step(OsStr::new(program), Step::Check);
            assert_eq!(invocation.words(), words);
            assert_eq!(invocation.words_of(Step::Federate), other);
        }
        let umbrella = Invocation::of_umbrella(OsStr::new("/x/kubectl-vwi"), Step::Check);
        assert_eq!(umbrella.words(), "kubectl vwi check");
        assert_eq!(
            umbrella_words(OsStr::new("/x/kubectl-vwi.exe")),
            "kubectl vwi"
        );
    }

    #[test]
    fn the_programs_name_picks_the_step() {
        assert_eq!(
            step_of(OsStr::new("/a/kubectl-vwi_annotate")),
            Some(Step::Annotate)
        );
        assert_eq!(
            step_of(OsStr::new("kubectl-vwi-federate.exe")),
            Some(Step::Federate)
        );
        assert_eq!(step_of(OsStr::new("kubectl-vwi")), None);
    }
}
