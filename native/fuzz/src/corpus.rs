//! Sessions to start from: the sample, messages made here, and captures of real routers where the machine has them.

use std::io::Read;
use std::path::{Path, PathBuf};

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use wire::bgp::capability::AddPathFamily;
use wire::bgp::open::OptionalParameter;
use wire::bgp::Capability;
use wire::session::Decoder;

use crate::generators;

/// The frames of one session, in order.
pub type Session = Vec<Vec<u8>>;

/// Frames of a session that are kept at most: the sample has thousands that are alike.
const MOST: usize = 2000;

/// Every session there is.
pub fn sessions() -> Vec<Session> {
    let mut sessions = own();
    sessions.extend(needs::captures_if_any().iter().flat_map(|folder| captures(folder)));
    sessions
}

/// What every clone has: the sample, and messages made here.
pub fn own() -> Vec<Session> {
    let mut sessions = vec![frames(&read(&root().join("priv/sample/frr-pair.bmp.gz")))];
    sessions.extend(generated());
    sessions
}

/// Sessions of real routers, in the folder of captures.
pub fn captures(folder: &Path) -> Vec<Session> {
    let mut sessions = Vec::new();
    for sub in ["streams", "frr", "gobgp"] {
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder.join(sub))
            .map(|files| files.map(|file| file.unwrap().path()).collect())
            .unwrap_or_default();
        files.sort();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "bmp"));
        sessions.extend(files.iter().map(|path| frames(&read(path))));
    }
    sessions.retain(|session| !session.is_empty());
    sessions
}

/// Sessions of one peer with messages of every kind, family, attribute and capability, in every second of them with path
/// identifiers. The same every time.
fn generated() -> Vec<Session> {
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), random);
    (0..8)
        .map(|number| if number % 2 == 0 { plain(&mut runner) } else { with_path_ids(&mut runner) })
        .collect()
}

fn sample<T>(strategy: &impl Strategy<Value = T>, runner: &mut TestRunner) -> T
where
    T: std::fmt::Debug,
{
    strategy.new_tree(runner).unwrap().current()
}

fn plain(runner: &mut TestRunner) -> Session {
    let message = generators::bmp::message();
    (0..150)
        .map(|_| {
            let (_, mut frame) = sample(&message, runner);
            if let (0..=3 | 6, Some(peer)) = (frame[5], frame.get_mut(6..48)) {
                peer.copy_from_slice(&PEER);
            }
            frame
        })
        .collect()
}

fn with_path_ids(runner: &mut TestRunner) -> Session {
    let families =
        generators::nlri::FAMILIES.iter().map(|&family| AddPathFamily { family, mode: 3 }).collect();
    let add_path = OptionalParameter::Capabilities(vec![Capability::AddPath { families }]);
    let mut open = sample(&generators::capabilities::open(), runner);
    open.parameters = vec![add_path];
    let mut up = [&PEER[..], &[0; 20]].concat();
    open.encode(&mut up);
    open.encode(&mut up);
    let update = generators::attributes::update(true);
    let monitoring = (0..100).map(|_| {
        let mut body = PEER.to_vec();
        sample(&update, runner).encode(&mut body);
        (0, body)
    });
    let frame = |(message_type, body): (u8, Vec<u8>)| {
        let mut out = Vec::new();
        wire::bmp::encode(3, message_type, &mut out, |out| out.extend(body));
        out
    };
    std::iter::once((3, up)).chain(monitoring).map(frame).collect()
}

/// A per-peer header of 192.0.2.1.
const PEER: [u8; 42] = {
    let mut peer = [0; 42];
    [peer[22], peer[24], peer[25], peer[28], peer[29]] = [192, 2, 1, 0xfd, 0xe8];
    peer
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    if path.extension().is_some_and(|extension| extension == "gz") {
        let mut unpacked = Vec::new();
        flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut unpacked).unwrap();
        return unpacked;
    }
    bytes
}

/// A session's frames, thinned out where there are too many.
fn frames(bytes: &[u8]) -> Session {
    let mut decoder = Decoder::default();
    let mut feed = decoder.feed(bytes);
    let mut frames = Vec::new();
    while let Some(frame) = feed.next() {
        frames.push(frame.expect("framing holds").bytes.to_vec());
    }
    let every = frames.len().div_ceil(MOST).max(1);
    frames
        .into_iter()
        .enumerate()
        .filter(|(at, frame)| frame[5] != 0 || at % every == 0)
        .map(|(_, frame)| frame)
        .collect()
}
