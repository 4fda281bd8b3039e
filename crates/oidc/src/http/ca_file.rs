//! Certificates that are trusted beside the system's, from a PEM file (RFC 7468).

use reqwest::Certificate;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::error::Error;

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// The certificates that can be used. One that cannot be read is left out: bundles often have old ones.
pub(super) fn certificates(pem: &[u8]) -> Result<Vec<Certificate>, Error> {
    let found: Vec<Certificate> =
        blocks(pem).filter_map(usable).filter_map(|der| Certificate::from_der(&der).ok()).collect();
    if found.is_empty() { Err(Error::CaFileInvalid) } else { Ok(found) }
}

/// How many certificates of a CA file cannot be read and are not used.
///
/// # Errors
///
/// [`Error::CaFileInvalid`] if none can be used.
pub fn unreadable_certificates(pem: &[u8]) -> Result<usize, Error> {
    let all = blocks(pem).count();
    match blocks(pem).filter_map(usable).count() {
        0 => Err(Error::CaFileInvalid),
        readable => Ok(all - readable),
    }
}

/// The parts of the file that hold one certificate each.
fn blocks(pem: &[u8]) -> impl Iterator<Item = &[u8]> {
    let starts = pem.windows(BEGIN.len()).enumerate().filter(|(_, text)| *text == BEGIN).map(|(at, _)| at);
    let starts: Vec<usize> = starts.collect();
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([pem.len()]).collect();
    starts.into_iter().zip(ends).filter_map(|(start, end)| pem.get(start..end))
}

/// Its content, if the verifier takes it.
fn usable(block: &[u8]) -> Option<CertificateDer<'static>> {
    let der = CertificateDer::from_pem_slice(block).ok()?;
    RootCertStore::empty().add(der.clone()).is_ok().then_some(der)
}
