//! The vCluster Platform, where flags or the vcluster command line's login lead to one.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;
use vwi_core::exit::{Explain, Outcome};
use vwi_http::Patience;
use vwi_platform::{
    Access, AccessError, AccessKey, Address, CliLogin, InvalidAddress, KeyError, LoginError,
    Platform, PlatformChoice, PlatformSettings,
};

use crate::environment::Environment;
use crate::flags::PlatformFlags;
use crate::http::{self, HttpError, HttpSettings};

/// Why the Platform can't be asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PlatformSetupError {
    /// `--platform` is no address.
    #[error("cannot use `--platform`")]
    Address(#[source] InvalidAddress),
    /// The key can't be had.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The login can't be used.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// It is not clear which Platform is meant, or as whom.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The CA file can't be read.
    #[error("cannot read the CA file `{}`", path.display())]
    Authority {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// No client could be made.
    #[error(transparent)]
    Http(#[from] HttpError),
}

impl Explain for PlatformSetupError {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Address(error) => error.outcome(),
            Self::Key(error) => error.outcome(),
            Self::Login(error) => error.outcome(),
            Self::Access(error) => error.outcome(),
            Self::Authority { .. } => Outcome::CouldNotRun,
            Self::Http(error) => error.outcome(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Address(error) => error.hint(),
            Self::Key(error) => error.hint(),
            Self::Login(error) => error.hint(),
            Self::Access(error) => error.hint(),
            Self::Authority { .. } => None,
            Self::Http(error) => error.hint(),
        }
    }
}

/// Returns which Platform is meant and as whom; `None` if nothing leads to one.
///
/// Reads standard input if the key comes there.
///
/// # Errors
///
/// [`PlatformSetupError`]
pub fn access(
    flags: &PlatformFlags,
    environment: &Environment,
) -> Result<Option<Access>, PlatformSetupError> {
    if flags.no_platform {
        return Ok(None);
    }
    let address = flags.platform.as_deref().map(Address::parse).transpose();
    let authority = flags.platform_certificate_authority.as_ref().map(|path| {
        std::fs::read(path).map_err(|source| PlatformSetupError::Authority {
            path: path.clone(),
            source,
        })
    });
    let choice = PlatformChoice {
        address: address.map_err(PlatformSetupError::Address)?,
        key: key(flags, environment)?,
        authority: authority.transpose()?,
    };
    let login = match environment.home() {
        Some(home) => CliLogin::read(&CliLogin::usual_path(&home)),
        None => Ok(None),
    };
    let login = match login {
        // Flags that say everything need no login.
        Err(_unusable) if choice.address.is_some() && choice.key.is_some() => None,
        login => login?,
    };
    Ok(Access::choose(choice, login)?)
}

fn key(
    flags: &PlatformFlags,
    environment: &Environment,
) -> Result<Option<AccessKey>, PlatformSetupError> {
    Ok(if flags.reads_stdin() {
        Some(AccessKey::from_stdin(io::stdin().lock())?)
    } else if let Some(path) = &flags.access_key_file {
        Some(AccessKey::from_file(path)?)
    } else if let Some(name) = &flags.access_key_env {
        Some(AccessKey::from_variable(name, environment.get(name))?)
    } else {
        None
    })
}

/// Makes a client of a Platform; nothing is sent yet.
///
/// Its certificate is always verified, whatever is typed for the tenant's API server: what goes
/// there is a key with all rights of its user.
///
/// # Errors
///
/// [`PlatformSetupError::Http`]
pub fn client(
    access: Access,
    settings: HttpSettings,
    patience: Patience,
) -> Result<Platform, PlatformSetupError> {
    let request_timeout = settings.request_timeout;
    let http = http::client(&HttpSettings {
        insecure_skip_verify: false,
        authority: access.authority.clone(),
        ..settings
    })?;
    let settings = PlatformSettings {
        // A request that waits for ever still ends with the run's own time.
        request_timeout: request_timeout.unwrap_or(Duration::MAX),
        ..PlatformSettings::default()
    };
    Ok(Platform::new(http, access, settings, patience))
}
