//! What stands in tables of several routers as text.

use wire::bgp::attribute::Community;
use wire::bgp::nlri::evpn::Mac;
use wire::bgp::nlri::RouteDistinguisher;
use wire::registry::communities::well_known;
use wire::registry::families::rd_type;

/// `65000:1`, `192.0.2.1:1` or `4200000000:1` (RFC 4364, section 4.2).
pub(crate) fn distinguisher(text: &str) -> Option<RouteDistinguisher> {
    let (admin, number) = text.rsplit_once(':')?;
    let (kind, [a, b, c, d, e, f]) = if let Ok(address) = admin.parse::<std::net::Ipv4Addr>() {
        let [a, b, c, d] = address.octets();
        let [e, f] = number.parse::<u16>().ok()?.to_be_bytes();
        (rd_type::IPV4, [a, b, c, d, e, f])
    } else if let Ok(asn) = admin.parse::<u16>() {
        let ([a, b], [c, d, e, f]) = (asn.to_be_bytes(), number.parse::<u32>().ok()?.to_be_bytes());
        (rd_type::TWO_OCTET_AS, [a, b, c, d, e, f])
    } else {
        let ([a, b, c, d], [e, f]) =
            (admin.parse::<u32>().ok()?.to_be_bytes(), number.parse::<u16>().ok()?.to_be_bytes());
        (rd_type::FOUR_OCTET_AS, [a, b, c, d, e, f])
    };
    let [high, low] = kind.to_be_bytes();
    Some(RouteDistinguisher(u64::from_be_bytes([high, low, a, b, c, d, e, f])))
}

/// `02:00:00:00:01:01`
pub(super) fn mac(text: &str) -> Option<Mac> {
    let octets = rib::text::unhex(&text.replace(':', ""))?;
    octets.try_into().ok().map(Mac)
}

/// A well-known community by the names that routers print, as numbers.
pub(super) fn community(name: &str) -> String {
    let plain = |name: &str| {
        let letters = name.chars().filter(char::is_ascii_alphanumeric);
        letters.collect::<String>().to_ascii_lowercase()
    };
    let number = match plain(name).as_str() {
        "internet" => Some(0),
        "localas" => Some(well_known::NO_EXPORT_SUBCONFED),
        asked => well_known::ALL.iter().find(|(_, known)| plain(known) == asked).map(|(number, _)| *number),
    };
    number.map_or_else(|| name.to_string(), |number| Community(number).to_string())
}
