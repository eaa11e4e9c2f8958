//! A client of the stream, and what it makes of it.

use std::collections::BTreeMap;
use std::io::Cursor;

use arrow_array::cast::AsArray;
use arrow_array::types::{UInt32Type, UInt64Type, UInt8Type};
use arrow_array::{Array, RecordBatch};
use arrow_ipc::reader::StreamReader;
use batch::proto::event::Body;
use feed::{Picture, Stream};

use crate::support::announce;

/// A client: all octets that it got, and what it makes of them.
pub struct Client {
    pub stream: Stream,
    pub octets: Vec<u8>,
    pub pictures: usize,
}

pub type World = BTreeMap<(String, u32), BTreeMap<&'static str, String>>;

impl Client {
    pub fn new() -> Self {
        Client { stream: Stream::new().unwrap(), octets: Vec::new(), pictures: 0 }
    }

    /// Whether there was something to read.
    pub fn read(&mut self, picture: &Picture, now_us: i64) -> bool {
        let octets = self.stream.next(picture, now_us).unwrap();
        self.octets.extend(octets.iter().flatten());
        octets.is_some()
    }

    pub fn batches(&self) -> Vec<RecordBatch> {
        // The stream has no end: the reader takes what is there of it for all.
        let reader = StreamReader::try_new(Cursor::new(&self.octets), None).unwrap();
        reader.map(|batch| batch.unwrap()).collect()
    }

    /// What is not withdrawn.
    pub fn world(&mut self) -> World {
        let mut world = World::new();
        self.pictures = 0;
        for batch in self.batches() {
            for row in 0..batch.num_rows() {
                let kind = text::<UInt8Type>(&batch, "kind", row).unwrap();
                let id = number(&batch, "id", row).unwrap();
                match kind.as_str() {
                    "picture" => {
                        world.clear();
                        self.pictures += 1;
                    }
                    "heartbeat" => {}
                    _ => {
                        let mut fields = BTreeMap::new();
                        for name in ["status", "view", "node_kind", "severity"] {
                            fields.insert(name, text::<UInt8Type>(&batch, name, row).unwrap_or_default());
                        }
                        for name in ["prefix", "label", "subject", "rule"] {
                            fields.insert(name, text::<UInt32Type>(&batch, name, row).unwrap_or_default());
                        }
                        for name in
                            ["source_node_id", "destination_node_id", "router_node_id", "metric", "asn"]
                        {
                            let number = number(&batch, name, row);
                            fields.insert(name, number.map(|number| number.to_string()).unwrap_or_default());
                        }
                        let routes = batch.column_by_name("routes").unwrap().as_primitive::<UInt64Type>();
                        fields.insert(
                            "routes",
                            if routes.is_null(row) { String::new() } else { routes.value(row).to_string() },
                        );
                        world.insert((kind, id), fields);
                    }
                }
            }
        }
        world.retain(|_, fields| fields["status"] != "withdrawn");
        // Every id that is pointed at is there.
        for fields in world.values() {
            for end in ["source_node_id", "destination_node_id", "router_node_id"] {
                if let Ok(id) = fields[end].parse() {
                    assert!(world.contains_key(&("node".into(), id)), "{fields:?}");
                }
            }
        }
        world
    }
}

pub fn text<T: arrow_array::types::ArrowDictionaryKeyType>(
    batch: &RecordBatch,
    name: &str,
    row: usize,
) -> Option<String> {
    let column = batch.column_by_name(name).unwrap().as_dictionary::<T>();
    let column = column.downcast_dict::<arrow_array::StringArray>().unwrap();
    let column = arrow_array::ArrayAccessor::value(&column, row);
    let null = batch.column_by_name(name).unwrap().is_null(row);
    (!null).then(|| column.to_string())
}

pub fn number(batch: &RecordBatch, name: &str, row: usize) -> Option<u32> {
    let column = batch.column_by_name(name).unwrap().as_primitive::<UInt32Type>();
    (!column.is_null(row)).then(|| column.value(row))
}

pub fn fresh(picture: &Picture) -> World {
    let mut client = Client::new();
    client.read(picture, 0);
    client.world()
}

pub fn of<'a>(world: &'a World, kind: &str) -> Vec<&'a BTreeMap<&'static str, String>> {
    world.iter().filter(|((of, _), _)| of == kind).map(|(_, fields)| fields).collect()
}

/// Routes with an AS path that ends in `asn`.
pub fn from_as(prefixes: &[&str], asn: u16, med: u8) -> Body {
    let Body::Routes(mut routes) = announce(prefixes, med) else { panic!("routes") };
    let mut attributes = routes.attributes.to_vec();
    let [high, low] = asn.to_be_bytes();
    attributes.extend([0x40, 2, 10, 2, 2, 0, 0, 0xfd, 0xe8, 0, 0, high, low]);
    routes.attributes = attributes.into();
    Body::Routes(routes)
}

/// A generator as good as is needed here, and the same every time.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}
