//! A running syncer, as a test holds it.

use std::sync::{Arc, Mutex, PoisonError};

use kube::Client;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::engine;

/// What a test asks of a running syncer; each is answered when it is done.
#[derive(Debug)]
pub(crate) enum Command {
    /// Be down: watch nothing, forget everything.
    Pause(oneshot::Sender<()>),
    /// Be up again.
    Resume(oneshot::Sender<()>),
    /// Free the host names that lost their owner.
    CleanUp(oneshot::Sender<()>),
}

/// What the syncer did, in vCluster's words where it has some.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// Adds a line.
    pub(crate) fn add(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push(line);
    }

    fn lines(&self) -> Vec<String> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.clone()
    }
}

/// A running syncer. It stops when this is dropped.
#[derive(Debug)]
pub struct Syncer {
    commands: mpsc::Sender<Command>,
    settled: watch::Receiver<bool>,
    log: Log,
    task: JoinHandle<()>,
}

impl Syncer {
    /// Starts the syncer of the vCluster `config` between the API servers that `host` and `tenant`
    /// reach as administrators. Has to be called within a runtime.
    ///
    /// The host namespace has to exist, and the vCluster's Service too if it shall own things.
    pub fn start(host: Client, tenant: Client, config: Config) -> Self {
        let (commands, orders) = mpsc::channel(8);
        let (settles, settled) = watch::channel(false);
        let log = Log::default();
        let running = engine::run(host, tenant, config, orders, settles, log.clone());
        Self {
            commands,
            settled,
            log,
            task: tokio::spawn(running),
        }
    }

    /// Waits until everything that the syncer knows of has been looked at once. Changes that an API
    /// server has not told yet are not waited for.
    pub async fn settled(&self) {
        let mut settled = self.settled.clone();
        // The sender lives as long as the task, which ends with this.
        let _state = settled.wait_for(|settled| *settled).await;
    }

    /// Takes the syncer down as if the vCluster's pod were gone: it sees nothing and forgets what
    /// it saw.
    pub async fn pause(&self) {
        self.order(Command::Pause).await;
    }

    /// Brings the syncer up again, and waits until it has looked at everything once.
    pub async fn resume(&self) {
        self.order(Command::Resume).await;
        self.settled().await;
    }

    /// Restarts the syncer, as a new pod of the vCluster would.
    pub async fn restart(&self) {
        self.pause().await;
        self.resume().await;
    }

    /// Frees the host names whose owner is gone, as vCluster does every three minutes; see
    /// [`Config::reserve_names`].
    pub async fn clean_up(&self) {
        self.order(Command::CleanUp).await;
        self.settled().await;
    }

    /// Returns what the syncer did so far, a line each, in vCluster's words where it has some.
    pub fn log(&self) -> Vec<String> {
        self.log.lines()
    }

    async fn order(&self, command: impl FnOnce(oneshot::Sender<()>) -> Command) {
        let (done, answer) = oneshot::channel();
        if self.commands.send(command(done)).await.is_ok() {
            // Without an answer the task has ended, and with it everything to wait for.
            let _done = answer.await;
        }
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.task.abort();
    }
}
