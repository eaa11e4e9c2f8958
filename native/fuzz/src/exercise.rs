//! Everything that can be done with a frame, and what must hold of it.

use std::fmt::{self, Write as _};
use std::time::Duration;

use wire::bgp::{self, Attributes, Update};
use wire::bmp::{Body, Message, Mirrored};
use wire::dissect::Field;
use wire::session::{Content, Decoder, Taken};
use wire::{DecodeError, Raw};

use crate::memory::{measure, Used};

/// The steps that are measured apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Bytes to a frame by reference; what is no Route Monitoring is owned already.
    Decode,
    /// The canonical attributes.
    Canonical,
    /// Owned, typed values.
    Owned,
    /// All of it as JSON text.
    Json,
    /// The way of the pipeline: bytes to batches, and those into a table.
    Pipeline,
}

/// What a step may hold at once: `per_octet` for each octet of the frame, and `constant`.
///
/// The figures follow from how large a value one octet on the wire can become, and from how vectors grow:
/// while they do, the old and the new place exist at the same time, three times the length together. An IPv4
/// default route is one octet, and as an owned NLRI it has 40; a faulty attribute of three octets becomes a
/// fault with its path.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    pub step: Step,
    pub per_octet: u64,
    pub constant: u64,
}

pub const BOUNDS: [Bound; 5] = [
    Bound { step: Step::Decode, per_octet: 100, constant: 2_000 },
    Bound { step: Step::Canonical, per_octet: 100, constant: 2_000 },
    Bound { step: Step::Owned, per_octet: 150, constant: 2_000 },
    Bound { step: Step::Json, per_octet: 300, constant: 4_000 },
    Bound { step: Step::Pipeline, per_octet: 1000, constant: 100_000 },
];

/// What the frames of a run came to.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub frames: u64,
    pub octets: u64,
    pub read: u64,
    pub unreadable: u64,
    pub faulty: u64,
    pub routes: u64,
    pub lost_framing: u64,
    /// For each of [`BOUNDS`]: the largest peak beyond the constant for each octet of its frame, in thousandths.
    pub most: [u64; BOUNDS.len()],
    /// Allocations of a step for each octet, in thousandths, beyond a hundred.
    pub most_calls: u64,
    /// For each of [`BOUNDS`]: of the processor's time, for one frame (for a round where it is the pipeline).
    pub slowest: [Duration; BOUNDS.len()],
    /// Of the processor's time, for decoding one frame in the slowest way. JSON is as slow as its
    /// text is long, and nobody has to ask for it.
    pub decoding: Duration,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { frames, octets, read, unreadable, faulty, routes, .. } = self;
        write!(f, "{frames} frames ({octets} octets): {read} read, {faulty} of them with faults, {unreadable} unreadable; ")?;
        write!(f, "{routes} routes; at the most, of memory for an octet and of time for a frame:")?;
        for ((bound, most), slowest) in BOUNDS.iter().zip(self.most).zip(self.slowest) {
            write!(f, " {:?} {}.{} {slowest:.1?},", bound.step, most / 1000, most % 1000 / 100)?;
        }
        write!(
            f,
            " decoding {:.1?}; allocations for an octet {}.{}",
            self.decoding,
            self.most_calls / 1000,
            self.most_calls % 1000 / 100
        )
    }
}

impl Tally {
    /// Keeps what a step needed, and fails where it was too much.
    pub fn used(&mut self, step: Step, octets: usize, used: Used) {
        let place = BOUNDS.iter().position(|bound| bound.step == step).unwrap();
        let bound = BOUNDS[place];
        let octets = octets.max(1) as u64;
        let beyond = used.peak.saturating_sub(bound.constant);
        self.most[place] = self.most[place].max(beyond * 1000 / octets);
        self.slowest[place] = self.slowest[place].max(used.time);
        self.most_calls = self.most_calls.max(used.calls.saturating_sub(100) * 1000 / octets);
        assert!(
            beyond <= bound.per_octet * octets,
            "{step:?} held {} octets for a frame of {octets}, which is above {} each and {}",
            used.peak,
            bound.per_octet,
            bound.constant
        );
    }

    pub fn add(&mut self, other: &Tally) {
        self.frames += other.frames;
        self.octets += other.octets;
        self.read += other.read;
        self.unreadable += other.unreadable;
        self.faulty += other.faulty;
        self.routes += other.routes;
        self.lost_framing += other.lost_framing;
        for (mine, theirs) in self.most.iter_mut().zip(other.most) {
            *mine = (*mine).max(theirs);
        }
        self.most_calls = self.most_calls.max(other.most_calls);
        self.decoding = self.decoding.max(other.decoding);
        for (mine, theirs) in self.slowest.iter_mut().zip(other.slowest) {
            *mine = (*mine).max(theirs);
        }
    }
}

/// The decoders of one session, one for each way of reading. All must give the same.
#[derive(Debug, Default)]
pub struct Ways {
    by_reference: Decoder,
    sink: Decoder,
    owned: Decoder,
    buffers: Buffers,
}

/// Buffers that are used again, as the pipeline does.
#[derive(Debug, Default)]
struct Buffers {
    canonical: Vec<u8>,
    key: Vec<u8>,
    text: String,
}

/// Checks that the fields lie side by side and leave no octet out, and the parts of each field likewise.
fn covered(fields: &[Field], from: u64, length: usize) {
    let end = fields.iter().fold(from, |at, field| {
        assert_eq!(field.offset, at, "{} is where the field before it ends", field.name);
        if !field.fields.is_empty() {
            covered(&field.fields, at, field.length);
        }
        at + field.length as u64
    });
    assert_eq!(end, from + length as u64, "the fields are all of it");
}

/// Feeds one whole frame, and does everything with it that can be done.
///
/// # Panics
/// When something does not hold that must.
pub fn frame(ways: &mut Ways, frame: &[u8], tally: &mut Tally) {
    let Ways { by_reference, sink, owned, buffers } = ways;
    tally.frames += 1;
    tally.octets += frame.len() as u64;
    let before = by_reference.offset();

    let mut feed = by_reference.feed(frame);
    let (decoded, used) = measure(|| feed.next());
    tally.used(Step::Decode, frame.len(), used);
    let time = used.time;
    let decoded = decoded.expect("a whole frame comes out").expect("framing holds");
    assert_eq!((decoded.offset, decoded.bytes), (before, frame), "a frame is what was fed");
    match &decoded.content {
        Ok(Content::RouteMonitoring(view)) => {
            buffers.canonical.clear();
            let ((), used) = measure(|| view.update.canonical_attributes(&mut buffers.canonical));
            tally.used(Step::Canonical, frame.len(), used);
            tally.faulty += u64::from(!view.update.faults().is_empty());
            tally.routes += view.update.groups().iter().map(|group| u64::from(group.count)).sum::<u64>();
            view.update.groups().iter().for_each(|group| each_nlri(group, buffers));
            canonical(&buffers.canonical);
            view.update.faults().iter().for_each(|fault| inside(&fault.error, before, frame.len()));
        }
        Ok(Content::Other(_)) => {}
        Err(error) => inside(error, before, frame.len()),
    }
    let message = decoded.into_message();
    assert!(feed.next().is_none(), "one frame is one frame");
    drop(feed);

    let time = time.max(in_one_pass(sink, frame, &message, tally));
    covered(&wire::dissect::dissect(frame, &mut Decoder::default()), 0, frame.len());

    let mut feed = owned.feed(frame);
    let (same, used) = measure(|| feed.next_message());
    tally.used(Step::Owned, frame.len(), used);
    tally.decoding = tally.decoding.max(time.max(used.time));
    let same = same.expect("a whole frame comes out").expect("framing holds").content;
    assert_eq!(same, message, "an owned message made in one pass");
    drop(feed);

    assert_eq!(by_reference.counters(), owned.counters());
    assert_eq!(by_reference.counters(), sink.counters());
    let after = (0, before + frame.len() as u64);
    for decoder in [&*by_reference, sink, owned] {
        assert_eq!((decoder.pending(), decoder.offset()), after, "everything is taken");
    }
    match message {
        Ok(message) => {
            tally.read += 1;
            let (json, used) = measure(|| serde_json::to_string(&message));
            json.expect("JSON is total");
            tally.used(Step::Json, frame.len(), used);
            written_again(by_reference.clone(), &message);
        }
        Err(_) => tally.unreadable += 1,
    }
}

/// A plain UPDATE read into a sink.
fn in_one_pass(
    sink: &mut Decoder,
    frame: &[u8],
    message: &Result<Message, DecodeError>,
    tally: &mut Tally,
) -> Duration {
    let mut feed = sink.feed(frame);
    let mut update = Update::default();
    let (taken, used) = measure(|| feed.next_into(&mut update));
    tally.used(Step::Owned, frame.len(), used);
    let taken = taken.expect("a whole frame comes out").expect("framing holds");
    match (&taken.content, message) {
        (Ok(Taken::Plain(peer)), Ok(Message { body: Body::RouteMonitoring(route), .. })) => {
            update.add_path_inferred.sort_unstable();
            assert_eq!((**peer, &update), (route.peer, &route.update), "a plain UPDATE in a sink");
            assert!(route.tlvs.is_empty());
        }
        (Ok(Taken::Other(_)), Ok(_)) => {}
        (Err(error), Err(same)) => assert_eq!(error, same),
        (content, message) => panic!("{content:?} and {message:?}"),
    }
    used.time
}

/// Checks that an error names a place in the frame, and that it can be printed.
fn inside(error: &DecodeError, start: u64, length: usize) {
    let end = start + length as u64;
    assert!((start..=end).contains(&error.offset()), "{error} is not in {start}..{end}");
    assert!(!error.to_string().is_empty());
}

/// Checks that canonical attributes can be read back, and that they are the same when they are written again.
fn canonical(octets: &[u8]) {
    let attributes = Attributes::decode_canonical(octets).expect("canonical attributes read back");
    let mut again = Vec::new();
    attributes.encode_canonical(&mut again);
    assert_eq!(Attributes::decode_canonical(&again).expect("so they do again"), attributes);
}

fn each_nlri(group: &bgp::RouteGroup<'_>, buffers: &mut Buffers) {
    let mut walked = 0;
    for nlri in group.iter() {
        let nlri = nlri.expect("a group has been checked");
        buffers.key.clear();
        nlri.key(&mut buffers.key);
        let value = nlri.value();
        // `prefix` has ways of its own for some families.
        assert_eq!(nlri.prefix(), value.prefix());
        buffers.text.clear();
        write!(buffers.text, "{value}").unwrap();
        walked += 1;
    }
    assert_eq!(walked, group.count, "as many NLRI as were counted");
}

/// What is written of the message reads as the same message, by a decoder that knows what was known when the message was
/// read: what the OPENs negotiated, and what the messages up to this one showed of path identifiers. A decoder of its own
/// would see other messages, since some cannot be written again, and would rightly conclude other things from them.
fn written_again(mut decoder: Decoder, message: &Message) {
    let mut encoded = Vec::new();
    match &message.body {
        // A fault leaves out what it is about.
        Body::RouteMonitoring(route) if !route.update.faults.is_empty() => {
            route.update.groups().for_each(drop);
            return;
        }
        Body::RouteMonitoring(route) => {
            route.path_markings().for_each(drop);
        }
        _ => {}
    }
    encoded.clear();
    message.encode(&mut encoded);
    let mut feed = decoder.feed(&encoded);
    let again = feed.next().expect("one frame").expect("framing holds").into_message();
    let again = again.expect("what was written reads");
    assert_eq!(without_places(again.body), without_places(message.body.clone()), "written: {encoded:02x?}");
}

/// The body without what has more than one form on the wire, and without what says where it was.
fn without_places(mut body: Body) -> Body {
    match &mut body {
        Body::RouteMirroring(mirroring) => {
            for mirrored in &mut mirroring.mirrored {
                if let Mirrored::BgpMessage { decoded, error, .. } = mirrored {
                    *error = None;
                    if let Some(bgp::Message::Update(update)) = decoded.as_deref_mut() {
                        update.faults.clear();
                    }
                }
            }
        }
        // RFC 9072, section 2: with extended parameters the length of one octet says nothing.
        Body::PeerUp(up) => {
            for (open, message) in [
                (&up.sent_open, &mut up.sent_open_message),
                (&up.received_open, &mut up.received_open_message),
            ] {
                if open.is_some() {
                    *message = Raw::default();
                }
            }
            // They say where, and with extended parameters that moves.
            up.faults.clear();
        }
        _ => {}
    }
    body
}
