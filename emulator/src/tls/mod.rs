//! TLS on the gateway's own port: code that builds `https://{domainName}/{stage}` reaches it too. The
//! certificate is signed by an authority of our own, whose certificate programs are told to trust.

mod authority;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;

use authority::Authority;

/// The first byte of a TLS connection: a handshake record (RFC 8446, section 5.1). No HTTP request
/// begins with it.
pub(crate) const FIRST_BYTE: u8 = 0x16;

/// A certificate for this machine, and the authority to trust. Cheap to clone.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    ca: PathBuf,
    bundle: PathBuf,
    /// Where neither outlives the emulator.
    _folder: Option<Arc<TempDir>>,
}

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The authority's files cannot be read or written.
    #[error("the certificate authority in {} cannot be used", folder.display())]
    Folder {
        /// Where it is.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A key or certificate cannot be made, or the key that is there is none.
    #[error("a certificate cannot be made")]
    Certificate(#[from] rcgen::Error),
    /// The certificate does not serve.
    #[error("the certificate cannot be used")]
    Config(#[from] rustls::Error),
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("ca", &self.ca).finish_non_exhaustive()
    }
}

impl Tls {
    /// Makes a certificate for `localhost`, `{api}.execute-api.localhost`, loopback and `address`. The
    /// authority is the one in `folder`, made if need be; without a folder it is a new one each time.
    pub fn new(folder: Option<&Path>, address: IpAddr) -> Result<Self, TlsError> {
        let (folder, temporary) = match folder {
            Some(folder) => (folder.to_owned(), None),
            None => {
                let folder = TempDir::with_prefix("emulator-tls-");
                let folder =
                    folder.map_err(|source| TlsError::Folder { folder: std::env::temp_dir(), source })?;
                (folder.path().to_owned(), Some(Arc::new(folder)))
            }
        };
        let authority = Authority::open(&folder)?;
        let (certificate, key) = authority.certificate(address)?;
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        // Named, because a process may have several and then has no default.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        // WebSockets and everything else here are HTTP/1.1.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            ca: authority.ca,
            bundle: authority.bundle,
            _folder: temporary,
        })
    }

    /// The authority's certificate, PEM.
    pub fn ca(&self) -> &Path {
        &self.ca
    }

    /// The authority's certificate behind the system's: for programs that trust one file only.
    pub fn bundle(&self) -> &Path {
        &self.bundle
    }

    pub(crate) fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }

    /// What makes programs trust the authority: AWS SDKs and the CLI, Node, Python, OpenSSL. A process
    /// goes on trusting what the system trusts.
    pub fn environment(&self) -> Vec<(String, String)> {
        let (ca, bundle) = (self.ca.display().to_string(), self.bundle.display().to_string());
        let variables = [
            ("AWS_CA_BUNDLE", &bundle),
            ("NODE_EXTRA_CA_CERTS", &ca),
            ("REQUESTS_CA_BUNDLE", &bundle),
            ("SSL_CERT_FILE", &bundle),
        ];
        variables.map(|(name, value)| (name.to_owned(), value.clone())).into()
    }
}
