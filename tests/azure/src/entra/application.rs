//! Applications that ask for a token: callers, and managed identities.

use crate::clock::Moment;
use crate::entra::assertion::Claims;
use crate::seed::CredentialSpec;
use crate::settings::Settings;
use crate::state::{Credential, State};

/// What the token endpoint needs to know of an application, as of now.
#[derive(Clone, Debug, Default)]
pub(super) struct Application {
    pub(super) client_id: String,
    pub(super) object_id: String,
    /// Of callers only.
    pub(super) secret: Option<String>,
    /// In PEM; of callers only.
    pub(super) certificates: Vec<String>,
    pub(super) has_credentials: bool,
    /// What Entra goes by: not what is on its way.
    pub(super) honoured: Vec<CredentialSpec>,
    /// Whether a credential that would fit is on its way.
    pub(super) is_on_its_way: bool,
}

impl Application {
    /// Finds the application with this client id, if Entra knows it yet. With an assertion's
    /// claims, an attempt to use what is on its way is counted.
    pub(super) fn find(
        state: &mut State,
        client_id: &str,
        claims: Option<&Claims>,
        now: Moment,
    ) -> Option<Self> {
        let settings = state.settings.clone();
        let is_it = |id: &str| id.eq_ignore_ascii_case(client_id);
        let mut callers = state.callers.iter_mut();
        if let Some(caller) = callers.find(|caller| is_it(&caller.info.client_id)) {
            let found = Self {
                client_id: caller.info.client_id.clone(),
                object_id: caller.info.object_id.clone(),
                secret: Some(caller.info.client_secret.clone()),
                certificates: caller.certificates.clone(),
                ..Self::default()
            };
            return Some(found.with_credentials(&mut caller.credentials, claims, &settings, now));
        }
        let mut identities = state.identities.iter_mut();
        let identity = identities.find(|identity| is_it(&identity.client_id))?;
        let delay = settings.propagation.identity;
        if !identity.known_to_entra.has_arrived(delay, now) {
            return None;
        }
        let found = Self {
            client_id: identity.client_id.clone(),
            object_id: identity.principal_id.clone(),
            ..Self::default()
        };
        Some(found.with_credentials(&mut identity.credentials, claims, &settings, now))
    }

    fn with_credentials(
        mut self,
        credentials: &mut [Credential],
        claims: Option<&Claims>,
        settings: &Settings,
        now: Moment,
    ) -> Self {
        let delay = settings.propagation.credential;
        self.has_credentials = !credentials.is_empty();
        for credential in credentials {
            let fits = claims.is_some_and(|claims| claims.fits(&credential.spec));
            let arrived = if fits {
                credential.known_to_entra.has_arrived(delay, now)
            } else {
                credential.known_to_entra.would_arrive(delay, now)
            };
            if arrived
                && fits
                && credential.fails_again(settings.propagation.failures_after_success)
            {
                self.is_on_its_way = true;
            } else if arrived {
                self.honoured.push(credential.spec.clone());
            } else {
                self.is_on_its_way |= fits;
                self.honoured.extend(credential.previous.clone());
            }
        }
        self
    }
}

impl Credential {
    /// Whether a use after the first success fails once more; counts it. A use that other checks
    /// turn away counts as well, which no test can tell from Entra's own whims.
    fn fails_again(&mut self, failures: u32) -> bool {
        match self.failures_left {
            None => {
                self.failures_left = Some(failures);
                false
            }
            Some(0) => false,
            Some(left) => {
                self.failures_left = Some(left - 1);
                true
            }
        }
    }
}
