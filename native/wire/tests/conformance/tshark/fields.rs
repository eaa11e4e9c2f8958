//! Our reading of a message under tshark's field names.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::Value;
use wire::bgp::Notification;
use wire::bmp::{Body, Message, PeerHeader, StatisticValue, StatisticsReport};

/// Values by field.
#[derive(Default)]
pub struct Fields(pub BTreeMap<String, Vec<String>>);

impl Fields {
    pub fn take(&mut self, field: &str, value: &Value) {
        match value {
            Value::Object(fields) => fields.iter().for_each(|(field, value)| self.take(field, value)),
            Value::Array(values) => values.iter().for_each(|value| self.take(field, value)),
            Value::Null => {}
            Value::String(text) => self.add(field, text),
            value => self.add(field, value),
        }
    }

    pub fn add(&mut self, field: &str, value: impl ToString) {
        self.0.entry(field.into()).or_default().push(value.to_string());
    }

    /// A field of an attribute.
    pub fn attribute(&mut self, field: &str, value: impl ToString) {
        self.add(&format!("bgp.update.path_attribute.{field}"), value);
    }

    pub fn of(message: &Message) -> Self {
        let mut fields = Fields::default();
        fields.add("bmp.version", message.version);
        fields.add("bmp.length", message.length);
        fields.add("bmp.type", message.body.message_type());
        if let Some(peer) = message.body.peer() {
            fields.peer(peer);
        }
        match &message.body {
            Body::RouteMonitoring(route) => fields.update(&route.update),
            Body::StatisticsReport(report) => fields.statistics(report),
            Body::PeerDown(down) => {
                fields.add("bmp.peer.down.reason", down.reason.number());
                match down.reason.notification() {
                    Some(notification) => fields.notification(notification),
                    None if down.data.is_empty() => {}
                    None => fields.add("bmp.peer.down.data", ""),
                }
            }
            Body::PeerUp(up) => {
                fields.address("bmp.peer.up", up.local_address, true);
                fields.add("bmp.peer.up.port.local", up.local_port);
                fields.add("bmp.peer.up.port.remote", up.remote_port);
                up.sent_open.iter().for_each(|open| fields.open(open));
                up.received_open.iter().for_each(|open| fields.open(open));
            }
            Body::Initiation(initiation) => {
                for tlv in &initiation.tlvs {
                    fields.add("bmp.init.type", tlv.tlv_type);
                    fields.add("bmp.init.length", tlv.value.len());
                    fields.add("bmp.init.info", tlv.text());
                }
            }
            _ => {}
        }
        fields
    }

    pub fn address(&mut self, name: &str, address: IpAddr, unused: bool) {
        match address {
            IpAddr::V4(v4) => {
                if unused {
                    self.add("bmp.unused", colons(&[0; 12]));
                }
                self.add(&format!("{name}.ip.addr"), v4);
            }
            IpAddr::V6(v6) => self.add(&format!("{name}.ipv6.addr"), v6),
        }
    }

    pub fn peer(&mut self, peer: &PeerHeader) {
        let flag = |set: bool| u8::from(set);
        self.add("bmp.peer.type", peer.peer_type.0);
        self.add("bmp.peer.flags", format!("0x{:02x}", peer.flags));
        if peer.is_loc_rib() {
            self.add("bmp.peer.flags.loc_rib", flag(peer.filtered()));
            self.add("bmp.peer.flags.loc_rib.res", 0);
        } else {
            self.add("bmp.peer.flags.ipv6", flag(peer.address.is_ipv6()));
            self.add("bmp.peer.flags.post_policy", flag(peer.post_policy()));
            self.add("bmp.peer.flags.as_path", flag(peer.two_octet_as_path()));
            self.add("bmp.peer.flags.adj_rib_out", flag(peer.adj_rib_out()));
            self.add("bmp.peer.flags.reserved", 0);
        }
        self.add("bmp.peer.distinguisher", colons(&peer.distinguisher.to_be_bytes()));
        self.address("bmp.peer", peer.address, true);
        self.add("bmp.peer.asn", peer.asn);
        self.add("bmp.peer.id", peer.bgp_id);
        self.add("bmp.peer.timestamp.sec", peer.timestamp.seconds);
        self.add("bmp.peer.timestamp.msec", peer.timestamp.microseconds);
    }

    pub fn statistics(&mut self, report: &StatisticsReport) {
        self.add("bmp.stats.count", report.statistics.len());
        for statistic in &report.statistics {
            let (octets, value, family) = match &statistic.value {
                StatisticValue::Counter32 { value } => {
                    (value.to_be_bytes().to_vec(), u64::from(*value), None)
                }
                StatisticValue::Gauge64 { value } => (value.to_be_bytes().to_vec(), *value, None),
                StatisticValue::Family { family, value } => {
                    let mut octets = Vec::new();
                    family.encode(&mut octets);
                    octets.extend(value.to_be_bytes());
                    (octets, *value, Some(family))
                }
                StatisticValue::Raw { raw } => (raw.to_vec(), 0, None),
            };
            self.add("bmp.stats.type", statistic.statistic_type);
            self.add("bmp.stats.length", octets.len());
            self.add("bmp.stats.data", colons(&octets));
            let name = match statistic.statistic_type {
                0 => "prefix_rej",
                1 => "prefix_dup",
                2 => "withdraw_dup",
                3 => "cluster_loop",
                4 => "as_loop",
                5 => "inv_originator",
                6 => "as_confed_loop",
                7 => "routes_adj_rib_in",
                8 => "routes_loc_rib",
                9 => "routes_per_adj_rib_in",
                10 => "routes_per_loc_rib",
                11 => "update_treat",
                12 => "prefix_treat",
                13 => "duplicate_update",
                14 => "routes_pre_adj_rib_out",
                15 => "routes_post_adj_rib_out",
                16 => "routes_pre_per_adj_rib_out",
                17 => "routes_post_per_adj_rib_out",
                _ => continue,
            };
            self.add(&format!("bmp.stats.data.{name}"), value);
            if let Some(family) = family {
                self.add(&format!("bmp.stats.data.{name}.afi"), family.afi);
                self.add(&format!("bmp.stats.data.{name}.safi"), family.safi);
            }
        }
    }

    pub fn header(&mut self, message_type: u8, length: usize) {
        self.add("bgp.marker", colons(&[0xff; 16]));
        self.add("bgp.length", length);
        self.add("bgp.type", message_type);
    }

    pub fn notification(&mut self, notification: &Notification) {
        self.header(3, 21 + notification.data.len());
        self.add("bgp.notify.major_error", notification.code);
        self.add("bgp.notify.minor_error_cease", notification.subcode);
    }
}

pub fn colons(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect::<Vec<_>>().join(":")
}
