//! tshark's decode of every message of every stream: each field that it has, with each value. Ours is written under its
//! field names; for each field of a message the values must be the same.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::Value;
use wire::bgp::attribute::ExtendedCommunity;
use wire::bgp::nlri::evpn::Evpn;
use wire::bgp::nlri::label::Label;
use wire::bgp::open::OptionalParameter;
use wire::bgp::{
    AddressFamily, Attribute, AttributeValue, Capability, NextHop, Nlri, NlriValue, Notification, Open,
    Update,
};
use wire::bmp::{Body, Message, PeerHeader, StatisticValue, StatisticsReport};

use crate::differences::Found;

/// What is no field of the message.
const NO_FIELDS: [&str; 11] = [
    "msg",
    // What it thinks of the message.
    "_ws.expert.message",
    "_ws.expert.severity",
    "_ws.expert.group",
    "_ws.malformed",
    "bgp.length.invalid",
    "bgp.marker_invalid",
    // A sum of others.
    "bgp.large_communities",
    "bgp.cap.gr.helper_mode_only",
    // Octets that it has no reading of.
    "bgp.continuation",
    "bgp.update.path_attributes.unknown",
];

#[test]
fn every_message_is_as_tshark_reads_it() {
    let folder = needs::captures();
    let (mut compared, mut fields) = (0, 0);
    let mut found = Found::default();
    for name in crate::streams(&folder.join("streams/tshark")) {
        let lines = crate::lines(&folder.join(format!("streams/tshark/{name}.json.gz")));
        let messages = crate::messages(&folder, &name);
        assert_eq!(messages.len(), lines.len(), "{name}");
        for (number, (message, line)) in messages.iter().zip(&lines).enumerate() {
            compared += 1;
            let mut theirs = Fields::default();
            theirs.take("", line);
            let mut ours = Fields::of(message);
            for (field, mut theirs) in theirs.0 {
                if NO_FIELDS.contains(&field.as_str()) {
                    continue;
                }
                theirs.sort();
                let mut ours = ours.0.remove(&field).unwrap_or_default();
                ours.sort();
                if ours == theirs {
                    fields += theirs.len();
                } else {
                    found.push(&label(message, &field), || {
                        format!("{name} {number}: {ours:?} and not {theirs:?}")
                    });
                }
            }
            for (field, ours) in ours.0 {
                found.push(&label(message, &field), || format!("{name} {number}: {ours:?} and not there"));
            }
        }
    }
    println!("{compared} messages and {fields} fields are as tshark reads them");
    assert_eq!(compared, 9209);
    found.compare("tshark");
}

/// A difference's name: the field, and what kind of message it is where that is why.
fn label(message: &Message, field: &str) -> String {
    match (&message.body, message.version) {
        (Body::RouteMonitoring(_) | Body::PeerDown(_), 4) => {
            format!("version 4 {}", message.body.type_name())
        }
        (Body::Unknown(unknown), _) => format!("message type {}", unknown.message_type),
        (body, _) if body.peer().is_some_and(PeerHeader::filtered) && is_address(field) => {
            format!("Loc-RIB with F flag: {field}")
        }
        (Body::PeerUp(up), _) if !up.tlvs.is_empty() => format!("peer_up with TLVs: {field}"),
        (Body::RouteMonitoring(route), _) if with_labels_v6(&route.update) => {
            format!("labels and IPv6: {field}")
        }
        _ => field.into(),
    }
}

fn is_address(field: &str) -> bool {
    field == "bmp.unused" || field.ends_with("ip.addr") || field.ends_with("ipv6.addr")
}

fn with_labels_v6(update: &Update) -> bool {
    update.groups().any(|group| matches!((group.family.afi, group.family.safi), (2, 4 | 128)))
}

/// Values by field.
#[derive(Default)]
struct Fields(BTreeMap<String, Vec<String>>);

impl Fields {
    fn take(&mut self, field: &str, value: &Value) {
        match value {
            Value::Object(fields) => fields.iter().for_each(|(field, value)| self.take(field, value)),
            Value::Array(values) => values.iter().for_each(|value| self.take(field, value)),
            Value::Null => {}
            Value::String(text) => self.add(field, text),
            value => self.add(field, value),
        }
    }

    fn add(&mut self, field: &str, value: impl ToString) {
        self.0.entry(field.into()).or_default().push(value.to_string());
    }

    /// A field of an attribute.
    fn attribute(&mut self, field: &str, value: impl ToString) {
        self.add(&format!("bgp.update.path_attribute.{field}"), value);
    }

    fn of(message: &Message) -> Self {
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

    fn address(&mut self, name: &str, address: IpAddr, unused: bool) {
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

    fn peer(&mut self, peer: &PeerHeader) {
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

    fn statistics(&mut self, report: &StatisticsReport) {
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

    fn header(&mut self, message_type: u8, length: usize) {
        self.add("bgp.marker", colons(&[0xff; 16]));
        self.add("bgp.length", length);
        self.add("bgp.type", message_type);
    }

    fn notification(&mut self, notification: &Notification) {
        self.header(3, 21 + notification.data.len());
        self.add("bgp.notify.major_error", notification.code);
        self.add("bgp.notify.minor_error_cease", notification.subcode);
    }

    fn open(&mut self, open: &Open) {
        let mut octets = Vec::new();
        open.encode(&mut octets);
        self.header(1, octets.len());
        self.add("bgp.open.version", open.version);
        self.add("bgp.open.myas", open.my_as);
        self.add("bgp.open.holdtime", open.hold_time);
        self.add("bgp.open.identifier", open.bgp_id);
        self.add("bgp.open.opt.len", octets.len() - 29);
        for parameter in &open.parameters {
            let OptionalParameter::Capabilities(capabilities) = parameter else { panic!("{parameter:?}") };
            let mut length = 0;
            for capability in capabilities {
                let mut octets = Vec::new();
                capability.encode(&mut octets);
                length += octets.len();
                self.add("bgp.cap.length", octets.len() - 2);
                self.capability(capability, &octets[2..]);
            }
            self.add("bgp.open.opt.param.type", 2);
            self.add("bgp.open.opt.param.len", length);
        }
    }

    fn families<'a>(&mut self, name: &str, families: impl Iterator<Item = &'a AddressFamily>) {
        for family in families {
            self.add(&format!("bgp.cap.{name}.afi"), family.afi);
            self.add(&format!("bgp.cap.{name}.safi"), family.safi);
        }
    }

    fn capability(&mut self, capability: &Capability, octets: &[u8]) {
        self.add("bgp.cap.type", capability.code());
        match capability {
            Capability::Multiprotocol { family } => {
                self.families("mp", std::iter::once(family));
                self.add("bgp.cap.reserved", "00");
            }
            Capability::FourOctetAs { asn } => self.add("bgp.cap.4as", asn),
            Capability::GracefulRestart { flags, restart_time, families } => {
                self.add("bgp.cap.gr.timers", format!("0x{:04x}", u16::from(*flags) << 12 | restart_time));
                self.add("bgp.cap.gr.timers.restart_flag", flags >> 3 & 1);
                self.add("bgp.cap.gr.timers.notification_flag", flags >> 2 & 1);
                self.add("bgp.cap.gr.timers.restart_time", restart_time);
                self.families("gr", families.iter().map(|entry| &entry.family));
                for entry in families {
                    self.add("bgp.cap.gr.flag", format!("0x{:02x}", entry.flags));
                    self.add("bgp.cap.gr.flag.pfs", entry.flags >> 7);
                }
            }
            Capability::ExtendedNextHop { families } => {
                for entry in families {
                    self.add("bgp.cap.enh.afi", entry.afi);
                    self.add("bgp.cap.enh.safi", entry.safi);
                    self.add("bgp.cap.enh.nhafi", entry.next_hop_afi);
                }
            }
            Capability::AddPath { families } => {
                self.families("ap", families.iter().map(|entry| &entry.family));
                families.iter().for_each(|entry| self.add("bgp.cap.ap.sendreceive", entry.mode));
            }
            Capability::Fqdn { host, domain } => {
                self.add("bgp.cap.orf.fqdn.hostname", host);
                self.add("bgp.cap.orf.fqdn.hostname.len", host.0.len());
                self.add("bgp.cap.orf.fqdn.domain_name", domain);
                self.add("bgp.cap.orf.fqdn.domain_name.len", domain.0.len());
            }
            // It has no reading of these.
            Capability::PathsLimit { .. }
            | Capability::LongLivedGracefulRestart { .. }
            | Capability::Unknown { .. }
                if !octets.is_empty() =>
            {
                self.add("bgp.cap.unknown", colons(octets));
            }
            _ => assert!(octets.is_empty(), "{capability:?}"),
        }
    }

    fn update(&mut self, update: &Update) {
        let mut octets = Vec::new();
        update.encode(&mut octets);
        self.header(2, octets.len());
        let length = |nlri: &[Nlri]| {
            let mut out = Vec::new();
            nlri.iter().for_each(|nlri| nlri.encode(&mut out));
            out.len()
        };
        let withdrawn = length(&update.withdrawn);
        self.add("bgp.update.withdrawn_routes.length", withdrawn);
        self.add("bgp.update.path_attributes.length", octets.len() - 23 - withdrawn - length(&update.nlri));
        self.routes("bgp.withdrawn_prefix", &update.withdrawn);
        self.routes("bgp.nlri_prefix", &update.nlri);
        update.attributes.iter().for_each(|attribute| self.path_attribute(attribute, update));
    }

    fn path_attribute(&mut self, attribute: &Attribute, update: &Update) {
        let (flags, mut octets) = (attribute.flags, Vec::new());
        attribute.value.encode(&mut octets);
        self.attribute("flags", format!("0x{flags:02x}"));
        self.attribute("flags.optional", flags >> 7);
        self.attribute("flags.transitive", flags >> 6 & 1);
        self.attribute("flags.partial", flags >> 5 & 1);
        self.attribute("flags.extended_length", flags >> 4 & 1);
        self.attribute("flags.unused", format!("0x{:02x}", flags & 0xf));
        self.attribute("type_code", attribute.code());
        self.attribute("length", octets.len());
        assert!(!update.two_octet_as);
        match &attribute.value {
            AttributeValue::Origin(origin) => self.attribute("origin", *origin as u8),
            AttributeValue::AsPath(path) => {
                for segment in &path.segments {
                    self.attribute("as_path_segment.type", segment.kind as u8);
                    self.attribute("as_path_segment.length", segment.asns.len());
                    segment.asns.iter().for_each(|asn| self.attribute("as_path_segment.as4", asn));
                }
            }
            AttributeValue::NextHop(next_hop) => self.attribute("next_hop", next_hop.0),
            AttributeValue::MultiExitDisc(med) => self.attribute("multi_exit_disc", med.0),
            AttributeValue::LocalPref(preference) => self.attribute("local_pref", preference.0),
            AttributeValue::Aggregator(aggregator) => {
                self.attribute("aggregator_as", aggregator.asn);
                self.attribute("aggregator_origin", aggregator.address);
            }
            AttributeValue::Communities(communities) => {
                for community in &communities.0 {
                    self.attribute("community_as", community.0 >> 16);
                    self.attribute("community_value", community.0 & 0xffff);
                }
            }
            AttributeValue::OriginatorId(id) => self.attribute("originator_id", id.0),
            AttributeValue::ClusterList(list) => {
                list.0.iter().for_each(|id| self.add("bgp.path_attribute.cluster_id", id));
            }
            AttributeValue::MpReach(reach) => {
                self.attribute("mp_reach_nlri.afi", reach.family.afi);
                self.attribute("mp_reach_nlri.safi", reach.family.safi);
                self.attribute("mp_reach_nlri.nbr_snpa", 0);
                self.next_hop(&reach.next_hop);
                self.routes_of("mp_reach_nlri", reach.family, &reach.nlri);
            }
            AttributeValue::MpUnreach(unreach) => {
                self.attribute("mp_unreach_nlri.afi", unreach.family.afi);
                self.attribute("mp_unreach_nlri.safi", unreach.family.safi);
                if unreach.nlri.is_empty() {
                    self.attribute("mp_unreach_nlri", "");
                } else {
                    self.routes_of("mp_unreach_nlri", unreach.family, &unreach.nlri);
                }
            }
            AttributeValue::ExtendedCommunities(communities) => {
                communities.0.iter().for_each(|community| self.extended_community(community));
            }
            AttributeValue::Aigp(aigp) => {
                self.add("bgp.update.attribute.aigp.type", 1);
                self.add("bgp.update.attribute.aigp.length", 11);
                self.add("bgp.update.attribute.aigp.accu_igp_metric", aigp.metric.unwrap());
            }
            AttributeValue::LargeCommunities(communities) => {
                for community in &communities.0 {
                    let text = community.to_string();
                    for (part, value) in ["ga", "ldp1", "ldp2"].iter().zip(text.split(':')) {
                        self.add(&format!("bgp.large_communities.{part}"), value);
                    }
                }
            }
            AttributeValue::PrefixSid(sid) => self.prefix_sid(&serde_json::to_value(sid).unwrap()),
            // It has no reading of the second.
            AttributeValue::AtomicAggregate(_) | AttributeValue::NextHopCapabilities(_) => {}
            value => panic!("{value:?}"),
        }
    }

    fn next_hop(&mut self, next_hop: &NextHop) {
        let mut octets = vec![0];
        next_hop.encode(&mut octets);
        octets[0] = u8::try_from(octets.len() - 1).unwrap();
        self.attribute("mp_reach_nlri.next_hop", colons(&octets));
        if matches!(next_hop, NextHop::VpnIpv4 { .. } | NextHop::VpnIpv6 { .. }) {
            self.attribute("mp_reach_nlri.next_hop.rd", "0:0");
        }
        match next_hop.address() {
            Some(IpAddr::V4(v4)) => self.attribute("mp_reach_nlri.next_hop.ipv4", v4),
            Some(IpAddr::V6(v6)) => self.attribute("mp_reach_nlri.next_hop.ipv6", v6),
            // None, or a distinguisher without an address (from Cisco): its octets have been compared.
            None => {}
        }
        if let Some(address) = next_hop.link_local() {
            self.attribute("mp_reach_nlri.next_hop.ipv6.link_local", address);
        }
    }

    fn routes_of(&mut self, attribute: &str, family: AddressFamily, nlri: &[Nlri]) {
        let v = if family.afi == 2 { 6 } else { 4 };
        self.routes(&format!("bgp.{attribute}_ipv{v}_prefix"), nlri);
    }

    fn routes(&mut self, field: &str, nlri: &[Nlri]) {
        for nlri in nlri {
            let mut octets = Vec::new();
            nlri.value.encode(&mut octets);
            match &nlri.value {
                NlriValue::Prefix(_) => {}
                NlriValue::Labeled(route) => self.labels(&route.labels),
                NlriValue::Vpn(route) => {
                    self.labels(&route.labels);
                    self.add("bgp.rd", route.rd);
                }
                NlriValue::Evpn(route) => {
                    let Evpn::EthernetAutoDiscovery { rd, esi, ethernet_tag, label } = **route else {
                        panic!("{route}")
                    };
                    self.add("bgp.evpn.nlri.rt", 1);
                    self.add("bgp.evpn.nlri.len", 25);
                    self.add("bgp.evpn.nlri.rd", colons(&rd.0.to_be_bytes()));
                    self.add("bgp.evpn.nlri.esi", esi);
                    self.add("bgp.evpn.nlri.esi.type", esi.0[0]);
                    self.add("bgp.evpn.nlri.esi.value", colons(&esi.0[1..]));
                    self.add("bgp.evpn.nlri.esi.type0", colons(&esi.0[1..]));
                    self.add("bgp.evpn.nlri.etag", ethernet_tag);
                    self.add("bgp.evpn.nlri.mpls_ls1", label.0 >> 4);
                    continue;
                }
                value => panic!("{value}"),
            }
            self.add("bgp.prefix_length", octets[0]);
            match nlri.value.prefix().unwrap().network() {
                IpAddr::V4(v4) => self.add(field, v4),
                IpAddr::V6(v6) => self.add(field, v6),
            }
        }
    }

    fn labels(&mut self, labels: &[Label]) {
        let texts = labels.iter().map(|label| match label.0 {
            // RFC 8277, section 2.4
            0 | 0x80_0000 => "0 (withdrawn)".to_string(),
            _ if label.bottom() => format!("{label} (bottom)"),
            _ => label.to_string(),
        });
        self.add("bgp.label_stack", texts.collect::<Vec<_>>().join(","));
    }

    fn extended_community(&mut self, community: &ExtendedCommunity) {
        let [kind, subtype, a, b, c, d, e, f] = community.0;
        self.add("bgp.ext_com.type", format!("0x{kind:02x}"));
        self.add("bgp.ext_com.type.auth", kind >> 7);
        self.add("bgp.ext_com.type.tran", kind >> 6 & 1);
        match kind {
            0 => {
                self.add("bgp.ext_com.stype_tr_as2", format!("0x{subtype:02x}"));
                self.add("bgp.ext_com.value_as2", u16::from_be_bytes([a, b]));
                self.add("bgp.ext_com.value_an4", u32::from_be_bytes([c, d, e, f]));
            }
            3 => {
                self.add("bgp.ext_com.stype_tr_opaque", format!("0x{subtype:02x}"));
                self.add(
                    "bgp.ext_com.value_raw",
                    format!("0x{:016x}", u64::from_be_bytes([0, 0, a, b, c, d, e, f])),
                );
            }
            6 => {
                self.add("bgp.ext_com.stype_tr_evpn", format!("0x{subtype:02x}"));
                let flags = u16::from_be_bytes([a, b]);
                self.add("bgp.ext_com_evpn.l2attr.flags", format!("0x{flags:04x}"));
                self.add("bgp.ext_com_evpn.l2attr.flag_reserved", format!("0x{:04x}", flags >> 5));
                for (bit, name) in ["b", "p", "c", "f", "ci"].iter().enumerate() {
                    self.add(&format!("bgp.ext_com_evpn.l2attr.flag_{name}"), flags >> bit & 1);
                }
                self.add("bgp.ext_com_evpn.l2attr.l2_mtu", u16::from_be_bytes([c, d]));
                self.add("bgp.ext_com_evpn.l2attr.reserved", colons(&[e, f]));
            }
            _ => panic!("{community}"),
        }
    }

    /// From its JSON.
    fn prefix_sid(&mut self, tlvs: &Value) {
        for tlv in tlvs.as_array().unwrap() {
            let (number, value) = (&tlv["type"], &tlv["value"]);
            self.add("bgp.prefix_sid.type", number);
            if number == 1 {
                self.add("bgp.prefix_sid.length", 7);
                self.add("bgp.prefix_sid.reserved", format!("{:02x}", value["reserved"].as_u64().unwrap()));
                self.add(
                    "bgp.prefix_sid.label_index.flags",
                    format!("0x{:04x}", value["flags"].as_u64().unwrap()),
                );
                self.add("bgp.prefix_sid.label_index.value", &value["index"]);
                continue;
            }
            let name = format!("bgp.prefix_sid.srv6_l{}vpn", if number == 5 { 3 } else { 2 });
            self.add("bgp.prefix_sid.length", 34);
            let [sid] = value["sub_tlvs"].as_array().unwrap().as_slice() else { panic!("{tlv}") };
            let [structure] = sid["value"]["sub_sub_tlvs"].as_array().unwrap().as_slice() else {
                panic!("{sid}")
            };
            let hex = |value: &Value| format!("{:02x}", value.as_u64().unwrap());
            self.add("bgp.prefix_sid.reserved", hex(&value["reserved"]));
            self.add(&format!("{name}.sub_tlv.type"), &sid["type"]);
            self.add(&format!("{name}.sub_tlv.length"), 30);
            let sid = &sid["value"];
            self.add(&format!("{name}.sub_tlv.reserved"), hex(&sid["reserved_1"]));
            self.add(&format!("{name}.sid_value"), sid["sid"].as_str().unwrap());
            self.add(&format!("{name}.sid_flags"), format!("0x{}", hex(&sid["flags"])));
            let behavior = sid["endpoint_behavior"].as_u64().unwrap();
            self.add(&format!("{name}.srv6_endpoint_behavior"), format!("0x{behavior:04x}"));
            self.add(&format!("{name}.reserved"), hex(&sid["reserved_2"]));
            self.add(&format!("{name}.sub_sub_tlv.type"), &structure["type"]);
            self.add(&format!("{name}.sub_sub_tlv.length"), 6);
            for (theirs, ours) in [
                ("locator_block_len", "locator_block_length"),
                ("locator_node_len", "locator_node_length"),
                ("func_len", "function_length"),
                ("arg_len", "argument_length"),
                ("trans_len", "transposition_length"),
                ("trans_offset", "transposition_offset"),
            ] {
                self.add(&format!("{name}.sid.{theirs}"), &structure["value"][ours]);
            }
        }
    }
}

fn colons(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect::<Vec<_>>().join(":")
}
