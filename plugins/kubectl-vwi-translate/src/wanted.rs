//! Which ServiceAccounts are wanted: names, documents, or everything in scope.

use vwi_core::contradiction::{Contradiction, FLAG_AGAINST_RECORD, Merge};
use vwi_core::record::{Record, RecordError, VirtualClusterRef};
use vwi_core::stream::ServiceAccount;
use vwi_core::translation::{Opinion, PlatformInstance, Silence};

use crate::args::TranslateArgs;
use crate::clues::Stated;

/// One ServiceAccount that is to be translated.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What is known of it so far.
    pub record: Known,
    /// What the tenant says of it.
    pub tenant: TenantAnswer,
    /// Why it can't be translated, whatever the clusters say.
    pub fault: Option<Fault>,
    /// What others than formula and host say of it.
    pub opinions: Vec<Opinion>,
    /// Who was asked and gave nothing.
    pub silences: Vec<Silence>,
}

/// What is known of a ServiceAccount: a record as it came, or its name alone. There may be a million
/// of the latter, and no tree is made of them before it is needed.
#[derive(Clone, Debug)]
pub enum Known {
    /// Its namespace and name.
    Name {
        /// Its namespace in the tenant.
        namespace: String,
        /// Its name in the tenant.
        name: String,
    },
    /// A record.
    Record(Record),
}

impl Known {
    /// Returns its namespace in the tenant.
    pub fn namespace(&self) -> &str {
        match self {
            Self::Name { namespace, .. } => namespace,
            Self::Record(record) => record.namespace(),
        }
    }

    /// Returns its name in the tenant.
    pub fn name(&self) -> &str {
        match self {
            Self::Name { name, .. } => name,
            Self::Record(record) => record.name(),
        }
    }

    /// Returns which vCluster the record says it is for.
    pub fn virtual_cluster(&self) -> Option<VirtualClusterRef> {
        match self {
            Self::Name { .. } => None,
            Self::Record(record) => record.spec().ok()?.virtual_cluster,
        }
    }

    /// Returns the record, or a new one for the name.
    pub fn into_record(self) -> Record {
        match self {
            Self::Name { namespace, name } => Record::new(&namespace, &name),
            Self::Record(record) => record,
        }
    }
}

/// What the tenant says of a ServiceAccount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TenantAnswer {
    /// Not asked.
    NotAsked,
    /// Not asked, as that would wake it.
    Asleep,
    /// The user may not read it.
    Forbidden,
    /// It is not there.
    Missing,
    /// It is there, with this uid.
    Found(String),
}

/// Why a document fails before any cluster is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    /// Reason of the condition.
    pub reason: &'static str,
    /// Message of the condition.
    pub message: String,
}

impl Wanted {
    /// Returns what its record states of the vCluster.
    pub fn stated(&self) -> Stated {
        let wish = self.record.virtual_cluster().unwrap_or_default();
        Stated {
            name: wish.name,
            namespace: wish.namespace,
            instance: match (wish.project, wish.instance) {
                (Some(project), Some(name)) => Some(PlatformInstance { project, name }),
                (_, _) => None,
            },
        }
    }

    /// Wants a ServiceAccount by name.
    pub fn named(namespace: &str, name: &str) -> Self {
        Self::of(namespace.to_owned(), name.to_owned())
    }

    fn of(namespace: String, name: String) -> Self {
        Self {
            record: Known::Name { namespace, name },
            tenant: TenantAnswer::NotAsked,
            fault: None,
            opinions: Vec::new(),
            silences: Vec::new(),
        }
    }

    /// Wants the ServiceAccount of a document of kubectl; one that says no namespace is in
    /// `namespace`.
    pub fn of_service_account(
        account: ServiceAccount,
        namespace: &str,
        args: &TranslateArgs,
    ) -> Self {
        let namespace = account.namespace.unwrap_or_else(|| namespace.to_owned());
        let fault = wrong_namespace(&namespace, args);
        let uid = account.uid.filter(|uid| !uid.is_empty());
        Self {
            tenant: uid.map_or(TenantAnswer::NotAsked, TenantAnswer::Found),
            fault,
            ..Self::of(namespace, account.name)
        }
    }

    /// Wants the ServiceAccount of a record; flags fill in what it leaves open. One that says no
    /// namespace is in `namespace`.
    ///
    /// # Errors
    ///
    /// [`RecordError`] if it is no record after all.
    pub fn of_record(
        record: Record,
        namespace: &str,
        args: &TranslateArgs,
    ) -> Result<Self, RecordError> {
        let mut record = with_namespace(record, namespace, args)?;
        if args.change.override_records {
            let wish = record.spec()?.virtual_cluster.unwrap_or_default();
            if args.which.vcluster.is_some() || args.which.vcluster_namespace.is_some() {
                let wish = VirtualClusterRef {
                    name: args.which.vcluster.clone().or_else(|| wish.name.clone()),
                    namespace: args
                        .which
                        .vcluster_namespace
                        .clone()
                        .or_else(|| wish.namespace.clone()),
                    ..wish
                };
                record.merge_spec("virtualCluster", wish);
            }
        }
        let fault =
            wrong_namespace(record.namespace(), args).or_else(|| wrong_vcluster(&record, args));
        Ok(Self {
            record: Known::Record(record),
            tenant: TenantAnswer::NotAsked,
            fault,
            opinions: Vec::new(),
            silences: Vec::new(),
        })
    }
}

/// Sets the namespace that the document leaves open; with `--override`, any to that of `-n`.
fn with_namespace(
    record: Record,
    namespace: &str,
    args: &TranslateArgs,
) -> Result<Record, RecordError> {
    let open = record
        .document()
        .get("metadata")
        .is_some_and(|metadata| metadata.get("namespace").is_none());
    let is_overridden = args.change.override_records && args.kubectl.namespace.is_some();
    // What is read as this anyway is left as it came.
    if record.namespace() == namespace || !(open || is_overridden) {
        return Ok(record);
    }
    let mut document = record.document().clone();
    if let Some(metadata) = document
        .get_mut("metadata")
        .and_then(|metadata| metadata.as_object_mut())
    {
        metadata.insert("namespace".to_owned(), namespace.into());
    }
    Record::from_document(document)
}

fn wrong_namespace(namespace: &str, args: &TranslateArgs) -> Option<Fault> {
    let checked = args.kubectl.check_namespace(namespace);
    checked.err().as_ref().map(against)
}

fn wrong_vcluster(record: &Record, args: &TranslateArgs) -> Option<Fault> {
    let wish = record.spec().ok()?.virtual_cluster?;
    let pairs = [
        (
            "--vcluster",
            &args.which.vcluster,
            "spec.virtualCluster.name",
            &wish.name,
        ),
        (
            "--vcluster-namespace",
            &args.which.vcluster_namespace,
            "spec.virtualCluster.namespace",
            &wish.namespace,
        ),
        (
            "--project",
            &args.platform.project,
            "spec.virtualCluster.project",
            &wish.project,
        ),
    ];
    // `--override` has put the flags into the record.
    let merge = Merge {
        override_record: false,
    };
    let mut merged = pairs.into_iter().map(|(flag, typed, field, found)| {
        merge.texts((flag, typed.as_deref()), (field, found.as_deref()))
    });
    merged.find_map(Result::err).as_ref().map(against)
}

fn against(contradiction: &Contradiction) -> Fault {
    Fault {
        reason: FLAG_AGAINST_RECORD,
        message: contradiction.to_string(),
    }
}
