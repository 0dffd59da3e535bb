//! A running stand-in.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use vwi_test_server::{BadFault, Bound, Fault, Faults, Listener, StartError, Tls};

use crate::contents::Contents;
use crate::dispatch::{Recorded, Shared};
use crate::login::LoginFile;
use crate::proxy::Proxies;
use crate::settings::Settings;

/// How a stand-in is started.
#[derive(Debug)]
pub struct Options {
    /// Certificates of the listener.
    pub tls: Tls,
    /// What there is.
    pub contents: Contents,
    /// Switches.
    pub settings: Settings,
}

impl Options {
    /// Returns options with the usual switches.
    pub fn new(tls: Tls, contents: Contents) -> Self {
        Self {
            tls,
            contents,
            settings: Settings::default(),
        }
    }
}

/// A running stand-in on threads of its own; it stops when it is dropped.
#[derive(Debug)]
pub struct Server {
    listener: Listener,
    ca_pem: String,
    shared: Arc<Shared>,
}

/// Locks; a panic elsewhere does not make the data useless.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Server {
    /// Starts a stand-in on any free port of `127.0.0.1`.
    ///
    /// # Errors
    ///
    /// [`StartError`] if the certificates cannot be used or no port can be had.
    pub fn start(options: Options) -> Result<Self, StartError> {
        let Options {
            tls,
            contents,
            settings,
        } = options;
        let proxies = Proxies::new(&contents)?;
        let shared = Arc::new(Shared {
            contents: Mutex::new(contents),
            settings: Mutex::new(settings),
            faults: Mutex::new(Faults::default()),
            log: Mutex::default(),
            proxies,
        });
        let bound = Bound::new(None)?;
        let listener = bound.serve("platform-stand-in", &tls, Arc::clone(&shared))?;
        Ok(Self {
            listener,
            ca_pem: tls.ca_pem,
            shared,
        })
    }

    /// Returns the URL, `https://127.0.0.1:PORT`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("https://{}", self.listener.address())
    }

    /// Returns the certificates in PEM that clients must trust.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// Returns a login of the vcluster command line with this key, that trusts the certificate.
    pub fn login(&self, key: &str) -> LoginFile {
        LoginFile {
            host: self.url(),
            access_key: key.to_owned(),
            ca_pem: Some(self.ca_pem.clone()),
            ..LoginFile::default()
        }
    }

    /// Returns every request so far, in order of arrival.
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.shared.log).clone()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        lock(&self.shared.log).clear();
    }

    /// Changes some switches.
    pub fn change_settings(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut lock(&self.shared.settings));
    }

    /// Changes what there is, but for the clusters behind the proxy paths.
    pub fn change_contents(&self, change: impl FnOnce(&mut Contents)) {
        change(&mut lock(&self.shared.contents));
    }

    /// Returns the phase of an instance; a request to one that sleeps has woken it.
    pub fn phase(&self, project: &str, name: &str) -> Option<String> {
        let contents = lock(&self.shared.contents);
        let mut instances = contents.instances.iter();
        let found = instances.find(|one| one.project == project && one.name == name)?;
        Some(found.phase.clone())
    }

    /// Adds a rule that spoils requests.
    ///
    /// # Errors
    ///
    /// [`BadFault`] if its path is no regular expression.
    pub fn add_fault(&self, fault: Fault) -> Result<Fault, BadFault> {
        lock(&self.shared.faults).add(fault)
    }

    /// Removes all rules that spoil requests.
    pub fn clear_faults(&self) {
        lock(&self.shared.faults).remove(None);
    }
}
