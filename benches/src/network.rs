//! A token behind a server beside the same transport alone: the same messages, to and fro, with nothing done about them.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use hsm_sim::cluster::{Identity, Personality};
use hsm_sim::token::{Attribute, Mechanism, MechanismType, Output, Parameter, Template, UserType};
use hsm_sim::{ActiveCluster, ClusterId, Entropy, Realm, World};
use server::hsm::{HsmPort, Limits};
use wire::{ApplicationId, Buffer, Channel, Client, Ended, Greeting, MAX_FRAME, Patience, Retry, Target, Way, Welcome};

use crate::edges::Worker;

const PATIENCE: Patience = Patience { idle: None, frame: Duration::from_secs(30) };

/// A world with one `generic` cluster, and its CA's certificate.
fn world() -> (World, ClusterId, String) {
    let world = World::ephemeral().unwrap();
    let builder = ActiveCluster::builder().nodes(1).kmsuser("kmsPswd1").personality(Personality::Generic);
    let cluster = builder.build_in(&world, &Realm::default()).unwrap();
    (world, cluster.cluster_id().clone(), cluster.trust_anchor().to_owned())
}

fn target(address: SocketAddr, ca: &str) -> Target {
    Target {
        client: None,
        server: format!("tls://{address}"),
        ca: ca.to_owned(),
        cluster: None,
        retry: Retry::Off,
        timeout: Duration::from_secs(30),
    }
}

fn serve(world: World) -> SocketAddr {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let port = HsmPort::bind(([127, 0, 0, 1], 0).into(), world, Limits::default()).await.unwrap();
            tell.send(port.local_addr().unwrap()).unwrap();
            port.run(std::future::pending()).await;
        });
    });
    told.recv().unwrap()
}

/// The transport alone: answers each frame with one as long as the first four bytes of it say.
fn echo(identity: &Identity) -> SocketAddr {
    let identity = wire::Identity::new(&identity.certificate, &identity.private_key).unwrap();
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for socket in listener.incoming() {
            let identity = identity.clone();
            thread::spawn(move || answer(socket.unwrap(), identity));
        }
    });
    address
}

fn answer(socket: TcpStream, identity: wire::Identity) {
    let mut channel = Channel::accept(Arc::new(socket), PATIENCE, |_| Some(identity)).unwrap();
    Greeting::receive(&mut channel).unwrap();
    Welcome::Ready(ApplicationId::new(1, &Entropy::system())).send(&mut channel).unwrap();
    let (mut question, mut answer) = (Buffer::new(), Buffer::new());
    while channel.receive(&mut question, MAX_FRAME).is_ok() {
        let length = u32::from_be_bytes(*question.first_chunk().unwrap()) as usize;
        frame(&mut channel, &mut answer, length, 0).unwrap();
    }
}

fn frame(channel: &mut Channel, buffer: &mut Buffer, length: usize, wanted: usize) -> Result<(), Ended> {
    channel.send(buffer, |buffer| {
        let start = buffer.len();
        buffer.resize(start + length);
        if let Some(first) = buffer[start..].first_chunk_mut() {
            *first = u32::try_from(wanted).unwrap().to_be_bytes();
        }
        Ok(())
    })
}

/// A server with a token, and one that only answers.
#[derive(Debug)]
pub struct Network {
    way: Arc<Way>,
    echo: Target,
}

impl Network {
    /// Bytes of plaintext per row.
    pub const SIZES: [usize; 3] = [64, 1 << 10, 64 << 10];

    /// Starts both.
    pub fn start() -> Self {
        let (world, cluster, ca) = world();
        let identity = Identity::of(&world, &cluster).unwrap().unwrap();
        let way = Arc::new(Way::Network(Client::open(&target(serve(world), &ca), false).unwrap()));
        let session = way.open_session(way.slots().unwrap()[0], true).unwrap();
        way.login(session, UserType::User, b"kmsuser:kmsPswd1").unwrap();
        Self { way, echo: target(echo(&identity), &ca) }
    }

    /// AES-256-GCM of so many bytes by the module's client: `C_EncryptInit` and `C_Encrypt` in a session of its own.
    pub fn token(&self, size: usize) -> Worker {
        let way = Arc::clone(&self.way);
        let session = way.open_session(way.slots().unwrap()[0], true).unwrap();
        let template = Template::new()
            .number(Attribute::ValueLen, 32)
            .flag(Attribute::Token, false)
            .flag(Attribute::Encrypt, true);
        let key = way.generate_key(session, &Mechanism::new(MechanismType::AesKeyGen), &template).unwrap();
        let gcm = Mechanism::with(
            MechanismType::AesGcm,
            Parameter::Gcm { iv: [7; 12].as_slice().into(), aad: Vec::new(), tag_bits: 128 },
        );
        let (data, mut out) = (vec![3; size], vec![0; size + 16]);
        Box::new(move || {
            way.encrypt_init(session, &gcm, key).unwrap();
            way.encrypt(session, &data, Output::Buffer(&mut out)).unwrap();
        })
    }

    /// The messages of those two calls, to and fro, on a connection of its own.
    pub fn transport(&self, size: usize) -> Worker {
        let hello = Greeting::Hello { calls: wire::CALLS, epoch: 0, skip_availability_check: false };
        let (mut transport, _) = self.echo.connect(&hello).unwrap();
        let (mut sent, mut received) = (Buffer::new(), Buffer::new());
        Box::new(move || {
            // Beside what they carry, the messages have some 30, 6, 12 and 8 bytes.
            for (question, answer) in [(30, 6), (size + 12, size + 16 + 8)] {
                frame(&mut transport, &mut sent, question, answer).unwrap();
                transport.receive(&mut received, MAX_FRAME).unwrap();
            }
        })
    }
}
