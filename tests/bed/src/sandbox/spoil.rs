//! What the sandbox can spoil, so that the check has something to say.

use std::fmt;

use k8s_openapi::api::core::v1::ServiceAccount;
use kube::Api;
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::{Value, json};

use crate::error::{BedError, Doing};
use crate::host::ISSUER;
use crate::protocol::SyncerOrder;
use crate::sandbox::Stage;
use crate::sandbox::workload::APP;

/// The annotation that names the managed identity.
const CLIENT_ID: &str = "azure.workload.identity/client-id";

/// A client id that no identity has.
const NOBODY: &str = "00000000-0000-0000-0000-000000000001";

/// One thing that is spoilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Spoil {
    /// The pods lack the label that the host's webhook acts on.
    PodLabel,
    /// Somebody else's host ServiceAccount has the name that the app's would get.
    SquattedName,
    /// The federated credential is removed.
    Credential,
    /// The role assignment is removed.
    Role,
    /// The tenant ServiceAccount names another identity.
    ClientId,
    /// The host's copy names another identity, and the syncer does not mend it.
    HostDrift,
    /// Entra cannot fetch the issuer's keys.
    Issuer,
}

/// Every mode with the word for it on the command line.
const MODES: [(Spoil, &str); 7] = [
    (Spoil::PodLabel, "pod-label"),
    (Spoil::SquattedName, "squatted-name"),
    (Spoil::Credential, "credential"),
    (Spoil::Role, "role"),
    (Spoil::ClientId, "client-id"),
    (Spoil::HostDrift, "host-drift"),
    (Spoil::Issuer, "issuer"),
];

impl Spoil {
    /// The mode of a word.
    pub fn of(word: &str) -> Option<Self> {
        MODES
            .iter()
            .find(|(_, known)| *known == word)
            .map(|(mode, _)| *mode)
    }

    /// Every word with what it spoils, a line each.
    pub fn help() -> String {
        let lines = MODES.map(|(mode, word)| format!("  {word:<14} {}", mode.what()));
        lines.join("\n")
    }

    /// Whether it is spoilt when the pipe has run, which would otherwise mend it or stop at it.
    pub(super) fn comes_after_the_pipe(self) -> bool {
        match self {
            Self::PodLabel | Self::SquattedName => false,
            Self::Credential | Self::Role | Self::ClientId | Self::HostDrift | Self::Issuer => true,
        }
    }

    /// What is spoilt, in a few words.
    pub(super) fn what(self) -> &'static str {
        match self {
            Self::PodLabel => "the pods lack the label that the host's webhook acts on",
            Self::SquattedName => "a foreign host ServiceAccount has the name that the app's gets",
            Self::Credential => "the federated credential is removed after the pipe",
            Self::Role => "the role assignment is removed after the pipe",
            Self::ClientId => "the tenant ServiceAccount names another identity after the pipe",
            Self::HostDrift => "the host's copy was changed while the vCluster was down",
            Self::Issuer => "Entra cannot fetch the issuer's keys after the pipe",
        }
    }
}

impl fmt::Display for Spoil {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.what())
    }
}

/// Spoils what the workload will meet.
pub(super) async fn before(spoil: Spoil, stage: &Stage) -> Result<(), BedError> {
    if spoil != Spoil::SquattedName {
        // The workload itself is made without the label.
        return Ok(());
    }
    let name = stage.host_name();
    let doing = || format!("cannot take the name `{name}`");
    let accounts = host_accounts(stage).await?;
    let foreign = serde_json::from_value(json!({"metadata": {"name": name}})).doing(doing)?;
    accounts
        .create(&PostParams::default(), &foreign)
        .await
        .doing(doing)?;
    Ok(())
}

/// Spoils what the pipe has made.
pub(super) async fn after(spoil: Spoil, stage: &Stage) -> Result<(), BedError> {
    match spoil {
        Spoil::PodLabel | Spoil::SquattedName => Ok(()),
        Spoil::Credential => {
            remove(stage, "/identities/0", |identity| {
                let name = identity.pointer("/credentials/0/name")?.as_str()?;
                let id = identity.get("id")?.as_str()?;
                Some(format!("{id}/federatedIdentityCredentials/{name}"))
            })
            .await
        }
        Spoil::Role => {
            remove(stage, "/roleAssignments/0", |assignment| {
                Some(assignment.get("id")?.as_str()?.to_owned())
            })
            .await
        }
        Spoil::ClientId => {
            let accounts = Api::namespaced(stage.bed.tenant().await?, "default");
            annotate(&accounts, APP).await
        }
        Spoil::HostDrift => {
            let vcluster = &stage.bed.description().tenant.vcluster;
            stage.bed.syncer(vcluster, SyncerOrder::Pause)?;
            annotate(&host_accounts(stage).await?, &stage.host_name()).await?;
            stage.bed.syncer(vcluster, SyncerOrder::Resume)?;
            Ok(())
        }
        Spoil::Issuer => {
            let removed = stage.world.admin().remove_issuer(ISSUER).await;
            removed.doing(|| "cannot take the issuer away".to_owned())
        }
    }
}

/// Removes from Azure what `id` finds below `pointer` in everything that exists.
async fn remove(
    stage: &Stage,
    pointer: &str,
    id: impl FnOnce(&Value) -> Option<String>,
) -> Result<(), BedError> {
    let (world, admin) = (stage.world.id(), stage.world.admin());
    let doing = || "cannot spoil Azure".to_owned();
    let everything = admin.state(world).await.doing(doing)?;
    let id = everything.pointer(pointer).and_then(id);
    let id = id.ok_or_else(|| BedError::new("the pipe has made nothing to remove"))?;
    admin.remove(world, &id).await.doing(doing)?;
    Ok(())
}

async fn annotate(accounts: &Api<ServiceAccount>, name: &str) -> Result<(), BedError> {
    let patch = Patch::Merge(json!({"metadata": {"annotations": {CLIENT_ID: NOBODY}}}));
    let patched = accounts.patch(name, &PatchParams::default(), &patch).await;
    patched.doing(|| format!("cannot annotate `{name}`"))?;
    Ok(())
}

async fn host_accounts(stage: &Stage) -> Result<Api<ServiceAccount>, BedError> {
    Ok(Api::namespaced(stage.bed.host().await?, stage.namespace()))
}
