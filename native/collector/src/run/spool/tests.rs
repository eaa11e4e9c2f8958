use super::*;
use bytes::Bytes;
use tempfile::TempDir;

fn record(number: u64) -> Record {
    // Two digits each, so that all are of one length.
    let number = number + 10;
    let payload = Bytes::from(number.to_be_bytes().repeat(12));
    Record { router_id: [7; 16], message_id: format!("{:032x}-{number}", 1), payload }
}

fn open(folder: &TempDir) -> Spool {
    Spool::open(folder.path(), Budget::new(1 << 20)).unwrap()
}

fn append(spool: &mut Spool, numbers: std::ops::Range<u64>) {
    for number in numbers {
        assert_eq!(spool.append(&record(number)).unwrap(), Appended::Kept);
    }
    spool.sync().unwrap();
}

fn hand_out(spool: &mut Spool, numbers: std::ops::Range<u64>) {
    for number in numbers {
        assert_eq!(spool.hand_out().unwrap(), Some(record(number)));
    }
}

fn release(spool: &mut Spool, count: usize) {
    for _ in 0..count {
        spool.release().unwrap();
    }
}

fn files(folder: &TempDir) -> usize {
    numbers(folder.path()).unwrap().len()
}

#[test]
fn first_in_first_out_and_nothing_is_left() {
    let folder = TempDir::new().unwrap();
    let mut spool = open(&folder);
    append(&mut spool, 0..10);
    hand_out(&mut spool, 0..10);
    assert_eq!(spool.hand_out().unwrap(), None);
    release(&mut spool, 9);
    assert!(!spool.is_empty());
    append(&mut spool, 10..12);
    hand_out(&mut spool, 10..12);
    release(&mut spool, 3);
    assert!(spool.is_empty());
    assert_eq!((files(&folder), spool.budget.used()), (0, 0));
    append(&mut spool, 12..14);
    hand_out(&mut spool, 12..14);
}

#[test]
fn who_opens_it_again_gets_what_was_not_released() {
    let folder = TempDir::new().unwrap();
    for (released, out) in [(0, 3), (2, 4), (5, 5)] {
        let folder = folder.path().join(released.to_string());
        let budget = Budget::new(1 << 20);
        let mut spool = Spool::open(&folder, Arc::clone(&budget)).unwrap();
        append(&mut spool, 0..5);
        hand_out(&mut spool, 0..out);
        release(&mut spool, released);
        drop(spool);
        let mut spool = Spool::open(&folder, Budget::new(1 << 20)).unwrap();
        assert_eq!(spool.is_empty(), released == 5);
        append(&mut spool, 5..7);
        hand_out(&mut spool, released as u64..7);
        assert_eq!(spool.hand_out().unwrap(), None);
    }
}

#[test]
fn an_end_that_was_not_written_whole_is_cut_off() {
    let whole = record(0).to_octets().len();
    for cut in 1..whole {
        let folder = TempDir::new().unwrap();
        let mut spool = open(&folder);
        append(&mut spool, 0..3);
        let path = spool.path(1);
        drop(spool);
        OpenOptions::new().write(true).open(&path).unwrap().set_len((3 * whole - cut) as u64).unwrap();
        let mut spool = open(&folder);
        append(&mut spool, 9..10);
        hand_out(&mut spool, 0..2);
        hand_out(&mut spool, 9..10);
        assert_eq!(spool.hand_out().unwrap(), None);
        release(&mut spool, 3);
        assert!(spool.is_empty());
    }
}

#[test]
fn a_damaged_record_costs_the_rest_of_its_segment_and_no_more() {
    let folder = TempDir::new().unwrap();
    let mut spool = open(&folder);
    append(&mut spool, 0..4);
    let path = spool.path(1);
    drop(spool);
    // What is appended after this is in a segment of its own.
    let mut spool = open(&folder);
    append(&mut spool, 4..6);
    assert_eq!(files(&folder), 2);
    let mut octets = fs::read(&path).unwrap();
    let whole = octets.len() / 4;
    octets[2 * whole + 30] ^= 1;
    fs::write(&path, octets).unwrap();
    hand_out(&mut spool, 0..2);
    hand_out(&mut spool, 4..6);
    release(&mut spool, 4);
    assert!(spool.is_empty());
    assert_eq!(files(&folder), 0);
}

#[test]
fn a_damaged_head_hands_out_once_more_rather_than_too_little() {
    let folder = TempDir::new().unwrap();
    let mut spool = open(&folder);
    append(&mut spool, 0..4);
    hand_out(&mut spool, 0..2);
    release(&mut spool, 2);
    drop(spool);
    fs::write(folder.path().join("head"), [1; 20]).unwrap();
    hand_out(&mut open(&folder), 0..4);
}

#[test]
fn it_is_bounded_and_says_when_the_reserve_begins() {
    let folder = TempDir::new().unwrap();
    let one = record(0).length();
    let budget = Budget::new(16 * one);
    let mut spool = Spool::open(folder.path(), Arc::clone(&budget)).unwrap();
    append(&mut spool, 0..15);
    assert_eq!(spool.append(&record(15)).unwrap(), Appended::Reserve);
    assert_eq!(spool.append(&record(16)).unwrap(), Appended::Full);
    hand_out(&mut spool, 0..16);
    assert_eq!(spool.hand_out().unwrap(), None);
    release(&mut spool, 16);
    assert_eq!(budget.used(), 0);
    append(&mut spool, 16..18);
    hand_out(&mut spool, 16..18);
}

#[test]
fn segments_are_given_back_one_by_one() {
    let folder = TempDir::new().unwrap();
    let budget = Budget::new(1 << 30);
    let mut spool = Spool::open(folder.path(), Arc::clone(&budget)).unwrap();
    let big = |number: u8| Record { payload: vec![number; 9 << 20].into(), ..record(0) };
    for number in 0..6 {
        spool.append(&big(number)).unwrap();
    }
    assert_eq!(files(&folder), 3);
    for number in 0..6 {
        assert_eq!(spool.hand_out().unwrap(), Some(big(number)));
        if number % 2 == 1 {
            release(&mut spool, 2);
            assert_eq!(files(&folder), 2 - usize::from(number) / 2);
        }
    }
    assert_eq!(budget.used(), 0);
}

#[test]
fn one_collector_at_a_time() {
    let folder = TempDir::new().unwrap();
    let first = lock(folder.path()).unwrap();
    assert!(lock(folder.path()).unwrap_err().to_string().contains("in use by another collector"));
    drop(first);
    lock(folder.path()).unwrap();
}
