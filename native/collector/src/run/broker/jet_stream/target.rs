//! What is published where: a stream, and the subjects in it.

use crate::run::config::{JetStream, OpenBmp, ROUTER};
use batch::ids::Id;

/// Stands for the partition in a subject.
const PARTITION: &str = "{partition}";

#[derive(Clone, Debug)]
pub struct Target {
    pub options: JetStream,
    pub kind: Kind,
    /// With [`PARTITION`] or [`ROUTER`] where those stand.
    subject: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Each is taken once, by its pipeline; what is not yet taken makes no room for more.
    Batches,
    /// Anybody may read them; the oldest make room for new ones.
    OpenBmp,
}

impl Target {
    pub fn batches(options: &JetStream) -> Self {
        let subject = format!("{}.{PARTITION}", options.subject_prefix);
        Target { options: options.clone(), kind: Kind::Batches, subject }
    }

    /// `None` where there is no raw feed.
    pub fn openbmp(options: &JetStream, openbmp: &OpenBmp) -> Option<Self> {
        let subject = openbmp.subject.clone()?;
        let (stream, max_bytes) = (openbmp.stream.clone(), openbmp.max_bytes);
        Some(Target {
            options: JetStream { stream, max_bytes, ..options.clone() },
            kind: Kind::OpenBmp,
            subject,
        })
    }

    /// All subjects.
    pub fn wildcard(&self) -> String {
        self.subject.replace(PARTITION, "*").replace(ROUTER, "*")
    }

    /// One that there is.
    pub fn example(&self, partition: u32) -> String {
        self.subject(partition, &Id::default())
    }

    pub fn subject(&self, partition: u32, router: &Id) -> String {
        let subject = self.subject.replace(PARTITION, &partition.to_string());
        subject.replace(ROUTER, &format!("{:032x}", u128::from_be_bytes(*router)))
    }
}
