//! What is to be done for each record, and what became of it.

use vwi_cli::flags::DryRun;
use vwi_core::annotation::Wanted;
use vwi_core::contradiction::{FLAG_AGAINST_RECORD, Merge, OVERRIDE_HINT};
use vwi_core::record::{ConditionStatus, HostServiceAccount, Record, TenantStatus, Upstream};
use vwi_core::step::Step;
use vwi_core::translation::VirtualClusterName;

use crate::args::AnnotateArgs;
use crate::patch::MANAGED_IN_GIT;

/// One record's work. Only this is kept in memory; the record waits in the spool.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) vcluster: Option<VirtualClusterName>,
    pub(crate) tenant: TenantStatus,
    pub(crate) host: Option<HostServiceAccount>,
    pub(crate) wanted: Wanted,
    pub(crate) dry_run: DryRun,
    /// Whether the user named the ServiceAccount and, with it, the cluster of the command line.
    pub(crate) typed: bool,
    pub(crate) verdict: Option<Verdict>,
}

/// What became of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A step before this one failed on it.
    Forwarded,
    /// A dry run: what would be done.
    Planned(String),
    /// It is as wanted.
    Done {
        /// `Created`, `Updated`, `Unchanged` or `Removed`.
        reason: &'static str,
        message: String,
    },
    /// It is not.
    Failed {
        reason: &'static str,
        message: String,
    },
}

impl Verdict {
    pub(crate) fn failed(reason: &'static str, message: impl Into<String>) -> Self {
        Self::Failed {
            reason,
            message: message.into(),
        }
    }

    /// Returns the word under which the closing line counts it.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Forwarded => "forwarded",
            Self::Planned(_) => "planned",
            Self::Done { reason, .. } => match *reason {
                "Created" => "created",
                "Updated" => "updated",
                "Removed" => "removed",
                _ => "unchanged",
            },
            Self::Failed { .. } => "failed",
        }
    }

    /// Leaves the step's condition on the record.
    pub(crate) fn mark(&self, record: &mut Record) {
        let (status, reason, message) = match self {
            Self::Forwarded => (
                ConditionStatus::Unknown,
                "UpstreamFailed",
                "a step before this one failed",
            ),
            Self::Planned(message) => (ConditionStatus::Unknown, "Planned", message.as_str()),
            Self::Done { reason, message } => (ConditionStatus::True, *reason, message.as_str()),
            Self::Failed { reason, message } => (ConditionStatus::False, *reason, message.as_str()),
        };
        record.set_condition(Step::Annotate, status, reason, message);
    }
}

impl Work {
    /// Works out what one record asks for; a record that can't be acted on has its verdict.
    pub(crate) fn new(record: &Record, arguments: &AnnotateArgs, typed: bool) -> Self {
        // The reader has looked at both.
        let spec = record.spec().unwrap_or_default();
        let status = record.status().unwrap_or_default();
        let vcluster = spec.virtual_cluster.and_then(|vcluster| {
            Some(VirtualClusterName {
                name: vcluster.name?,
                namespace: vcluster.namespace?,
            })
        });
        let mut work = Self {
            namespace: record.namespace().to_owned(),
            name: record.name().to_owned(),
            vcluster,
            tenant: status.tenant,
            host: status.host_service_account,
            wanted: Wanted::default(),
            dry_run: arguments.change.dry_run,
            typed,
            verdict: None,
        };
        if let Err(contradiction) = arguments.kubectl.check_namespace(record.namespace()) {
            let message = contradiction.to_string();
            work.verdict = Some(Verdict::failed(FLAG_AGAINST_RECORD, message));
            return work;
        }
        let mut is_planned = false;
        // What a step that failed to identify the tenant has left there identifies no cluster.
        let identified = !matches!(record.upstream(Step::Federate), Upstream::Failed(_));
        match record.upstream(Step::Annotate) {
            Upstream::Failed(_) if arguments.remove && identified => {}
            Upstream::Failed(_) => {
                work.verdict = Some(Verdict::Forwarded);
                return work;
            }
            Upstream::Planned => {
                is_planned = true;
                if work.dry_run == DryRun::None {
                    work.dry_run = DryRun::Client;
                }
            }
            Upstream::Ready => {}
        }
        if arguments.remove {
            return work;
        }
        let identity = status.identity.unwrap_or_default();
        let merge = Merge {
            override_record: arguments.change.override_records,
        };
        let client_id = merge.names(
            ("--client-id", arguments.client_id.as_deref()),
            ("status.identity.clientId", identity.client_id.as_deref()),
        );
        let tenant_id = merge.names(
            ("--azure-tenant-id", arguments.azure_tenant_id.as_deref()),
            ("status.identity.tenantId", identity.tenant_id.as_deref()),
        );
        let (client_id, tenant_id) = match (client_id, tenant_id) {
            (Ok(client_id), Ok(tenant_id)) => (client_id, tenant_id),
            (Err(contradiction), _) | (_, Err(contradiction)) => {
                let message = format!("{contradiction}; {OVERRIDE_HINT}");
                work.verdict = Some(Verdict::failed(FLAG_AGAINST_RECORD, message));
                return work;
            }
        };
        if client_id.is_none() {
            work.verdict = Some(if is_planned {
                Verdict::Planned("client-id known after federate".to_owned())
            } else {
                Verdict::failed(
                    "NoClientId",
                    "the record has no client id: federate has not seen it; `--client-id` gives one",
                )
            });
            return work;
        }
        match Wanted::new(client_id, tenant_id, arguments.token_expiration) {
            Ok(wanted) => work.wanted = wanted,
            Err(error) => {
                work.verdict = Some(Verdict::failed("InvalidAnnotation", error.to_string()));
            }
        }
        work
    }

    /// Returns `namespace/name`.
    pub(crate) fn key(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    /// Whether its pods are to get tokens now: it has, or is planned to have, an identity.
    pub(crate) fn asks_for_tokens(&self) -> bool {
        let done = matches!(
            self.verdict,
            Some(Verdict::Done { .. } | Verdict::Planned(_))
        );
        done && self.wanted.client_id().is_some()
    }

    /// Whether it is planned, and what it is to have is not known yet.
    pub(crate) fn waits_for_client_id(&self, removes: bool) -> bool {
        let is_planned = matches!(self.verdict, Some(Verdict::Planned(_)));
        is_planned && !removes && self.wanted.client_id().is_none()
    }

    /// Whether the ServiceAccount as it is wanted is an answer to the user: what is there or comes
    /// to be, and what somebody has to commit.
    pub(crate) fn shows_manifest(&self, removes: bool) -> bool {
        let is_known = removes || self.wanted.client_id().is_some();
        is_known
            && match &self.verdict {
                Some(Verdict::Planned(_) | Verdict::Done { .. }) => true,
                Some(Verdict::Failed { reason, .. }) => *reason == MANAGED_IN_GIT,
                Some(Verdict::Forwarded) | None => false,
            }
    }

    /// Whether it is still to be done.
    pub(crate) fn is_open(&self) -> bool {
        self.verdict.is_none()
    }
}
