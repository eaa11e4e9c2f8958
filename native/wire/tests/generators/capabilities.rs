//! Capabilities, and OPENs of them.

use proptest::collection::vec;
use proptest::prelude::*;
use wire::bgp::capability::{
    AddPathFamily, ExtendedNextHop, FamilyCount, FamilyFlags, FamilyLimit, LongLivedFamily,
    OutboundRouteFilter, Text,
};
use wire::bgp::open::OptionalParameter;
use wire::bgp::{Capability, Open};

use super::{family, octets, v4};

fn text() -> impl Strategy<Value = Text> {
    octets(20).prop_map(Text)
}

fn filters() -> impl Strategy<Value = Vec<OutboundRouteFilter>> {
    let filter = (family(), vec((any::<u8>(), 1..=3u8), 0..3));
    vec(filter.prop_map(|(family, types)| OutboundRouteFilter { family, types }), 1..3)
}

pub fn capability() -> impl Strategy<Value = Capability> {
    use Capability as C;
    prop_oneof![
        family().prop_map(|family| C::Multiprotocol { family }),
        Just(C::RouteRefresh),
        filters().prop_map(|families| C::OutboundRouteFiltering { families }),
        vec((any::<u16>(), 0..256u16, any::<u16>()), 0..4).prop_map(|families| C::ExtendedNextHop {
            families: families
                .into_iter()
                .map(|(afi, safi, next_hop_afi)| ExtendedNextHop { afi, safi, next_hop_afi })
                .collect()
        }),
        Just(C::ExtendedMessage),
        (any::<u8>(), any::<u16>()).prop_map(|(flags, afi)| C::Bgpsec { flags, afi }),
        vec((family(), any::<u8>()), 0..4).prop_map(|families| C::MultipleLabels {
            families: families.into_iter().map(|(family, count)| FamilyCount { family, count }).collect()
        }),
        any::<u8>().prop_map(|role| C::Role { role }),
        (0..16u8, 0..4096u16, vec((family(), any::<u8>()), 0..4)).prop_map(
            |(flags, restart_time, families)| {
                let families =
                    families.into_iter().map(|(family, flags)| FamilyFlags { family, flags }).collect();
                C::GracefulRestart { flags, restart_time, families }
            }
        ),
        any::<u32>().prop_map(|asn| C::FourOctetAs { asn }),
        octets(10).prop_map(|capabilities| C::DynamicCapability { capabilities }),
        (any::<u8>(), octets(10)).prop_map(|(flags, capabilities)| C::Multisession { flags, capabilities }),
        vec((family(), 1..=3u8), 0..5).prop_map(|families| C::AddPath {
            families: families.into_iter().map(|(family, mode)| AddPathFamily { family, mode }).collect()
        }),
        Just(C::EnhancedRouteRefresh),
        vec((family(), any::<u8>(), 0..1u32 << 24), 0..4).prop_map(|families| C::LongLivedGracefulRestart {
            families: families
                .into_iter()
                .map(|(family, flags, stale_time)| LongLivedFamily { family, flags, stale_time })
                .collect()
        }),
        octets(10).prop_map(|value| C::RoutingPolicyDistribution { value }),
        (text(), text()).prop_map(|(host, domain)| C::Fqdn { host, domain }),
        Just(C::BfdStrictMode),
        text().prop_map(|version| C::SoftwareVersion { version }),
        vec((family(), any::<u16>()), 0..4).prop_map(|families| C::PathsLimit {
            families: families.into_iter().map(|(family, limit)| FamilyLimit { family, limit }).collect()
        }),
        Just(C::LinkLocalNextHop),
        Just(C::OldRouteRefresh),
        filters().prop_map(|families| C::OldOutboundRouteFiltering { families }),
        (any::<u8>(), octets(10))
            .prop_map(|(flags, capabilities)| C::OldMultisession { flags, capabilities }),
        (text(), text()).prop_map(|(host, domain)| C::OldFqdn { host, domain }),
        (200..=255u8, octets(20)).prop_map(|(code, value)| C::Unknown { code, value }),
    ]
}

pub fn open() -> impl Strategy<Value = Open> {
    let parameter = prop_oneof![
        6 => vec(capability(), 0..3).prop_map(OptionalParameter::Capabilities),
        1 => (3..=254u8, octets(10)).prop_map(|(parameter_type, value)| OptionalParameter::Unknown { parameter_type, value }),
    ];
    (any::<u16>(), any::<u16>(), v4(), vec(parameter, 0..4), any::<bool>()).prop_map(
        |(my_as, hold_time, bgp_id, parameters, extended)| {
            let mut open = Open { version: 4, my_as, hold_time, bgp_id, parameters, extended: false };
            let mut octets = Vec::new();
            open.encode(&mut octets);
            // RFC 9072, section 2: above 255 octets there is no other form.
            open.extended = extended || octets.len() > 29 + 250;
            open
        },
    )
}
