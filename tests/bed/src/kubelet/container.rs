//! One container: its node, its files, its process, its end.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use k8s_openapi::api::authentication::v1::{BoundObjectReference, TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::{
    Binding, Container, ObjectReference, Pod, PodSpec, ServiceAccount,
    ServiceAccountTokenProjection, VolumeProjection,
};
use kube::api::PostParams;
use kube::{Api, ResourceExt};
use serde_json::json;
use tokio::process::Command;
use tokio::time::timeout;

use super::image::Image;
use super::{NODE, Shared, status};
use crate::error::{BedError, Doing};
use crate::files;

/// Longest that a container runs, where its pod has no deadline.
const DEADLINE: Duration = Duration::from_mins(10);

/// Does with a pod what its image says.
pub(super) async fn run(shared: &Shared, pod: &Pod, image: Image) -> Result<(), BedError> {
    let doing = || format!("cannot run the pod `{}`", pod.name_any());
    if image == Image::NeverScheduled {
        return status::unschedulable(shared, pod).await.doing(doing);
    }
    bind(shared, pod).await.doing(doing)?;
    let waiting =
        |reason: &str, message: &str| json!({"waiting": {"reason": reason, "message": message}});
    if image == Image::Absent {
        let message = "failed to pull and unpack image: not found";
        for reason in ["ErrImagePull", "ImagePullBackOff"] {
            let state = waiting(reason, message);
            status::say(shared, pod, "Pending", state)
                .await
                .doing(doing)?;
        }
        return Ok(());
    }
    let state = waiting("ContainerCreating", "");
    status::say(shared, pod, "Pending", state)
        .await
        .doing(doing)?;
    let Some(spec) = &pod.spec else { return Ok(()) };
    let Some(container) = spec.containers.first() else {
        return Ok(());
    };
    if image == Image::Crashes {
        return end(shared, pod, 128, "StartError").await.doing(doing);
    }
    let root = shared.folder.join(pod.uid().unwrap_or_default());
    let files = mount(shared, pod, spec, container, &root).await?;
    let running = json!({"running": {}});
    status::say(shared, pod, "Running", running)
        .await
        .doing(doing)?;
    let deadline = spec
        .active_deadline_seconds
        .and_then(|seconds| seconds.try_into().ok());
    let deadline = deadline.map_or(DEADLINE, Duration::from_secs);
    let script = match image {
        Image::Hangs => "exec sleep 600".to_owned(),
        Image::Shouts => "cat \"$AZURE_FEDERATED_TOKEN_FILE\"".to_owned(),
        Image::Runs | Image::CutLog | Image::NeverScheduled | Image::Absent | Image::Crashes => {
            script(container)?
        }
    };
    let Ok(output) = timeout(deadline, execute(&script, container, &root)).await else {
        return status::failed(shared, pod, "DeadlineExceeded")
            .await
            .doing(doing);
    };
    let output = output.doing(doing)?;
    let mut log = [output.stdout, output.stderr].concat();
    if image == Image::CutLog {
        log.truncate(log.len() / 2);
    }
    let place = shared.log(&pod.namespace().unwrap_or_default(), &pod.name_any());
    std::fs::write(place, log).doing(doing)?;
    drop(files);
    let code = output.status.code().unwrap_or(137);
    let reason = if code == 0 { "Completed" } else { "Error" };
    end(shared, pod, code, reason).await.doing(doing)
}

async fn bind(shared: &Shared, pod: &Pod) -> Result<(), kube::Error> {
    let name = pod.name_any();
    let binding = Binding {
        metadata: kube::api::ObjectMeta {
            name: Some(name.clone()),
            ..Default::default()
        },
        target: ObjectReference {
            kind: Some("Node".to_owned()),
            name: Some(NODE.to_owned()),
            ..ObjectReference::default()
        },
    };
    let pods = shared.pods(pod);
    let _status: serde_json::Value = pods
        .create_subresource("binding", &name, &PostParams::default(), &binding)
        .await?;
    Ok(())
}

async fn end(shared: &Shared, pod: &Pod, code: i32, reason: &str) -> Result<(), kube::Error> {
    let phase = if code == 0 { "Succeeded" } else { "Failed" };
    let state = json!({"terminated": {"exitCode": code, "reason": reason}});
    status::say(shared, pod, phase, state).await
}

/// The folder of a container; it goes when this is dropped.
struct Root(PathBuf);

impl Drop for Root {
    fn drop(&mut self) {
        // What can't be removed goes with the bed's folder.
        let _removed = std::fs::remove_dir_all(&self.0);
    }
}

/// Makes the files of the container's projected tokens, each where it is mounted, below `root`.
async fn mount(
    shared: &Shared,
    pod: &Pod,
    spec: &PodSpec,
    container: &Container,
    root: &Path,
) -> Result<Root, BedError> {
    for mount in container.volume_mounts.iter().flatten() {
        let volumes = spec.volumes.iter().flatten();
        let mut named = volumes.filter(|volume| volume.name == mount.name);
        let projected = named.next().and_then(|volume| volume.projected.as_ref());
        let sources = projected.and_then(|projected| projected.sources.as_ref());
        for source in sources.into_iter().flatten() {
            let VolumeProjection {
                service_account_token: Some(wanted),
                ..
            } = source
            else {
                continue;
            };
            let token = mint(shared, pod, wanted).await?;
            let file = inside(root, &mount.mount_path).join(&wanted.path);
            files::make_folder(file.parent().unwrap_or(root))?;
            files::write(&file, &token)?;
        }
    }
    files::make_folder(root)?;
    Ok(Root(root.to_owned()))
}

/// Asks the host for the token that the pod's volume wants, as a kubelet does.
async fn mint(
    shared: &Shared,
    pod: &Pod,
    wanted: &ServiceAccountTokenProjection,
) -> Result<String, BedError> {
    let account = pod
        .spec
        .as_ref()
        .and_then(|spec| spec.service_account_name.clone())
        .unwrap_or_default();
    let request = TokenRequest {
        spec: Some(TokenRequestSpec {
            audiences: wanted.audience.clone().map(|audience| vec![audience]),
            expiration_seconds: wanted.expiration_seconds,
            bound_object_ref: Some(BoundObjectReference {
                api_version: Some("v1".to_owned()),
                kind: Some("Pod".to_owned()),
                name: pod.metadata.name.clone(),
                uid: pod.metadata.uid.clone(),
            }),
        }),
        ..TokenRequest::default()
    };
    let namespace = pod.namespace().unwrap_or_default();
    let accounts: Api<ServiceAccount> = Api::namespaced(shared.host.clone(), &namespace);
    let answer = accounts
        .create_token_request(&account, &PostParams::default(), &request)
        .await
        .doing(|| format!("cannot mint a token of `{namespace}/{account}`"))?;
    let token = answer.status.and_then(|status| status.token);
    Ok(token.unwrap_or_default())
}

/// Returns the script of `/bin/sh -c SCRIPT`, which is all that runs here.
fn script(container: &Container) -> Result<String, BedError> {
    match container.command.as_deref() {
        Some([shell, flag, script]) if shell == "/bin/sh" && flag == "-c" => Ok(script.clone()),
        _ => Err(BedError::new(
            "the kubelet's containers run `/bin/sh -c SCRIPT` only",
        )),
    }
}

/// Runs the script in the container's folder, with the container's variables and nothing else.
async fn execute(
    script: &str,
    container: &Container,
    root: &Path,
) -> std::io::Result<std::process::Output> {
    let mounts: Vec<&str> = container
        .volume_mounts
        .iter()
        .flatten()
        .map(|mount| mount.mount_path.as_str())
        .collect();
    let variables = container.env.iter().flatten().filter_map(|variable| {
        let value = variable.value.as_deref()?;
        let is_mounted = mounts.iter().any(|mount| value.starts_with(mount));
        let value = if is_mounted {
            inside(root, value).into_os_string()
        } else {
            value.into()
        };
        Some((variable.name.clone(), value))
    });
    Command::new("/bin/sh")
        .args(["-c", script])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .envs(variables)
        .current_dir(root)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
}

/// Where a path of the container is on this machine.
fn inside(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}
