//! What the user states of the vCluster: by flags, and in each record.

use vwi_core::exit::Explain;
use vwi_core::translation::{Clue, ClueSource, PlatformInstance};

use crate::args::TranslateArgs;
use crate::wanted::Fault;

/// Returns what the flags say of the vCluster.
pub fn typed(args: &TranslateArgs) -> Vec<Clue> {
    let flags = &args.which;
    let name = flags
        .vcluster
        .clone()
        .map(|name| Clue::parts(ClueSource::Flag, "`--vcluster`", Some(name), None));
    let namespace = flags.vcluster_namespace.clone().map(|namespace| {
        let said_by = "`--vcluster-namespace`";
        Clue::parts(ClueSource::Flag, said_by, None, Some(namespace))
    });
    name.into_iter().chain(namespace).collect()
}

/// What one record states of its vCluster. Records that state the same are of one vCluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Stated {
    /// Name, which is that of the Helm release.
    pub name: Option<String>,
    /// Host namespace of the control plane.
    pub namespace: Option<String>,
    /// The Platform's name for it.
    pub instance: Option<PlatformInstance>,
}

impl Stated {
    /// Returns this as a clue; `None` if the record leaves it to the run.
    pub fn clue(&self) -> Option<Clue> {
        if *self == Self::default() {
            return None;
        }
        let (name, namespace) = (self.name.clone(), self.namespace.clone());
        Some(Clue {
            instance: self.instance.clone(),
            ..Clue::parts(ClueSource::Record, "the record", name, namespace)
        })
    }

    /// Returns what became of the search for the record's vCluster, which fails the record alone if
    /// it is the record that states one.
    ///
    /// # Errors
    ///
    /// `error`, where flags and context alone had to tell: nothing can be answered at all.
    pub fn fault<E: Explain>(&self, error: E) -> Result<Fault, E> {
        if self.clue().is_none() {
            return Err(error);
        }
        Ok(Fault {
            reason: "VirtualClusterUnknown",
            message: match error.hint() {
                Some(hint) => format!("{error}; {hint}"),
                None => error.to_string(),
            },
        })
    }
}
