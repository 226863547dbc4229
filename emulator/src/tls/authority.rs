//! The certificate authority: a key and a certificate in a folder, kept so that whoever trusts it once
//! need not do so again at every start.

use std::fs;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use time::{Duration, OffsetDateTime};

use super::TlsError;

/// Where systems keep what they trust.
const SYSTEM_BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Longer than a folder is likely to be kept.
const AUTHORITY_VALID: Duration = Duration::days(3650);
/// Some programs refuse certificates that are valid for longer than 398 days.
const CERTIFICATE_VALID: Duration = Duration::days(397);

pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(super) ca: PathBuf,
    pub(super) bundle: PathBuf,
}

impl Authority {
    /// The authority of the folder; a new one if there is none.
    pub(super) fn open(folder: &Path) -> Result<Self, TlsError> {
        let failed = |source| TlsError::Folder { folder: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(failed)?;
        let (key_file, ca, bundle) =
            (folder.join("ca.key"), folder.join("ca.pem"), folder.join("bundle.pem"));
        let known = key_file.exists() && ca.exists();
        let key = match known {
            true => KeyPair::from_pem(&fs::read_to_string(&key_file).map_err(failed)?)?,
            false => KeyPair::generate()?,
        };
        // The same name and key make the same issuer, whenever its certificate was made.
        let params = params();
        if !known {
            fs::write(&ca, params.self_signed(&key)?.pem()).map_err(failed)?;
            let file =
                fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&key_file);
            file.and_then(|mut file| file.write_all(key.serialize_pem().as_bytes())).map_err(failed)?;
        }
        let system = SYSTEM_BUNDLES.iter().find_map(|file| fs::read(file).ok()).unwrap_or_default();
        let all = [&*system, b"\n", &*fs::read(&ca).map_err(failed)?].concat();
        fs::write(&bundle, all).map_err(failed)?;
        Ok(Self { issuer: Issuer::new(params, key), ca, bundle })
    }

    /// A server's certificate with its key.
    pub(super) fn certificate(&self, address: IpAddr) -> Result<(Certificate, KeyPair), TlsError> {
        // Below `localhost` every name leads here, but no client takes `*.localhost`.
        let names = ["localhost", "*.execute-api.localhost"].map(str::to_owned);
        let mut params = CertificateParams::new(names)?;
        let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        let mut addresses = loopback.to_vec();
        if !address.is_unspecified() && !loopback.contains(&address) {
            addresses.push(address);
        }
        params.subject_alt_names.extend(addresses.into_iter().map(SanType::IpAddress));
        params.distinguished_name = name("emulator");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        (params.not_before, params.not_after) = valid_for(CERTIFICATE_VALID);
        let key = KeyPair::generate()?;
        Ok((params.signed_by(&key, &self.issuer)?, key))
    }
}

fn params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = name("emulator, this machine's own authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    (params.not_before, params.not_after) = valid_for(AUTHORITY_VALID);
    params
}

fn name(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

/// From yesterday, for clocks that are behind.
fn valid_for(duration: Duration) -> (OffsetDateTime, OffsetDateTime) {
    let yesterday = OffsetDateTime::now_utc() - Duration::days(1);
    (yesterday, yesterday + duration)
}
