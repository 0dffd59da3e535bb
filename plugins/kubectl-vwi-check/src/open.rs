//! The ways to tenant, host, Azure and issuer. One that does not open is a reason, not an end.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use vwi_azure::{Azure, AzureError, Patience};
use vwi_cli::http::{self, HttpSettings};
use vwi_cli::report::in_one_line;
use vwi_cli::session::Session;
use vwi_cli::talk::Talk;
use vwi_cli::{Failure, environment::Environment, host};
use vwi_core::check::Words;
use vwi_core::check::facts::{Fact, FactSource, Unseen};
use vwi_core::step::Step;
use vwi_core::text::escape;
use vwi_core::translation::VirtualClusterName;
use vwi_kubernetes::{
    Cluster, ClusterChoice, ConnectSettings, Host, HostChoice, Kubeconfig, Tenant,
};

use crate::args::CheckArgs;
use crate::gather::{Access, Sides};
use crate::wanted::Wanted;

/// How long a call to Azure is repeated after a fault of the moment; a check is no place to wait.
const PATIENCE: Duration = Duration::from_secs(20);

/// What flags and environment say of the ways.
#[derive(Clone)]
pub(crate) struct Ways<'a> {
    args: &'a CheckArgs,
    tenant: ClusterChoice,
    host: HostChoice,
    settings: ConnectSettings,
    http: HttpSettings,
    environment: Environment,
    steps: [String; 4],
    pub(crate) talk: Talk,
}

impl<'a> Ways<'a> {
    pub(crate) fn new(args: &'a CheckArgs, session: &Session) -> Self {
        let words = |step: Step| {
            if step == Step::Check {
                session.invocation.words().to_owned()
            } else {
                session.invocation.words_of(step)
            }
        };
        Self {
            args,
            tenant: args.kubectl.choice(&session.environment),
            host: args.host.choice(&session.environment),
            settings: session.connect_settings(&args.kubectl),
            http: session.http_settings(&args.kubectl),
            environment: session.environment.clone(),
            steps: Step::ALL.map(words),
            talk: session.talk.clone(),
        }
    }

    /// Opens them, and asks tenant and host what they say of themselves, while the input is
    /// awaited; `None` where a credential plugin would run for that.
    pub(crate) async fn open_early(&self) -> Option<Result<(Access<'a>, Sides), Failure>> {
        if host::runs_plugin(&self.host, &self.tenant) {
            return None;
        }
        let access = match self.open().await {
            Ok(access) => access,
            Err(failure) => return Some(Err(failure)),
        };
        if let Ok(azure) = &access.azure {
            let login = Arc::clone(azure.arm.login());
            tokio::spawn(async move {
                // Whoever needs the token is told what went wrong.
                let _token = login.token().await;
            });
        }
        let sides = access.sides().await;
        Some(Ok((access, sides)))
    }

    /// Opens them; nothing is asked yet but by credential plugins.
    ///
    /// # Errors
    ///
    /// What was asked wrongly: then nothing is looked at.
    pub(crate) async fn open(&self) -> Result<Access<'a>, Failure> {
        let (tenant, host) = tokio::join!(self.tenant(), self.host());
        let http = http::client(&self.http);
        let azure = match &http {
            Ok(http) => self.azure(http.clone()).await?,
            Err(error) => Err(Unseen::new(FactSource::Azure, in_one_line(error))),
        };
        let words = Words {
            steps: self.steps.clone(),
            tenant_context: self.tenant.context.clone(),
        };
        Ok(Access {
            args: self.args,
            tenant,
            host,
            azure,
            http: http.map_err(|error| Unseen::new(FactSource::Issuer, in_one_line(&error))),
            words,
            timeout: self
                .args
                .kubectl
                .request_timeout()
                .unwrap_or(Duration::from_secs(30)),
        })
    }

    /// Opens the ways of the records' own cluster, where the current context is another one and the
    /// kubeconfig has a context that the vcluster command line made for theirs; `None` if it has
    /// none that leads there. Where no record is known there, none would be seen.
    ///
    /// # Errors
    ///
    /// As [`Ways::open`].
    pub(crate) async fn elsewhere(
        &self,
        wanted: &[Wanted],
    ) -> Result<Option<(Access<'a>, Sides)>, Failure> {
        if self.tenant.names_cluster() {
            return Ok(None);
        }
        let Ok(kubeconfig) = Kubeconfig::load(&self.tenant.kubeconfig) else {
            return Ok(None);
        };
        let vclusters = wanted.iter().filter_map(|one| one.vcluster.as_ref());
        let vclusters: BTreeSet<&VirtualClusterName> = vclusters.collect();
        for context in vclusters
            .into_iter()
            .flat_map(|which| kubeconfig.contexts_of(which))
        {
            let mut ways = self.clone();
            ways.tenant.context = Some(context.to_owned());
            let access = ways.open().await?;
            let sides = access.sides().await;
            if sides.know_any(wanted) {
                self.talk
                    .say(&format!("the tenant is context `{}`", escape(context)));
                return Ok(Some((access, sides)));
            }
        }
        Ok(None)
    }

    async fn tenant(&self) -> Fact<Tenant> {
        Cluster::connect(&self.tenant, &self.settings)
            .await
            .map(Tenant::new)
            .map_err(|error| Unseen::new(FactSource::Tenant, in_one_line(&error)))
    }

    async fn host(&self) -> Fact<Host> {
        host::find(&self.host, &self.tenant, &self.settings)
            .await
            .map_err(|error| Unseen::new(FactSource::Host, in_one_line(&error)))
    }

    /// Without a folder of the Azure CLI and without variables there still is the public cloud;
    /// what was typed wrongly is an error.
    async fn azure(&self, http: reqwest::Client) -> Result<Fact<Azure>, Failure> {
        match self.connect_azure(http).await {
            Ok(azure) => Ok(Ok(azure)),
            Err(error) if self.args.azure_is_typed() => Err(error.into()),
            Err(error) => Ok(Err(Unseen::new(FactSource::Azure, in_one_line(&error)))),
        }
    }

    async fn connect_azure(&self, http: reqwest::Client) -> Result<Azure, AzureError> {
        let found_cloud = self.args.azure.found_cloud(&http).await?;
        let choice = self.args.azure_choice(found_cloud);
        let variable = |name: &str| self.environment.get(name).map(str::to_owned);
        Azure::connect(http, &choice, &variable, Patience::lasting(PATIENCE))
    }
}
