//! One HTTP client for all SDK clients. AWS's own end points are held against the few roots they
//! chain up to, which saves a cold start the reading of the system's bundle; every other host (a
//! custom domain, a company's proxy, China's regions) against the system's.
//!
//! The roots are valid until 2037 and later. Should AWS ever announce another one, it goes into
//! `amazon_roots.pem`; a test compares the file with Mozilla's list.

use std::error::Error;
use std::sync::{Arc, OnceLock};

use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_http_client::{Builder, Connector, tls};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

const AMAZON_ROOTS: &[u8] = include_bytes!("amazon_roots.pem");

/// The client could not be made.
#[derive(Debug, thiserror::Error)]
#[error("TLS cannot be set up")]
pub struct TlsError(#[source] Box<dyn Error + Send + Sync>);

/// One connection pool for AWS and one for everybody else; the latter is made when first needed.
pub(crate) fn http_client() -> Result<SharedHttpClient, TlsError> {
    let amazon = Builder::new().tls_provider(ring()).tls_context(amazon_roots()?).build_https();
    Ok(SharedHttpClient::new(ByHost { amazon, system: Arc::default() }))
}

/// The connections below a client, to the host of one address only.
pub(crate) fn connector(uri: &str) -> Result<Connector, TlsError> {
    let builder = Connector::builder().tls_provider(ring());
    Ok(match needs_only_amazon_roots(uri) {
        true => builder.tls_context(amazon_roots()?).build(),
        false => builder.build(),
    })
}

fn amazon_roots() -> Result<tls::TlsContext, TlsError> {
    let roots = tls::TrustStore::empty().with_pem_certificate(AMAZON_ROOTS);
    let context = tls::TlsContext::builder().with_trust_store(roots).build();
    context.map_err(|error| TlsError(Box::new(error)))
}

fn system() -> SharedHttpClient {
    Builder::new().tls_provider(ring()).build_https()
}

fn ring() -> tls::Provider {
    tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring)
}

#[derive(Clone, Debug)]
struct ByHost {
    amazon: SharedHttpClient,
    system: Arc<OnceLock<SharedHttpClient>>,
}

impl HttpClient for ByHost {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(ByHostConnector {
            clients: self.clone(),
            settings: settings.clone(),
            components: components.clone(),
        })
    }
}

#[derive(Debug)]
struct ByHostConnector {
    clients: ByHost,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
}

impl HttpConnector for ByHostConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = match needs_only_amazon_roots(request.uri()) {
            true => &self.clients.amazon,
            false => self.clients.system.get_or_init(system),
        };
        client.http_connector(&self.settings, &self.components).call(request)
    }
}

/// Without TLS there is nothing to trust, and no reason to read the system's bundle.
fn needs_only_amazon_roots(uri: &str) -> bool {
    let Some(rest) = uri.strip_prefix("https://") else { return true };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let host = authority.split(':').next().unwrap_or_default();
    host.ends_with(".amazonaws.com")
}

#[cfg(test)]
mod tests {
    use rustls_pki_types::CertificateDer;
    use rustls_pki_types::pem::PemObject;

    use super::*;

    #[test]
    fn only_hosts_of_aws_are_held_against_the_amazon_roots() {
        for uri in [
            "https://dynamodb.eu-central-1.amazonaws.com/",
            "https://a1b2c3.execute-api.us-east-1.amazonaws.com/ws/@connections/abc%3D",
            "https://dynamodb.us-east-1.amazonaws.com:443",
            "http://127.0.0.1:8000/",
        ] {
            assert!(needs_only_amazon_roots(uri), "{uri}");
        }
        for uri in [
            "https://chat.example.com/ws/@connections/abc",
            "https://dynamodb.cn-north-1.amazonaws.com.cn/",
            "https://evil-amazonaws.com/",
            "https://example.com/dynamodb.us-east-1.amazonaws.com",
            "https://example.com?x=.amazonaws.com",
            "https://127.0.0.1:8443/",
        ] {
            assert!(!needs_only_amazon_roots(uri), "{uri}");
        }
    }

    /// When a root leaves Mozilla's list, the crate's update fails here: see what AWS says about it.
    #[test]
    fn the_embedded_roots_are_five_that_mozilla_trusts() {
        let embedded: Vec<_> =
            CertificateDer::pem_slice_iter(AMAZON_ROOTS).collect::<Result<_, _>>().unwrap();
        assert_eq!(embedded.len(), 5);
        for root in &embedded {
            assert!(webpki_root_certs::TLS_SERVER_ROOT_CERTS.contains(root), "{root:?}");
        }
    }
}
