//! The kubeconfig, read and merged as kubectl does it.
//!
//! Source: client-go `tools/clientcmd/loader.go`.

use std::io;
use std::path::{Path, PathBuf};

use kube::config::{AuthInfo, Cluster, Context, Kubeconfig as Document};
use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;
use vwi_core::exit::{Explain, Outcome};
use vwi_core::text::escape;
use vwi_core::translation::VirtualClusterName;
use vwi_core::translation::context_name::ContextName;
use vwi_core::yaml;

use crate::choice::KubeconfigFiles;

/// Why there is no usable kubeconfig.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KubeconfigError {
    /// A file can't be read.
    #[error("cannot read the kubeconfig `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A file is no kubeconfig. Its text may hold secrets, so only the place is told.
    #[error("the kubeconfig `{}` can't be understood at {place}", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Line and column, or the entry.
        place: String,
    },
    /// Two files are of different kinds or versions.
    #[error("the kubeconfig `{}` can't be merged with those before it", path.display())]
    Merge {
        /// The file.
        path: PathBuf,
    },
    /// There is no file, or none has anything in it.
    #[error("there is no kubeconfig{}", searched(paths))]
    Missing {
        /// Where one was looked for.
        paths: Vec<PathBuf>,
    },
    /// No context is typed, and the kubeconfig has no current one.
    #[error("the kubeconfig has no current context")]
    NoCurrentContext,
    /// An entry that is named is not there.
    #[error("{what} `{}` is not in the kubeconfig", escape(name))]
    NoEntry {
        /// `context`, `cluster` or `user`.
        what: &'static str,
        /// Its name.
        name: String,
    },
}

impl Explain for KubeconfigError {
    fn outcome(&self) -> Outcome {
        Outcome::CouldNotRun
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { .. } => Some(
                "give one with `--kubeconfig`, or connect to the vCluster with `vcluster connect`"
                    .to_owned(),
            ),
            Self::NoCurrentContext => Some(
                "choose one with `--context`; `kubectl config get-contexts` lists them".to_owned(),
            ),
            Self::NoEntry {
                what: "context", ..
            } => Some("`kubectl config get-contexts` lists the contexts that are there".to_owned()),
            Self::Read { .. } | Self::Parse { .. } | Self::Merge { .. } | Self::NoEntry { .. } => {
                None
            }
        }
    }
}

/// A kubeconfig, merged.
#[derive(Clone, Debug, Default)]
pub struct Kubeconfig {
    document: Document,
    searched: Vec<PathBuf>,
}

impl Kubeconfig {
    /// Reads the files.
    ///
    /// # Errors
    ///
    /// [`KubeconfigError`]; no file at all is an empty kubeconfig and no error here, as `--server`
    /// can do without.
    pub fn load(files: &KubeconfigFiles) -> Result<Self, KubeconfigError> {
        let (paths, must_exist) = match files {
            KubeconfigFiles::Explicit(path) => (std::slice::from_ref(path), true),
            KubeconfigFiles::Merged(paths) => (paths.as_slice(), false),
        };
        let mut document = Document::default();
        for path in paths.iter().filter(|path| !path.as_os_str().is_empty()) {
            let text = match std::fs::read_to_string(path) {
                Ok(text) => text,
                Err(error) if error.kind() == io::ErrorKind::NotFound && !must_exist => continue,
                Err(source) => {
                    let path = path.clone();
                    return Err(KubeconfigError::Read { path, source });
                }
            };
            let next = parse(&text, path)?;
            document = document
                .merge(next)
                .map_err(|_kind| KubeconfigError::Merge { path: path.clone() })?;
        }
        Ok(Self {
            document,
            searched: paths.to_vec(),
        })
    }

    /// Returns the names of the contexts, in the order of the files.
    pub fn contexts(&self) -> impl Iterator<Item = &str> {
        self.document
            .contexts
            .iter()
            .map(|named| named.name.as_str())
    }

    /// Whether there is such a context.
    pub fn has_context(&self, name: &str) -> bool {
        self.contexts().any(|context| context == name)
    }

    /// Returns the contexts that the vcluster command line made for this vCluster, by their names:
    /// a hint, for users rename contexts.
    pub fn contexts_of(&self, which: &VirtualClusterName) -> impl Iterator<Item = &str> {
        self.contexts().filter(|context| {
            matches!(
                ContextName::parse(context),
                ContextName::Helm { name, namespace, .. }
                    if name == which.name && namespace == which.namespace
            )
        })
    }

    /// Returns the current context's name.
    pub fn current_context(&self) -> Option<&str> {
        self.document
            .current_context
            .as_deref()
            .filter(|name| !name.is_empty())
    }

    /// Returns the URL of a context's API server.
    pub fn server(&self, context: &str) -> Option<&str> {
        let context = self.context(context).ok()?;
        self.cluster(&context.cluster).ok()?.server.as_deref()
    }

    /// Returns the namespace of a context.
    pub fn namespace(&self, context: &str) -> Option<&str> {
        let namespace = self.context(context).ok()?.namespace.as_deref();
        namespace.filter(|namespace| !namespace.is_empty())
    }

    /// Whether a credential plugin is run for the user of this context, or of the current one.
    pub fn runs_plugin(&self, context: Option<&str>) -> bool {
        let context = context.or_else(|| self.current_context());
        context
            .and_then(|name| self.context(name).ok()?.user.as_deref())
            .and_then(|user| self.user(user).ok())
            .is_some_and(|user| user.exec.is_some())
    }

    /// Whether nothing is in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.document.clusters.is_empty()
            && self.document.contexts.is_empty()
            && self.document.auth_infos.is_empty()
            && self.current_context().is_none()
    }

    /// Says that there is none, and where it was looked for.
    pub(crate) fn missing(&self) -> KubeconfigError {
        KubeconfigError::Missing {
            paths: self.searched.clone(),
        }
    }

    pub(crate) fn context(&self, name: &str) -> Result<&Context, KubeconfigError> {
        self.document
            .contexts
            .iter()
            .find(|named| named.name == name)
            .and_then(|named| named.context.as_ref())
            .ok_or_else(|| no_entry("context", name))
    }

    pub(crate) fn cluster(&self, name: &str) -> Result<&Cluster, KubeconfigError> {
        self.document
            .clusters
            .iter()
            .find(|named| named.name == name)
            .and_then(|named| named.cluster.as_ref())
            .ok_or_else(|| no_entry("cluster", name))
    }

    pub(crate) fn user(&self, name: &str) -> Result<AuthInfo, KubeconfigError> {
        self.document
            .auth_infos
            .iter()
            .find(|named| named.name == name)
            .map(|named| named.auth_info.clone().unwrap_or_default())
            .ok_or_else(|| no_entry("user", name))
    }
}

fn no_entry(what: &'static str, name: &str) -> KubeconfigError {
    KubeconfigError::NoEntry {
        what,
        name: name.to_owned(),
    }
}

/// Parses one file, and makes its paths independent of the working directory.
fn parse(text: &str, path: &Path) -> Result<Document, KubeconfigError> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Ok(Document::default());
    }
    let wrong = |place| KubeconfigError::Parse {
        path: path.to_owned(),
        place,
    };
    let tree = yaml::texts(text).map_err(|error| {
        wrong(error.location().map_or_else(
            || "its end".to_owned(),
            |at| format!("line {}, column {}", at.line(), at.column()),
        ))
    })?;
    let Ok(mut document) = Document::deserialize(&tree) else {
        return Err(wrong(misfit(&tree)));
    };
    // An empty value sets nothing, so that the next file's wins.
    document.current_context = document
        .current_context
        .take()
        .filter(|name| !name.is_empty());
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    let absolute = |file: &mut Option<String>| {
        if let Some(name) = file.as_mut().filter(|name| !name.is_empty()) {
            *name = folder.join(&*name).to_string_lossy().into_owned();
        }
    };
    for cluster in document
        .clusters
        .iter_mut()
        .filter_map(|named| named.cluster.as_mut())
    {
        absolute(&mut cluster.certificate_authority);
    }
    for user in document
        .auth_infos
        .iter_mut()
        .filter_map(|named| named.auth_info.as_mut())
    {
        absolute(&mut user.client_certificate);
        absolute(&mut user.client_key);
        absolute(&mut user.token_file);
        // A bare word is looked up on the PATH; a path is relative to the file, as in client-go.
        if let Some(exec) = user.exec.as_mut()
            && exec
                .command
                .as_ref()
                .is_some_and(|command| command.contains(std::path::MAIN_SEPARATOR))
        {
            absolute(&mut exec.command);
        }
    }
    Ok(document)
}

/// Returns the first entry that is not what a kubeconfig has there.
fn misfit(tree: &Value) -> String {
    let fits = |name: &str, value: Value| Document::deserialize(&json!({ name: value })).is_ok();
    let fields = tree.as_object().into_iter().flatten();
    for (name, value) in fields {
        let items = value.as_array().into_iter().flatten();
        for (index, item) in items.enumerate() {
            if !fits(name, json!([item])) {
                return format!("`{}[{index}]`", escape(name));
            }
        }
        if !fits(name, value.clone()) {
            return format!("`{}`", escape(name));
        }
    }
    "its beginning".to_owned()
}

fn searched(paths: &[PathBuf]) -> String {
    let paths: Vec<_> = paths
        .iter()
        .map(|path| format!("`{}`", path.display()))
        .collect();
    if paths.is_empty() {
        String::new()
    } else {
        format!(" at {}", paths.join(", "))
    }
}

#[cfg(test)]
mod tests;
