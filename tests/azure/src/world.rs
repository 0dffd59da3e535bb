//! Worlds: one Entra tenant with its subscriptions each, so that tests do not meet.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use vwi_test_server::{BadFault, Fault, Faults};

use crate::clock::{Clock, Moment, milliseconds, rfc3339};
use crate::log::{Log, Recorded};
use crate::seed::{CallerInfo, CallerSpec, Seed, WorldInfo, WorldSpec};
use crate::settings::Settings;
use crate::state::State;

/// Why a world cannot be made or changed as wanted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorldError {
    /// There is no such world.
    #[error("no world `{id}`")]
    NoWorld {
        /// What was asked for.
        id: String,
    },
    /// An id of the new world is another world's.
    #[error("`{id}` belongs to another world")]
    Taken {
        /// The tenant's or subscription's id.
        id: String,
    },
    /// Something that the seed names does not exist in the world.
    #[error("no {what} `{name}` in this world")]
    Missing {
        /// Kind of thing.
        what: &'static str,
        /// As it was named.
        name: String,
    },
    /// The JSON is not what was expected.
    #[error("cannot read the {what}")]
    Json {
        /// What the JSON should have been.
        what: &'static str,
        /// Where it fails.
        #[source]
        source: serde_json::Error,
    },
    /// A fault cannot be used.
    #[error("cannot add the fault")]
    Fault(#[from] BadFault),
}

/// What all worlds of a server share.
#[derive(Debug)]
pub(crate) struct Common {
    /// URL of the server, without a slash at the end.
    pub(crate) url: String,
    pub(crate) ca_pem: String,
    /// Key that access tokens are signed with.
    pub(crate) token_key: Vec<u8>,
}

/// A handle of one world; clones are handles of the same.
#[derive(Clone)]
pub struct World {
    inner: Arc<Inner>,
}

struct Inner {
    tenant_id: String,
    tenant_domain_name: String,
    common: Arc<Common>,
    state: Mutex<State>,
    faults: Mutex<Faults>,
    log: Mutex<Log>,
    clock: Mutex<Clock>,
    /// Access tokens that were given out.
    tokens: Mutex<Vec<String>>,
    /// Requests that hang, and who waits for one.
    held: (Mutex<u32>, Condvar),
}

impl fmt::Debug for World {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("World").field(&self.id()).finish()
    }
}

/// Locks; a panic elsewhere does not make the data useless to the other tests.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    /// Returns the id: the Entra tenant's.
    pub fn id(&self) -> &str {
        &self.inner.tenant_id
    }

    /// Returns what a test needs to know, as of now.
    pub fn info(&self) -> WorldInfo {
        self.state().info(self)
    }

    /// Returns the switches.
    pub fn settings(&self) -> Settings {
        self.state().settings.clone()
    }

    /// Replaces the switches.
    pub fn set_settings(&self, settings: Settings) {
        lock(&self.inner.clock).set_mode(settings.clock.mode);
        self.state().settings = settings;
    }

    /// Changes some switches.
    pub fn change_settings(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = self.settings();
        change(&mut settings);
        self.set_settings(settings);
    }

    /// Returns every request so far, in order of arrival.
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.inner.log).entries()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        lock(&self.inner.log).clear();
    }

    /// Adds a rule that spoils requests, and returns it with its id.
    ///
    /// # Errors
    ///
    /// [`BadFault`] if its path is no regular expression.
    pub fn add_fault(&self, fault: Fault) -> Result<Fault, BadFault> {
        lock(&self.inner.faults).add(fault)
    }

    /// Returns the rules, each with how many requests it has matched.
    pub fn faults(&self) -> Vec<(Fault, u32)> {
        lock(&self.inner.faults).list()
    }

    /// Removes one rule, or all.
    pub fn remove_faults(&self, id: Option<&str>) {
        lock(&self.inner.faults).remove(id);
    }

    /// Returns every access token that was given out, to look for where none belongs.
    pub fn tokens(&self) -> Vec<String> {
        lock(&self.inner.tokens).clone()
    }

    pub(crate) fn keep_token(&self, token: String) {
        lock(&self.inner.tokens).push(token);
    }

    /// Waits until so many requests hang ([`Answer::Hang`](crate::Answer::Hang)), each after its
    /// effect if its rule gives it one; returns whether they did within the time.
    pub fn wait_until_held(&self, requests: u32, longest: Duration) -> bool {
        let (held, more) = &self.inner.held;
        let waited = more.wait_timeout_while(lock(held), longest, |held| *held < requests);
        let (held, _timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        *held >= requests
    }

    /// Counts a request that hangs from now on.
    pub(crate) fn hold(&self) {
        let (held, more) = &self.inner.held;
        *lock(held) += 1;
        more.notify_all();
    }

    /// Puts things into the world, past every rule.
    ///
    /// # Errors
    ///
    /// [`WorldError::Missing`] if it names something that is not there; nothing is added then.
    pub fn seed(&self, seed: &Seed) -> Result<(), WorldError> {
        let now = self.now();
        self.state().add(seed, now)
    }

    /// Adds a caller, or replaces the one with its client id.
    pub fn add_caller(&self, caller: CallerSpec) -> CallerInfo {
        self.state().add_caller(caller)
    }

    /// Removes a resource by its ARM id, past every rule, with what lies below it; returns
    /// whether it was there.
    pub fn remove(&self, id: &str) -> bool {
        self.state().remove(id)
    }

    /// Returns everything that exists, for people and for assertions.
    pub fn dump(&self) -> Value {
        self.state().dump()
    }

    /// Moves the world's clock forward.
    pub fn advance(&self, by: Duration) {
        lock(&self.inner.clock).advance(milliseconds(by.as_secs_f64()));
    }

    /// Returns the world's time, RFC 3339.
    pub fn time(&self) -> String {
        rfc3339(self.now())
    }

    pub(crate) fn now(&self) -> Moment {
        lock(&self.inner.clock).now()
    }

    pub(crate) fn advance_milliseconds(&self, by: Moment) {
        lock(&self.inner.clock).advance(by);
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.inner.state)
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        lock(&self.inner.log)
    }

    pub(crate) fn hit_fault(&self, method: &str, target: &str) -> Option<Fault> {
        lock(&self.inner.faults).hit(method, target)
    }

    pub(crate) fn domain(&self) -> &str {
        &self.inner.tenant_domain_name
    }

    pub(crate) fn common(&self) -> &Common {
        &self.inner.common
    }
}

/// All worlds of a server. Clones are handles of one table.
#[derive(Clone, Debug)]
pub struct Worlds {
    common: Arc<Common>,
    table: Arc<Mutex<HashMap<String, World>>>,
}

impl Worlds {
    pub(crate) fn new(common: Common) -> Self {
        Self {
            common: Arc::new(common),
            table: Arc::default(),
        }
    }

    pub(crate) fn common(&self) -> &Common {
        &self.common
    }

    /// Makes a world.
    ///
    /// # Errors
    ///
    /// [`WorldError::Taken`] if an id is another world's, [`WorldError::Missing`] if the seed
    /// names something that is not there.
    pub fn create(&self, spec: WorldSpec) -> Result<World, WorldError> {
        let tenant_id = spec.tenant_id.clone().unwrap_or_else(crate::state::new_id);
        let tenant_domain_name = spec.tenant_domain_name.clone().unwrap_or_else(|| {
            let short: String = tenant_id.chars().take(8).collect();
            format!("contoso{short}.onmicrosoft.com")
        });
        let clock = Clock::new(spec.settings.clock.mode);
        let state = State::new(&tenant_id, spec, clock.now())?;
        let mut table = lock(&self.table);
        let subscriptions = state.subscriptions.iter();
        let ids = subscriptions.map(|one| one.subscription_id.as_str());
        for id in ids.chain([tenant_id.as_str()]) {
            if table.values().any(|world| world.answers_to(id)) {
                return Err(WorldError::Taken { id: id.to_owned() });
            }
        }
        let world = World {
            inner: Arc::new(Inner {
                tenant_id: tenant_id.clone(),
                tenant_domain_name,
                common: Arc::clone(&self.common),
                state: Mutex::new(state),
                faults: Mutex::default(),
                log: Mutex::default(),
                clock: Mutex::new(clock),
                tokens: Mutex::default(),
                held: <(Mutex<u32>, Condvar)>::default(),
            }),
        };
        table.insert(tenant_id, world.clone());
        Ok(world)
    }

    /// Returns the world with this tenant id, tenant domain or subscription id.
    ///
    /// # Errors
    ///
    /// [`WorldError::NoWorld`].
    pub fn get(&self, id: &str) -> Result<World, WorldError> {
        let table = lock(&self.table);
        let mut worlds = table.values();
        let found = worlds.find(|world| world.answers_to(id)).cloned();
        found.ok_or_else(|| WorldError::NoWorld { id: id.to_owned() })
    }

    /// Returns the world with this tenant id or tenant domain.
    pub(crate) fn by_tenant(&self, id: &str) -> Option<World> {
        let table = lock(&self.table);
        let mut worlds = table.values();
        worlds.find(|world| world.is_tenant(id)).cloned()
    }

    /// Removes a world; returns whether it was there.
    pub fn remove(&self, id: &str) -> bool {
        lock(&self.table).remove(id).is_some()
    }
}

impl World {
    /// Whether an id is this world's tenant, domain or subscription.
    pub(crate) fn answers_to(&self, id: &str) -> bool {
        self.is_tenant(id) || self.state().subscription(id).is_some()
    }

    fn is_tenant(&self, id: &str) -> bool {
        id.eq_ignore_ascii_case(&self.inner.tenant_id)
            || id.eq_ignore_ascii_case(&self.inner.tenant_domain_name)
    }
}
