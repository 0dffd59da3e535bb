//! How tenants and their hosts are reached.

use vwi_cli::Failure;
use vwi_cli::host::{self, NoHost, OtherHost, Unproven};
use vwi_cli::report::in_one_line;
use vwi_cli::session::Session;
use vwi_cli::talk::Talk;
use vwi_core::text::escape;
use vwi_kubernetes::{Cluster, ClusterChoice, ConnectSettings, HostChoice, Kubeconfig};

use crate::args::AnnotateArgs;
use crate::target::{self, Target};

/// What flags and environment say of tenant and host.
pub(crate) struct Ways {
    tenant: ClusterChoice,
    host: HostChoice,
    settings: ConnectSettings,
    /// Whether the host's copies are waited for.
    wait: bool,
    talk: Talk,
}

/// A tenant cluster and its host, as far as they were to be found.
pub(crate) struct Looked {
    pub(crate) tenant: Result<Target, Failure>,
    pub(crate) host: Result<Unproven, NoHost>,
}

/// A tenant cluster, and its host before it has proven itself.
pub(crate) struct Reached {
    pub(crate) target: Target,
    host: Option<Unproven>,
}

impl Reached {
    /// Lets the host prove itself by the tenant's address.
    ///
    /// # Errors
    ///
    /// [`OtherHost`] if it was typed and is the host of others.
    pub(crate) fn proven(self, talk: &Talk) -> Result<Target, OtherHost> {
        let Self { mut target, host } = self;
        if let Some(host) = host {
            target.host = host.proven(&target.tenant, target.address(), talk)?;
        }
        Ok(target)
    }
}

impl Ways {
    pub(crate) fn new(arguments: &AnnotateArgs, session: &Session) -> Self {
        Self {
            tenant: arguments.kubectl.choice(&session.environment),
            host: arguments.host.choice(&session.environment),
            settings: session.connect_settings(&arguments.kubectl),
            wait: arguments.wait && !arguments.remove,
            talk: session.talk.clone(),
        }
    }

    /// Looks while the input is awaited; `None` where a credential plugin would run for that.
    pub(crate) async fn look_early(&self) -> Option<Looked> {
        if host::runs_plugin(&self.host, &self.tenant) {
            return None;
        }
        Some(self.look().await)
    }

    /// Looks at the cluster of the command line, and at its host.
    pub(crate) async fn look(&self) -> Looked {
        let (tenant, host) = tokio::join!(
            Cluster::connect(&self.tenant, &self.settings),
            self.host_of(&self.tenant),
        );
        let tenant = match tenant {
            Ok(cluster) => target::look(cluster).await.map_err(Failure::from),
            Err(error) => Err(error.into()),
        };
        Looked { tenant, host }
    }

    /// Takes what was looked at for a cluster that records can be written to.
    ///
    /// # Errors
    ///
    /// A host that was typed and is none, so that it is known before anything is written; and in
    /// the inner result, why the tenant can't be reached.
    pub(crate) fn reached(&self, looked: Looked) -> Result<Result<Reached, Failure>, Failure> {
        let host = host::or_left(looked.host, &self.host, &self.talk)?;
        Ok(looked.tenant.map(|target| Reached { target, host }))
    }

    /// Reads the kubeconfig, if another of its contexts may be a record's: then none was typed.
    pub(crate) fn kubeconfig(&self) -> Option<Kubeconfig> {
        if self.tenant.names_cluster() {
            return None;
        }
        Kubeconfig::load(&self.tenant.kubeconfig).ok()
    }

    /// Looks at the cluster of another context, and at its host.
    ///
    /// # Errors
    ///
    /// Why it can't be reached, in one line.
    pub(crate) async fn look_at(
        &self,
        context: &str,
        kubeconfig: &Kubeconfig,
    ) -> Result<Reached, String> {
        let choice = ClusterChoice {
            context: Some(context.to_owned()),
            ..self.tenant.clone()
        };
        let tenant = async {
            let cluster = Cluster::connect_with(kubeconfig, &choice, &self.settings).await;
            let cluster = cluster.map_err(|error| in_one_line(&error))?;
            target::look(cluster)
                .await
                .map_err(|error| error.in_one_line())
        };
        let (target, host) = tokio::join!(tenant, self.host_of(&choice));
        let said = |why: String| format!("context `{}`: {why}", escape(context));
        let host = host::or_left(host, &self.host, &self.talk)
            .map_err(|error| said(in_one_line(&error)))?;
        let target = target.map_err(said)?;
        Ok(Reached { target, host })
    }

    async fn host_of(&self, tenant: &ClusterChoice) -> Result<Unproven, NoHost> {
        // One that was typed has to be there, also if nothing is waited for.
        if !self.wait && !self.host.is_typed() {
            return Err(NoHost::Unwanted);
        }
        let host = host::find(&self.host, tenant, &self.settings).await?;
        Ok(Unproven::ask(host).await)
    }
}
