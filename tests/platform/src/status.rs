//! Errors, in the shape of a Kubernetes API server, which the management API is.

use serde_json::json;
use vwi_test_server::Reply;

/// Group of the management API.
const GROUP: &str = "management.loft.sh";

/// An error of any kind.
pub(crate) fn status(code: u16, reason: &str, message: &str) -> Reply {
    Reply::json(
        code,
        &json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message,
            "reason": reason,
            "details": {},
            "code": code,
        }),
    )
    .error(reason)
}

/// The key is nobody's.
pub(crate) fn unauthorized() -> Reply {
    status(401, "Unauthorized", "Unauthorized")
}

/// The key's scope or its user's rights do not cover it.
pub(crate) fn forbidden(user: &str, what: &str) -> Reply {
    let message =
        format!("{what} is forbidden: User \"{user}\" cannot do that with this access key");
    status(403, "Forbidden", &message)
}

/// The path leads to nothing.
pub(crate) fn no_route() -> Reply {
    status(
        404,
        "NotFound",
        "the server could not find the requested resource",
    )
}

/// There is no such object.
pub(crate) fn no_object(resource: &str, name: &str) -> Reply {
    Reply::json(
        404,
        &json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": format!("{resource}.{GROUP} \"{name}\" not found"),
            "reason": "NotFound",
            "details": {"name": name, "group": GROUP, "kind": resource},
            "code": 404,
        }),
    )
    .error("NotFound")
}

/// The request can't be meant.
pub(crate) fn bad_request(message: &str) -> Reply {
    status(400, "BadRequest", message)
}
