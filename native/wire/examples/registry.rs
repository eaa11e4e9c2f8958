//! Writes the registry's tables for Elixir: `lib/serviceradar/bmp/registry.ex`.

fn main() -> std::io::Result<()> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../lib/serviceradar/bmp/registry.ex");
    std::fs::write(path, wire::registry::elixir())
}
