//! What flags, the Azure CLI's configuration and the login say where records are silent.

use vwi_azure::Azure;
use vwi_cli::Failure;
use vwi_cli::flags::bad_usage;
use vwi_cli::input::Collected;

use crate::args::FederateArgs;
use crate::identities::{Identities, trusting};
use crate::wish::Defaults;
use crate::work::Work;

/// Fills in what is left open, and only asks Azure if a record needs it.
///
/// # Errors
///
/// Flags that do not say which identities, a login that sees several subscriptions, or Azure.
pub(crate) async fn defaults(
    arguments: &FederateArgs,
    azure: &Azure,
    collected: &Collected,
) -> Result<Defaults, Failure> {
    let mut defaults = Defaults {
        identities: Identities::new(&arguments.identity)?,
        flag_subscription: azure.typed_subscription.clone(),
        subscription: azure.subscription.clone(),
        group: azure.group.clone(),
        audience: azure.cloud.audience.clone(),
    };
    let looks_up = matches!(defaults.identities, Identities::Existing(_));
    if defaults.subscription.is_none()
        && (looks_up || lacks_subscription(arguments, &defaults, collected)?)
    {
        defaults.subscription = Some(sole_subscription(azure).await?);
    }
    if looks_up {
        let subscription = defaults.flag_subscription.as_ref();
        let subscription = subscription.or(defaults.subscription.as_ref());
        let group = arguments.identity.resource_group.as_deref();
        let subscription = subscription.map_or("", String::as_str);
        let trusting = trusting(&azure.arm, subscription, group).await?;
        defaults.identities = Identities::Existing(trusting);
    }
    Ok(defaults)
}

/// Whether the identity of a record is known but for its subscription.
fn lacks_subscription(
    arguments: &FederateArgs,
    defaults: &Defaults,
    collected: &Collected,
) -> Result<bool, Failure> {
    for record in collected.records.records()? {
        let work = Work::of(&record?, arguments, defaults);
        let wish = work.wish.as_ref().filter(|_| work.is_open());
        if wish.is_some_and(|wish| wish.identity.subscription.is_none()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns the subscription of the login, if it sees only one.
///
/// # Errors
///
/// None or several, which are listed, or Azure.
pub(crate) async fn sole_subscription(azure: &Azure) -> Result<String, Failure> {
    let subscriptions = azure.arm.subscriptions().await?;
    if let [only] = subscriptions.as_slice() {
        return Ok(only.subscription_id.clone());
    }
    let listed: Vec<String> = subscriptions
        .iter()
        .map(|one| format!("{} ({})", one.subscription_id, one.display_name))
        .collect();
    let fault = if listed.is_empty() {
        "the login sees no subscription".to_owned()
    } else {
        format!(
            "the login sees several subscriptions: {}",
            listed.join(", ")
        )
    };
    Err(bad_usage(fault, Some("name one with `--subscription`")).into())
}
