//! Switches: what is not established, and what differs between installations.

/// Switches of a stand-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What `/version` says. Before 4.0 there is no translate call.
    pub version: String,
    /// Status of a create that worked; 201 is a Kubernetes API server's.
    pub created: u16,
    /// Prefix of project namespaces; `None` is not told, and then it is `loft-p-`.
    pub project_namespace_prefix: Option<String>,
    /// Most items of a page, whatever the client asks for.
    pub page: usize,
    /// Whether a key with a scope may use the translate call, which belongs to no project.
    pub scoped_keys_translate: bool,
    /// Whether a proxy answers everything with its login page.
    pub login_page: bool,
    /// Where everything is redirected to.
    pub redirect_to: Option<String>,
    /// What the translate call answers in place of the formula's name.
    pub translates_to: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            version: "v4.11.0".to_owned(),
            created: 201,
            project_namespace_prefix: Some("p-".to_owned()),
            page: 500,
            scoped_keys_translate: false,
            login_page: false,
            redirect_to: None,
            translates_to: None,
        }
    }
}

impl Settings {
    /// Returns what the namespace of a project begins with.
    pub(crate) fn prefix(&self) -> &str {
        self.project_namespace_prefix
            .as_deref()
            .unwrap_or("loft-p-")
    }

    /// Whether the translate call is there: it came with 4.0.
    pub(crate) fn has_translate(&self) -> bool {
        let major = self.version.trim_start_matches('v').split('.').next();
        major
            .and_then(|major| major.parse::<u32>().ok())
            .is_some_and(|major| major >= 4)
    }
}
