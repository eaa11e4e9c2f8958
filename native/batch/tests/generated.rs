//! `src/generated.rs` and `src/descriptors.bin` are what the Protobuf compiles to. After a change of `proto/`, run
//! `REGENERATE=1 cargo test -p batch --test generated`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::path::Path;

use prost::Message as _;

#[test]
fn generated_source_is_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let include = root.join("../../proto");
    let file = include.join("serviceradar/bmp/v1/batch.proto");
    let descriptors = protox::compile([&file], [&include]).expect("the Protobuf compiles");
    // Without comments, which nobody reads there.
    let mut bare = descriptors.clone();
    bare.file.iter_mut().for_each(|file| file.source_code_info = None);
    let bare = bare.encode_to_vec();
    let out = std::env::temp_dir().join(format!("serviceradar-bmp-proto-{}", std::process::id()));
    std::fs::create_dir_all(&out).expect("a temporary folder");
    prost_build::Config::new()
        .bytes(["."])
        .out_dir(&out)
        .compile_fds(descriptors)
        .expect("code is generated");
    let fresh = std::fs::read_to_string(out.join("serviceradar.bmp.v1.rs")).expect("generated file");
    std::fs::remove_dir_all(&out).expect("the temporary folder goes");

    let committed = root.join("src/generated.rs");
    if std::env::var_os("REGENERATE").is_some() {
        std::fs::write(&committed, &fresh).expect("src/generated.rs is written");
        std::fs::write(root.join("src/descriptors.bin"), &bare).expect("src/descriptors.bin is written");
    }
    let current = std::fs::read_to_string(&committed).unwrap_or_default();
    assert!(current == fresh, "src/generated.rs is not what proto/ compiles to");
    let current = std::fs::read(root.join("src/descriptors.bin")).unwrap_or_default();
    assert!(current == bare, "src/descriptors.bin is not what proto/ compiles to");
}
