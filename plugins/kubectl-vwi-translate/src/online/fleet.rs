//! `--all-vclusters`: what hosts show of all their vClusters, in lists alone.
//!
//! No tenant is contacted, no Secret is read, and the number of requests does not depend on how many
//! vClusters or ServiceAccounts there are, but for the pages of the lists.

use std::collections::HashMap;

use vwi_cli::host::{self, NoHost};
use vwi_core::list::SyncedObject;
use vwi_core::translation::context_name::ContextName;
use vwi_core::translation::{Fleet, Sleep, Standing, VirtualClusterName};
use vwi_core::vcluster_labels::HostMetadata;
use vwi_kubernetes::host::{ControlPlane, HostOrigin, SyncedPages};
use vwi_kubernetes::tenant::Scope;
use vwi_kubernetes::{ApiError, Cluster, ClusterChoice, ConnectSettings, Host, HostChoice, Tenant};

use super::{Work, clusters::as_host, platform::OnPlatform};
use crate::error::TranslateError;

mod write;

pub(super) use write::write;

/// What one host shows.
pub(super) struct HostFleet {
    label: String,
    server: String,
    /// What the Platform calls it and its vClusters, where it leads there.
    on_platform: OnPlatform,
    issuer: Option<String>,
    fleet: Fleet,
    asleep: HashMap<VirtualClusterName, Sleep>,
    synced: Vec<Synced>,
    /// Numbers of those that carry a tenant's uid, where there are several.
    twins: HashMap<(usize, String), Vec<usize>>,
    /// How many say that a vCluster made them, and are not believed.
    not_believed: usize,
    /// Whether something that could hold more was not to be read.
    is_short: bool,
}

/// A host ServiceAccount, as far as it matters.
struct Synced {
    member: usize,
    host_namespace: String,
    host_name: String,
    host_uid: String,
    uid: Option<String>,
    /// Whom it stands for; absent if it fails vCluster's own test.
    tenant: Option<(String, String)>,
}

/// Reads all that the hosts show.
pub(super) async fn gather(
    work: &Work<'_>,
    choice: &ClusterChoice,
    host_choice: &HostChoice,
    settings: &ConnectSettings,
) -> Result<Vec<HostFleet>, TranslateError> {
    let mut fleets: Vec<HostFleet> = Vec::new();
    let scope = match &work.args.which.vcluster_namespace {
        Some(namespace) => Scope::Namespace(namespace.clone()),
        None => Scope::All,
    };
    let through_platform = match &work.platform {
        Some(platform) if !host_choice.is_typed() => platform.all_hosts(),
        Some(_) | None => Vec::new(),
    };
    if !through_platform.is_empty() {
        for (candidate, on_platform) in through_platform {
            let host = candidate.connect(settings).await;
            let host = host.map_err(TranslateError::Host)?;
            let label = host.cluster().label();
            work.talk()
                .say(&format!("the Platform names the host {label}"));
            let fleet = read(work, &host, &scope).await?;
            fleets.push(HostFleet {
                on_platform,
                ..fleet
            });
        }
        return Ok(fleets);
    }
    for host_choice in host_choice.each() {
        let host = connect(work, choice, &host_choice, settings).await?;
        let server = host.cluster().server();
        if fleets.iter().any(|fleet| fleet.server == server) {
            continue;
        }
        fleets.push(read(work, &host, &scope).await?);
    }
    Ok(fleets)
}

/// Returns the host that is named, else the current context if it is no vCluster's.
async fn connect(
    work: &Work<'_>,
    choice: &ClusterChoice,
    host_choice: &HostChoice,
    settings: &ConnectSettings,
) -> Result<Host, TranslateError> {
    match host::find(host_choice, choice, settings).await {
        Ok(host) if *host.origin() != HostOrigin::ParentContext => {
            if !host.origin().is_typed() {
                let label = host.cluster().label();
                work.talk().say(&format!("the host is {label}"));
            }
            return Ok(host);
        }
        Err(NoHost::Unconnected(error)) => return Err(TranslateError::Host(error)),
        Ok(_) | Err(_) => {}
    }
    let cluster = Cluster::connect_with(&work.kubeconfig, choice, settings)
        .await
        .map_err(TranslateError::Tenant)?;
    let is_tenant = cluster
        .context()
        .is_some_and(|context| ContextName::parse(context) != ContextName::Other);
    if is_tenant {
        return Err(TranslateError::IsTenant {
            cluster: cluster.label(),
        });
    }
    Ok(as_host(&Tenant::new(cluster)))
}

async fn read(work: &Work<'_>, host: &Host, scope: &Scope) -> Result<HostFleet, TranslateError> {
    // Read once it is known which vClusters there are, and asked for before.
    let mut everywhere = (*scope == Scope::All).then(|| host.synced_service_accounts(scope));
    let first_page = async {
        match &mut everywhere {
            Some(pages) => pages.begin().await,
            None => Ok(()),
        }
    };
    let (services, planes, namespaces, issuer, asked) = tokio::join!(
        host.services(scope),
        host.control_planes(scope, None),
        host.synced_namespaces(),
        host.issuer(),
        first_page,
    );
    let (planes, namespaces) = (work.or_warned(planes)?, work.or_warned(namespaces)?);
    let is_short = planes.is_none() || namespaces.is_none();
    let planes = planes.unwrap_or_default();
    let services = services?.into_iter().map(|service| service.which);
    let mut fleet = Fleet::new(services.chain(planes.iter().map(|plane| plane.which.clone())));
    if fleet.members().is_empty() {
        return Err(TranslateError::NoHost {
            cluster: host.cluster().label(),
        });
    }
    for namespace in namespaces.unwrap_or_default() {
        let metadata = namespace.metadata;
        fleet.add_namespace(&metadata.name, &metadata.labels, &metadata.annotations);
    }
    asked?;
    let asleep = planes
        .iter()
        .filter_map(|plane| Some((plane.which.clone(), ControlPlane::sleep(plane)?)));
    // A vCluster of one namespace can have more, which are mapped.
    let scopes: Vec<Scope> = match scope {
        Scope::All => vec![Scope::All],
        Scope::Namespace(_) => {
            let namespaces = fleet.namespaces().into_iter();
            namespaces
                .map(|namespace| Scope::Namespace(namespace.to_owned()))
                .collect()
        }
    };
    let mut shown = Shown::default();
    for scope in &scopes {
        let pages = match &mut everywhere {
            Some(everywhere) => everywhere,
            None => &mut host.synced_service_accounts(scope),
        };
        shown.append(Shown::all(&fleet, pages).await?);
    }
    let Shown {
        mut synced,
        not_believed,
    } = shown;
    synced.sort_by(|one, other| (one.member, &one.tenant).cmp(&(other.member, &other.tenant)));
    Ok(HostFleet {
        label: host.cluster().label(),
        server: host.cluster().server().to_owned(),
        on_platform: OnPlatform::default(),
        issuer: work.or_warned(issuer)?,
        twins: twins(&synced),
        asleep: asleep.collect(),
        fleet,
        synced,
        not_believed,
        is_short,
    })
}

impl Work<'_> {
    /// What is only forbidden is told, and goes without.
    fn or_warned<T>(&self, answer: Result<T, ApiError>) -> Result<Option<T>, ApiError> {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.is_forbidden() => {
                self.talk().warn(&error.in_one_line());
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Returns the numbers of those that carry one uid of a tenant, where there are several.
fn twins(synced: &[Synced]) -> HashMap<(usize, String), Vec<usize>> {
    let mut seen: HashMap<(usize, &str), usize> = HashMap::new();
    let mut twins: HashMap<(usize, String), Vec<usize>> = HashMap::new();
    for (index, one) in synced.iter().enumerate() {
        let Some(uid) = one.uid.as_deref() else {
            continue;
        };
        if let Some(first) = seen.insert((one.member, uid), index) {
            let all = twins.entry((one.member, uid.to_owned())).or_default();
            all.extend([first, index]);
            all.dedup();
        }
    }
    twins
}

/// What a host shows.
#[derive(Default)]
struct Shown {
    synced: Vec<Synced>,
    not_believed: usize,
}

impl Shown {
    /// Reads all pages.
    async fn all(fleet: &Fleet, pages: &mut SyncedPages<'_>) -> Result<Self, ApiError> {
        let mut shown = Self::default();
        while let Some(page) = pages.next().await? {
            if page.is_first {
                shown = Self::default();
            }
            for account in page.accounts {
                let synced = Synced::of(fleet, account);
                if synced.as_ref().is_none_or(|one| one.tenant.is_none()) {
                    shown.not_believed += 1;
                }
                shown.synced.extend(synced);
            }
        }
        Ok(shown)
    }

    fn append(&mut self, other: Self) {
        self.synced.extend(other.synced);
        self.not_believed += other.not_believed;
    }
}

impl Synced {
    fn of(fleet: &Fleet, account: SyncedObject) -> Option<Self> {
        let metadata = account.metadata;
        let host = HostMetadata {
            namespace: &metadata.namespace,
            name: &metadata.name,
            labels: &metadata.labels,
            annotations: &metadata.annotations,
        };
        let (member, uid, tenant) = match fleet.standing(host) {
            Standing::Outside => return None,
            Standing::Unmanaged { member, uid } => (member, uid.map(str::to_owned), None),
            Standing::Synced { member, tenant } => {
                let key = (tenant.namespace.to_owned(), tenant.name.to_owned());
                (member, tenant.uid.map(str::to_owned), Some(key))
            }
        };
        Some(Self {
            member,
            uid,
            tenant,
            host_namespace: metadata.namespace,
            host_name: metadata.name,
            host_uid: metadata.uid,
        })
    }
}
