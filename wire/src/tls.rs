//! TLS 1.3 with the certificates of a cluster: its own, issued by the customer's CA (documented).

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crypto::SecretBytes;
use crypto::x509::{CertificateProblem, check_presented_certificate, check_trust_anchor};
use hsm_sim::mtls::{ClientChain, ClientIdentity};
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls13_signature_with_raw_key};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, SubjectPublicKeyInfoDer, UnixTime,
};
use rustls::server::Acceptor;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::TLS13;
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, DistinguishedName, OtherError,
    ServerConfig, SignatureScheme,
};

use crate::greeting::PROTOCOL;
use crate::{Channel, Ended, Patience};

/// What a server proves to be: a cluster's certificate and its key.
#[derive(Debug, Clone)]
pub struct Identity(Arc<ServerConfig>);

impl Identity {
    /// From the cluster's certificate (PEM) and its private key (PKCS#8).
    ///
    /// # Errors
    /// They cannot be read.
    pub fn new(certificate: &str, private_key: &SecretBytes) -> Result<Self, rustls::Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let unreadable = |_| rustls::Error::General("the cluster's certificate cannot be read".to_owned());
        let chain = CertificateDer::pem_slice_iter(certificate.as_bytes()).collect::<Result<Vec<_>, _>>();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(private_key.expose()));
        let key = aws_lc_rs::sign::any_supported_type(&key)?;
        // Not by the constructor that compares key and certificate: it reads no certificate of version 1, which is what
        // older `openssl x509 -req` makes for customers.
        let certified = CertifiedKey::new(chain.map_err(unreadable)?, key);
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&TLS13])?
            .with_client_cert_verifier(Arc::new(ClientVerifier(provider)))
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        // Connections last; nobody resumes one.
        config.send_tls13_tickets = 0;
        Ok(Self(Arc::new(config)))
    }
}

impl Channel {
    /// Takes a client's connection: reads whom it wants to reach, and does the handshake as the one that `choose` finds for that name.
    ///
    /// # Errors
    /// The channel ended; [`Ended::Broken`] also when `choose` finds nobody.
    pub fn accept(
        socket: Arc<TcpStream>,
        patience: Patience,
        choose: impl FnOnce(Option<&str>) -> Option<Identity>,
    ) -> Result<Self, Ended> {
        let end = Instant::now() + patience.frame;
        let mut acceptor = Acceptor::default();
        let accepted = loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Ended::TooSlow);
            }
            socket.set_read_timeout(Some(left))?;
            match acceptor.read_tls(&mut (&*socket).take(FIRST_FLIGHT)) {
                Ok(0) => return Err(Ended::Broken),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(Ended::TooSlow),
                Err(error) => return Err(error.into()),
            }
            match acceptor.accept() {
                Ok(Some(accepted)) => break accepted,
                Ok(None) => {}
                Err((error, mut alert)) => {
                    let mut answer = Vec::new();
                    alert.write(&mut answer)?;
                    (&*socket).write_all(&answer)?;
                    return Err(error.into());
                }
            }
        };
        let identity = choose(accepted.client_hello().server_name()).ok_or(Ended::Broken)?;
        let tls = accepted.into_connection(identity.0).map_err(|(error, _)| error)?;
        let mut channel =
            Self::new(tls, socket, Patience { frame: end.saturating_duration_since(Instant::now()), ..patience })?;
        channel.handshake()?;
        channel.set_patience(patience);
        Ok(channel)
    }
}

/// Takes any client, and of one with a certificate the proof that the key is its own. Whether it leads to a trust anchor is each HSM's
/// affair ([`hsm_sim::mtls`]).
#[derive(Debug)]
struct ClientVerifier(Arc<CryptoProvider>);

impl ClientVerifier {
    fn key(certificate: &CertificateDer<'_>) -> Result<Vec<u8>, rustls::Error> {
        let chain = ClientChain::from_der([&certificate[..]]).map_err(|_| CertificateError::BadEncoding)?;
        chain.valid_key(now()).map_err(refused)
    }
}

impl ClientCertVerifier for ClientVerifier {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Self::key(end_entity).map(|_| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        not_offered()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_signature(message, Self::key(certificate)?, signature, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// The most bytes of a connection's first read.
const FIRST_FLIGHT: u64 = 16 << 10;

/// How a client meets servers.
#[derive(Debug, Clone)]
pub(crate) struct ClientTls {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl ClientTls {
    /// For clusters whose certificate the CA (PEM) issued; `cluster` is the name of the one to be reached, where there are several.
    ///
    /// # Errors
    /// The certificate is no CA's.
    pub(crate) fn new(ca: &str, cluster: Option<&str>) -> Result<Self, CertificateProblem> {
        check_trust_anchor(ca)?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = Arc::new(Verifier { ca: ca.to_owned(), provider: Arc::clone(&provider) });
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])
            .expect("the provider has cipher suites for TLS 1.3");
        let mut config = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        config.resumption = Resumption::disabled();
        let name = cluster.and_then(|cluster| ServerName::try_from(cluster.to_owned()).ok());
        config.enable_sni = name.is_some();
        let unnamed = || ServerName::try_from("cluster").expect("a word is a name");
        Ok(Self { config: Arc::new(config), name: name.unwrap_or_else(unnamed) })
    }

    /// The same for a client with a certificate.
    ///
    /// # Errors
    /// It or its key cannot be read.
    pub(crate) fn presenting(mut self, client: &ClientIdentity) -> Result<Self, rustls::Error> {
        let unreadable = |error: rustls::pki_types::pem::Error| rustls::Error::General(error.to_string());
        let chain = CertificateDer::pem_slice_iter(client.chain.as_bytes()).collect::<Result<Vec<_>, _>>();
        let key = PrivateKeyDer::from_pem_slice(client.key.expose()).map_err(unreadable)?;
        let key = aws_lc_rs::sign::any_supported_type(&key)?;
        let certified = CertifiedKey::new(chain.map_err(unreadable)?, key);
        let mut config = ClientConfig::clone(&self.config);
        config.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(certified));
        self.config = Arc::new(config);
        Ok(self)
    }

    /// A connection with a server, the handshake done.
    pub(crate) fn connect(&self, socket: TcpStream, patience: Patience) -> Result<Channel, Ended> {
        let tls = ClientConnection::new(Arc::clone(&self.config), self.name.clone())?;
        let mut channel = Channel::new(tls, Arc::new(socket), patience)?;
        channel.handshake()?;
        Ok(channel)
    }
}

/// Checks a cluster's certificate as clients of real clusters do: issued by the customer's CA; whatever name is in it.
#[derive(Debug)]
struct Verifier {
    ca: String,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    fn check(&self, presented: &CertificateDer<'_>, now: i64) -> Result<Vec<u8>, rustls::Error> {
        check_presented_certificate(presented, &self.ca, now).map_err(refused)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.check(end_entity, now.as_secs().cast_signed())?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        not_offered()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_signature(message, self.check(certificate, now())?, signature, &self.provider)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Whether a certificate's key (SubjectPublicKeyInfo) made the signature. The key alone, because rustls reads no certificate of version 1.
fn verify_signature(
    message: &[u8],
    key: Vec<u8>,
    signature: &DigitallySignedStruct,
    provider: &CryptoProvider,
) -> Result<HandshakeSignatureValid, rustls::Error> {
    let key = SubjectPublicKeyInfoDer::from(key);
    verify_tls13_signature_with_raw_key(message, &key, signature, &provider.signature_verification_algorithms)
}

/// The answer to a signature of TLS 1.2.
fn not_offered() -> Result<HandshakeSignatureValid, rustls::Error> {
    Err(rustls::Error::General("TLS 1.2 is not offered".to_owned()))
}

/// [`certificate_problem`] finds it again.
fn refused(problem: CertificateProblem) -> rustls::Error {
    CertificateError::Other(OtherError(Arc::new(problem))).into()
}

/// In seconds since 1970.
fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs().cast_signed()
}

/// What was wrong with the server's certificate, if that is why the channel ended.
pub(crate) fn certificate_problem(ended: &Ended) -> Option<CertificateProblem> {
    match ended {
        Ended::Tls(rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(error)))) => {
            error.downcast_ref::<CertificateProblem>().cloned()
        }
        _ => None,
    }
}
