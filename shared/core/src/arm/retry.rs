//! Which failures of Azure pass by themselves.
//!
//! Decided by status and code, never by text: Microsoft says that texts change. A refusal is
//! never repeated; a report of success never comes out of a failure.

use std::time::Duration;

/// What was asked, as far as it decides whether to ask again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// A read.
    Read,
    /// A write of a federated identity credential.
    WriteCredential,
    /// The deletion of one: a write on its identity too, but what is absent is no fault of it.
    DeleteCredential,
    /// A write of a role assignment.
    WriteRole,
    /// Any other write. All of ours are idempotent: the name is in the path.
    Write,
    /// A token from Entra.
    Token,
}

/// How a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure<'a> {
    /// An answer with this status and, if its body was one of ARM's, `error.code`.
    Status {
        /// HTTP status.
        status: u16,
        /// `error.code`.
        code: Option<&'a str>,
    },
    /// No connection came about: name resolution, refused, unreachable.
    NotConnected,
    /// The server's certificate or the handshake was not acceptable.
    Tls,
    /// The connection ended before the answer did, or the answer took too long.
    Cut,
    /// An answer that is not what the call answers: another content, or JSON that is cut.
    Garbled,
}

/// What to do after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Ask again until the run's time is over.
    Retry,
    /// Ask again, but at most this many times in all: it may be a fault of the moment, and it may
    /// be a wrong address.
    RetryAtMost(u32),
    /// Report it.
    Report,
}

/// Attempts on a server that can't be reached.
const CONNECTION_ATTEMPTS: u32 = 3;

/// Attempts on a server that answers something else.
const GARBLED_ATTEMPTS: u32 = 3;

/// First and longest pause between two attempts without `Retry-After`.
pub const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(10));

/// Says what to do after a failure.
///
/// `Retry-After` is obeyed by the caller and changes nothing here.
///
/// Sources:
/// <https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations> and
/// <https://learn.microsoft.com/azure/role-based-access-control/troubleshooting>.
pub fn judge(call: Call, failure: Failure<'_>) -> Verdict {
    match failure {
        Failure::NotConnected => Verdict::RetryAtMost(CONNECTION_ATTEMPTS),
        Failure::Tls => Verdict::Report,
        Failure::Cut => Verdict::Retry,
        Failure::Garbled => Verdict::RetryAtMost(GARBLED_ATTEMPTS),
        Failure::Status { status, code } => status_verdict(call, status, code),
    }
}

fn status_verdict(call: Call, status: u16, code: Option<&str>) -> Verdict {
    let is = |wanted: &str| code.is_some_and(|code| code.eq_ignore_ascii_case(wanted));
    let passes = match status {
        408 | 425 | 429 | 500 | 502 | 503 | 504 => true,
        // Two writers on one identity.
        409 => {
            matches!(call, Call::WriteCredential | Call::DeleteCredential)
                && is("ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity")
        }
        // The identity is minutes old and not known everywhere. Only writers ask this table about
        // a 404, and only for an identity that they have seen or made.
        404 => {
            call == Call::WriteCredential
                && !is("SubscriptionNotFound")
                && !is("ResourceGroupNotFound")
        }
        // The same, seen by Entra.
        400 => call == Call::WriteRole && is("PrincipalNotFound"),
        _ => false,
    };
    if passes {
        Verdict::Retry
    } else {
        Verdict::Report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_reported_and_what_passes_is_repeated() {
        let concurrent =
            Some("ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity");
        let cases = [
            (Call::WriteCredential, 409, concurrent, Verdict::Retry),
            (Call::DeleteCredential, 409, concurrent, Verdict::Retry),
            (
                Call::DeleteCredential,
                404,
                Some("ResourceNotFound"),
                Verdict::Report,
            ),
            (
                Call::WriteCredential,
                409,
                Some("Conflict"),
                Verdict::Report,
            ),
            (Call::WriteCredential, 409, None, Verdict::Report),
            (Call::Write, 409, concurrent, Verdict::Report),
            (
                Call::WriteCredential,
                404,
                Some("ParentResourceNotFound"),
                Verdict::Retry,
            ),
            (
                Call::WriteCredential,
                400,
                Some("BadRequest"),
                Verdict::Report,
            ),
            (
                Call::WriteCredential,
                403,
                Some("AuthorizationFailed"),
                Verdict::Report,
            ),
            (Call::WriteCredential, 405, None, Verdict::Report),
            (Call::Read, 404, Some("ResourceNotFound"), Verdict::Report),
            (
                Call::WriteRole,
                400,
                Some("PrincipalNotFound"),
                Verdict::Retry,
            ),
            (Call::WriteRole, 400, Some("BadRequest"), Verdict::Report),
            (
                Call::WriteRole,
                403,
                Some("AuthorizationFailed"),
                Verdict::Report,
            ),
            (
                Call::WriteRole,
                409,
                Some("RoleAssignmentExists"),
                Verdict::Report,
            ),
            (
                Call::WriteRole,
                409,
                Some("RoleAssignmentUpdateNotPermitted"),
                Verdict::Report,
            ),
            (Call::Read, 429, None, Verdict::Retry),
            (Call::Write, 429, Some("TooManyRequests"), Verdict::Retry),
            (Call::Read, 500, None, Verdict::Retry),
            (Call::Read, 501, None, Verdict::Report),
            (Call::Read, 503, None, Verdict::Retry),
            (Call::Token, 400, Some("invalid_request"), Verdict::Report),
            (Call::Token, 401, Some("invalid_client"), Verdict::Report),
            (Call::Token, 503, None, Verdict::Retry),
        ];
        for (call, status, code, wanted) in cases {
            let found = judge(call, Failure::Status { status, code });
            assert_eq!(found, wanted, "{call:?} {status} {code:?}");
        }
        assert_eq!(judge(Call::Write, Failure::Cut), Verdict::Retry);
        assert_eq!(judge(Call::Read, Failure::Tls), Verdict::Report);
        assert_eq!(
            judge(Call::Read, Failure::NotConnected),
            Verdict::RetryAtMost(3)
        );
    }
}
