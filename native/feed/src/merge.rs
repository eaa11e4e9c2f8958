//! Several streams as one.
//!
//! Each of several stations draws the routers whose partitions it owns. A router, its peers, their links and routes are of one
//! stream; an autonomous system or a next hop may be of several, and then it is one node, with the routes of all of them.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, UInt32Type, UInt64Type, UInt8Type};
use arrow_array::{
    ArrayRef, DictionaryArray, RecordBatch, StringArray, UInt32Array, UInt64Array, UInt8Array,
};
use arrow_buffer::Buffer;
use arrow_ipc::reader::StreamDecoder;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::ArrowError;
use arrow_select::concat::concat_batches;

use crate::encode::{self, Kind};
use crate::entities::{NodeKey, Status};

/// One client's endless Arrow IPC stream, made of those of several pictures.
pub struct Merge {
    writer: StreamWriter<Vec<u8>>,
    sources: Vec<Source>,
    nodes: HashMap<(u8, String), SharedNode>,
    next_id: u32,
    revision: u64,
    /// What is not written yet: until each source has sent its picture, nothing is.
    waiting: Vec<RecordBatch>,
    begun: bool,
}

#[derive(Debug, Default)]
struct Source {
    decoder: StreamDecoder,
    /// The ids that its own have here.
    ids: HashMap<u32, u32>,
    /// Of its picture: routes that are told one by one, and how many of them there are at most.
    picture: Option<(u64, u32)>,
}

#[derive(Debug)]
struct SharedNode {
    id: u32,
    /// By source, where it is not withdrawn.
    routes: HashMap<usize, u64>,
}

impl std::fmt::Debug for Merge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Merge").field("sources", &self.sources.len()).finish_non_exhaustive()
    }
}

impl Merge {
    /// # Errors
    /// None that is known of: the schema is a fixed one.
    pub fn new(sources: usize) -> Result<Self, ArrowError> {
        Ok(Merge {
            writer: StreamWriter::try_new(Vec::new(), &encode::schema())?,
            sources: (0..sources).map(|_| Source::default()).collect(),
            nodes: HashMap::new(),
            next_id: 0,
            revision: 0,
            waiting: Vec::new(),
            begun: false,
        })
    }

    /// Takes the next octets of a source's stream.
    ///
    /// # Errors
    /// When they are no stream of a picture, or the source sends another picture: its client came too late for what it
    /// forgot. The client is to begin anew.
    pub fn push(&mut self, source: usize, octets: &[u8]) -> Result<(), ArrowError> {
        let mut octets = Buffer::from(octets);
        let unknown = || ArrowError::InvalidArgumentError(format!("there is no source {source}"));
        while let Some(batch) =
            self.sources.get_mut(source).ok_or_else(unknown)?.decoder.decode(&mut octets)?
        {
            let batch = self.mapped(source, &batch)?;
            if batch.num_rows() > 0 {
                self.waiting.push(batch);
            }
        }
        Ok(())
    }

    /// The next octets: a picture first, then what has changed. None where there is nothing to say.
    ///
    /// # Errors
    /// None that is known of: the rows were read before.
    pub fn next(&mut self, now_us: i64) -> Result<Option<Vec<u8>>, ArrowError> {
        if !self.begun {
            let pictures: Option<Vec<_>> = self.sources.iter().map(|source| source.picture).collect();
            let Some(pictures) = pictures else { return Ok(None) };
            let routes = pictures.iter().map(|(routes, _)| routes).sum();
            let most = pictures.iter().map(|(_, most)| *most).fold(0, u32::saturating_add);
            self.waiting.insert(0, encode::beginning(self.revision, routes, most, now_us)?);
            self.begun = true;
        }
        if self.waiting.is_empty() {
            return Ok(None);
        }
        let batch = concat_batches(&encode::schema(), &std::mem::take(&mut self.waiting))?;
        self.writer.write(&batch)?;
        Ok(Some(std::mem::take(self.writer.get_mut())))
    }

    /// The rows of a source's batch with ids of this stream.
    fn mapped(&mut self, source: usize, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        if batch.schema() != encode::schema() {
            return Err(ArrowError::SchemaError(
                "a source's stream has other columns: is it of this version?".into(),
            ));
        }
        let begins = keys(batch, "kind")?.first() == Some(&Some(Kind::Picture as u8));
        if begins {
            self.begins(source, batch)?;
        }
        let from = usize::from(begins);
        let batch = batch.slice(from, batch.num_rows().saturating_sub(from));

        let (ids, kinds) = (numbers::<UInt32Type>(&batch, "id")?, keys(&batch, "kind")?);
        let (node_kinds, labels) = (keys(&batch, "node_kind")?, texts(&batch, "label")?);
        let mut statuses = keys(&batch, "status")?;
        let mut routes = numbers::<UInt64Type>(&batch, "routes")?;
        let mut new_ids = Vec::with_capacity(ids.len());
        let mut over = Vec::new();
        let told = ids.iter().zip(kinds).zip(node_kinds.iter().zip(labels));
        for (((id, kind), (node_kind, label)), (status, routes)) in
            told.zip(statuses.iter_mut().zip(routes.iter_mut()))
        {
            let id = id.unwrap_or_default();
            let withdrawn = *status == Some(Status::Withdrawn as u8);
            new_ids.push(match node_kind {
                _ if kind == Some(Kind::Heartbeat as u8) => id,
                Some(node_kind) if NodeKey::is_shared(*node_kind) => {
                    let key = (*node_kind, label.unwrap_or_default());
                    let held = if withdrawn { None } else { *routes };
                    let (here, sum) = self.shared(source, id, key, held);
                    let now = if sum.is_some() { Status::Active } else { Status::Withdrawn };
                    (*status, *routes) = (Some(now as u8), Some(sum.unwrap_or(0)));
                    here
                }
                _ => self.own(source, id),
            });
            // A link that is withdrawn later still names its nodes.
            if withdrawn && kind != Some(Kind::Node as u8) {
                over.push(id);
            }
        }

        let revisions = self.revision.saturating_add(1)..;
        let revisions = UInt64Array::from_iter_values(revisions.take(new_ids.len()));
        self.revision = revisions.values().last().copied().unwrap_or(self.revision);

        let statuses = DictionaryArray::try_new(UInt8Array::from(statuses), encode::status_texts())?;
        let mut columns = batch.columns().to_vec();
        replace(&mut columns, "revision", Arc::new(revisions))?;
        replace(&mut columns, "id", Arc::new(UInt32Array::from(new_ids)))?;
        replace(&mut columns, "status", Arc::new(statuses))?;
        replace(&mut columns, "routes", Arc::new(UInt64Array::from(routes)))?;
        for name in ["source_node_id", "destination_node_id", "router_node_id"] {
            let ends = numbers::<UInt32Type>(&batch, name)?.into_iter();
            let ends: UInt32Array = ends.map(|end| Some(self.own(source, end?))).collect();
            replace(&mut columns, name, Arc::new(ends))?;
        }
        if let Some(source) = self.sources.get_mut(source) {
            for id in over {
                source.ids.remove(&id);
            }
        }
        RecordBatch::try_new(encode::schema(), columns)
    }

    fn begins(&mut self, source: usize, batch: &RecordBatch) -> Result<(), ArrowError> {
        let routes = numbers::<UInt64Type>(batch, "routes")?.first().copied().flatten().unwrap_or(0);
        let most = numbers::<UInt32Type>(batch, "metric")?.first().copied().flatten().unwrap_or(0);
        match self.sources.get_mut(source).map(|source| source.picture.replace((routes, most))) {
            Some(None) => Ok(()),
            _ => Err(ArrowError::ExternalError("a source began anew".into())),
        }
    }

    fn new_id(&mut self) -> u32 {
        let id = self.next_id;
        self.next_id = id.wrapping_add(1);
        id
    }

    /// The id of what is of one source alone.
    fn own(&mut self, source: usize, id: u32) -> u32 {
        let known = self.sources.get(source).and_then(|source| source.ids.get(&id)).copied();
        known.unwrap_or_else(|| {
            let here = self.new_id();
            self.name(source, id, here);
            here
        })
    }

    /// The id of a node that others may have, too, and the routes of all of them; none where nobody has it any more.
    fn shared(
        &mut self,
        source: usize,
        id: u32,
        key: (u8, String),
        routes: Option<u64>,
    ) -> (u32, Option<u64>) {
        let here = match self.nodes.get(&key) {
            Some(node) => node.id,
            None => {
                let here = self.new_id();
                self.nodes.insert(key.clone(), SharedNode { id: here, routes: HashMap::new() });
                here
            }
        };
        self.name(source, id, here);
        let node = self.nodes.entry(key).or_insert(SharedNode { id: here, routes: HashMap::new() });
        match routes {
            Some(routes) => node.routes.insert(source, routes),
            None => node.routes.remove(&source),
        };
        let sum = (!node.routes.is_empty()).then(|| node.routes.values().sum());
        (here, sum)
    }

    fn name(&mut self, source: usize, id: u32, here: u32) {
        if let Some(source) = self.sources.get_mut(source) {
            source.ids.insert(id, here);
        }
    }
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef, ArrowError> {
    batch.column_by_name(name).ok_or_else(|| ArrowError::SchemaError(format!("there is no column {name}")))
}

fn numbers<T: ArrowPrimitiveType>(
    batch: &RecordBatch,
    name: &str,
) -> Result<Vec<Option<T::Native>>, ArrowError> {
    Ok(column(batch, name)?.as_primitive::<T>().iter().collect())
}

/// Of a small dictionary that is the same in all streams.
fn keys(batch: &RecordBatch, name: &str) -> Result<Vec<Option<u8>>, ArrowError> {
    Ok(column(batch, name)?.as_dictionary::<UInt8Type>().keys().iter().collect())
}

fn texts(batch: &RecordBatch, name: &str) -> Result<Vec<Option<String>>, ArrowError> {
    let column = column(batch, name)?.as_dictionary::<UInt32Type>();
    let texts = column.downcast_dict::<StringArray>();
    let texts = texts.ok_or_else(|| ArrowError::SchemaError(format!("{name} is no text")))?;
    Ok(texts.into_iter().map(|text| text.map(str::to_owned)).collect())
}

fn replace(columns: &mut [ArrayRef], name: &str, by: ArrayRef) -> Result<(), ArrowError> {
    let at = encode::schema().index_of(name)?;
    if let Some(column) = columns.get_mut(at) {
        *column = by;
    }
    Ok(())
}
