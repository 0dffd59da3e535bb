//! From the kubeconfig and kubectl's flags to what a connection needs.
//!
//! Source: client-go `tools/clientcmd/client_config.go` and `overrides.go`. What differs is said
//! where it does.

use std::net::IpAddr;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Uri;
use http::header::{HeaderValue, USER_AGENT};
use hyper_util::client::proxy::matcher::Matcher;
use kube::Config;
use kube::config::{AuthInfo, Cluster, ExecAuthCluster, ExecConfig};
use secrecy::{ExposeSecret, SecretString};

use crate::choice::{ClusterChoice, ConnectSettings, Proxies};
use crate::cluster::ConnectError;
use crate::exec::ExecCredential;
use crate::kubeconfig::{Kubeconfig, KubeconfigError};

/// Whom to reach and how, before any credential plugin has run.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    /// Name of the context, if one is used.
    pub(crate) context: Option<String>,
    /// URL of the API server, as written.
    pub(crate) server: String,
    /// Namespace of the flag, of the context, or `default`.
    pub(crate) namespace: String,
    /// The connection, without what a plugin gives.
    pub(crate) config: Config,
    /// The plugin to run.
    pub(crate) exec: Option<Exec>,
}

/// A credential plugin's entry.
#[derive(Clone, Debug)]
pub(crate) struct Exec {
    pub(crate) entry: ExecConfig,
    pub(crate) cluster: Option<ExecAuthCluster>,
}

impl Access {
    pub(crate) fn new(
        kubeconfig: &Kubeconfig,
        choice: &ClusterChoice,
        settings: &ConnectSettings,
    ) -> Result<Self, ConnectError> {
        let context_name = choice
            .context
            .as_deref()
            .or_else(|| kubeconfig.current_context());
        let alone = choice.server.is_some() || choice.cluster.is_some();
        let context = match context_name {
            Some(name) => kubeconfig.context(name)?.clone(),
            None if alone => kube::config::Context::default(),
            None if kubeconfig.is_empty() => return Err(kubeconfig.missing().into()),
            None => return Err(KubeconfigError::NoCurrentContext.into()),
        };

        let cluster = cluster(kubeconfig, choice, &context.cluster)?;
        let server = cluster.server.clone().unwrap_or_default();
        let url = address(&server)?;

        let user_name = choice.user.clone().or(context.user).unwrap_or_default();
        let user = if user_name.is_empty() {
            AuthInfo::default()
        } else {
            kubeconfig.user(&user_name)?
        };
        let mut auth = auth(user, choice, &user_name)?;
        let exec = auth.exec.take().map(|entry| {
            let cluster = entry
                .provide_cluster_info
                .then(|| ExecAuthCluster::try_from(&cluster).ok())
                .flatten();
            Exec { entry, cluster }
        });

        let plain = url.scheme_str() != Some("https") && !is_loopback(&url);
        if plain && (exec.is_some() || has_credential(&auth)) {
            return Err(ConnectError::PlainText { server });
        }

        let namespace = choice
            .namespace
            .clone()
            .or(context.namespace)
            .filter(|namespace| !namespace.is_empty())
            .unwrap_or_else(|| "default".to_owned());
        let mut config = Config::new(url);
        config.default_namespace.clone_from(&namespace);
        tls(&mut config, &cluster, choice)?;
        config.auth_info = auth;
        config.proxy_url = proxy(&cluster, &config.cluster_url, &settings.proxies)?;
        common(&mut config, settings)?;
        Ok(Self {
            context: context_name.map(str::to_owned),
            server,
            namespace,
            config,
            exec,
        })
    }

    /// The ServiceAccount of the pod that this process is in.
    pub(crate) fn in_cluster(settings: &ConnectSettings) -> Result<Self, ConnectError> {
        let mut config = Config::incluster().map_err(ConnectError::InCluster)?;
        common(&mut config, settings)?;
        Ok(Self {
            context: None,
            server: config.cluster_url.to_string(),
            namespace: config.default_namespace.clone(),
            config,
            exec: None,
        })
    }

    /// Returns the connection with what a plugin gave.
    pub(crate) fn with_credential(&self, credential: Option<&ExecCredential>) -> Config {
        let mut config = self.config.clone();
        let Some(credential) = credential else {
            return config;
        };
        if let (Some(certificate), Some(key)) =
            (&credential.client_certificate, &credential.client_key)
        {
            config.auth_info.client_certificate_data = Some(STANDARD.encode(certificate));
            config.auth_info.client_key_data =
                Some(SecretString::from(STANDARD.encode(key.expose_secret())));
        }
        config.auth_info.token.clone_from(&credential.token);
        config
    }
}

/// Whether a token can stand in an HTTP header: a line feed in the middle, as of a file with two
/// lines, makes it one that can't.
pub(crate) fn is_sendable(token: &SecretString) -> bool {
    let bytes = token.expose_secret().as_bytes();
    // A header's value has visible characters, spaces and tabs, or what is beyond ASCII.
    bytes
        .iter()
        .all(|byte| *byte >= b' ' && *byte != 0x7f || *byte == b'\t')
}

/// What is the same for every connection.
fn common(config: &mut Config, settings: &ConnectSettings) -> Result<(), ConnectError> {
    let agent =
        HeaderValue::from_str(&settings.user_agent).map_err(|source| ConnectError::Setting {
            what: "user agent",
            source: source.into(),
        })?;
    config.headers.push((USER_AGENT, agent));
    Ok(())
}

fn cluster(
    kubeconfig: &Kubeconfig,
    choice: &ClusterChoice,
    of_context: &str,
) -> Result<Cluster, ConnectError> {
    let mut cluster = match choice.cluster.as_deref() {
        Some(name) => kubeconfig.cluster(name)?.clone(),
        None if of_context.is_empty() => Cluster::default(),
        None => kubeconfig.cluster(of_context)?.clone(),
    };
    if let Some(server) = &choice.server {
        cluster.server = Some(server.clone());
        // As in client-go: the name belongs to the server that it was written for.
        cluster.tls_server_name = None;
    }
    if let Some(name) = &choice.tls.server_name {
        cluster.tls_server_name = Some(name.clone());
    }
    if let Some(path) = &choice.tls.certificate_authority {
        cluster.certificate_authority = Some(path.to_string_lossy().into_owned());
        cluster.certificate_authority_data = None;
    } else if let Some(pem) = &choice.tls.certificate_authority_data {
        cluster.certificate_authority_data = Some(STANDARD.encode(pem));
        cluster.certificate_authority = None;
    }
    Ok(cluster)
}

/// kubectl takes a host alone for `http`; nothing of the suite goes over plain text by default.
fn address(server: &str) -> Result<Uri, ConnectError> {
    if server.is_empty() {
        return Err(ConnectError::NoServer);
    }
    let full = if server.contains("://") {
        server.to_owned()
    } else {
        format!("https://{server}")
    };
    full.parse()
        .map_err(|source: http::uri::InvalidUri| ConnectError::Server {
            server: server.to_owned(),
            source: source.into(),
        })
}

fn auth(
    mut user: AuthInfo,
    choice: &ClusterChoice,
    user_name: &str,
) -> Result<AuthInfo, ConnectError> {
    if let Some(path) = &choice.tls.client_certificate {
        user.client_certificate = Some(path.to_string_lossy().into_owned());
        user.client_certificate_data = None;
    }
    if let Some(path) = &choice.tls.client_key {
        user.client_key = Some(path.to_string_lossy().into_owned());
        user.client_key_data = None;
    }
    if let Some(token) = &choice.token {
        user.token = Some(token.clone());
        user.token_file = None;
        user.username = None;
        user.password = None;
        user.auth_provider = None;
    }
    // A token or password that is there makes the plugin needless, as in client-go.
    if user.token.is_some() || user.token_file.is_some() || user.username.is_some() {
        user.exec = None;
    }
    if let Some(provider) = user.auth_provider.take() {
        // kube would run commands of some providers; the legacy OpenID Connect one has its token
        // in the kubeconfig.
        let token = provider.config.get("id-token").cloned();
        match token {
            Some(token) if provider.name == "oidc" => user.token = Some(token.into()),
            Some(_) | None => {
                return Err(ConnectError::AuthProvider {
                    user: user_name.to_owned(),
                    provider: provider.name,
                });
            }
        }
    }
    if user.token.as_ref().is_some_and(|token| !is_sendable(token)) {
        return Err(ConnectError::Token);
    }
    if let Some(name) = &choice.impersonate {
        user.impersonate = Some(name.clone());
    }
    if !choice.impersonate_groups.is_empty() {
        user.impersonate_groups = Some(choice.impersonate_groups.clone());
    }
    if let Some(uid) = &choice.impersonate_uid {
        user.impersonate_uid = Some(uid.clone());
    }
    Ok(user)
}

fn has_credential(auth: &AuthInfo) -> bool {
    auth.token.is_some() || auth.token_file.is_some() || auth.password.is_some()
}

fn tls(config: &mut Config, cluster: &Cluster, choice: &ClusterChoice) -> Result<(), ConnectError> {
    config.tls_server_name = cluster
        .tls_server_name
        .clone()
        .filter(|name| !name.is_empty());
    if choice.tls.insecure_skip_verify {
        config.accept_invalid_certs = true;
        return Ok(());
    }
    if cluster.insecure_skip_tls_verify == Some(true) {
        return Err(ConnectError::InsecureNotTyped {
            server: cluster.server.clone().unwrap_or_default(),
        });
    }
    let pem = match (
        &cluster.certificate_authority_data,
        &cluster.certificate_authority,
    ) {
        (Some(data), _) if !data.is_empty() => {
            STANDARD
                .decode(data.trim())
                .map_err(|source| ConnectError::Setting {
                    what: "`certificate-authority-data` of the kubeconfig",
                    source: source.into(),
                })?
        }
        (_, Some(path)) if !path.is_empty() => {
            std::fs::read(Path::new(path)).map_err(|source| ConnectError::File {
                path: path.into(),
                source,
            })?
        }
        (_, _) => return Ok(()),
    };
    config.root_cert = Some(certificates(&pem)?);
    Ok(())
}

/// Returns the certificates of a PEM text, DER.
fn certificates(pem: &[u8]) -> Result<Vec<Vec<u8>>, ConnectError> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem)
        .map(|certificate| certificate.map(|der| der.to_vec()))
        .collect();
    let all = all.map_err(|source| ConnectError::Setting {
        what: "certificate authority",
        source: source.into(),
    })?;
    if all.is_empty() {
        return Err(ConnectError::NoCertificate);
    }
    Ok(all)
}

/// Returns the proxy for a server: the kubeconfig's, else the environment's unless `NO_PROXY` or
/// the loopback rule of Go's `http.ProxyFromEnvironment` excepts the server.
fn proxy(cluster: &Cluster, server: &Uri, proxies: &Proxies) -> Result<Option<Uri>, ConnectError> {
    let parse = |text: &str| -> Result<Option<Uri>, ConnectError> {
        let full = if text.contains("://") {
            text.to_owned()
        } else {
            format!("http://{text}")
        };
        full.parse()
            .map(Some)
            .map_err(|source: http::uri::InvalidUri| ConnectError::Setting {
                what: "proxy's URL",
                source: source.into(),
            })
    };
    if let Some(url) = cluster.proxy_url.as_deref().filter(|url| !url.is_empty()) {
        return parse(url);
    }
    let is_https = server.scheme_str() == Some("https");
    let of_scheme = if is_https {
        &proxies.https
    } else {
        &proxies.http
    };
    let Some(url) = of_scheme.as_deref().filter(|url| !url.is_empty()) else {
        return Ok(None);
    };
    let matcher = Matcher::builder()
        .all(url)
        .no(proxies.no.as_deref().unwrap_or_default())
        .build();
    if is_loopback(server) || matcher.intercept(server).is_none() {
        return Ok(None);
    }
    parse(url)
}

/// Whether a URL's host is this machine.
pub(crate) fn is_loopback(url: &Uri) -> bool {
    let host = url.host().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests;
