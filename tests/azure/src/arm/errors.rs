//! ARM's error body, and the errors that every resource provider shares.

use serde_json::json;
use vwi_test_server::Reply;

/// An error of ARM.
#[derive(Clone, Debug)]
pub(crate) struct ArmError {
    status: u16,
    code: String,
    message: String,
    headers: Vec<(String, String)>,
}

impl ArmError {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
            headers: Vec::new(),
        }
    }

    /// Returns the error with one more header.
    #[must_use]
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn reply(&self) -> Reply {
        let body = json!({"error": {"code": self.code, "message": self.message}});
        let mut reply = Reply::json(self.status, &body).error(&self.code);
        reply.headers.extend(self.headers.iter().cloned());
        reply
    }

    /// No token, or none that ARM takes: 401 with the authority to ask.
    pub(crate) fn unauthorized(code: &str, message: &str, authority: &str) -> Self {
        let challenge = format!(
            "Bearer authorization_uri=\"{authority}\", error=\"invalid_token\", \
             error_description=\"{message}\""
        );
        Self::new(401, code, message).header("WWW-Authenticate", &challenge)
    }

    pub(crate) fn forbidden(client_id: &str, object_id: &str, action: &str, scope: &str) -> Self {
        let scope = if scope.is_empty() { "/" } else { scope };
        let message = format!(
            "The client '{client_id}' with object id '{object_id}' does not have authorization \
             to perform action '{action}' over scope '{scope}' or the scope is invalid. If access \
             was recently granted, please refresh your credentials."
        );
        Self::new(403, "AuthorizationFailed", message)
    }

    pub(crate) fn no_subscription(id: &str) -> Self {
        let message = format!("The subscription '{id}' could not be found.");
        Self::new(404, "SubscriptionNotFound", message)
    }

    pub(crate) fn no_group(name: &str) -> Self {
        let message = format!("Resource group '{name}' could not be found.");
        Self::new(404, "ResourceGroupNotFound", message)
    }

    pub(crate) fn no_resource(resource_type: &str, name: &str, group: &str) -> Self {
        let message = format!(
            "The Resource '{resource_type}/{name}' under resource group '{group}' was not found. \
             For more details please go to https://aka.ms/ARMResourceNotFoundFix"
        );
        Self::new(404, "ResourceNotFound", message)
    }

    pub(crate) fn no_parent(parent: &str) -> Self {
        let message = format!(
            "Can not perform requested operation on nested resource. Parent resource '{parent}' \
             not found."
        );
        Self::new(404, "ParentResourceNotFound", message)
    }

    pub(crate) fn bad_json(cause: &serde_json::Error) -> Self {
        let message =
            format!("The request content was invalid and could not be deserialized: '{cause}'.");
        Self::new(400, "InvalidRequestContent", message)
    }

    pub(crate) fn method_not_allowed(method: &str) -> Self {
        let message = format!("The HTTP method '{method}' is not supported at this path.");
        Self::new(405, "HttpMethodNotAllowed", message)
    }
}
