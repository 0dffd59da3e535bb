//! The token probe: a token of the host for the host's ServiceAccount, exchanged at Entra exactly
//! as the pod would.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use backon::{ExponentialBuilder, Retryable};
use vwi_azure::entra::{Exchange, ExchangeError, exchange};
use vwi_azure::token::claims;
use vwi_core::annotation::{CLIENT_ID, TENANT_ID};
use vwi_core::check::exchange::{PROPAGATION, Presented, Probe, Refusal};
use vwi_core::check::facts::{Fact, FactSource, Facts, Unseen};

use crate::gather::Access;

/// Pauses between two tries.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(5));

/// Mints and exchanges. A refusal that can mean that Entra does not know yet what Azure shows is
/// repeated for `settle`.
pub(crate) async fn probe(access: &Access<'_>, facts: &Facts, settle: Duration) -> Fact<Probe> {
    let host = access.host.as_ref().map_err(Clone::clone)?;
    let azure = access.azure.as_ref().map_err(Clone::clone)?;
    let account = facts.host_account()?;
    let (client_id, tenant_id) = identity_of(facts)?;
    let audience = facts.presented_audience();
    let token = match host
        .mint_token(&account.namespace, &account.name, audience)
        .await
    {
        Ok(token) => token,
        Err(error) if error.is_not_found() => {
            return Ok(Probe::NotMinted {
                reason: error.in_one_line(),
            });
        }
        Err(error) => return Err(Unseen::new(FactSource::Host, error.in_one_line())),
    };
    let claims = claims(&token)
        .ok_or_else(|| Unseen::new(FactSource::Host, "the host's token is no JWT"))?;
    let presented = Presented {
        issuer: claims.issuer,
        subject: claims.subject,
        audience: claims.audience,
        key_id: claims.key_id,
        expires: claims.expires,
        client_id: client_id.clone(),
        entra_tenant: tenant_id.clone(),
    };

    let tries = AtomicU32::new(0);
    let started = Instant::now();
    let is_registered = vwi_core::check::is_registered(facts);
    let once = || {
        tries.fetch_add(1, Ordering::Relaxed);
        async {
            let request = Exchange {
                tenant_id: &tenant_id,
                client_id: &client_id,
                assertion: &token,
                scope: &azure.cloud.scope,
                timeout: access.timeout,
            };
            exchange(&azure.http, &azure.cloud, &request).await
        }
    };
    let exchanged = once
        .retry(
            ExponentialBuilder::default()
                .with_min_delay(PAUSES.0)
                .with_max_delay(PAUSES.1)
                .without_max_times()
                .with_total_delay(Some(settle)),
        )
        .when(|error| is_registered && error.code().is_some_and(|code| PROPAGATION.contains(&code)))
        .await;
    let tries = tries.load(Ordering::Relaxed);
    Ok(match exchanged {
        Ok(_token) => Probe::Exchanged { presented, tries },
        Err(error) => refused(error, presented, tries, started.elapsed()),
    })
}

fn refused(error: ExchangeError, presented: Presented, tries: u32, elapsed: Duration) -> Probe {
    let code = error.code();
    if let ExchangeError::Refused { description, .. } = error {
        return Probe::Refused {
            presented,
            refusal: Refusal { code, description },
            tries,
            elapsed,
        };
    }
    Probe::Unreachable {
        reason: vwi_core::text::escape(&error.to_string()),
    }
}

/// Returns client id and Entra tenant as the pod would get them: from the annotations, else as the
/// identity has them.
fn identity_of(facts: &Facts) -> Fact<(String, String)> {
    let annotation = |key: &str| {
        facts
            .tenant_account()
            .and_then(|account| account.annotation(key))
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
    };
    let identity = facts.identity();
    let client_id = annotation(CLIENT_ID).or_else(|| Some(identity?.client_id.clone()));
    let tenant_id = annotation(TENANT_ID).or_else(|| Some(identity?.tenant_id.clone()));
    client_id.zip(tenant_id).ok_or_else(|| {
        Unseen::new(
            FactSource::Entra,
            "neither annotations nor an identity say with which client id to log in",
        )
    })
}
