//! Octets of version 2 of the protocol as draft-ietf-sidrops-8210bis has them: provider authorizations, and a cache that speaks an older
//! version only.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{channel, Receiver};
use std::time::Duration;

use insight::{Aspa, Vrp};
use rtr::{Rtr, Told};

/// A PDU: version, type, the two octets that are a session or flags, and what comes after the length.
fn pdu(version: u8, kind: u8, session: [u8; 2], body: &[&[u8]]) -> Vec<u8> {
    let body = body.concat();
    let length = u32::try_from(8 + body.len()).unwrap().to_be_bytes();
    [[version, kind].as_slice(), &session, &length, &body].concat()
}

const SESSION: [u8; 2] = [0x12, 0x34];

fn cache_response(version: u8) -> Vec<u8> {
    pdu(version, 3, SESSION, &[])
}

fn end_of_data(version: u8, serial: u32) -> Vec<u8> {
    // Refresh, retry and expire interval.
    let times = [3600_u32, 1, 7200].map(u32::to_be_bytes).concat();
    pdu(version, 7, SESSION, &[&serial.to_be_bytes(), &times])
}

fn ipv4_prefix(version: u8) -> Vec<u8> {
    // Announced; length, maximum length, zero.
    pdu(version, 4, [0, 0], &[&[1, 24, 24, 0], &[192, 0, 2, 0], &64500_u32.to_be_bytes()])
}

/// Type 11: flags, zero, length, customer, providers.
fn aspa(announced: bool, customer: u32, providers: &[u32]) -> Vec<u8> {
    let providers: Vec<u8> = providers.iter().flat_map(|asn| asn.to_be_bytes()).collect();
    pdu(2, 11, [u8::from(announced), 0], &[&customer.to_be_bytes(), &providers])
}

/// What the client asks: a Reset Query has 8 octets, a Serial Query 12.
fn asked(socket: &mut TcpStream) -> Vec<u8> {
    let mut head = [0; 8];
    socket.read_exact(&mut head).unwrap();
    let mut rest = vec![0; if head[1] == 1 { 4 } else { 0 }];
    socket.read_exact(&mut rest).unwrap();
    [head.as_slice(), &rest].concat()
}

fn client() -> (TcpListener, Rtr, Receiver<Told>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (told, hear) = channel();
    let cache = listener.local_addr().unwrap().to_string();
    (listener, Rtr::start(vec![cache], move |what| drop(told.send(what))).unwrap(), hear)
}

fn next(hear: &Receiver<Told>) -> Told {
    hear.recv_timeout(Duration::from_secs(60)).expect("nothing is told")
}

fn one() -> Vrp {
    Vrp { prefix: "192.0.2.0/24".parse().unwrap(), max_length: 24, asn: 64500 }
}

#[test]
fn provider_authorizations_come_are_replaced_and_go() {
    let (listener, _client, hear) = client();
    let (mut socket, _) = listener.accept().unwrap();
    assert_eq!(asked(&mut socket), [2, 2, 0, 0, 0, 0, 0, 8]);
    let octets = aspa(true, 64496, &[64497, 64498]);
    assert_eq!(
        octets,
        [2, 11, 1, 0, 0, 0, 0, 20, 0, 0, 0xfb, 0xf0, 0, 0, 0xfb, 0xf1, 0, 0, 0xfb, 0xf2],
        "as the draft draws it"
    );
    let all = [cache_response(2), ipv4_prefix(2), octets, aspa(true, 64499, &[0]), end_of_data(2, 1)];
    socket.write_all(&all.concat()).unwrap();
    assert_eq!(next(&hear), Told::Changed { added: vec![one()], removed: vec![] });
    let first = Aspa { customer: 64496, providers: vec![64497, 64498] };
    assert_eq!(next(&hear), Told::Aspas(vec![first, Aspa { customer: 64499, providers: vec![0] }]));
    assert!(matches!(next(&hear), Told::Whole { vrps: 1, aspas: 2, .. }));

    // Serial Notify; what is announced takes the place of what the customer had.
    socket.write_all(&pdu(2, 0, SESSION, &[&2_u32.to_be_bytes()])).unwrap();
    assert_eq!(asked(&mut socket), pdu(2, 1, SESSION, &[&1_u32.to_be_bytes()]));
    let changes =
        [cache_response(2), aspa(true, 64496, &[64510]), aspa(false, 64499, &[]), end_of_data(2, 2)];
    socket.write_all(&changes.concat()).unwrap();
    assert_eq!(next(&hear), Told::Aspas(vec![Aspa { customer: 64496, providers: vec![64510] }]));
}

#[test]
fn a_cache_that_speaks_an_older_version_is_asked_in_that() {
    for version in [1, 0] {
        let (listener, _client, hear) = client();
        let (mut socket, _) = listener.accept().unwrap();
        let query = asked(&mut socket);
        // Error Report 4, Unsupported Protocol Version, with the PDU that was refused and no text.
        let refused = u32::try_from(query.len()).unwrap().to_be_bytes();
        socket.write_all(&pdu(version, 10, [0, 4], &[&refused, &query, &[0; 4]])).unwrap();
        assert_eq!(asked(&mut socket), [version, 2, 0, 0, 0, 0, 0, 8]);
        let end = match version {
            // It has no intervals.
            0 => pdu(0, 7, SESSION, &[&1_u32.to_be_bytes()]),
            _ => end_of_data(version, 1),
        };
        socket.write_all(&[cache_response(version), ipv4_prefix(version), end].concat()).unwrap();
        assert_eq!(next(&hear), Told::Changed { added: vec![one()], removed: vec![] });
        assert!(matches!(next(&hear), Told::Whole { vrps: 1, aspas: 0, .. }), "version {version}");
    }
}
