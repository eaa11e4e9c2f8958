//! Sessions to start from: of the sample, of the captures where they are, and of messages made here.

use std::io::Read;
use std::path::{Path, PathBuf};

use wire::session::Decoder;

/// The frames of one session, in order.
pub type Session = Vec<Vec<u8>>;

/// Frames of a session that are kept at most: the sample has thousands that are alike.
const MOST: usize = 2000;

/// Every session there is.
pub fn sessions() -> Vec<Session> {
    let mut sessions = Vec::new();
    sessions.push(frames(&read(&root().join("priv/sample/frr-pair.bmp.gz"))));
    match data() {
        Some(folder) => {
            for sub in ["streams", "frr", "gobgp"] {
                let mut files: Vec<PathBuf> = std::fs::read_dir(folder.join(sub))
                    .map(|files| files.map(|file| file.unwrap().path()).collect())
                    .unwrap_or_default();
                files.sort();
                files.retain(|path| path.extension().is_some_and(|extension| extension == "bmp"));
                sessions.extend(files.iter().map(|path| frames(&read(path))));
            }
        }
        None => println!("LEFT OUT: mutations of captures: no folder of them (SERVICERADAR_BMP_DATA)"),
    }
    sessions.retain(|session| !session.is_empty());
    sessions
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("SERVICERADAR_BMP_DATA")
        .map_or_else(|| root().join("../shared/data"), PathBuf::from);
    folder.is_dir().then_some(folder)
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
