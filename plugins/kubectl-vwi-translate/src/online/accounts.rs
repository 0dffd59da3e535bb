//! The tenant's ServiceAccounts, with few requests.

use std::collections::{BTreeSet, HashMap};

use tokio::task::JoinSet;
use vwi_core::name::is_system;
use vwi_core::vcluster_labels::{HostMetadata, TenantObject};
use vwi_kubernetes::tenant::Scope;
use vwi_kubernetes::{ApiError, Tenant};

use crate::args::TranslateArgs;
use crate::error::TranslateError;
use crate::wanted::{TenantAnswer, Wanted};

/// Most ServiceAccounts that are read one by one; more are read in a list.
const MOST_SINGLE: usize = 16;

/// ServiceAccounts as the tenant has them.
pub(super) struct Read {
    pub(super) wanted: Vec<Wanted>,
    /// How many were left out beside them, as nobody asked for them by name.
    pub(super) left_out: usize,
    /// Why some could not be read.
    pub(super) forbidden: Option<String>,
}

/// Which ServiceAccounts are to be read.
pub(super) enum Request {
    /// Those that names or documents name.
    Named(Vec<Wanted>),
    /// All in scope that the selectors pick.
    All {
        scope: Scope,
        labels: Option<String>,
        fields: Option<String>,
        include_system: bool,
    },
}

impl Request {
    pub(super) fn new(
        args: &TranslateArgs,
        documents: Vec<Wanted>,
        default_namespace: &str,
    ) -> Result<Self, TranslateError> {
        if !args.input.filenames.is_empty() || args.way.terraform {
            return Ok(Self::Named(documents));
        }
        let names = args.selection.accounts()?;
        if !names.is_empty() {
            let wanted = names
                .into_iter()
                .map(|name| Wanted::named(default_namespace, name));
            return Ok(Self::Named(wanted.collect()));
        }
        Ok(Self::All {
            scope: if args.selection.all_namespaces {
                Scope::All
            } else {
                Scope::Namespace(default_namespace.to_owned())
            },
            labels: args.selection.selector.clone(),
            fields: args.selection.field_selector.clone(),
            include_system: args.include_system,
        })
    }

    /// Reads the ServiceAccounts.
    pub(super) async fn read(&self, tenant: &Tenant) -> Result<Read, ApiError> {
        match self {
            Self::Named(wanted) => {
                let (answers, forbidden) = answers(tenant, wanted).await?;
                let mut wanted = wanted.clone();
                for wanted in &mut wanted {
                    let key = key(wanted);
                    if let Some(answer) = answers.get(&key) {
                        wanted.tenant = answer.clone();
                    }
                }
                Ok(Read {
                    wanted,
                    left_out: 0,
                    forbidden,
                })
            }
            Self::All {
                scope,
                labels,
                fields,
                include_system,
            } => {
                let found = tenant
                    .service_accounts(scope, labels.as_deref(), fields.as_deref())
                    .await?;
                let all = found.len();
                let wanted: Vec<_> = found
                    .into_iter()
                    .map(|account| account.metadata)
                    .filter(|metadata| {
                        *include_system || !is_system(&metadata.namespace, &metadata.name)
                    })
                    .map(|metadata| {
                        let mut wanted = Wanted::named(&metadata.namespace, &metadata.name);
                        wanted.tenant = TenantAnswer::Found(metadata.uid);
                        wanted
                    })
                    .collect();
                Ok(Read {
                    left_out: all - wanted.len(),
                    wanted,
                    forbidden: None,
                })
            }
        }
    }

    /// Whether each document says which vCluster it is for.
    pub(super) fn names_vclusters(&self) -> bool {
        match self {
            Self::Named(wanted) => wanted.iter().all(|wanted| {
                let named = wanted.record.virtual_cluster();
                named.is_some_and(|named| named.name.is_some())
            }),
            Self::All { .. } => false,
        }
    }

    /// Takes the ServiceAccounts from what a host says it has synced.
    pub(super) fn of_host(
        &self,
        synced: Option<Vec<(HostMetadata<'_>, TenantObject<'_>)>>,
    ) -> Option<(Vec<Wanted>, usize)> {
        match self {
            Self::Named(wanted) => Some((wanted.clone(), 0)),
            Self::All {
                scope,
                include_system,
                ..
            } => {
                let in_scope: Vec<_> = synced?
                    .into_iter()
                    .map(|(_, tenant)| tenant)
                    .filter(|tenant| match scope {
                        Scope::All => true,
                        Scope::Namespace(wanted) => wanted == tenant.namespace,
                    })
                    .collect();
                let all = in_scope.len();
                let wanted: Vec<_> = in_scope
                    .into_iter()
                    .filter(|tenant| *include_system || !is_system(tenant.namespace, tenant.name))
                    .map(|tenant| Wanted::named(tenant.namespace, tenant.name))
                    .collect();
                let left_out = all - wanted.len();
                Some((wanted, left_out))
            }
        }
    }

    /// Whether labels or fields pick, which only the tenant can judge.
    pub(super) fn has_selector(&self) -> bool {
        matches!(self, Self::All { labels, fields, .. } if labels.is_some() || fields.is_some())
    }
}

type Key = (String, String);

/// What the tenant said of each, and why it said nothing of some.
type Answers = (HashMap<Key, TenantAnswer>, Option<String>);

fn key(wanted: &Wanted) -> Key {
    let record = &wanted.record;
    (record.namespace().to_owned(), record.name().to_owned())
}

/// Asks the tenant about each: one by one if they are few, else in lists.
async fn answers(tenant: &Tenant, wanted: &[Wanted]) -> Result<Answers, ApiError> {
    let keys: BTreeSet<Key> = wanted
        .iter()
        .filter(|wanted| wanted.fault.is_none())
        .map(key)
        .collect();
    if keys.len() <= MOST_SINGLE {
        return one_by_one(tenant, keys).await;
    }
    let namespaces: BTreeSet<&str> = keys
        .iter()
        .map(|(namespace, _)| namespace.as_str())
        .collect();
    let scopes: Vec<Scope> = if namespaces.len() == 1 {
        let namespaces = namespaces.into_iter();
        namespaces
            .map(|namespace| Scope::Namespace(namespace.to_owned()))
            .collect()
    } else {
        vec![Scope::All]
    };
    let mut found = HashMap::new();
    for scope in scopes {
        match tenant.service_accounts(&scope, None, None).await {
            Ok(accounts) => found.extend(accounts.into_iter().map(|account| {
                let metadata = account.metadata;
                let key = (metadata.namespace, metadata.name);
                (key, TenantAnswer::Found(metadata.uid))
            })),
            // Whoever may not list may still read single ones.
            Err(error) if error.is_forbidden() => return one_by_one(tenant, keys).await,
            Err(error) => return Err(error),
        }
    }
    let answers = keys.into_iter().map(|key| {
        let answer = found.remove(&key).unwrap_or(TenantAnswer::Missing);
        (key, answer)
    });
    Ok((answers.collect(), None))
}

async fn one_by_one(tenant: &Tenant, keys: BTreeSet<Key>) -> Result<Answers, ApiError> {
    let mut answers = HashMap::new();
    let mut forbidden = None;
    let mut keys = keys.into_iter();
    let mut running = JoinSet::new();
    loop {
        while running.len() < MOST_SINGLE
            && let Some((namespace, name)) = keys.next()
        {
            let tenant = tenant.clone();
            running.spawn(async move {
                let answer = tenant.service_account(&namespace, &name).await;
                ((namespace, name), answer)
            });
        }
        // A task is never cancelled here, and does not panic.
        let Some(Ok((key, answer))) = running.join_next().await else {
            return Ok((answers, forbidden));
        };
        let answer = match answer {
            Ok(Some(account)) => TenantAnswer::Found(account.metadata.uid),
            Ok(None) => TenantAnswer::Missing,
            Err(error) if error.is_forbidden() => {
                forbidden.get_or_insert_with(|| error.in_one_line());
                TenantAnswer::Forbidden
            }
            Err(error) => return Err(error),
        };
        answers.insert(key, answer);
    }
}
