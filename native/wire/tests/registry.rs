//! What is made from the registry is up to date.

#[test]
fn elixirs_tables_are_what_the_registry_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../lib/serviceradar/bmp/registry.ex");
    let there = std::fs::read_to_string(path).unwrap();
    assert!(
        there == wire::registry::elixir(),
        "{path} is not up to date: cargo run --manifest-path native/Cargo.toml -p wire --example registry"
    );
}
