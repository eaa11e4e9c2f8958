//! TLS towards routers: this collector's certificate, and who has to show one of theirs.

use super::values::readable;
use anyhow::{ensure, Context, Result};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

/// TLS towards routers, where a certificate is given.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    pub cert: Option<PathBuf>,
    pub key: Option<PathBuf>,
    /// Every router has to show a certificate that is signed by one of these.
    pub client_ca: Option<PathBuf>,
}

impl Tls {
    pub fn check(&self) -> Result<()> {
        let given = [("cert", &self.cert), ("key", &self.key), ("client_ca", &self.client_ca)];
        for (name, file) in given {
            if let Some(file) = file {
                readable(&format!("tls.{name}"), file)?;
            }
        }
        ensure!(
            self.cert.is_some() == self.key.is_some(),
            "tls.cert and tls.key belong together: one is missing"
        );
        ensure!(self.cert.is_some() || self.client_ca.is_none(), "tls.client_ca needs tls.cert and tls.key");
        acceptor(self).map(drop)
    }
}

/// `None` where no certificate is configured: routers speak plain TCP.
pub fn acceptor(tls: &Tls) -> Result<Option<TlsAcceptor>> {
    let (Some(cert), Some(key)) = (&tls.cert, &tls.key) else { return Ok(None) };
    let chain = certificates(cert)?;
    let key = PrivateKeyDer::from_pem_file(key)
        .with_context(|| format!("tls.key: {} has no private key in PEM", key.display()))?;
    let provider = Arc::new(default_provider());
    let builder =
        ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let builder = match &tls.client_ca {
        None => builder.with_no_client_auth(),
        Some(file) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(file)? {
                roots.add(certificate).with_context(|| format!("tls.client_ca: {}", file.display()))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .with_context(|| format!("tls.client_ca: {}", file.display()))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let config = builder.with_single_cert(chain, key).context("tls.cert and tls.key")?;
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = || -> Result<Vec<_>, _> { CertificateDer::pem_file_iter(file)?.collect() };
    let all: Vec<_> = read().with_context(|| format!("certificates in {}", file.display()))?;
    anyhow::ensure!(!all.is_empty(), "{} has no certificate in PEM", file.display());
    Ok(all)
}
