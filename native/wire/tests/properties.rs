//! What is encoded decodes as the same, for every element of the protocol; and JSON is made of all of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation
)]

mod generators;

use generators::{attributes, bmp, capabilities, nlri};
use proptest::prelude::*;
use wire::bgp::nlri::{Form, LabelStack};
use wire::bgp::{
    self, AddressFamily, Attribute, AttributeValue, Attributes, Capability, Context, Nlri, Update, UpdateView,
};
use wire::reader::Reader;
use wire::session::Decoder;

/// A family at a time, so that each has as many.
fn each_family(with_path_ids: bool) {
    for family in nlri::FAMILIES.into_iter().chain([AddressFamily::new(25, 200), AddressFamily::new(3, 77)]) {
        let readable = nlri::FAMILIES.contains(&family);
        let mut runner = proptest::test_runner::TestRunner::new(config(300));
        let list =
            proptest::collection::vec((any::<u32>(), nlri::nlri(family)), 1..=if readable { 5 } else { 1 });
        let result = runner.run(&list, |list| {
            let with_path_ids = with_path_ids && readable;
            let list: Vec<Nlri> = list
                .into_iter()
                .map(|(path_id, value)| Nlri { path_id: with_path_ids.then_some(path_id), value })
                .collect();
            let mut octets = Vec::new();
            list.iter().for_each(|nlri| nlri.encode(&mut octets));
            let form = Form { add_path: with_path_ids, labels: LabelStack::One };
            let decoded = bgp::nlri::decode(family, form, Reader::new(&octets, 0)).unwrap();
            prop_assert_eq!(&decoded, &list);
            prop_assert_eq!(
                bgp::nlri::check(family, form, Reader::new(&octets, 0)).unwrap(),
                list.len() as u32
            );
            for (by_reference, owned) in bgp::nlri::iter(family, form, &octets).zip(&list) {
                let by_reference = by_reference.unwrap();
                prop_assert_eq!(&by_reference.to_owned(), owned);
                prop_assert_eq!(by_reference.prefix(), owned.value.prefix());
                // The key of a route is the same whatever is not part of it, and not empty.
                let mut key = Vec::new();
                by_reference.key(&mut key);
                prop_assert!(!key.is_empty());
                serde_json::to_string(owned).unwrap();
                owned.value.to_string();
            }
            Ok(())
        });
        result.unwrap_or_else(|failure| panic!("{family}: {failure}"));
    }
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

#[test]
fn nlri_of_every_family() {
    each_family(false);
}

#[test]
fn nlri_of_every_family_with_path_identifiers() {
    each_family(true);
}

/// Every family has path identifiers in the context.
fn context(with_path_ids: bool) -> Context<'static> {
    if with_path_ids {
        Context { add_path: nlri::FAMILIES.into_iter().collect(), ..Context::default() }
    } else {
        Context::default()
    }
}

fn decode(octets: &[u8], with_path_ids: bool) -> Update {
    UpdateView::decode_message(&mut Reader::new(octets, 0), context(with_path_ids)).unwrap().to_owned()
}

proptest! {
    #![proptest_config(config(2000))]

    #[test]
    fn an_attribute((attribute, with_path_ids) in any::<bool>().prop_flat_map(|with| (attributes::attribute(with), Just(with)))) {
        let update = Update { attributes: Attributes(vec![attribute]), ..Update::default() };
        let mut octets = Vec::new();
        bgp::Message::Update(update.clone()).encode(&mut octets);
        let decoded = decode(&octets, with_path_ids);
        prop_assert_eq!(&decoded.attributes, &update.attributes);
        serde_json::to_string(&decoded).unwrap();
        let mut canonical = Vec::new();
        decoded.attributes.encode_canonical(&mut canonical);
        if !with_path_ids {
            let mut again = Vec::new();
            Attributes::decode_canonical(&canonical).unwrap().encode_canonical(&mut again);
            prop_assert_eq!(again, canonical);
        }
    }

    /// Octets that could be a value: whatever they are read as writes the same, and is read as the same.
    #[test]
    fn an_attribute_of_structure((code, value) in attributes::structured(), flags in prop_oneof![Just(0x80u8), Just(0xc0)]) {
        let attribute = Attribute { flags, value: AttributeValue::Unknown(bgp::attribute::Unknown { code, value: value.into() }) };
        let mut octets = Vec::new();
        Update { attributes: Attributes(vec![attribute]), ..Update::default() }.encode(&mut octets);
        let decoded = decode(&octets, false);
        let mut again = Vec::new();
        decoded.encode(&mut again);
        let decoded_again = decode(&again, false);
        prop_assert_eq!(&decoded_again.attributes, &decoded.attributes);
        serde_json::to_string(&decoded).unwrap();
    }

    #[test]
    fn an_update((update, with_path_ids) in any::<bool>().prop_flat_map(|with| (attributes::update(with), Just(with)))) {
        let mut octets = Vec::new();
        update.encode(&mut octets);
        let decoded = decode(&octets, with_path_ids);
        prop_assert_eq!(&decoded.attributes, &update.attributes);
        prop_assert_eq!(&decoded.nlri, &update.nlri);
        prop_assert_eq!(&decoded.withdrawn, &update.withdrawn);
        let mut again = Vec::new();
        decoded.encode(&mut again);
        prop_assert_eq!(again, octets);
        serde_json::to_string(&decoded).unwrap();
    }

    #[test]
    fn a_capability(capability in capabilities::capability()) {
        let mut octets = Vec::new();
        capability.encode(&mut octets);
        let mut reader = Reader::new(&octets, 0);
        prop_assert_eq!(Capability::decode(&mut reader).unwrap(), capability.clone());
        prop_assert!(reader.is_empty());
        serde_json::to_string(&capability).unwrap();
    }

    #[test]
    fn an_open(open in capabilities::open()) {
        let mut octets = Vec::new();
        open.encode(&mut octets);
        let decoded = bgp::Message::decode(&mut Reader::new(&octets, 0), Context::default()).unwrap();
        prop_assert_eq!(decoded, bgp::Message::Open(open));
    }

    #[test]
    fn a_bmp_message((message, octets) in bmp::message()) {
        let mut decoder = Decoder::default();
        let mut feed = decoder.feed(&octets);
        let decoded = feed.next().unwrap().unwrap().into_message().unwrap();
        let mut expected = message.clone();
        // Faults, end of RIB and the like are found, not written.
        if let (wire::bmp::Body::RouteMonitoring(found), wire::bmp::Body::RouteMonitoring(expected)) = (&decoded.body, &mut expected.body) {
            expected.update.faults.clone_from(&found.update.faults);
            expected.update.end_of_rib = found.update.end_of_rib;
        }
        prop_assert_eq!(&decoded, &expected);
        let mut again = Vec::new();
        decoded.encode(&mut again);
        prop_assert_eq!(again, octets.clone());
        serde_json::to_string(&decoded).unwrap();
    }
}
