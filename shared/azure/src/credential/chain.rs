//! Tries the ways of logging in, and keeps the one that worked and its token.

use std::sync::Arc;
use std::time::Duration;

use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::{AccessToken, Secret, TokenCredential};
use azure_core::http::{ClientOptions, RetryOptions, Transport};
use azure_core::time::OffsetDateTime;
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, AzureDeveloperCliCredential,
    AzureDeveloperCliCredentialOptions, ClientAssertionCredential,
    ClientAssertionCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions,
    ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId,
    WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};
use backon::{ExponentialBuilder, Retryable};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use vwi_core::arm::{Call, Verdict, judge};

use super::certificate::CertificateAssertion;
use super::entra_client::EntraClient;
use super::error::{CredentialError, failure, one_line, retry_after};
use super::programs::Programs;
use super::{AuthMethod, CredentialSettings, PROGRAM_TIME};
use crate::cloud::Cloud;

/// How long before its end a token is renewed.
const MARGIN: Duration = Duration::from_mins(5);

/// Pause after a renewal that failed, while the token is good.
const RENEW_AGAIN: Duration = Duration::from_secs(30);

/// Attempts on Entra before a way of logging in is given up, and the pause before the second.
const ATTEMPTS: usize = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// Who we are for Azure. Asks for a token when the first call needs one, and keeps it.
#[derive(Debug)]
pub struct Login {
    http: reqwest::Client,
    cloud: Cloud,
    settings: CredentialSettings,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    chosen: Option<(AuthMethod, Arc<dyn TokenCredential>)>,
    token: Option<Kept>,
    failed: Option<CredentialError>,
}

#[derive(Debug)]
struct Kept {
    token: Arc<SecretString>,
    expires: OffsetDateTime,
    renew_at: OffsetDateTime,
}

impl Kept {
    /// Whether nobody has to be asked yet.
    fn rests(&self, now: OffsetDateTime) -> bool {
        now < self.renew_at && now < self.expires
    }
}

/// No login, and whether the fault may pass by itself.
struct Failed<E> {
    error: E,
    passes: bool,
}

impl Login {
    /// Prepares a login; nothing is asked yet.
    ///
    /// `http` carries the calls to Entra: its certificates, proxies and time-outs hold for them.
    pub fn new(http: reqwest::Client, cloud: Cloud, settings: CredentialSettings) -> Self {
        Self {
            http,
            cloud,
            settings,
            state: Mutex::new(State::default()),
        }
    }

    /// Returns a token for ARM, the one that is kept as long as it is good. It is renewed before its
    /// end; if that fails for now, it is good to the end.
    ///
    /// Calls at the same time share one login.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] with a line for every way that was tried. Unless the fault may pass by
    /// itself it is kept too: a second call does not try again.
    pub async fn token(&self) -> Result<Arc<SecretString>, CredentialError> {
        let mut state = self.state.lock().await;
        let now = OffsetDateTime::now_utc();
        if let Some(kept) = state.token.as_ref().filter(|kept| kept.rests(now)) {
            return Ok(Arc::clone(&kept.token));
        }
        if let Some(error) = &state.failed {
            return Err(error.clone());
        }
        let found = match &state.chosen {
            Some((method, credential)) => self
                .ask(credential.as_ref())
                .await
                .map(|token| (*method, Arc::clone(credential), token))
                .map_err(|failed| Failed {
                    error: CredentialError::new(vec![(*method, failed.error, true)]),
                    passes: failed.passes,
                }),
            None => self.first_that_works().await,
        };
        match found {
            Ok((method, credential, token)) => {
                let kept = Arc::new(SecretString::from(token.token.secret()));
                state.chosen = Some((method, credential));
                state.token = Some(Kept {
                    token: Arc::clone(&kept),
                    expires: token.expires_on,
                    renew_at: token.expires_on - MARGIN,
                });
                Ok(kept)
            }
            Err(failed) => {
                let now = OffsetDateTime::now_utc();
                if let Some(kept) = state.token.as_mut().filter(|kept| now < kept.expires) {
                    kept.renew_at = now + RENEW_AGAIN;
                    return Ok(Arc::clone(&kept.token));
                }
                if !failed.passes {
                    state.failed = Some(failed.error.clone());
                }
                Err(failed.error)
            }
        }
    }

    /// Returns how we logged in, once we have.
    pub async fn method(&self) -> Option<AuthMethod> {
        let state = self.state.lock().await;
        state.chosen.as_ref().map(|(method, _)| *method)
    }

    async fn first_that_works(
        &self,
    ) -> Result<(AuthMethod, Arc<dyn TokenCredential>, AccessToken), Failed<CredentialError>> {
        let asked = self.settings.method.map(|method| [method]);
        let methods = asked.as_ref().map_or(&AuthMethod::CHAIN[..], |asked| asked);
        let mut links = Vec::new();
        let mut passes = false;
        for &method in methods {
            let (why, tried) = match self.credential(method) {
                Ok(credential) => match self.ask(credential.as_ref()).await {
                    Ok(token) => return Ok((method, credential, token)),
                    Err(failed) => {
                        passes |= failed.passes;
                        (failed.error, is_set_up_on_purpose(method))
                    }
                },
                Err(NotSetUp { why, broken }) => (why, broken),
            };
            links.push((method, why, tried));
            if tried {
                // Somebody set this one up. Going on as somebody else would surprise them.
                break;
            }
        }
        Err(Failed {
            error: CredentialError::new(links),
            passes,
        })
    }

    /// Asks for a token, again while the fault passes by itself. The error is one line.
    async fn ask(&self, credential: &dyn TokenCredential) -> Result<AccessToken, Failed<String>> {
        let passes = |error: &azure_core::Error| {
            !matches!(judge(Call::Token, failure(error)), Verdict::Report)
        };
        let scopes = [self.cloud.scope.as_str()];
        (|| credential.get_token(&scopes, None))
            .retry(
                ExponentialBuilder::default()
                    .with_min_delay(FIRST_PAUSE)
                    .with_max_times(ATTEMPTS.saturating_sub(1)),
            )
            .when(passes)
            .adjust(|error, pause| pause.map(|pause| retry_after(error).unwrap_or(pause)))
            .await
            .map_err(|error| Failed {
                passes: passes(&error),
                error: one_line(&error),
            })
    }

    fn credential(&self, method: AuthMethod) -> Result<Arc<dyn TokenCredential>, NotSetUp> {
        match method {
            AuthMethod::Environment => self.environment(),
            AuthMethod::WorkloadIdentity => self.workload_identity(),
            AuthMethod::ManagedIdentity => self.managed_identity(),
            AuthMethod::AzureCli => {
                let credential = AzureCliCredential::new(Some(AzureCliCredentialOptions {
                    tenant_id: self.settings.tenant_id.clone(),
                    executor: Some(self.programs()),
                    ..AzureCliCredentialOptions::default()
                }));
                usable(credential)
            }
            AuthMethod::AzureDeveloperCli => {
                let options = AzureDeveloperCliCredentialOptions {
                    tenant_id: self.settings.tenant_id.clone(),
                    executor: Some(self.programs()),
                };
                usable(AzureDeveloperCliCredential::new(Some(options)))
            }
        }
    }

    fn environment(&self) -> Result<Arc<dyn TokenCredential>, NotSetUp> {
        let settings = &self.settings;
        if settings.client_secret.is_none() && settings.certificate.is_none() {
            return Err(NotSetUp::absent(
                "neither `AZURE_CLIENT_SECRET` nor `AZURE_CLIENT_CERTIFICATE_PATH` is set",
            ));
        }
        let (client_id, tenant_id) = self.client_and_tenant()?;
        if let Some(secret) = &settings.client_secret {
            let credential = ClientSecretCredential::new(
                &tenant_id,
                client_id,
                Secret::new(secret.expose_secret().to_owned()),
                Some(ClientSecretCredentialOptions {
                    client_options: self.client_options(),
                }),
            );
            return usable(credential);
        }
        let path = settings
            .certificate
            .as_deref()
            .unwrap_or_else(|| "".as_ref());
        let endpoint = crate::entra::token_endpoint(&self.cloud, &tenant_id);
        let assertion = CertificateAssertion::read(path, &client_id, &endpoint)
            .map_err(|why| NotSetUp { why, broken: true })?;
        let options = ClientAssertionCredentialOptions {
            client_options: self.client_options(),
        };
        usable(ClientAssertionCredential::new(
            tenant_id,
            client_id,
            assertion,
            Some(options),
        ))
    }

    fn workload_identity(&self) -> Result<Arc<dyn TokenCredential>, NotSetUp> {
        let Some(path) = self.settings.federated_token_file.clone() else {
            return Err(NotSetUp::absent("`AZURE_FEDERATED_TOKEN_FILE` is not set"));
        };
        let (client_id, tenant_id) = self.client_and_tenant()?;
        usable(WorkloadIdentityCredential::new(Some(
            WorkloadIdentityCredentialOptions {
                credential_options: ClientAssertionCredentialOptions {
                    client_options: self.client_options(),
                },
                client_id: Some(client_id),
                tenant_id: Some(tenant_id),
                token_file_path: Some(path),
            },
        )))
    }

    fn managed_identity(&self) -> Result<Arc<dyn TokenCredential>, NotSetUp> {
        usable(ManagedIdentityCredential::new(Some(
            ManagedIdentityCredentialOptions {
                user_assigned_id: self
                    .settings
                    .client_id
                    .clone()
                    .map(UserAssignedId::ClientId),
                client_options: self.client_options(),
            },
        )))
    }

    fn client_and_tenant(&self) -> Result<(String, String), NotSetUp> {
        let missing = |name: &str| NotSetUp {
            why: format!("`{name}` is not set"),
            broken: true,
        };
        let settings = &self.settings;
        let client_id = settings
            .client_id
            .clone()
            .ok_or_else(|| missing("AZURE_CLIENT_ID"))?;
        let tenant_id = settings
            .environment_tenant_id
            .clone()
            .ok_or_else(|| missing("AZURE_TENANT_ID"))?;
        Ok((client_id, tenant_id))
    }

    fn programs(&self) -> Arc<Programs> {
        Arc::new(Programs {
            time: self.settings.program_time.unwrap_or(PROGRAM_TIME),
        })
    }

    /// Our HTTP client and our cloud. The library's own repetition is off: it takes a certificate
    /// that is not trusted for a fault of the moment, and asks eight times within a minute.
    fn client_options(&self) -> ClientOptions {
        let mut custom = CustomConfiguration::default();
        custom.authority_host = self.cloud.authority.to_string();
        ClientOptions {
            retry: RetryOptions::none(),
            transport: Some(Transport::new(Arc::new(EntraClient(self.http.clone())))),
            cloud: Some(Arc::new(CloudConfiguration::Custom(custom))),
            ..ClientOptions::default()
        }
    }
}

/// Whether nobody has this way by accident, as one has an `az` on the path.
fn is_set_up_on_purpose(method: AuthMethod) -> bool {
    match method {
        AuthMethod::Environment | AuthMethod::WorkloadIdentity | AuthMethod::ManagedIdentity => {
            true
        }
        AuthMethod::AzureCli | AuthMethod::AzureDeveloperCli => false,
    }
}

/// A way of logging in that can't even be tried.
struct NotSetUp {
    why: String,
    broken: bool,
}

impl NotSetUp {
    fn absent(why: &str) -> Self {
        Self {
            why: why.to_owned(),
            broken: false,
        }
    }
}

fn usable<C: TokenCredential + 'static>(
    credential: azure_core::Result<Arc<C>>,
) -> Result<Arc<dyn TokenCredential>, NotSetUp> {
    match credential {
        Ok(credential) => Ok(credential),
        Err(error) => Err(NotSetUp {
            why: one_line(&error),
            broken: true,
        }),
    }
}
