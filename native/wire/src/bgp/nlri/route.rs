//! What NLRI of several families have in common: a prefix, the VPN it is of, its labels. A search for a prefix finds it
//! in every family by this.

use ipnet::IpNet;
use smallvec::SmallVec;

use super::label::{Label, Labels};
use super::{Evpn, LinkState, McastVpn, Mup, NlriValue, RouteDistinguisher, Vpls};

/// See [`NlriValue::route`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// The IP prefix that is reached; bits after its length are cleared.
    pub prefix: Option<IpNet>,
    pub rd: Option<RouteDistinguisher>,
    /// MPLS labels, top first. What EVPN has in their place may be VNIs: [`Route::vnis`] reads them so.
    pub labels: Labels,
}

impl Route {
    /// The labels as VXLAN Network Identifiers (RFC 8365, section 5.1.3), which have all 24 bits.
    pub fn vnis(&self) -> SmallVec<[u32; 2]> {
        self.labels.iter().map(|label| label.0).collect()
    }
}

impl NlriValue {
    /// The address prefix, where there is one.
    pub fn prefix(&self) -> Option<IpNet> {
        match self {
            NlriValue::Prefix(prefix) => Some(*prefix),
            other => other.route().prefix,
        }
    }

    /// Prefix, route distinguisher and labels, of every family that has them.
    pub fn route(&self) -> Route {
        let rd_of = |rd: &RouteDistinguisher| Route { rd: Some(*rd), ..Route::default() };
        match self {
            NlriValue::Prefix(prefix) => Route { prefix: Some(prefix.trunc()), ..Route::default() },
            NlriValue::Labeled(route) => {
                Route { prefix: Some(route.prefix.trunc()), labels: route.labels.clone(), rd: None }
            }
            NlriValue::Vpn(route) => {
                Route { prefix: Some(route.prefix.trunc()), labels: route.labels.clone(), rd: Some(route.rd) }
            }
            NlriValue::Evpn(route) => evpn(route),
            NlriValue::McastVpn(route) => match &**route {
                McastVpn::IntraAsIPmsi { rd, .. }
                | McastVpn::InterAsIPmsi { rd, .. }
                | McastVpn::SPmsi { rd, .. }
                | McastVpn::SourceActive { rd, .. }
                | McastVpn::SharedTreeJoin { rd, .. }
                | McastVpn::SourceTreeJoin { rd, .. } => rd_of(rd),
                McastVpn::LeafAd { .. } | McastVpn::Unknown { .. } => Route::default(),
            },
            NlriValue::Vpls(route) => match &**route {
                Vpls::Signaling { rd, .. } | Vpls::AutoDiscovery { rd, .. } => rd_of(rd),
                _ => Route::default(),
            },
            NlriValue::Mup(route) => match &**route {
                Mup::InterworkSegmentDiscovery { rd, prefix }
                | Mup::Type1SessionTransformed { rd, prefix, .. } => {
                    Route { prefix: Some(prefix.trunc()), ..rd_of(rd) }
                }
                Mup::DirectSegmentDiscovery { rd, .. } | Mup::Type2SessionTransformed { rd, .. } => rd_of(rd),
                Mup::Unknown { .. } => Route::default(),
            },
            NlriValue::FlowSpec(flow) => Route { rd: flow.rd, ..Route::default() },
            NlriValue::FlowSpecV2(flow) => Route { rd: flow.rd, ..Route::default() },
            NlriValue::LinkState(object) => match &**object {
                LinkState::Object { rd, .. } => Route { rd: *rd, ..Route::default() },
                _ => Route::default(),
            },
            NlriValue::RouteTargetConstraint(_) | NlriValue::SrPolicy(_) | NlriValue::Raw(_) => {
                Route::default()
            }
        }
    }
}

fn evpn(route: &Evpn) -> Route {
    let (rd, prefix, labels) = match route {
        Evpn::EthernetAutoDiscovery { rd, label, .. } => (rd, None, [Some(label), None]),
        Evpn::MacIpAdvertisement { rd, label_1, label_2, .. } => {
            (rd, None, [Some(label_1), label_2.as_ref()])
        }
        Evpn::IpPrefix { rd, prefix, label, .. } => (rd, Some(prefix.trunc()), [Some(label), None]),
        Evpn::InclusiveMulticastEthernetTag { rd, .. }
        | Evpn::EthernetSegment { rd, .. }
        | Evpn::SelectiveMulticastEthernetTag { rd, .. }
        | Evpn::MulticastMembershipReportSynch { rd, .. }
        | Evpn::MulticastLeaveSynch { rd, .. }
        | Evpn::PerRegionIPmsi { rd, .. }
        | Evpn::SPmsi { rd, .. } => (rd, None, [None; 2]),
        Evpn::LeafAd { .. } | Evpn::Unknown { .. } => return Route::default(),
    };
    let labels = labels.into_iter().flatten().map(|label| Label(label.0)).collect();
    Route { prefix, rd: Some(*rd), labels }
}
