//! Switches of a world: what is not established about Azure, what slows it down, and its limits.
//!
//! Every field has a default, so that JSON settings name only what they change. The defaults are
//! Azure's documented rules without its delays: limits on, throttles and propagation off.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// All switches of a world.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// Milliseconds that every ARM, Entra and Graph request takes before it has its effect.
    pub latency_ms: u64,
    /// Which time the world lives in.
    pub clock: ClockSettings,
    /// How lists are cut into pages.
    pub paging: Paging,
    /// Federated identity credentials.
    pub credentials: CredentialRules,
    /// Role assignments.
    pub roles: RoleRules,
    /// Identity bindings.
    pub bindings: BindingRules,
    /// Throttles.
    pub throttle: Throttle,
    /// How long a change takes until the rest of Azure sees it.
    pub propagation: Propagation,
    /// The token endpoint.
    pub entra: EntraRules,
    /// Resources that a token may be meant for when it is shown to ARM, beside the known ones
    /// of all clouds and the server's own URL.
    pub arm_audiences: Vec<String>,
}

/// Which time a world lives in: throttles and propagation follow it, tokens follow the real one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct ClockSettings {
    /// Real, or standing still until it is advanced.
    pub mode: ClockMode,
    /// Whether a throttled request advances the clock to the moment at which it would pass.
    ///
    /// With this and [`Throttle::retry_after_seconds`] 0, a client that obeys `Retry-After` goes
    /// through a documented throttle without waiting, and the clock tells how long it would have
    /// taken.
    pub jump_on_throttle: bool,
}

/// Source of a world's time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ClockMode {
    /// The machine's clock, plus what was advanced.
    #[default]
    Real,
    /// Stands still; moves only when advanced.
    Virtual,
}

/// How lists are cut into pages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Paging {
    /// Most items on a page of any list; none: everything on one page. `$top` can only lower it.
    pub page_size: Option<usize>,
    /// How `nextLink` spells its parameter.
    pub skip_token: SkipTokenSpelling,
}

/// Spelling of the continuation parameter in `nextLink`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SkipTokenSpelling {
    /// `$skipToken=`, the one seen in recordings.
    #[default]
    Dollar,
    /// `%24skiptoken=`.
    Encoded,
    /// `skipToken=`, with a token that holds percent-encoded characters.
    Plain,
}

/// Status and code of a refusal whose text is known but whose code is not established.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// `error.code`.
    pub code: String,
}

impl Refusal {
    /// Makes a refusal.
    pub fn new(status: u16, code: &str) -> Self {
        Self {
            status,
            code: code.to_owned(),
        }
    }
}

/// Rules for federated identity credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct CredentialRules {
    /// Most credentials on one identity. Default 20.
    pub per_identity: usize,
    /// Longest issuer, subject and audience in characters. Default 600.
    pub text_length: usize,
    /// Whether two writes at once under one identity are refused with 409. Default true.
    pub serial_writes: bool,
    /// Answer to a pair of issuer and subject that another credential holds. Default 400
    /// `BadRequest`; reports show `Conflict` too.
    pub duplicate_pair: Refusal,
    /// Answer to a name outside the pattern. Default 400 `BadRequest`.
    pub bad_name: Refusal,
    /// Answer to a GET of an absent credential. Default 404 `NotFound`.
    pub missing: Refusal,
    /// Answer to no or several audiences. Default 400 `BadRequest`.
    pub bad_audience: Refusal,
    /// Answer to a body without properties, issuer or subject. Default 400 `BadRequest`.
    pub empty_properties: Refusal,
    /// Answer to one more than [`Self::per_identity`]. Default 400 `BadRequest`.
    pub over_limit: Refusal,
    /// Answer in a region without support. Default 405 `MethodNotAllowed`.
    pub unsupported_region: Refusal,
    /// Regions without support, in ARM's short spelling. Default `malaysiasouth`,
    /// `newzealandnorth`.
    pub regions_without_support: Vec<String>,
    /// Flexible credentials (an expression in place of a subject). Default refuse.
    pub flexible: Flexible,
    /// What a write under an identity says that is too new. Default `parentResourceNotFound`.
    pub fresh_identity: FreshIdentity,
}

impl Default for CredentialRules {
    fn default() -> Self {
        let bad_request = || Refusal::new(400, "BadRequest");
        Self {
            per_identity: 20,
            text_length: 600,
            serial_writes: true,
            duplicate_pair: bad_request(),
            bad_name: bad_request(),
            missing: Refusal::new(404, "NotFound"),
            bad_audience: bad_request(),
            empty_properties: bad_request(),
            over_limit: bad_request(),
            unsupported_region: Refusal::new(405, "MethodNotAllowed"),
            regions_without_support: vec!["malaysiasouth".to_owned(), "newzealandnorth".to_owned()],
            flexible: Flexible::Refuse,
            fresh_identity: FreshIdentity::ParentResourceNotFound,
        }
    }
}

/// Whether flexible federated identity credentials are accepted on managed identities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Flexible {
    /// 400.
    #[default]
    Refuse,
    /// Stored; never matches at the token endpoint.
    Accept,
}

/// Text of the 404 for an identity that is not known everywhere yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FreshIdentity {
    /// ARM's own sentence about a parent resource.
    #[default]
    ParentResourceNotFound,
    /// `MS Graph resource not found during Federated Identity Credential creation.`
    GraphResourceNotFound,
}

/// Rules for role assignments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleRules {
    /// Status of a PUT that repeats an assignment under its own name: 200 or 201. Default 200.
    pub repeated_put_status: u16,
    /// Whether `RoleAssignmentExists` names the other assignment. Default true; older answers
    /// did not.
    pub exists_names_id: bool,
    /// Whether `principalType: ServicePrincipal` spares a new principal `PrincipalNotFound`.
    /// Default false.
    pub principal_type_spares_delay: bool,
}

impl Default for RoleRules {
    fn default() -> Self {
        Self {
            repeated_put_status: 200,
            exists_names_id: true,
            principal_type_spares_delay: false,
        }
    }
}

/// Rules for identity bindings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct BindingRules {
    /// Whether the subscription has the feature; without it the calls are 404. Default true.
    pub enabled: bool,
    /// Whether the credential `aks-identity-binding` counts among the twenty. Default true.
    pub takes_one_credential: bool,
}

impl Default for BindingRules {
    fn default() -> Self {
        Self {
            enabled: true,
            takes_one_credential: true,
        }
    }
}

/// Throttles; all off by default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Throttle {
    /// The documented pace of the managed identity service: per tenant, subscription, resource.
    pub identity_service: bool,
    /// ARM's token buckets per subscription and principal, and per tenant.
    pub arm: bool,
    /// What a credential's call counts against as a resource. Default its identity.
    pub credential_counts: CredentialCounts,
    /// Seconds of the pace that may be used at once, at least one request. Default 1.
    pub burst_seconds: f64,
    /// Value of `Retry-After` in place of the true wait.
    pub retry_after_seconds: Option<u64>,
    /// Whether a 429 carries `Retry-After` at all. Default true.
    pub send_retry_after: bool,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            identity_service: false,
            arm: false,
            credential_counts: CredentialCounts::Identity,
            burst_seconds: 1.0,
            retry_after_seconds: None,
            send_retry_after: true,
        }
    }
}

/// Which resource a call on a federated identity credential counts against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CredentialCounts {
    /// The identity: all its credentials share one bucket.
    #[default]
    Identity,
    /// Each credential has its own bucket.
    Credential,
}

/// How long changes take; all off by default. Seconds are the world's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Propagation {
    /// Until a new identity is known to credentials, role assignments and Entra.
    pub identity: Delay,
    /// Until Entra honours a new or changed credential.
    pub credential: Delay,
    /// Until a role assignment gives its right.
    pub role: Delay,
    /// Until a role assignment shows in lists and reads.
    pub assignment_visible: Delay,
    /// AADSTS code for a credential that is on its way: 70021, 700211, 700213 or 70025.
    /// Default 70021.
    pub credential_error: u32,
    /// Exchanges that fail again after a new credential's first success. Default 0.
    pub failures_after_success: u32,
}

impl Default for Propagation {
    fn default() -> Self {
        Self {
            identity: Delay::default(),
            credential: Delay::default(),
            role: Delay::default(),
            assignment_visible: Delay::default(),
            credential_error: 70021,
            failures_after_success: 0,
        }
    }
}

/// A delay in seconds, in uses that are turned away, or both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Delay {
    /// Seconds of the world's clock.
    pub seconds: f64,
    /// Uses that fail before one succeeds, whatever the time.
    pub attempts: u32,
}

/// Rules of the token endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct EntraRules {
    /// Order in which an assertion is checked; what is missing is not checked. Default issuer,
    /// subject, audience, times, signature.
    pub order: Vec<AssertionCheck>,
    /// Code for a signature that does not verify: 700027, 50013 or 900384. Default 700027.
    pub bad_signature: u32,
    /// Code for an issuer whose documents cannot be fetched: 90061, 50166 or 501661. Default
    /// 90061.
    pub issuer_unreachable: u32,
    /// Code for a client without any credential: 70025 or 700211. Default 70025.
    pub no_credentials: u32,
    /// Code for a subject that differs in case only: 7002138 or 700213. Default 7002138.
    pub case_mismatch: u32,
    /// Whether every mismatch is the old 70021. Default false.
    pub undifferentiated: bool,
    /// HTTP status by AADSTS code, in place of the usual one.
    pub statuses: BTreeMap<u32, u16>,
    /// Whether errors carry `error_uri`. Default true.
    pub error_uri: bool,
    /// `expires_in` of access tokens. Default 3599.
    pub token_seconds: i64,
    /// Clock skew that is forgiven in an assertion's times. Default 300.
    pub leeway_seconds: i64,
    /// Seconds by which Entra's clock is ahead of the real one. Default 0.
    pub clock_offset_seconds: i64,
    /// Seconds for which an issuer's keys are kept; an unknown key id fetches them again at once.
    /// Default 5.
    pub keys_fresh_seconds: u64,
}

impl Default for EntraRules {
    fn default() -> Self {
        Self {
            order: vec![
                AssertionCheck::Issuer,
                AssertionCheck::Subject,
                AssertionCheck::Audience,
                AssertionCheck::Times,
                AssertionCheck::Signature,
            ],
            bad_signature: 700_027,
            issuer_unreachable: 90061,
            no_credentials: 70025,
            case_mismatch: 7_002_138,
            undifferentiated: false,
            statuses: BTreeMap::new(),
            error_uri: true,
            token_seconds: 3599,
            leeway_seconds: 300,
            clock_offset_seconds: 0,
            keys_fresh_seconds: 5,
        }
    }
}

/// One check of a client assertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AssertionCheck {
    /// A credential names this issuer.
    Issuer,
    /// A credential names this subject.
    Subject,
    /// A credential names this audience.
    Audience,
    /// `nbf` and `exp`.
    Times,
    /// RS256 against the issuer's keys.
    Signature,
}
