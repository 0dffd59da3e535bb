//! One client of the bed: its requests, and its vClusters, which go with it.

use std::net::Ipv4Addr;
use std::sync::Arc;

use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::OwnedReadHalf;
use tokio::sync::watch;

use crate::error::{BedError, Doing};
use crate::program::State;
use crate::protocol::{Answer, Request};
use crate::running::Running;

/// Serves a client until it closes the connection, which the kernel does when it dies.
pub(crate) async fn serve(stream: UnixStream, mut state: watch::Receiver<State>) {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    let mut tenants = Vec::new();
    let mut line = String::new();
    loop {
        line.clear();
        match reader.read_line(&mut line).await {
            Ok(length) if length > 0 => {}
            _ => break,
        }
        let answer = unless_gone(&mut reader, answer(&line, &mut state, &mut tenants)).await;
        let Some(answer) = answer else { break };
        if writer.write_all(answer.as_bytes()).await.is_err() {
            break;
        }
    }
    let running = match &*state.borrow() {
        Some(Ok(running)) => Some(Arc::clone(running)),
        _ => None,
    };
    let Some(running) = running else { return };
    for tenant in tenants {
        // Nobody is left who could be told.
        let _removed = running.remove_tenant(tenant).await;
    }
}

/// The result of `work`, or `None` as soon as the client has gone.
async fn unless_gone<T>(
    reader: &mut BufReader<OwnedReadHalf>,
    work: impl Future<Output = T>,
) -> Option<T> {
    let mut work = std::pin::pin!(work);
    let gone = tokio::select! {
        done = &mut work => return Some(done),
        next = reader.fill_buf() => next.map_or(true, <[u8]>::is_empty),
    };
    if gone { None } else { Some(work.await) }
}

/// Answers one line with one line.
async fn answer(
    line: &str,
    state: &mut watch::Receiver<State>,
    tenants: &mut Vec<Ipv4Addr>,
) -> String {
    let request = serde_json::from_str(line).doing(|| format!("cannot read the request {line}"));
    let running = running(state).await;
    let text = match (request, running) {
        (Err(error), _) | (_, Err(error)) => text::<()>(Err(error)),
        (Ok(Request::Describe {}), Ok(running)) => text(Ok(running.description())),
        (Ok(Request::AddTenant(wanted)), Ok(running)) => {
            let added = running.add_tenant(wanted).await;
            if let Ok(added) = &added {
                tenants.push(added.service_address);
            }
            text(added)
        }
        (
            Ok(Request::Syncer {
                vcluster,
                namespace,
                order,
            }),
            Ok(running),
        ) => text(running.order(&vcluster, &namespace, order).await),
    };
    text + "\n"
}

/// The bed, once it is ready.
async fn running(state: &mut watch::Receiver<State>) -> Result<Arc<Running>, BedError> {
    let doing = || "the bed is ending".to_owned();
    let state = state.wait_for(Option::is_some).await.doing(doing)?;
    match &*state {
        Some(Ok(running)) => Ok(Arc::clone(running)),
        Some(Err(error)) => Err(BedError::new(error)),
        None => Err(BedError::new(doing())),
    }
}

fn text<T: Serialize>(result: Result<T, BedError>) -> String {
    let answer = match result {
        Ok(value) => Answer::Ok(value),
        Err(error) => Answer::Error(error.chain()),
    };
    serde_json::to_string(&answer)
        .unwrap_or_else(|error| format!(r#"{{"error":"cannot write the answer: {error}"}}"#))
}
