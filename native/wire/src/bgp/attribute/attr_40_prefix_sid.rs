//! BGP Prefix-SID (RFC 8669; RFC 9252 for SRv6).

use super::{shaped_attribute, Treatment};
use crate::bgp::tlv::Shape::{Fields, Ipv6, Number, Repeat, Tlvs};
use crate::bgp::tlv::{Header, Namespace, Shape, Tlv, Value};
use crate::raw::Raw;
use crate::reader::Reader;
use crate::registry::attribute_tlvs::{prefix_sid, srv6_service, srv6_sid};

shaped_attribute! {
    /// Segments of a prefix.
    ///
    /// RFC 8669, section 6: discarded where it has no TLV, a TLV goes beyond its end, or one's length is not of its type. RFC 9252, section 7:
    /// with a malformed SRv6 service TLV, which is what the route needs to forward, withdrawn; of such a TLV the first counts, and a structure
    /// of a SID is not malformed for what is in it.
    PrefixSid, Shape::Tlvs(namespace);

    fn rule(&self) -> Result<(), &'static str> {
        let tlvs = self.0.tlvs();
        if tlvs.is_empty() {
            return Err("one TLV or more");
        }
        let malformed_service = SRV6_SERVICES
            .iter()
            .filter_map(|number| tlvs.iter().find(|tlv| tlv.number == *number))
            .any(|tlv| !is_service(tlv));
        if malformed_service {
            return Err("a well-formed SRv6 service");
        }
        let others: Vec<Tlv> = tlvs.iter().filter(|tlv| !SRV6_SERVICES.contains(&tlv.number)).cloned().collect();
        let has_ranges = |tlv: &Tlv| {
            tlv.number != prefix_sid::ORIGINATOR_SRGB
                || tlv.value.field("ranges").is_some_and(|ranges| !ranges.list().is_empty())
        };
        if NAMESPACE.fits(&others) && others.iter().all(has_ranges) {
            Ok(())
        } else {
            Err("TLVs of their types' lengths")
        }
    }

    fn malformed(mut value: Reader<'_>, _: crate::bgp::context::Context<'_>) -> Treatment {
        let mut seen = Vec::new();
        while let (Ok(number), Ok(length)) = (value.u8(), value.u16()) {
            let service = SRV6_SERVICES.contains(&number.into()) && !seen.contains(&number);
            seen.push(number);
            match value.sub(length.into()) {
                Err(_) if service => return Treatment::TreatAsWithdraw,
                Err(_) => break,
                Ok(mut inner) if service => {
                    let tlv = Tlv {
                        number: number.into(),
                        name: None,
                        value: Value::decode(SERVICE_TLV, &mut inner).unwrap_or(Value::Raw(Raw::default())),
                    };
                    if !is_service(&tlv) {
                        return Treatment::TreatAsWithdraw;
                    }
                }
                Ok(_) => {}
            }
        }
        Treatment::AttributeDiscard
    }
}

const SRV6_SERVICES: [u16; 2] = [prefix_sid::SRV6_L3_SERVICE, prefix_sid::SRV6_L2_SERVICE];
const SERVICE_TLV: Shape = Fields(&[("reserved", Number(1)), ("sub_tlvs", Tlvs(service))]);

/// Whether the lengths of the service's TLVs agree, down to those of its SIDs.
fn is_service(tlv: &Tlv) -> bool {
    let Some(sub_tlvs) = tlv.value.field("sub_tlvs") else {
        return false;
    };
    sub_tlvs.tlvs().iter().all(|sub| sub.name.is_none() || !matches!(sub.value, Value::Raw(_)))
}

fn namespace() -> &'static Namespace {
    &NAMESPACE
}

/// IANA "BGP Prefix-SID TLV Types"
static NAMESPACE: Namespace = Namespace {
    header: Header::Mixed,
    names: prefix_sid::name,
    table: &[
        (
            prefix_sid::LABEL_INDEX,
            Fields(&[("reserved", Number(1)), ("flags", Number(2)), ("index", Number(4))]),
        ),
        (
            prefix_sid::ORIGINATOR_SRGB,
            Fields(&[
                ("flags", Number(2)),
                ("ranges", Repeat(&Fields(&[("base", Number(3)), ("range", Number(3))]))),
            ]),
        ),
        (prefix_sid::SRV6_L3_SERVICE, SERVICE_TLV),
        (prefix_sid::SRV6_L2_SERVICE, SERVICE_TLV),
    ],
};

fn service() -> &'static Namespace {
    &SERVICE
}

fn sid() -> &'static Namespace {
    &SID
}

/// IANA "SRv6 Service Sub-TLV Types"
static SERVICE: Namespace = Namespace {
    header: Header::Mixed,
    names: srv6_service::name,
    table: &[(
        srv6_service::SRV6_SID_INFORMATION,
        Fields(&[
            ("reserved_1", Number(1)),
            ("sid", Ipv6),
            ("flags", Number(1)),
            ("endpoint_behavior", Number(2)),
            ("reserved_2", Number(1)),
            ("sub_sub_tlvs", Tlvs(sid)),
        ]),
    )],
};

/// IANA "SRv6 Service Data Sub-Sub-TLV Types"
static SID: Namespace = Namespace {
    header: Header::Mixed,
    names: srv6_sid::name,
    table: &[(
        srv6_sid::SRV6_SID_STRUCTURE,
        Fields(&[
            ("locator_block_length", Number(1)),
            ("locator_node_length", Number(1)),
            ("function_length", Number(1)),
            ("argument_length", Number(1)),
            ("transposition_length", Number(1)),
            ("transposition_offset", Number(1)),
        ]),
    )],
};
