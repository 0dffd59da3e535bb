//! How far a pod is.

use serde::Deserialize;
use serde_json::Value;

use super::{CONTAINER, null_is_absent};
use crate::object::Metadata;

/// A pod, as far as it matters here.
#[derive(Deserialize)]
pub(super) struct ProbedPod {
    pub(super) metadata: Metadata,
    pub(super) spec: Value,
    #[serde(default)]
    status: Status,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    phase: String,
    reason: String,
    message: String,
    #[serde(deserialize_with = "null_is_absent")]
    conditions: Vec<Condition>,
    #[serde(deserialize_with = "null_is_absent")]
    container_statuses: Vec<ContainerStatus>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Condition {
    #[serde(rename = "type")]
    kind: String,
    status: String,
    reason: String,
    message: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ContainerStatus {
    name: String,
    state: State,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct State {
    waiting: Option<Waiting>,
    running: Option<Value>,
    terminated: Option<Terminated>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Waiting {
    reason: String,
    message: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Terminated {
    exit_code: i64,
    reason: String,
    message: String,
}

/// An event of a pod.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Event {
    #[serde(rename = "type")]
    kind: String,
    reason: String,
    message: String,
}

/// How far a pod is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Its container has done its work.
    Ended,
    /// It may yet run; what it waits for.
    Waits(String),
    /// It will not run, however long one waits; why.
    CannotRun(String),
    /// Its container ran in vain; how.
    Failed(String),
}

/// What the kubelet says of a container that needs somebody's help. `ErrImagePull` is not among
/// them: the first failure can be the registry's, and `ImagePullBackOff` follows.
///
/// Source: `pkg/kubelet/images/types.go` and `pkg/kubelet/container/sync_result.go` of Kubernetes.
const HOPELESS: [&str; 9] = [
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "ImageInspectError",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
    "CrashLoopBackOff",
    "SignatureValidationFailed",
];

impl ProbedPod {
    /// Says how far it is.
    pub(super) fn verdict(&self) -> Verdict {
        let status = &self.status;
        let container = status
            .container_statuses
            .iter()
            .find(|container| container.name == CONTAINER);
        let state = container.map(|container| &container.state);
        if let Some(terminated) = state.and_then(|state| state.terminated.as_ref()) {
            return terminated.verdict();
        }
        if status.phase == "Failed" {
            return Verdict::Failed(said(&status.reason, &status.message));
        }
        if let Some(waiting) = state.and_then(|state| state.waiting.as_ref()) {
            let why = said(&waiting.reason, &waiting.message);
            return if HOPELESS.contains(&waiting.reason.as_str()) {
                Verdict::CannotRun(why)
            } else {
                Verdict::Waits(why)
            };
        }
        if state.is_some_and(|state| state.running.is_some()) {
            return Verdict::Waits("its container is running".to_owned());
        }
        let unscheduled = status
            .conditions
            .iter()
            .find(|condition| condition.kind == "PodScheduled" && condition.status == "False");
        Verdict::Waits(match unscheduled {
            Some(condition) => said(&condition.reason, &condition.message),
            None => "no node has taken it".to_owned(),
        })
    }
}

impl Terminated {
    fn verdict(&self) -> Verdict {
        if self.exit_code == 0 {
            return Verdict::Ended;
        }
        let how = said(&self.reason, &self.message);
        Verdict::Failed(format!(
            "its container ended with status {}, {how}",
            self.exit_code
        ))
    }
}

/// Returns the last warning, else the last event.
pub(super) fn why_not(events: &[Event]) -> Option<String> {
    let warning = events.iter().rposition(|event| event.kind == "Warning");
    let place = warning.or_else(|| events.len().checked_sub(1))?;
    let event = events.get(place)?;
    Some(said(&event.reason, &event.message))
}

fn said(reason: &str, message: &str) -> String {
    match (reason.is_empty(), message.is_empty()) {
        (true, true) => "no reason is given".to_owned(),
        (false, true) => reason.to_owned(),
        (true, false) => message.to_owned(),
        (false, false) => format!("{reason}: {message}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn verdict(status: &Value) -> Verdict {
        let pod = json!({"metadata": {}, "spec": {}, "status": status});
        serde_json::from_value::<ProbedPod>(pod).unwrap().verdict()
    }

    fn container(state: &Value) -> Value {
        json!({"phase": "Pending", "containerStatuses": [
            {"name": "mesh", "state": {"running": {}}},
            {"name": "main", "state": state},
        ]})
    }

    #[test]
    fn each_state_has_its_verdict() {
        for (status, expected) in [
            (json!({}), Verdict::Waits("no node has taken it".into())),
            (
                json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False",
                    "reason": "Unschedulable", "message": "0/3 nodes are available"}]}),
                Verdict::Waits("Unschedulable: 0/3 nodes are available".into()),
            ),
            (
                container(&json!({"waiting": {"reason": "ContainerCreating"}})),
                Verdict::Waits("ContainerCreating".into()),
            ),
            (
                container(&json!({"waiting": {"reason": "ErrImagePull", "message": "429"}})),
                Verdict::Waits("ErrImagePull: 429".into()),
            ),
            (
                container(&json!({"waiting": {"reason": "ImagePullBackOff"}})),
                Verdict::CannotRun("ImagePullBackOff".into()),
            ),
            (
                container(&json!({"running": {}})),
                Verdict::Waits("its container is running".into()),
            ),
            (
                container(&json!({"terminated": {"exitCode": 0}})),
                Verdict::Ended,
            ),
            (
                container(&json!({"terminated": {"exitCode": 127, "reason": "Error"}})),
                Verdict::Failed("its container ended with status 127, Error".into()),
            ),
            (
                json!({"phase": "Failed", "reason": "Evicted"}),
                Verdict::Failed("Evicted".into()),
            ),
        ] {
            assert_eq!(verdict(&status), expected, "{status}");
        }
    }

    #[test]
    fn a_warning_says_more_than_what_came_after_it() {
        let events = |events: Value| {
            let events: Vec<Event> = serde_json::from_value(events).unwrap();
            why_not(&events)
        };
        assert_eq!(events(json!([])), None);
        let found = events(json!([
            {"type": "Warning", "reason": "SyncError", "message": "denied"},
            {"type": "Normal", "reason": "Scheduled"},
        ]));
        assert_eq!(found.as_deref(), Some("SyncError: denied"));
    }
}
