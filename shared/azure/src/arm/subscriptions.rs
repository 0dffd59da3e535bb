//! Subscriptions that the login can see.

use serde::Deserialize;

use super::client::Arm;
use super::error::ArmError;

/// Version of the subscription API that the Azure CLI uses.
const API_VERSION: &str = "2022-12-01";

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// Its id.
    pub subscription_id: String,
    /// Its name.
    #[serde(default)]
    pub display_name: String,
    /// The Entra tenant that it belongs to.
    #[serde(default)]
    pub tenant_id: String,
    /// `Enabled`, or why it can't be used.
    #[serde(default)]
    pub state: String,
}

impl Arm {
    /// Reads a subscription; `None` if there is none, or none that we can see.
    ///
    /// # Errors
    ///
    /// [`ArmError`] if ARM does not say either.
    pub async fn subscription(&self, id: &str) -> Result<Option<Subscription>, ArmError> {
        let path = format!("/subscriptions/{id}");
        let url = self.url(&path, API_VERSION, &[]);
        match self.get("read subscription", &path, url).await {
            Err(error) if error.is_code("SubscriptionNotFound") => Ok(None),
            result => result,
        }
    }

    /// Lists the subscriptions that we can see.
    ///
    /// # Errors
    ///
    /// [`ArmError`] if a page of the list can't be had.
    pub async fn subscriptions(&self) -> Result<Vec<Subscription>, ArmError> {
        let url = self.url("/subscriptions", API_VERSION, &[]);
        let subscriptions = self.list("list subscriptions of", "the login", url).await?;
        Ok(subscriptions.unwrap_or_default())
    }
}
