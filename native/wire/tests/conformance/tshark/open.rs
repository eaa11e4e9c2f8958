//! OPEN and its capabilities.

use wire::bgp::open::OptionalParameter;
use wire::bgp::{AddressFamily, Capability, Open};

use super::fields::{colons, Fields};

impl Fields {
    pub fn open(&mut self, open: &Open) {
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

    pub fn families<'a>(&mut self, name: &str, families: impl Iterator<Item = &'a AddressFamily>) {
        for family in families {
            self.add(&format!("bgp.cap.{name}.afi"), family.afi);
            self.add(&format!("bgp.cap.{name}.safi"), family.safi);
        }
    }

    pub fn capability(&mut self, capability: &Capability, octets: &[u8]) {
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
}
