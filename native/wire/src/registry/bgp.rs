//! BGP's message types, NOTIFICATION codes and events: IANA "BGP Parameters", one line a code point: number, constant, name.

code_points! {
    /// Message types (RFC 4271, section 4.1; RFC 2918).
    message: u8;
    1 OPEN "OPEN";
    2 UPDATE "UPDATE";
    3 NOTIFICATION "NOTIFICATION";
    4 KEEPALIVE "KEEPALIVE";
    5 ROUTE_REFRESH "ROUTE-REFRESH";
}

/// Stands for an AS number of four octets where there are two (RFC 6793, section 9).
pub const AS_TRANS: u16 = 23_456;

/// The version of BGP (RFC 4271, section 4.2).
pub const VERSION: u8 = 4;

code_points! {
    /// Optional parameters of an OPEN (RFC 5492, section 4), and what as the first one says that lengths have two octets (RFC 9072).
    optional_parameter: u8;
    2 CAPABILITIES "capabilities";
    255 EXTENDED_LENGTH "extended_length";
}

code_points! {
    /// What the ADD-PATH capability says of a family (RFC 7911, section 4); the two are bits.
    add_path_mode: u8;
    1 RECEIVE "receive";
    2 SEND "send";
    3 BOTH "both";
}

code_points! {
    /// Roles (RFC 9234, section 4.1).
    role: u8;
    0 PROVIDER "provider";
    1 RS "rs";
    2 RS_CLIENT "rs-client";
    3 CUSTOMER "customer";
    4 PEER "peer";
}

code_points! {
    /// Origins of a route (RFC 4271, section 5.1.1).
    origin: u8;
    0 IGP "igp";
    1 EGP "egp";
    2 INCOMPLETE "incomplete";
}

code_points! {
    /// Path segments (RFC 4271, section 4.3; RFC 5065, section 3).
    as_path_segment: u8;
    1 AS_SET "as_set";
    2 AS_SEQUENCE "as_sequence";
    3 AS_CONFED_SEQUENCE "as_confed_sequence";
    4 AS_CONFED_SET "as_confed_set";
}

code_points! {
    /// Types of an outbound route filter that have a reading (RFC 5292).
    route_filter: u8;
    64 ADDRESS_PREFIX "address_prefix";
}

code_points! {
    /// What is done with a filter (RFC 5291, section 4).
    filter_action: u8;
    0 ADD "add";
    1 REMOVE "remove";
    2 REMOVE_ALL "remove_all";
}

code_points! {
    /// Subtypes of ROUTE-REFRESH (RFC 7313).
    refresh_subtype: u8;
    0 REQUEST "request";
    1 BEGIN "begin";
    2 END "end";
}

code_points! {
    /// Events of the state machine (RFC 4271, section 8.1).
    fsm_event: u16;
    1 MANUAL_START "ManualStart";
    2 MANUAL_STOP "ManualStop";
    3 AUTOMATIC_START "AutomaticStart";
    4 MANUAL_START_PASSIVE "ManualStart_with_PassiveTcpEstablishment";
    5 AUTOMATIC_START_PASSIVE "AutomaticStart_with_PassiveTcpEstablishment";
    6 AUTOMATIC_START_DAMPED "AutomaticStart_with_DampPeerOscillations";
    7 AUTOMATIC_START_DAMPED_PASSIVE "AutomaticStart_with_DampPeerOscillations_and_PassiveTcpEstablishment";
    8 AUTOMATIC_STOP "AutomaticStop";
    9 CONNECT_RETRY_TIMER_EXPIRES "ConnectRetryTimer_Expires";
    10 HOLD_TIMER_EXPIRES "HoldTimer_Expires";
    11 KEEPALIVE_TIMER_EXPIRES "KeepaliveTimer_Expires";
    12 DELAY_OPEN_TIMER_EXPIRES "DelayOpenTimer_Expires";
    13 IDLE_HOLD_TIMER_EXPIRES "IdleHoldTimer_Expires";
    14 TCP_CONNECTION_VALID "TcpConnection_Valid";
    15 TCP_CR_INVALID "Tcp_CR_Invalid";
    16 TCP_CR_ACKED "Tcp_CR_Acked";
    17 TCP_CONNECTION_CONFIRMED "TcpConnectionConfirmed";
    18 TCP_CONNECTION_FAILS "TcpConnectionFails";
    19 BGP_OPEN "BGPOpen";
    20 BGP_OPEN_DELAYED "BGPOpen with DelayOpenTimer running";
    21 BGP_HEADER_ERR "BGPHeaderErr";
    22 BGP_OPEN_MSG_ERR "BGPOpenMsgErr";
    23 OPEN_COLLISION_DUMP "OpenCollisionDump";
    24 NOTIF_MSG_VER_ERR "NotifMsgVerErr";
    25 NOTIF_MSG "NotifMsg";
    26 KEEPALIVE_MSG "KeepAliveMsg";
    27 UPDATE_MSG "UpdateMsg";
    28 UPDATE_MSG_ERR "UpdateMsgErr";
}

/// A code with a module for its subcodes.
macro_rules! notifications {
    ($($code:literal $constant:ident $name:literal, $module:ident: { $($subcode:literal $sub:ident $sub_name:literal;)* })*) => {
        /// Codes of NOTIFICATION (RFC 4271, section 4.5), and what names they have.
        pub mod notification {
            $(pub const $constant: u8 = $code;)*

            pub const fn name(code: u8) -> Option<&'static str> {
                match code {
                    $($code => Some($name),)*
                    _ => None,
                }
            }

            pub const fn subcode_name(code: u8, subcode: u8) -> Option<&'static str> {
                match (code, subcode) {
                    $($(($code, $subcode) => Some($sub_name),)*)*
                    _ => None,
                }
            }

            $(
                #[doc = concat!("Subcodes of ", $name, ".")]
                pub mod $module {
                    $(pub const $sub: u8 = $subcode;)*
                }
            )*
        }
    };
}

notifications! {
    1 MESSAGE_HEADER_ERROR "Message Header Error", message_header: {
        1 CONNECTION_NOT_SYNCHRONIZED "Connection Not Synchronized";
        2 BAD_MESSAGE_LENGTH "Bad Message Length";
        3 BAD_MESSAGE_TYPE "Bad Message Type";
    }
    2 OPEN_MESSAGE_ERROR "OPEN Message Error", open_message: {
        1 UNSUPPORTED_VERSION_NUMBER "Unsupported Version Number";
        2 BAD_PEER_AS "Bad Peer AS";
        3 BAD_BGP_IDENTIFIER "Bad BGP Identifier";
        4 UNSUPPORTED_OPTIONAL_PARAMETER "Unsupported Optional Parameter";
        6 UNACCEPTABLE_HOLD_TIME "Unacceptable Hold Time";
        7 UNSUPPORTED_CAPABILITY "Unsupported Capability";
        11 ROLE_MISMATCH "Role Mismatch";
    }
    3 UPDATE_MESSAGE_ERROR "UPDATE Message Error", update_message: {
        1 MALFORMED_ATTRIBUTE_LIST "Malformed Attribute List";
        2 UNRECOGNIZED_WELL_KNOWN_ATTRIBUTE "Unrecognized Well-known Attribute";
        3 MISSING_WELL_KNOWN_ATTRIBUTE "Missing Well-known Attribute";
        4 ATTRIBUTE_FLAGS_ERROR "Attribute Flags Error";
        5 ATTRIBUTE_LENGTH_ERROR "Attribute Length Error";
        6 INVALID_ORIGIN_ATTRIBUTE "Invalid ORIGIN Attribute";
        8 INVALID_NEXT_HOP_ATTRIBUTE "Invalid NEXT_HOP Attribute";
        9 OPTIONAL_ATTRIBUTE_ERROR "Optional Attribute Error";
        10 INVALID_NETWORK_FIELD "Invalid Network Field";
        11 MALFORMED_AS_PATH "Malformed AS_PATH";
    }
    4 HOLD_TIMER_EXPIRED "Hold Timer Expired", hold_timer: {}
    5 FINITE_STATE_MACHINE_ERROR "Finite State Machine Error", finite_state_machine: {
        0 UNSPECIFIED_ERROR "Unspecified Error";
        1 UNEXPECTED_MESSAGE_IN_OPEN_SENT "Receive Unexpected Message in OpenSent State";
        2 UNEXPECTED_MESSAGE_IN_OPEN_CONFIRM "Receive Unexpected Message in OpenConfirm State";
        3 UNEXPECTED_MESSAGE_IN_ESTABLISHED "Receive Unexpected Message in Established State";
    }
    6 CEASE "Cease", cease: {
        1 MAXIMUM_NUMBER_OF_PREFIXES_REACHED "Maximum Number of Prefixes Reached";
        2 ADMINISTRATIVE_SHUTDOWN "Administrative Shutdown";
        3 PEER_DECONFIGURED "Peer De-configured";
        4 ADMINISTRATIVE_RESET "Administrative Reset";
        5 CONNECTION_REJECTED "Connection Rejected";
        6 OTHER_CONFIGURATION_CHANGE "Other Configuration Change";
        7 CONNECTION_COLLISION_RESOLUTION "Connection Collision Resolution";
        8 OUT_OF_RESOURCES "Out of Resources";
        9 HARD_RESET "Hard Reset";
        10 BFD_DOWN "BFD Down";
    }
    7 ROUTE_REFRESH_MESSAGE_ERROR "ROUTE-REFRESH Message Error", route_refresh_message: {
        1 INVALID_MESSAGE_LENGTH "Invalid Message Length";
    }
    8 SEND_HOLD_TIMER_EXPIRED "Send Hold Timer Expired", send_hold_timer: {}
    9 LOSS_OF_LSDB_SYNCHRONIZATION "Loss of LSDB Synchronization", lsdb: {}
}
