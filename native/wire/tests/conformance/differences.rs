//! Where others say something else, and who is right. One that does not occur any more, or not as often, fails the test.

/// A field that another decoder reads in another way.
#[derive(Debug)]
pub struct Difference {
    pub decoder: &'static str,
    /// The way to the field.
    pub field: &'static str,
    /// How often it occurs in the streams.
    pub times: usize,
    /// The clause that decides, and for whom.
    pub reason: &'static str,
}

/// tshark 4.0, all of whose fields of 9209 messages are compared. NetGauze, with 1817 messages, differs nowhere.
pub const DIFFERENCES: &[Difference] = &[
    tshark("Loc-RIB with F flag: bmp.peer.ip.addr", 53, "RFC 9069, section 4.2: the first flag of peer type 3 is F, not V; the address is zero-filled."),
    tshark("Loc-RIB with F flag: bmp.peer.ipv6.addr", 53, "RFC 9069, section 4.2: as above."),
    tshark("Loc-RIB with F flag: bmp.unused", 53, "RFC 9069, section 4.2: as above."),
    tshark("Loc-RIB with F flag: bmp.peer.up.ip.addr", 13, "RFC 9069, section 4.2, and RFC 7854, section 4.10: no V flag, so the local address is no IPv6 one."),
    tshark("Loc-RIB with F flag: bmp.peer.up.ipv6.addr", 13, "RFC 9069, section 4.2, and RFC 7854, section 4.10: as above."),
    tshark("bmp.peer.down.data", 1, "RFC 9069, section 5.3: TLVs follow reason 6; tshark 4.0 leaves them out."),
    tshark("labels and IPv6: bgp.label_stack", 629, "RFC 4659, section 3, and RFC 8277, section 2: tshark 4.0 prints its own format string and no fields."),
    tshark("labels and IPv6: bgp.mp_reach_nlri_ipv6_prefix", 831, "RFC 4659, section 3, and RFC 8277, section 2: as above."),
    tshark("labels and IPv6: bgp.mp_unreach_nlri_ipv6_prefix", 3, "RFC 4659, section 3, and RFC 8277, section 2: as above."),
    tshark("labels and IPv6: bgp.prefix_length", 834, "RFC 4659, section 3, and RFC 8277, section 2: as above."),
    tshark("labels and IPv6: bgp.rd", 834, "RFC 4659, section 3: as above."),
    tshark("message type 100", 254, "RFC 7854, section 4.1, assigns no type 100 (Huawei's own, which tshark knows): kept as octets."),
    tshark("peer_up with TLVs: bgp.length", 2, "RFC 7854, section 4.10, and RFC 9736: TLVs follow the OPENs of a Peer Up; tshark 4.0 takes them for a BGP message."),
    tshark("peer_up with TLVs: bgp.marker", 2, "RFC 7854, section 4.10, and RFC 9736: as above."),
    tshark("version 4 peer_down", 4, "draft-ietf-grow-bmp-tlv: tshark 4.0 does not know version 4."),
    tshark("version 4 route_monitoring", 9, "draft-ietf-grow-bmp-tlv: as above."),
];

const fn tshark(field: &'static str, times: usize, reason: &'static str) -> Difference {
    Difference { decoder: "tshark", field, times, reason }
}

/// Sorts what was found into the table.
#[derive(Debug, Default)]
pub struct Found {
    fields: std::collections::BTreeMap<String, (usize, String)>,
}

impl Found {
    /// A field that differs, and an example.
    pub fn push(&mut self, field: &str, example: impl FnOnce() -> String) {
        let (times, _) = self.fields.entry(field.into()).or_insert_with(|| (0, example()));
        *times += 1;
    }

    /// All of it is in the table, and all of the table is here.
    ///
    /// # Panics
    /// Otherwise.
    pub fn compare(self, decoder: &str) {
        let listed = DIFFERENCES.iter().filter(|difference| difference.decoder == decoder);
        let listed: std::collections::BTreeMap<&str, usize> =
            listed.map(|difference| (difference.field, difference.times)).collect();
        let mut wrong = Vec::new();
        for (field, (times, example)) in &self.fields {
            if listed.get(field.as_str()) != Some(times) {
                wrong.push(format!("{field}: {times} times, e.g. {example}"));
            }
        }
        for (field, times) in &listed {
            if !self.fields.contains_key(*field) {
                wrong.push(format!("{field}: listed {times} times, and does not occur"));
            }
        }
        assert!(wrong.is_empty(), "{decoder} differs where it is not listed:\n{}", wrong.join("\n"));
        for Difference { field, reason, .. } in DIFFERENCES.iter().filter(|listed| listed.decoder == decoder)
        {
            println!("{decoder} differs: {field}: {reason}");
        }
    }
}
