//! What NLRI of several families have in common: a prefix, the VPN it is of, its labels. A search for a prefix finds it
//! in every family by this.

use ipnet::IpNet;
use smallvec::SmallVec;

use super::label::Labels;
use super::RouteDistinguisher;

/// See [`NlriValue::route`](super::NlriValue::route).
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

    /// Of a VPN, and nothing else is known.
    pub(crate) fn of_vpn(rd: RouteDistinguisher) -> Self {
        Route { rd: Some(rd), ..Route::default() }
    }
}

/// How a family's NLRI say it, each in its own file. Most say nothing of it.
pub(crate) trait ToRoute {
    fn to_route(&self) -> Route {
        Route::default()
    }
}
