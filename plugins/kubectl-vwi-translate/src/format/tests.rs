use std::process::Command;

use proptest::prelude::*;

use super::*;

/// `sh`, and `bash` and `dash` where they are.
fn shells() -> Vec<&'static str> {
    let is_there = |shell: &&str| Command::new(shell).args(["-c", ":"]).output().is_ok();
    ["sh", "bash", "dash"]
        .into_iter()
        .filter(is_there)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    /// The names are valid ones long before they get here; the quoting does not rely on that.
    #[test]
    fn a_shell_gets_any_text_back_as_it_was(name in any::<String>(), namespace in "(?s).{0,9}[$`\"'\\\\!\n;&|<>(){}*?~#]{0,9}") {
        let Some(lines) = exports(&name, &namespace) else {
            prop_assert!(name.contains('\0') || namespace.contains('\0'));
            return Ok(());
        };
        for shell in shells() {
            let script = format!("{lines}printf '%s\\n%s' \"$KSA_NAME\" \"$KSA_NAMESPACE\"");
            let output = Command::new(shell).args(["-c", &script]).output().unwrap();
            let got = String::from_utf8(output.stdout).unwrap();
            prop_assert_eq!(got, format!("{name}\n{namespace}"), "{}", shell);
        }
    }
}
