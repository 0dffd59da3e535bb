//! Token buckets: the documented pace of the managed identity service, and ARM's own limits.

use std::collections::HashMap;

use crate::clock::{Moment, milliseconds};
use crate::settings::Throttle;

/// What a throttled request is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Throttled {
    /// Milliseconds until it would pass.
    pub(crate) wait: Moment,
}

/// Buckets by name.
#[derive(Debug, Default)]
pub(crate) struct Buckets {
    levels: HashMap<String, Level>,
}

#[derive(Clone, Copy, Debug)]
struct Level {
    tokens: f64,
    at: Moment,
}

/// One bucket that a request must find a token in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Draw {
    /// Which bucket.
    pub(crate) bucket: String,
    /// Tokens that flow in per second.
    pub(crate) per_second: f64,
    /// Most tokens it holds.
    pub(crate) capacity: f64,
}

impl Buckets {
    /// Takes a token from every bucket, or from none and says how long to wait.
    pub(crate) fn draw(&mut self, draws: &[Draw], now: Moment) -> Result<(), Throttled> {
        let wait = draws
            .iter()
            .map(|draw| self.wait(draw, now))
            .max()
            .unwrap_or(0);
        if wait > 0 {
            return Err(Throttled { wait });
        }
        for draw in draws {
            let tokens = self.tokens(draw, now) - 1.0;
            let level = Level { tokens, at: now };
            self.levels.insert(draw.bucket.clone(), level);
        }
        Ok(())
    }

    /// Returns how many tokens a bucket holds.
    pub(crate) fn tokens(&self, draw: &Draw, now: Moment) -> f64 {
        match self.levels.get(&draw.bucket) {
            None => draw.capacity,
            Some(level) => {
                #[expect(clippy::cast_precision_loss, reason = "tests do not last for aeons")]
                let elapsed = now.saturating_sub(level.at).max(0) as f64 / 1000.0;
                (level.tokens + elapsed * draw.per_second).min(draw.capacity)
            }
        }
    }

    fn wait(&self, draw: &Draw, now: Moment) -> Moment {
        // A billionth of a token is a rounding error of the inflow.
        let missing = 1.0 - self.tokens(draw, now) - 1e-9;
        if missing <= 0.0 {
            return 0;
        }
        milliseconds(missing / draw.per_second).max(1)
    }
}

/// Kind of a call on the managed identity service, as its limits tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdentityCall {
    Write,
    Get,
    List,
    Delete,
}

/// Returns the buckets of a call on the managed identity service.
///
/// Requests per second after <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/managed-identities-faq>.
pub(crate) fn identity_service(
    call: IdentityCall,
    tenant: &str,
    subscription: &str,
    resource: Option<&str>,
    settings: &Throttle,
) -> Vec<Draw> {
    let (word, per_tenant, per_subscription, per_resource) = match call {
        IdentityCall::Write => ("write", 10.0, 2.0, 0.25),
        IdentityCall::Get => ("get", 30.0, 10.0, 0.5),
        IdentityCall::List => ("list", 15.0, 5.0, 0.25),
        IdentityCall::Delete => ("delete", 10.0, 2.0, 0.25),
    };
    let draw = |owner: &str, per_second: f64| Draw {
        bucket: format!("identity {word} {}", owner.to_ascii_lowercase()),
        per_second,
        capacity: (per_second * settings.burst_seconds).max(1.0),
    };
    let mut draws = vec![
        draw(tenant, per_tenant),
        draw(subscription, per_subscription),
    ];
    draws.extend(resource.map(|resource| draw(resource, per_resource)));
    draws
}

/// Returns ARM's own bucket of a method for a subscription and a principal.
pub(crate) fn arm(method: &str, subscription: &str, principal: &str) -> Draw {
    let (word, capacity, per_second) = match method {
        "GET" | "HEAD" => ("reads", 250.0, 25.0),
        "DELETE" => ("deletes", 200.0, 10.0),
        _ => ("writes", 200.0, 10.0),
    };
    Draw {
        bucket: format!("arm {word} {subscription} {principal}"),
        per_second,
        capacity,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_identity_is_written_once_in_four_seconds() {
        let mut buckets = Buckets::default();
        let settings = Throttle::default();
        let draws = |identity| {
            let call = IdentityCall::Write;
            identity_service(call, "tenant", "subscription", Some(identity), &settings)
        };
        assert_eq!(buckets.draw(&draws("a"), 0), Ok(()));
        assert_eq!(buckets.draw(&draws("a"), 0), Err(Throttled { wait: 4000 }));
        assert_eq!(buckets.draw(&draws("b"), 0), Ok(()));
        // Two in a second were the subscription's share.
        assert_eq!(buckets.draw(&draws("c"), 0), Err(Throttled { wait: 500 }));
        assert_eq!(buckets.draw(&draws("c"), 500), Ok(()));
        assert_eq!(buckets.draw(&draws("a"), 3999), Err(Throttled { wait: 1 }));
        assert_eq!(buckets.draw(&draws("a"), 4000), Ok(()));
    }

    #[test]
    fn arm_lets_a_burst_through_and_then_its_rate() {
        let mut buckets = Buckets::default();
        let draw = [arm("PUT", "s", "p")];
        let passed = (0..300).filter(|_| buckets.draw(&draw, 0).is_ok()).count();
        assert_eq!(passed, 200);
        assert_eq!(buckets.draw(&draw, 100), Ok(()));
    }
}
