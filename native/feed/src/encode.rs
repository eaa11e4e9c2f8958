//! Rows of the picture as Arrow record batches.

use std::sync::{Arc, LazyLock};

use arrow_array::builder::{
    Float32Builder, StringDictionaryBuilder, UInt16Builder, UInt32Builder, UInt64Builder, UInt8Builder,
};
use arrow_array::types::{UInt32Type, UInt8Type};
use arrow_array::{
    ArrayRef, DictionaryArray, RecordBatch, StringArray, TimestampMicrosecondArray, UInt8Array,
};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};
use insight::{Coordinates, Severity};
use rib::RibView;

use crate::entities::{Entity, NodeKey, Status};
use crate::finding::FindingKey;
use crate::picture::Picture;

/// What a row is. The first row of a picture says that all that was known before is to be forgotten; a heartbeat says nothing but
/// that the feed lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    Picture,
    Heartbeat,
    Node,
    Link,
    Route,
    Alert,
    Verdict,
}

const KINDS: [&str; 7] = ["picture", "heartbeat", "node", "link", "route", "alert", "verdict"];

/// In the order of [`Severity`].
const SEVERITIES: [&str; 5] = ["info", "low", "medium", "high", "critical"];

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let small = || DataType::Dictionary(Box::new(DataType::UInt8), Box::new(DataType::Utf8));
    let text = || DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::Utf8));
    Arc::new(Schema::new(vec![
        Field::new("revision", DataType::UInt64, false),
        Field::new("kind", small(), false),
        Field::new("id", DataType::UInt32, false),
        Field::new("status", small(), true),
        Field::new("source_node_id", DataType::UInt32, true),
        Field::new("destination_node_id", DataType::UInt32, true),
        Field::new("prefix", text(), true),
        Field::new("metric", DataType::UInt32, true),
        Field::new("label", text(), true),
        Field::new("node_kind", small(), true),
        Field::new("router_node_id", DataType::UInt32, true),
        Field::new("view", small(), true),
        Field::new("afi", DataType::UInt16, true),
        Field::new("safi", DataType::UInt8, true),
        Field::new("asn", DataType::UInt32, true),
        Field::new("routes", DataType::UInt64, true),
        Field::new("at", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true),
        Field::new("subject", text(), true),
        Field::new("rule", text(), true),
        Field::new("severity", small(), true),
        Field::new("confidence", DataType::Float32, true),
        Field::new("latitude", DataType::Float32, true),
        Field::new("longitude", DataType::Float32, true),
    ]))
});

/// The columns of the stream.
pub fn schema() -> SchemaRef {
    Arc::clone(&SCHEMA)
}

/// The names of what `status` may be.
pub(crate) fn status_texts() -> ArrayRef {
    Arc::clone(&STATUS_TEXTS)
}

/// A dictionary whose texts are always the same, so that they are sent once.
struct Fixed {
    texts: &'static LazyLock<ArrayRef>,
    keys: UInt8Builder,
}

static KIND_TEXTS: LazyLock<ArrayRef> = LazyLock::new(|| texts(&KINDS));
static STATUS_TEXTS: LazyLock<ArrayRef> = LazyLock::new(|| texts(&Status::NAMES));
static NODE_TEXTS: LazyLock<ArrayRef> = LazyLock::new(|| texts(&NodeKey::NAMES));
static SEVERITY_TEXTS: LazyLock<ArrayRef> = LazyLock::new(|| texts(&SEVERITIES));
static VIEW_TEXTS: LazyLock<ArrayRef> = LazyLock::new(|| texts(&RibView::ALL.map(RibView::as_str)));

fn texts(texts: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(texts.to_vec()))
}

impl Fixed {
    fn new(texts: &'static LazyLock<ArrayRef>) -> Self {
        Fixed { texts, keys: UInt8Builder::new() }
    }

    fn finish(mut self) -> Result<ArrayRef, ArrowError> {
        let keys: UInt8Array = self.keys.finish();
        Ok(Arc::new(DictionaryArray::<UInt8Type>::try_new(keys, Arc::clone(self.texts))?))
    }
}

/// Builds one record batch, row by row.
struct Rows {
    revision: UInt64Builder,
    kind: Fixed,
    id: UInt32Builder,
    status: Fixed,
    source: UInt32Builder,
    destination: UInt32Builder,
    prefix: StringDictionaryBuilder<UInt32Type>,
    metric: UInt32Builder,
    label: StringDictionaryBuilder<UInt32Type>,
    node_kind: Fixed,
    router: UInt32Builder,
    view: Fixed,
    afi: UInt16Builder,
    safi: UInt8Builder,
    asn: UInt32Builder,
    routes: UInt64Builder,
    at_us: Vec<Option<i64>>,
    subject: StringDictionaryBuilder<UInt32Type>,
    rule: StringDictionaryBuilder<UInt32Type>,
    severity: Fixed,
    confidence: Float32Builder,
    latitude: Float32Builder,
    longitude: Float32Builder,
}

/// A row; what is not given is null.
#[derive(Default)]
struct Row<'a> {
    status: Option<Status>,
    source: Option<u32>,
    destination: Option<u32>,
    prefix: Option<&'a str>,
    metric: Option<u32>,
    label: Option<&'a str>,
    node_kind: Option<u8>,
    router: Option<u32>,
    view: Option<RibView>,
    afi: Option<u16>,
    safi: Option<u8>,
    asn: Option<u32>,
    routes: Option<u64>,
    at_us: Option<i64>,
    subject: Option<&'a str>,
    rule: Option<&'a str>,
    severity: Option<Severity>,
    confidence: Option<f32>,
    at: Option<Coordinates>,
}

impl Rows {
    fn new() -> Self {
        Rows {
            revision: UInt64Builder::new(),
            kind: Fixed::new(&KIND_TEXTS),
            id: UInt32Builder::new(),
            status: Fixed::new(&STATUS_TEXTS),
            source: UInt32Builder::new(),
            destination: UInt32Builder::new(),
            prefix: StringDictionaryBuilder::new(),
            metric: UInt32Builder::new(),
            label: StringDictionaryBuilder::new(),
            node_kind: Fixed::new(&NODE_TEXTS),
            router: UInt32Builder::new(),
            view: Fixed::new(&VIEW_TEXTS),
            afi: UInt16Builder::new(),
            safi: UInt8Builder::new(),
            asn: UInt32Builder::new(),
            routes: UInt64Builder::new(),
            at_us: Vec::new(),
            subject: StringDictionaryBuilder::new(),
            rule: StringDictionaryBuilder::new(),
            severity: Fixed::new(&SEVERITY_TEXTS),
            confidence: Float32Builder::new(),
            latitude: Float32Builder::new(),
            longitude: Float32Builder::new(),
        }
    }

    fn push(&mut self, revision: u64, kind: Kind, id: u32, row: &Row<'_>) {
        self.revision.append_value(revision);
        self.kind.keys.append_value(kind as u8);
        self.id.append_value(id);
        self.status.keys.append_option(row.status.map(|status| status as u8));
        self.source.append_option(row.source);
        self.destination.append_option(row.destination);
        self.prefix.append_option(row.prefix);
        self.metric.append_option(row.metric);
        self.label.append_option(row.label);
        self.node_kind.keys.append_option(row.node_kind);
        self.router.append_option(row.router);
        // Views are numbered from 1.
        self.view.keys.append_option(row.view.map(|view| (view as u8).saturating_sub(1)));
        self.afi.append_option(row.afi);
        self.safi.append_option(row.safi);
        self.asn.append_option(row.asn);
        self.routes.append_option(row.routes);
        self.at_us.push(row.at_us);
        self.subject.append_option(row.subject);
        self.rule.append_option(row.rule);
        self.severity.keys.append_option(row.severity.map(|severity| severity as u8));
        self.confidence.append_option(row.confidence);
        self.latitude.append_option(row.at.map(|at| at.latitude));
        self.longitude.append_option(row.at.map(|at| at.longitude));
    }

    fn finish(mut self) -> Result<RecordBatch, ArrowError> {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.revision.finish()),
            self.kind.finish()?,
            Arc::new(self.id.finish()),
            self.status.finish()?,
            Arc::new(self.source.finish()),
            Arc::new(self.destination.finish()),
            Arc::new(self.prefix.finish()),
            Arc::new(self.metric.finish()),
            Arc::new(self.label.finish()),
            self.node_kind.finish()?,
            Arc::new(self.router.finish()),
            self.view.finish()?,
            Arc::new(self.afi.finish()),
            Arc::new(self.safi.finish()),
            Arc::new(self.asn.finish()),
            Arc::new(self.routes.finish()),
            Arc::new(TimestampMicrosecondArray::from(self.at_us).with_timezone("UTC")),
            Arc::new(self.subject.finish()),
            Arc::new(self.rule.finish()),
            self.severity.finish()?,
            Arc::new(self.confidence.finish()),
            Arc::new(self.latitude.finish()),
            Arc::new(self.longitude.finish()),
        ];
        RecordBatch::try_new(schema(), columns)
    }
}

/// The first row of a picture: `routes` are those that are told one by one, `metric` is how many of them there are at most.
fn begin(rows: &mut Rows, revision: u64, routes: u64, most: u32, now_us: i64) {
    let row = Row { routes: Some(routes), metric: Some(most), at_us: Some(now_us), ..Row::default() };
    rows.push(revision, Kind::Picture, 0, &row);
}

/// That row alone.
pub(crate) fn beginning(
    revision: u64,
    routes: u64,
    most: u32,
    now_us: i64,
) -> Result<RecordBatch, ArrowError> {
    let mut rows = Rows::new();
    begin(&mut rows, revision, routes, most, now_us);
    rows.finish()
}

pub(crate) fn picture(picture: &Picture, now_us: i64) -> Result<RecordBatch, ArrowError> {
    let mut rows = Rows::new();
    let routes = u64::try_from(picture.routes()).unwrap_or(u64::MAX);
    let most = u32::try_from(picture.limits.max_routes).unwrap_or(u32::MAX);
    begin(&mut rows, picture.revision(), routes, most, now_us);
    fill(&mut rows, picture, &picture.all());
    rows.finish()
}

pub(crate) fn changes(picture: &Picture, entities: &[Entity]) -> Result<RecordBatch, ArrowError> {
    let mut rows = Rows::new();
    fill(&mut rows, picture, entities);
    rows.finish()
}

pub(crate) fn heartbeat(revision: u64, now_us: i64) -> Result<RecordBatch, ArrowError> {
    let mut rows = Rows::new();
    rows.push(revision, Kind::Heartbeat, 0, &Row { at_us: Some(now_us), ..Row::default() });
    rows.finish()
}

fn fill(rows: &mut Rows, picture: &Picture, entities: &[Entity]) {
    for entity in entities {
        match *entity {
            Entity::Node(id) => {
                let Some(node) = picture.nodes.get(&id) else { continue };
                let row = Row {
                    status: Some(node.status),
                    label: Some(&node.label),
                    node_kind: Some(node.key.kind()),
                    router: node.router,
                    asn: node.asn,
                    routes: Some(node.routes),
                    at_us: Some(node.at_us),
                    at: node.at,
                    ..Row::default()
                };
                rows.push(node.revision, Kind::Node, id, &row);
            }
            Entity::Link(id) => {
                let Some(link) = picture.links.get(&id) else { continue };
                let row = Row {
                    status: Some(link.status),
                    source: Some(link.source),
                    destination: Some(link.destination),
                    routes: Some(link.routes),
                    at_us: Some(link.at_us),
                    ..Row::default()
                };
                rows.push(link.revision, Kind::Link, id, &row);
            }
            Entity::Route(id) => {
                let Some(route) = picture.routes.get(&id) else { continue };
                let row = Row {
                    status: Some(route.status),
                    source: Some(route.path.source),
                    destination: Some(route.path.destination),
                    prefix: Some(&route.prefix),
                    metric: route.path.metric,
                    label: Some(&route.path.text),
                    router: Some(route.path.router),
                    view: Some(route.key.view),
                    afi: Some(route.key.afi),
                    safi: Some(route.key.safi),
                    at_us: Some(route.at_us),
                    ..Row::default()
                };
                rows.push(route.revision, Kind::Route, id, &row);
            }
            Entity::Finding(id) => {
                let Some(finding) = picture.findings.of.get(&id) else { continue };
                let shown = &finding.shown;
                let row = Row {
                    status: Some(finding.status),
                    source: shown.node,
                    prefix: shown.prefix.as_deref(),
                    label: Some(&shown.text),
                    routes: Some(shown.prefixes),
                    at_us: Some(finding.at_us),
                    subject: Some(finding.subject()),
                    rule: finding.rule(),
                    severity: shown.severity,
                    confidence: shown.confidence,
                    ..Row::default()
                };
                let kind = match finding.key {
                    FindingKey::Alert(..) => Kind::Alert,
                    FindingKey::Verdict(_) => Kind::Verdict,
                };
                rows.push(finding.revision, kind, id, &row);
            }
        }
    }
}
