//! The objects of the schema, as they are written. Names are the schema's.

use std::net::IpAddr;

use serde::Serialize;

use crate::attributes::PathAttributes;
use crate::deltas::Position;
use crate::view::RibView;

/// Version of the schema.
pub const VERSION: &str = "1.7.0";

const CATEGORY: u32 = 4;
const CLASS: u32 = 4001;

#[derive(Serialize)]
pub(super) struct Event<'a> {
    pub(super) category_uid: u32,
    pub(super) category_name: &'static str,
    pub(super) class_uid: u32,
    pub(super) class_name: &'static str,
    pub(super) activity_id: u32,
    pub(super) activity_name: &'static str,
    pub(super) type_uid: u32,
    pub(super) type_name: &'static str,
    pub(super) severity_id: u32,
    pub(super) severity: &'static str,
    /// Milliseconds: the router's clock where it gave one, else when its message was received.
    pub(super) time: i64,
    pub(super) message: String,
    /// Of an event that is about several routes: how many, and when the first and the last were told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) count: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) start_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status_detail: Option<&'a str>,
    pub(super) metadata: Metadata,
    /// The router that told it.
    pub(super) device: Device,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) src_endpoint: Option<Endpoint<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dst_endpoint: Option<Endpoint<'a>>,
    pub(super) is_src_dst_assignment_known: bool,
    pub(super) connection_info: ConnectionInfo,
    pub(super) observables: Vec<Observable>,
    pub(super) unmapped: Unmapped<'a>,
}

impl Event<'_> {
    /// What every event of the class has; the rest is for its caller to say.
    pub(super) fn new(activity: Activity, severity: Severity, metadata: Metadata, device: Device) -> Self {
        Event {
            category_uid: CATEGORY,
            category_name: "Network Activity",
            class_uid: CLASS,
            class_name: "Network Activity",
            activity_id: activity.id,
            activity_name: activity.name,
            type_uid: CLASS * 100 + activity.id,
            type_name: activity.type_name,
            severity_id: severity.0,
            severity: severity.1,
            time: 0,
            message: String::new(),
            count: None,
            start_time: None,
            end_time: None,
            status_code: None,
            status_detail: None,
            metadata,
            device,
            src_endpoint: None,
            dst_endpoint: None,
            is_src_dst_assignment_known: false,
            connection_info: connection(Direction::Local, None),
            observables: Vec::new(),
            unmapped: Unmapped::default(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Metadata {
    pub(super) version: &'static str,
    pub(super) uid: String,
    /// The BMP session.
    pub(super) correlation_uid: String,
    pub(super) sequence: u64,
    pub(super) event_code: &'static str,
    pub(super) log_name: &'static str,
    pub(super) log_provider: &'static str,
    pub(super) logged_time: i64,
    /// The attribute `device` is of this one.
    pub(super) profiles: [&'static str; 1],
    pub(super) product: Product,
}

#[derive(Serialize)]
pub(super) struct Device {
    pub(super) uid: String,
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ip: Option<IpAddr>,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) type_id: u32,
}

/// Who makes the events.
#[derive(Debug, Serialize)]
pub struct Product {
    pub(super) name: &'static str,
    pub(super) vendor_name: &'static str,
    pub(super) version: &'static str,
}

#[derive(Serialize)]
pub(super) struct Endpoint<'a> {
    pub(super) uid: String,
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ip: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) zone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) autonomous_system: Option<AutonomousSystem>,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) type_id: u32,
}

#[derive(Serialize)]
pub(super) struct AutonomousSystem {
    pub(super) number: u32,
}

#[derive(Serialize)]
pub(super) struct ConnectionInfo {
    pub(super) direction: &'static str,
    pub(super) direction_id: u32,
    pub(super) protocol_name: &'static str,
    pub(super) protocol_num: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) protocol_ver_id: Option<u32>,
}

#[derive(Serialize)]
pub(super) struct Observable {
    pub(super) name: &'static str,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) type_id: u32,
    pub(super) value: String,
}

#[derive(Default, Serialize)]
pub(super) struct Unmapped<'a> {
    pub(super) bgp: Bgp<'a>,
}

/// What OCSF has no attribute for. Absent where it does not apply.
#[derive(Default, Serialize)]
pub(super) struct Bgp<'a> {
    pub(super) event: &'static str,
    #[serde(flatten)]
    pub(super) position: Position,
    pub(super) synthetic: bool,
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) router_time_us: i64,
    /// The router's time cannot be right: the event has the time at which it was received.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) router_clock_wrong: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) view: Option<RibView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) peer_type: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) distinguisher: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) peer_bgp_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) afi: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) safi: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) prefix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rd: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) labels: Vec<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) vnis: Vec<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) nlri_text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) nlri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) path_id: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) attributes: Option<&'a PathAttributes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason_code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) notification_code: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) notification_subcode: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fsm_event: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hold_time: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) routes: Option<u64>,
    /// Some of the routes that an event is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) samples: Vec<Sample>,
}

/// One of many routes.
#[derive(Serialize)]
pub(super) struct Sample {
    pub(super) route: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rd: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) path_id: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) as_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_hop: Option<IpAddr>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature.
pub(super) fn is_zero(value: &i64) -> bool {
    *value == 0
}

/// An activity of the class, with the sibling name that the schema gives it; Other takes a name of
/// our own.
pub(super) struct Activity {
    pub(super) id: u32,
    pub(super) name: &'static str,
    pub(super) type_name: &'static str,
}

pub(super) const OPEN: Activity = Activity { id: 1, name: "Open", type_name: "Network Activity: Open" };
pub(super) const CLOSE: Activity = Activity { id: 2, name: "Close", type_name: "Network Activity: Close" };

pub(super) const fn other(name: &'static str) -> Activity {
    Activity { id: 99, name, type_name: "Network Activity: Other" }
}

pub(super) struct Severity(pub(super) u32, pub(super) &'static str);

pub(super) const INFORMATIONAL: Severity = Severity(1, "Informational");
pub(super) const LOW: Severity = Severity(2, "Low");
pub(super) const MEDIUM: Severity = Severity(3, "Medium");
pub(super) const HIGH: Severity = Severity(4, "High");

const TCP: (&str, u32) = ("tcp", 6);

#[derive(Clone, Copy)]
pub(super) enum Direction {
    Inbound,
    Outbound,
    Local,
}

impl Direction {
    /// Seen from the router.
    pub(super) fn of(view: RibView) -> Self {
        match view {
            RibView::AdjRibInPre | RibView::AdjRibInPost => Direction::Inbound,
            RibView::AdjRibOutPre | RibView::AdjRibOutPost => Direction::Outbound,
            RibView::LocRib => Direction::Local,
        }
    }
}

pub(super) fn connection(direction: Direction, address: Option<IpAddr>) -> ConnectionInfo {
    let (direction_id, direction) = match direction {
        Direction::Inbound => (1, "Inbound"),
        Direction::Outbound => (2, "Outbound"),
        Direction::Local => (4, "Local"),
    };
    ConnectionInfo {
        direction,
        direction_id,
        protocol_name: TCP.0,
        protocol_num: TCP.1,
        protocol_ver_id: address.map(|address| if address.is_ipv4() { 4 } else { 6 }),
    }
}
