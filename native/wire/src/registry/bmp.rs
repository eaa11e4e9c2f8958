//! BMP's own code points: IANA "BGP Monitoring Protocol (BMP) Parameters", a table a list of theirs, one line a code point:
//! number, constant, and the name in JSON and terms. Where a third text stands, events and pages say that to a reader.

code_points! {
    /// Message types (RFC 7854, section 4.1).
    message: u8;
    0 ROUTE_MONITORING "route_monitoring";
    1 STATISTICS_REPORT "statistics_report";
    2 PEER_DOWN "peer_down";
    3 PEER_UP "peer_up";
    4 INITIATION "initiation";
    5 TERMINATION "termination";
    6 ROUTE_MIRRORING "route_mirroring";
}

/// The TCP port.
pub const PORT: u16 = 11019;

/// Message types from here on are not IANA's to assign: vendors have their own among them (RFC 7854, section 10.1).
pub const FIRST_OF_VENDORS: u8 = 100;

/// Peer flags, which are bits (RFC 7854, section 4.2; RFC 8671, section 4; of a Loc-RIB RFC 9069, section 4.2).
pub mod peer_flag {
    /// The peer address is one of IPv6.
    pub const V: u8 = 0x80;
    /// Past the policy.
    pub const L: u8 = 0x40;
    /// AS numbers in AS_PATH have two octets.
    pub const A: u8 = 0x20;
    /// Adj-RIB-Out.
    pub const O: u8 = 0x10;
    /// Of a Loc-RIB: filtered.
    pub const F: u8 = 0x80;
}

code_points! {
    /// Peer types (RFC 7854, section 4.2; RFC 9069, section 4.1).
    peer_type: u8;
    0 GLOBAL "global" "Global instance";
    1 RD "rd" "RD instance";
    2 LOCAL "local" "Local instance";
    3 LOC_RIB "loc_rib" "Loc-RIB instance";
}

code_points! {
    /// TLVs of Initiation (RFC 7854, section 4.3).
    initiation_tlv: u16;
    0 STRING "string";
    1 SYS_DESCR "sys_descr";
    2 SYS_NAME "sys_name";
}

code_points! {
    /// TLVs of Peer Up, and of the Peer Down that goes with it (RFC 9736; RFC 9069, section 5).
    peer_up_tlv: u16;
    0 STRING "string";
    3 TABLE_NAME "table_name";
    4 ADMIN_LABEL "admin_label";
}

code_points! {
    /// Reasons of Peer Down (RFC 7854, section 4.9; RFC 9069, section 5.3).
    peer_down_reason: u8;
    1 LOCAL_NOTIFICATION "local_notification" "local system closed, NOTIFICATION sent";
    2 LOCAL_FSM_EVENT "local_fsm_event" "local system closed, FSM event";
    3 REMOTE_NOTIFICATION "remote_notification" "remote system closed, NOTIFICATION received";
    4 REMOTE_NO_NOTIFICATION "remote_no_notification" "remote system closed without NOTIFICATION";
    5 DECONFIGURED "deconfigured" "no longer monitored";
    6 LOCAL_SYSTEM_CLOSED "local_system_closed" "local system closed, TLVs follow";
}

code_points! {
    /// TLVs of Termination (RFC 7854, section 4.5).
    termination_tlv: u16;
    0 STRING "string";
    1 REASON "reason";
}

code_points! {
    /// Reasons of Termination (RFC 7854, section 4.5).
    termination_reason: u16;
    0 ADMINISTRATIVELY_CLOSED "administratively_closed" "administratively closed";
    1 UNSPECIFIED "unspecified" "unspecified reason";
    2 OUT_OF_RESOURCES "out_of_resources" "out of resources";
    3 REDUNDANT_CONNECTION "redundant_connection" "redundant connection";
    4 PERMANENTLY_ADMINISTRATIVELY_CLOSED "permanently_administratively_closed" "permanently administratively closed";
}

code_points! {
    /// TLVs of Route Mirroring (RFC 7854, section 4.7).
    mirroring_tlv: u16;
    0 BGP_MESSAGE "bgp_message";
    1 INFORMATION "information";
}

code_points! {
    /// What the information of Route Mirroring says (RFC 7854, section 4.7).
    mirroring_information: u16;
    0 ERRORED_PDU "errored_pdu";
    1 MESSAGES_LOST "messages_lost";
}

code_points! {
    /// Why a path is not the best (draft-ietf-grow-bmp-path-marking-tlv-05).
    path_reason: u16;
    1 AS_LOOP "as_loop";
    2 UNRESOLVABLE_NEXT_HOP "unresolvable_next_hop";
    3 LOCAL_PREFERENCE "local_preference";
    4 AS_PATH_LENGTH "as_path_length";
    5 ORIGIN "origin";
    6 MED "med";
    7 PEER_TYPE "peer_type";
    8 IGP_COST "igp_cost";
    9 ROUTER_ID "router_id";
    10 PEER_ADDRESS "peer_address";
    11 AIGP "aigp";
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number that is not in a table has no name, and words only where there are some.
    #[test]
    fn every_list_names_what_it_has() {
        for (number, name) in message::ALL {
            let body = crate::bmp::Body::Unknown(crate::bmp::Unknown {
                message_type: *number,
                data: crate::raw::Raw::default(),
            });
            assert_eq!(message::name(body.message_type()), Some(*name));
        }
        assert_eq!(message::name(7), None);
        assert_eq!(termination_reason::words(2), Some("out of resources"));
        assert_eq!(peer_down_reason::words(7), None);
    }
}
