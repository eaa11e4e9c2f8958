//! UPDATE: its attributes and routes.

use std::net::IpAddr;

use serde_json::Value;
use wire::bgp::attribute::ExtendedCommunity;
use wire::bgp::nlri::evpn::Evpn;
use wire::bgp::nlri::label::Label;
use wire::bgp::{AddressFamily, Attribute, AttributeValue, NextHop, Nlri, NlriValue, Update};

use super::fields::{colons, Fields};

impl Fields {
    pub fn update(&mut self, update: &Update) {
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

    pub fn path_attribute(&mut self, attribute: &Attribute, update: &Update) {
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

    pub fn next_hop(&mut self, next_hop: &NextHop) {
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

    pub fn routes_of(&mut self, attribute: &str, family: AddressFamily, nlri: &[Nlri]) {
        let v = if family.afi == 2 { 6 } else { 4 };
        self.routes(&format!("bgp.{attribute}_ipv{v}_prefix"), nlri);
    }

    pub fn routes(&mut self, field: &str, nlri: &[Nlri]) {
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

    pub fn labels(&mut self, labels: &[Label]) {
        let texts = labels.iter().map(|label| match label.0 {
            // RFC 8277, section 2.4
            0 | 0x80_0000 => "0 (withdrawn)".to_string(),
            _ if label.bottom() => format!("{label} (bottom)"),
            _ => label.to_string(),
        });
        self.add("bgp.label_stack", texts.collect::<Vec<_>>().join(","));
    }

    pub fn extended_community(&mut self, community: &ExtendedCommunity) {
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
    pub fn prefix_sid(&mut self, tlvs: &Value) {
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
